//! Goes through an encoded message by the schema and writes it anew, field by field: numbers as they stand, texts replaced,
//! what the schema does not know left out.

use prost::encoding::{WireType, encode_key, encode_varint};

use super::{
    Redactor,
    schema::{Field, Message, Text, field},
};
use crate::{
    fields::{Fields, Odd, Value},
    glance::event_type,
};

/// As deep as prost goes.
const DEPTH: usize = 100;
/// Event types whose properties are remembered; their names and properties are bounded by the frames.
const TYPES: usize = 4096;

impl Redactor {
    pub(super) fn message(&mut self, payload: &[u8]) -> Result<Vec<u8>, Odd> {
        // Ids come before what they are made of: what has to be known is learned first.
        self.learn(Message::Server, payload, 0)?;
        self.write(Message::Server, payload, 0)
    }

    /// Takes note of peers, agents and event types, and finds out whether all of it can be read.
    fn learn(&mut self, message: Message, bytes: &[u8], depth: usize) -> Result<(), Odd> {
        if depth > DEPTH {
            return Err(Odd);
        }
        if message == Message::EventType {
            self.learn_type(bytes)?;
        }
        let mut fields = Fields::of(bytes);
        while let Some(told) = fields.next()? {
            match field(message, told.number) {
                Some(Field::Message(inner)) => self.learn(inner, told.value.bytes()?, depth + 1)?,
                Some(Field::Text(text)) => {
                    let words = std::str::from_utf8(told.value.bytes()?).map_err(|_| Odd)?;
                    match text {
                        Text::Peer if self.options.peer_ids => self.peers.learn(words),
                        Text::Agent if self.options.agents => self.agents.learn(words),
                        Text::Tag if self.options.agents => {
                            words.strip_prefix(AGENT).into_iter().for_each(|agent| self.agents.learn(agent));
                        }
                        // The names of hosts in it are known afterwards.
                        Text::Address if self.options.addresses && words.starts_with('/') => {
                            let values = self.counts.values;
                            drop(self.multiaddr(words));
                            self.counts.values = values;
                        }
                        _ => {}
                    }
                }
                Some(Field::Number) => _ = told.value.varint()?,
                Some(Field::Id) => _ = told.value.bytes()?,
                None => {}
            }
        }
        Ok(())
    }

    /// Remembers the properties of an event type, if they are declared here.
    fn learn_type(&mut self, bytes: &[u8]) -> Result<(), Odd> {
        let (mut name, mut properties) = ("", Vec::new());
        let mut fields = Fields::of(bytes);
        while let Some(told) = fields.next()? {
            match told.number {
                1 => name = std::str::from_utf8(told.value.bytes()?).map_err(|_| Odd)?,
                2 => {
                    let (mut property, mut kind) = ("", 0);
                    let mut inner = Fields::of(told.value.bytes()?);
                    while let Some(told) = inner.next()? {
                        match told.number {
                            1 => property = std::str::from_utf8(told.value.bytes()?).map_err(|_| Odd)?,
                            2 => kind = told.value.varint()?,
                            _ => {}
                        }
                    }
                    properties.push((property.to_owned(), kind));
                }
                _ => {}
            }
        }
        if !properties.is_empty() && (self.types.len() < TYPES || self.types.contains_key(name)) {
            self.types.insert(name.to_owned(), properties);
        }
        Ok(())
    }

    fn write(&mut self, message: Message, bytes: &[u8], depth: usize) -> Result<Vec<u8>, Odd> {
        if depth > DEPTH {
            return Err(Odd);
        }
        let event = if message == Message::Event { event_name(bytes)? } else { String::new() };
        let mut out = Vec::with_capacity(bytes.len());
        let mut fields = Fields::of(bytes);
        while let Some(told) = fields.next()? {
            let written = match (field(message, told.number), told.value) {
                (None, _) => {
                    self.counts.fields += 1;
                    continue;
                }
                (Some(Field::Number), Value::Varint(_)) => {
                    out.extend_from_slice(told.raw);
                    continue;
                }
                (Some(Field::Message(inner)), Value::Bytes(inside)) => {
                    self.write(inner, inside, depth + 1)?
                }
                (Some(Field::Id), Value::Bytes(id)) => self.id(id),
                (Some(Field::Text(text)), Value::Bytes(words)) => {
                    let words = std::str::from_utf8(words).map_err(|_| Odd)?;
                    self.words(text, words, &event).into_bytes()
                }
                (Some(_), _) => return Err(Odd),
            };
            encode_key(told.number, WireType::LengthDelimited, &mut out);
            encode_varint(written.len() as u64, &mut out);
            out.extend_from_slice(&written);
        }
        Ok(out)
    }

    fn words(&mut self, text: Text, words: &str, event: &str) -> String {
        match text {
            Text::Peer => self.peer_id(words),
            Text::Address => self.address(words),
            Text::Protocol | Text::Name => self.peers_only(words),
            Text::Tag => match words.strip_prefix(AGENT) {
                Some(agent) if self.options.agents => format!("{AGENT}{}", self.agent(agent)),
                _ => self.text(words),
            },
            Text::Agent => self.agent(words),
            // Not told.
            Text::Build if self.options.agents => String::new(),
            Text::Build | Text::Free => self.text(words),
            Text::Content => self.content(event, words),
        }
    }

    /// What an endpoint of a connection says: a multiaddr, or as in samples of the React viewer a peer's id.
    fn address(&mut self, words: &str) -> String {
        if self.peers.is_known(words) {
            return self.peer_id(words);
        }
        if !self.options.addresses || words.is_empty() {
            return self.text(words);
        }
        if words.starts_with('/') {
            return self.multiaddr(words);
        }
        let replaced = self.text(words);
        if replaced == words {
            // It may be a host of a kind that nobody knows.
            self.counts.values += 1;
            return String::new();
        }
        replaced
    }
}

const AGENT: &str = "agent=";

/// What type an event is of.
fn event_name(event: &[u8]) -> Result<String, Odd> {
    let Some((declared, _)) = event_type(event)? else { return Ok(String::new()) };
    let mut name = String::new();
    let mut fields = Fields::of(declared);
    while let Some(told) = fields.next()? {
        if told.number == 1 {
            name = std::str::from_utf8(told.value.bytes()?).map_err(|_| Odd)?.to_owned();
        }
    }
    Ok(name)
}
