//! The types of an event's properties, read off its first content.

use std::str::FromStr;

use libp2p::{Multiaddr, PeerId};
use peerscope_introspection::wire::{
    EventType,
    event_type::{EventProperty, event_property::PropertyType},
};
use serde_json::{Map, Value};

pub(super) fn event_type(name: &str, content: &Map<String, Value>) -> EventType {
    let property_types = content
        .iter()
        .map(|(name, value)| {
            let (kind, has_multiple) = kind(value);
            EventProperty { name: name.clone(), r#type: kind.into(), has_multiple }
        })
        .collect();
    EventType { name: name.to_owned(), property_types }
}

fn kind(value: &Value) -> (PropertyType, bool) {
    match value {
        Value::Array(values) => {
            let mut kinds = values.iter().map(single);
            let first = kinds.next().unwrap_or(PropertyType::Json);
            // A mixed list is JSON, each element of it.
            (if kinds.all(|kind| kind == first) { first } else { PropertyType::Json }, true)
        }
        value => (single(value), false),
    }
}

fn single(value: &Value) -> PropertyType {
    match value {
        Value::Number(_) => PropertyType::Number,
        Value::String(text) if PeerId::from_str(text).is_ok() => PropertyType::Peerid,
        // The empty text is the empty address; nobody means that.
        Value::String(text) if text.starts_with('/') && Multiaddr::from_str(text).is_ok() => {
            PropertyType::Multiaddr
        }
        Value::String(_) => PropertyType::String,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => PropertyType::Json,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_read_off_the_values() {
        let peer = PeerId::random().to_string();
        for (value, expected) in [
            (json!(1.5), (PropertyType::Number, false)),
            (json!([1, 2]), (PropertyType::Number, true)),
            (json!(peer), (PropertyType::Peerid, false)),
            (json!([peer, peer]), (PropertyType::Peerid, true)),
            (json!("/ip4/127.0.0.1/tcp/1"), (PropertyType::Multiaddr, false)),
            (json!("/no/address"), (PropertyType::String, false)),
            (json!(""), (PropertyType::String, false)),
            (json!(true), (PropertyType::Json, false)),
            (json!({"a": 1}), (PropertyType::Json, false)),
            (json!([1, "a"]), (PropertyType::Json, true)),
            (json!([]), (PropertyType::Json, true)),
        ] {
            assert_eq!(kind(&value), expected, "{value}");
        }
    }
}
