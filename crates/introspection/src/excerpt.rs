//! A stretch of time cut out of a recording so that it stands alone: what was told of the node before comes first.
//! Payloads go in and come out as they were told; only that first one can be made anew.

use std::{collections::HashSet, ops::RangeInclusive};

use bytes::Bytes;
use prost::Message;

use crate::{
    fields::Fields,
    glance::{Kind, event_type, glance},
    wire::{EventType, ServerMessage, server_message::Payload},
};

/// Event types that are remembered besides the Runtime's; a source that makes up more is none of a node.
const TYPES: usize = 4096;

/// What has to be known before the next frame: the newest Runtime, and the event types declared since.
#[derive(Clone, Debug, Default)]
pub struct Lead {
    runtime: Option<Bytes>,
    /// Encoded `EventType`s.
    types: Vec<Bytes>,
    names: HashSet<Bytes>,
}

impl Lead {
    /// Takes note of a payload. True: it told something that later ones build on.
    pub fn learn(&mut self, payload: &Bytes) -> bool {
        match glance(payload).map(|glance| glance.kind) {
            Ok(Kind::Runtime) => {
                // Kept for long: a copy that does not hold its neighbours.
                self.runtime = Some(Bytes::copy_from_slice(payload));
                true
            }
            Ok(Kind::Event { declares: true }) => self.learn_type(payload).unwrap_or(false),
            _ => false,
        }
    }

    fn learn_type(&mut self, payload: &[u8]) -> Option<bool> {
        let mut fields = Fields::of(payload);
        let mut learned = false;
        while let Some(field) = fields.next().ok()? {
            if field.number != 4 {
                continue;
            }
            let (declared, _) = event_type(field.value.bytes().ok()?).ok()??;
            let mut inner = Fields::of(declared);
            let mut name: &[u8] = &[];
            while let Some(field) = inner.next().ok()? {
                if field.number == 1 {
                    name = field.value.bytes().ok()?;
                }
            }
            if self.names.len() < TYPES && !self.names.contains(name) {
                self.names.insert(Bytes::copy_from_slice(name));
                self.types.push(Bytes::copy_from_slice(declared));
                learned = true;
            }
        }
        Some(learned)
    }

    /// One Runtime with all of it: as it was told, or with the event types declared since. None when no Runtime was told.
    #[must_use]
    pub fn payload(&self) -> Option<Bytes> {
        let told = self.runtime.as_ref()?;
        let Ok(mut message) = ServerMessage::decode(told.clone()) else { return Some(told.clone()) };
        let Some(Payload::Runtime(runtime)) = &mut message.payload else { return Some(told.clone()) };
        let known: HashSet<String> = runtime.event_types.iter().map(|known| known.name.clone()).collect();
        let declared = self.types.iter().filter_map(|declared| EventType::decode(declared.clone()).ok());
        let more: Vec<EventType> = declared.filter(|declared| !known.contains(&declared.name)).collect();
        if more.is_empty() {
            return Some(told.clone());
        }
        runtime.event_types.extend(more);
        Some(message.encode_to_vec().into())
    }
}

/// Goes through a recording and gives what belongs to a range.
#[derive(Debug)]
pub struct Excerpt {
    /// In ms since the Unix epoch; None: all of it.
    range: Option<RangeInclusive<u64>>,
    lead: Lead,
    /// It knows something that was not given yet.
    untold: bool,
    /// The last state or event was within.
    within: bool,
}

impl Excerpt {
    /// Of a range of time, or of all. `before` is what was told before the first payload.
    #[must_use]
    pub fn new(range: Option<RangeInclusive<u64>>, before: Lead) -> Self {
        let untold = before.runtime.is_some();
        Self { range, lead: before, untold, within: false }
    }

    /// What was told before the first payload, or before those that come next.
    pub fn learn(&mut self, payload: &Bytes) {
        self.untold |= self.lead.learn(payload);
    }

