//! What an event says: a JSON object whose keys are its type's properties. Which peer and which connection it is about stays
//! (as a stand-in); all else is emptied, or only what tells of hosts, peers and agents replaced.

use std::borrow::Cow;

use super::{
    Redactor,
    json::{self, Json},
};
use crate::wire::event_type::event_property::PropertyType;

/// Names of properties that hold a peer, for types that were never declared.
const PEERS: [&str; 8] = ["peer", "Peer", "peerId", "peer_id", "PeerID", "peerIds", "peers", "Peers"];
/// The property that holds a connection's id.
const CONNECTION: &str = "connection";
/// A text of a time that is none.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    Peer,
    Connection,
    Address,
    Number,
    Time,
    Other,
}

impl Redactor {
    /// The content of an event of this type. It stays JSON, with the keys and the kinds of values that it had.
    pub fn content(&mut self, event: &str, content: &str) -> String {
        let Some(mut value) = json::read(content) else {
            // Whatever it is, it is no object, and nothing of it can be told apart.
            self.counts.values += u64::from(!content.is_empty());
            return String::new();
        };
        let before = value.clone();
        match &mut value {
            Json::Object(entries) => {
                let properties = self.types.get(event).cloned().unwrap_or_default();
                for (key, value) in entries {
                    let is = is(key, &properties);
                    self.learn_value(is, key, value);
                    let declared = properties.iter().any(|(name, _)| name == key);
                    self.value(is, key, value);
                    let name = if declared { self.peers_only(key) } else { self.text(key) };
                    if name != *key {
                        *key = Cow::Owned(name);
                    }
                }
            }
            other => self.value(Is::Other, "", other),
        }
        if value == before {
            return content.to_owned();
        }
        let mut out = String::with_capacity(content.len());
        json::write(&value, &mut out);
        out
    }

    /// Takes note of peers and agents that stand where they are expected.
    fn learn_value(&mut self, is: Is, key: &str, value: &Json<'_>) {
        match value {
            Json::Text(text) if is == Is::Peer && self.options.peer_ids => self.peers.learn(text),
            Json::Text(text) if names_agent(key) && self.options.agents => self.agents.learn(text),
            Json::List(items) => items.iter().for_each(|item| self.learn_value(is, key, item)),
            _ => {}
        }
    }

    fn value(&mut self, is: Is, key: &str, value: &mut Json<'_>) {
        let empty = self.options.event_content && !matches!(is, Is::Peer | Is::Connection);
        match value {
            Json::Null => {}
            Json::Bool(told) => *told &= !empty,
            Json::Number(number) if empty => *number = "0",
            // A connection's number, or a count.
            Json::Number(_) => {}
            Json::Text(text) => {
                let replaced = match is {
                    Is::Peer => self.peer_id(text),
                    Is::Connection => self.id_text(text),
                    Is::Address if empty || self.options.addresses => self.address_value(text, empty),
                    Is::Time if empty => NO_TIME.to_owned(),
                    _ if empty => String::new(),
                    // Bytes in base64 can hold a whole record of a peer.
                    Is::Number if self.options.peer_ids || self.options.addresses => self.number_text(text),
                    _ if names_agent(key) && self.options.agents => self.agent(text),
                    _ => self.free_text(text),
                };
                if replaced != *text {
                    *text = Cow::Owned(replaced);
                }
            }
            Json::List(items) => items.iter_mut().for_each(|item| self.value(is, key, item)),
            Json::Object(entries) if empty => entries.clear(),
            Json::Object(entries) => {
                for (key, value) in entries {
                    let is = if PEERS.contains(&&**key) { Is::Peer } else { Is::Other };
                    self.learn_value(is, key, value);
                    self.value(is, key, value);
                    *key = Cow::Owned(self.text(key));
                }
            }
        }
    }

    fn address_value(&mut self, text: &str, empty: bool) -> String {
        match text {
            "" => String::new(),
            text if text.starts_with('/') => {
                // To be emptied, it is replaced at least.
                let asked = self.options;
                self.options.addresses |= empty;
                let address = self.multiaddr(text);
                self.options = asked;
                address
            }
            _ if empty => String::new(),
            text => self.free_text(text),
        }
    }

    /// A number written as a text stays; anything else there is not what was declared.
    fn number_text(&mut self, text: &str) -> String {
        if text.parse::<f64>().is_ok() {
            return text.to_owned();
        }
        self.counts.values += u64::from(!text.is_empty());
        String::new()
    }

    /// A text of any kind: JSON in a text is read as such, and what looks like base64 is emptied.
    fn free_text(&mut self, text: &str) -> String {
        if text.starts_with(['{', '['])
            && let Some(mut inner) = json::read(text)
        {
            let before = inner.clone();
            self.value(Is::Other, "", &mut inner);
            if inner == before {
                return text.to_owned();
            }
            let mut out = String::with_capacity(text.len());
            json::write(&inner, &mut out);
            return out;
        }
        let hides = self.options.peer_ids || self.options.addresses;
        if hides && is_base64(text) {
            self.counts.values += 1;
            return String::new();
        }
        self.text(text)
    }
}

fn is(key: &str, properties: &[(String, u64)]) -> Is {
    if key == CONNECTION {
        return Is::Connection;
    }
    let declared = properties.iter().find(|(name, _)| name == key).map(|(_, kind)| *kind);
    match declared.and_then(|kind| PropertyType::try_from(kind as i32).ok()) {
        Some(PropertyType::Peerid) => Is::Peer,
        Some(PropertyType::Multiaddr) => Is::Address,
        Some(PropertyType::Number) => Is::Number,
        Some(PropertyType::Time) => Is::Time,
        Some(PropertyType::String | PropertyType::Json) => Is::Other,
        None if PEERS.contains(&key) => Is::Peer,
        None => Is::Other,
    }
}

fn names_agent(key: &str) -> bool {
    key.to_ascii_lowercase().contains("agent")
}

/// Long, of the signs of base64 alone, and with at least one that an id has not.
fn is_base64(text: &str) -> bool {
    text.len() >= 32
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        && text.bytes().any(|byte| b"+/=".contains(&byte))
        && !text.starts_with('/')
}
