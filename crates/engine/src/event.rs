//! Events: their types, and what the engine reads out of a content that may be anything.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PropertyKind {
    #[default]
    Text,
    Number,
    Time,
    PeerId,
    Multiaddr,
    Json,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Property {
    pub name: String,
    pub kind: PropertyKind,
    pub multiple: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventType {
    pub name: String,
    pub properties: Vec<Property>,
}

/// An event as told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventIn {
    /// Its type; properties only the first time.
    pub declared: EventType,
    pub at_ms: u64,
    pub content: String,
}

/// What ties an event to the rest: its peer and its connection's id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    pub peer: Option<String>,
    pub connection: Option<String>,
}

/// Well-known names, hints for types that were never declared.
const PEER_NAMES: [&str; 5] = ["peer", "Peer", "peerId", "peer_id", "PeerID"];

/// Reads the ties out of a content. Whatever it is, the answer is what could be read.
pub fn ties(content: &str, properties: &[Property]) -> Ties {
    let mut ties = Ties::default();
    let mut reader = serde_json::Deserializer::from_str(content);
    // A content that is no object, or breaks off, ties to what was read before.
    _ = reader.deserialize_any(TiesVisitor { ties: &mut ties, properties });
    ties
}

struct TiesVisitor<'a> {
    ties: &'a mut Ties,
    properties: &'a [Property],
}

impl<'de> Visitor<'de> for TiesVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let declared = self.properties.iter().find(|property| property.name == *key);
            let is_peer = declared.map_or_else(
                || PEER_NAMES.contains(&&*key),
                |property| property.kind == PropertyKind::PeerId,
            );
            if is_peer && self.ties.peer.is_none() {
                self.ties.peer = map.next_value::<Scalar>()?.0;
            } else if key == "connection" && self.ties.connection.is_none() {
                self.ties.connection = map.next_value::<Scalar>()?.0;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// A text or number, or the first of a list of them; anything else is none.
struct Scalar(Option<String>);

impl<'de> serde::Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar((!text.is_empty() && text.len() <= 4096).then(|| text.to_owned())))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar(Some(number.to_string())))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(Some(number.to_string())))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
                let first = seq.next_element::<Scalar>()?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(first.unwrap_or(Scalar(None)))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar(None))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_follow_the_declared_types_and_then_well_known_names() {
        let declared = [Property { name: "who".into(), kind: PropertyKind::PeerId, multiple: true }];
        assert_eq!(
            ties(r#"{"x":{"peer":"no"},"who":["12D3","b"]}"#, &declared).peer.as_deref(),
            Some("12D3")
        );
        let undeclared = ties(r#"{"peer":"12D3","connection":7}"#, &[]);
        assert_eq!((undeclared.peer.as_deref(), undeclared.connection.as_deref()), (Some("12D3"), Some("7")));
    }

    #[test]
    fn any_content_is_read_as_far_as_it_goes() {
        assert_eq!(ties(r#"{"peer":"a","rest":"#, &[]).peer.as_deref(), Some("a"));
        for content in ["", "null", "[1]", "7", "{\"peer\":{}}", "{\"peer\":null}", "{\"peer\":[]}", "\u{1}"]
        {
            assert_eq!(ties(content, &[]), Ties::default(), "{content}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(ties(&format!("{{\"x\":{deep}"), &[]), Ties::default());
    }
}