    /// Takes the next payload and gives what has to be written now: nothing, it, or the Runtime and it.
    pub fn take(&mut self, payload: Bytes) -> impl Iterator<Item = Bytes> + use<> {
        let mut first = None;
        let at_ms = glance(&payload).ok().and_then(|glance| glance.at_ms);
        let within = match (&self.range, at_ms) {
            (None, _) => true,
            (Some(range), Some(at_ms)) => range.contains(&at_ms),
            // What has no time belongs to what stands before it.
            (Some(_), None) => self.within,
        };
        if at_ms.is_some() {
            self.within = within;
        }
        if within && self.untold {
            let tells_it = matches!(glance(&payload), Ok(glance) if glance.kind == Kind::Runtime);
            first = self.lead.payload().filter(|_| !tells_it);
            self.untold = false;
        }
        // What is given tells it itself.
        let learned = self.lead.learn(&payload);
        self.untold |= learned && !within;
        first.into_iter().chain(within.then_some(payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Event, Runtime, ServerNotice, State, event_type::EventProperty};

    fn payload(payload: Payload) -> Bytes {
        ServerMessage { version: None, payload: Some(payload) }.encode_to_vec().into()
    }

    fn state(at_ms: u64) -> Bytes {
        payload(Payload::State(State { instant_ts: at_ms, ..State::default() }))
    }

    fn runtime(peer: &str) -> Bytes {
        payload(Payload::Runtime(Runtime { peer_id: peer.to_owned(), ..Runtime::default() }))
    }

    fn event(at_ms: u64, name: &str, declares: bool) -> Bytes {
        let property_types = if declares { vec![EventProperty::default()] } else { Vec::new() };
        let declared = EventType { name: name.to_owned(), property_types };
        payload(Payload::Event(Event { r#type: Some(declared), ts: at_ms, content: "{}".to_owned() }))
    }

    fn notice() -> Bytes {
        payload(Payload::Notice(ServerNotice::default()))
    }

    fn cut(range: Option<RangeInclusive<u64>>, all: &[Bytes]) -> Vec<Bytes> {
        let mut excerpt = Excerpt::new(range, Lead::default());
        all.iter().flat_map(|payload| excerpt.take(payload.clone())).collect()
    }

    #[test]
    fn all_of_a_recording_is_what_it_was() {
        let all =
            [notice(), runtime("a"), event(1, "x", true), state(2), runtime("b"), state(3), Bytes::new()];
        assert_eq!(cut(None, &all), all);
        assert_eq!(cut(Some(0..=9), &all[1..6]), all[1..6]);
    }

    #[test]
    fn a_range_begins_with_what_the_node_is() {
        let all = [
            runtime("a"),
            state(1),
            notice(),
            state(5),
            notice(),
            event(6, "x", false),
            state(9),
            runtime("a"),
        ];
        let expected = [&all[0], &all[3], &all[4], &all[5]].map(Clone::clone);
        assert_eq!(cut(Some(5..=8), &all), expected);
        assert_eq!(cut(Some(20..=30), &all), Vec::<Bytes>::new());
    }

    #[test]
    fn types_declared_before_the_range_are_told_in_it() {
        let all = [runtime("a"), event(1, "x", true), event(2, "y", true), event(5, "x", false)];
        let got = cut(Some(5..=8), &all);
        assert_eq!(got.len(), 2);
        assert_eq!(got[1], all[3]);
        let message = ServerMessage::decode(got[0].clone()).expect("a message");
        let Some(Payload::Runtime(runtime)) = message.payload else { panic!("no runtime: {message:?}") };
        let names: Vec<&str> = runtime.event_types.iter().map(|declared| &*declared.name).collect();
        assert_eq!((&*runtime.peer_id, names), ("a", vec!["x", "y"]));
        assert!(runtime.event_types.iter().all(|declared| declared.property_types.len() == 1));
    }

    #[test]
    fn another_runtime_between_two_parts_of_a_range_is_told_before_the_second() {
        let all = [runtime("a"), state(5), state(1), runtime("b"), state(6)];
        let expected = [&all[0], &all[1], &all[3], &all[4]].map(Clone::clone);
        assert_eq!(cut(Some(5..=8), &all), expected);
    }

    #[test]
    fn what_was_told_before_the_first_frame_comes_first() {
        let mut lead = Lead::default();
        assert!(lead.learn(&runtime("a")));
        assert!(!lead.learn(&state(1)));
        assert!(lead.learn(&event(1, "x", true)));
        assert!(!lead.learn(&event(2, "x", true)), "known already");
        let mut excerpt = Excerpt::new(None, lead.clone());
        let got: Vec<Bytes> = excerpt.take(state(2)).collect();
        assert_eq!(got, [lead.payload().expect("a runtime"), state(2)]);
        let mut excerpt = Excerpt::new(None, lead);
        let got: Vec<Bytes> = excerpt.take(runtime("b")).collect();
        assert_eq!(got, [runtime("b")]);
    }
}
