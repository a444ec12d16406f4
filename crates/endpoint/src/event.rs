//! An event on its way to many sessions: encoded once, and a second time with its type's properties only for the
//! sessions that have not seen the type yet.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use peerscope_introspection::{
    frame,
    wire::{Event, EventType, ServerMessage, event_type::EventProperty, server_message::Payload},
};
use prost::Message;

use crate::stats::Counters;

/// Types that are remembered by name. A node has some dozens; beyond this many each event carries its own.
const MAX_TYPES: usize = 1024;

/// What each session's queue takes for an event besides its frame, which sessions share: a short event's place is longer
/// than itself, and so many fit that they would be most of the memory.
pub(crate) const PLACE_BYTES: usize = 64;

/// An event as the segments of a message.
#[derive(Debug)]
pub(crate) struct EventFrame {
    /// Which type it is; none when there are too many to remember.
    pub(crate) kind: Option<u32>,
    /// With its type's name alone.
    bare: Bytes,
    /// With its type's properties.
    inline: OnceLock<Bytes>,
    properties: Arc<[EventProperty]>,
}

impl EventFrame {
    /// Bytes that it takes in a session's queue.
    pub(crate) fn weight(&self) -> usize {
        self.bare.len() + PLACE_BYTES
    }

    /// The segment with the type's name alone.
    pub(crate) fn bare(&self) -> &Bytes {
        &self.bare
    }

    /// The segment that tells the type's properties too: encoded for the first session that wants it.
    pub(crate) fn inline(&self, counters: &Counters) -> &Bytes {
        self.inline.get_or_init(|| match self.with_properties() {
            Some(segment) => {
                counters.encoded(segment.len());
                segment
            }
            None => self.bare.clone(),
        })
    }

    /// Read back from the bare segment, so that the text need not be kept twice.
    fn with_properties(&self) -> Option<Bytes> {
        let message = ServerMessage::decode(self.bare.get(frame::HEADER_LEN..)?).ok()?;
        let Some(Payload::Event(mut event)) = message.payload else { return None };
        event.r#type.as_mut()?.property_types = self.properties.to_vec();
        encode(Payload::Event(event))
    }
}

/// A payload as one segment, or nothing when it is longer than a segment may be.
pub(crate) fn encode(payload: Payload) -> Option<Bytes> {
    // The version and the field's own header take less than 32 bytes.
    (payload.encoded_len() + 32 <= frame::MAX_SEGMENT_LEN).then(|| frame::segment(payload))
}

/// The event types seen so far.
#[derive(Debug, Default)]
pub(crate) struct EventTypes {
    known: HashMap<String, (u32, Arc<[EventProperty]>)>,
}

impl EventTypes {
    /// Encodes an event. `metadata` is asked for the types when one comes up for the first time. Nothing when the event
    /// is longer than a segment may be.
    pub(crate) fn encode(
        &mut self,
        mut event: Event,
        metadata: impl FnOnce() -> Vec<EventType>,
    ) -> Option<EventFrame> {
        let kind = event.r#type.get_or_insert_default();
        let told = std::mem::take(&mut kind.property_types);
        let (id, properties) = match self.known.get(&kind.name) {
            Some((id, properties)) => (Some(*id), Arc::clone(properties)),
            None => self.learn(&kind.name, told, metadata),
        };
        let bare = encode(Payload::Event(event))?;
        Some(EventFrame { kind: id, bare, inline: OnceLock::new(), properties })
    }

    /// Notes an event's type when nobody wants the event.
    pub(crate) fn note(&mut self, event: Event, metadata: impl FnOnce() -> Vec<EventType>) {
        if let Some(EventType { name, property_types }) = event.r#type
            && !self.known.contains_key(&name)
        {
            self.learn(&name, property_types, metadata);
        }
    }

    fn learn(
        &mut self,
        name: &str,
        told: Vec<EventProperty>,
        metadata: impl FnOnce() -> Vec<EventType>,
    ) -> (Option<u32>, Arc<[EventProperty]>) {
        let properties: Arc<[EventProperty]> = if told.is_empty() {
            metadata()
                .into_iter()
                .find(|known| known.name == name)
                .map(|known| known.property_types)
                .unwrap_or_default()
        } else {
            told
        }
        .into();
        let id = u32::try_from(self.known.len()).ok().filter(|_| self.known.len() < MAX_TYPES);
        if let Some(id) = id {
            self.known.insert(name.to_owned(), (id, Arc::clone(&properties)));
        }
        (id, properties)
    }

    /// Adds the types seen so far that a Runtime does not name.
    pub(crate) fn complete(&self, types: &mut Vec<EventType>) {
        let mut missing: Vec<_> =
            self.known.iter().filter(|(name, _)| !types.iter().any(|known| known.name == **name)).collect();
        missing.sort_by_key(|(_, (id, _))| *id);
        types.extend(missing.into_iter().map(|(name, (_, properties))| EventType {
            name: name.clone(),
            property_types: properties.to_vec(),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str) -> Event {
        let kind = EventType { name: name.into(), property_types: Vec::new() };
        Event { r#type: Some(kind), ts: 1, content: "{\"a\":1}".into() }
    }

    fn known(name: &str) -> EventType {
        EventType {
            name: name.into(),
            property_types: vec![EventProperty { name: "a".into(), ..Default::default() }],
        }
    }

    fn read(segment: &Bytes) -> Event {
        let message = ServerMessage::decode(&segment[frame::HEADER_LEN..]).expect("a message");
        let Some(Payload::Event(event)) = message.payload else { panic!("no event") };
        event
    }

    #[test]
    fn both_forms_tell_the_same_event_and_one_its_types_properties() {
        let mut types = EventTypes::default();
        let frame = types.encode(event("A"), || vec![known("B"), known("A")]).expect("short");
        assert_eq!(read(frame.bare()), event("A"));
        assert_eq!(
            read(frame.inline(&Counters::default())),
            Event { r#type: Some(known("A")), ..event("A") }
        );
        let again =
            types.encode(event("A"), || panic!("a known type is not asked for again")).expect("short");
        assert_eq!(again.kind, frame.kind);
    }

    #[test]
    fn an_event_may_bring_its_types_properties_itself() {
        let mut types = EventTypes::default();
        let whole = Event { r#type: Some(known("A")), ..event("A") };
        let frame = types.encode(whole.clone(), Vec::new).expect("short");
        assert_eq!((read(frame.bare()), read(frame.inline(&Counters::default()))), (event("A"), whole));
        let mut told = Vec::new();
        types.complete(&mut told);
        assert_eq!(told, [known("A")]);
    }

    #[test]
    fn types_are_remembered_up_to_a_bound_and_further_ones_have_no_number() {
        let mut types = EventTypes::default();
        for number in 0..MAX_TYPES + 10 {
            let frame = types.encode(event(&number.to_string()), Vec::new).expect("short");
            assert_eq!(frame.kind.is_some(), number < MAX_TYPES);
        }
        let mut told = Vec::new();
        types.complete(&mut told);
        assert_eq!(told.len(), MAX_TYPES);
    }

    #[test]
    fn an_event_longer_than_a_segment_may_be_is_none() {
        let long = Event { content: "x".repeat(frame::MAX_SEGMENT_LEN), ..event("A") };
        assert!(EventTypes::default().encode(long, Vec::new).is_none());
    }
}
