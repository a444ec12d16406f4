//! What a saved recording is made of: payloads in, bytes of a file out, whole or redacted. Pure.

use bytes::Bytes;
use peerscope_engine::view::Range;
use peerscope_introspection::{
    excerpt::{Excerpt, Lead},
    frame::put_segment,
    glance::{Kind, glance},
    redact::{Options, Redactor},
    wire::PROTOCOL_VERSION,
};

use crate::model::saving::Replace;

pub struct Cut {
    excerpt: Excerpt,
    from_ms: Option<u64>,
    /// The last snapshot before the range, until something of the range was written: a range of events alone, or one that
    /// begins with them, shows connections too.
    before: Option<Bytes>,
    redactor: Option<Redactor>,
    out: Vec<u8>,
    pub frames: u64,
    /// Frames of the source that were damaged: nothing of them is saved.
    pub damaged: u64,
}

impl Cut {
    pub fn new(range: Option<Range>, replace: Replace, salt: [u8; 32]) -> Self {
        let from_ms = range.map(|range| range.from_ms);
        let range = range.map(|range| range.from_ms..=range.to_ms);
        Self {
            from_ms,
            before: None,
            excerpt: Excerpt::new(range, Lead::default()),
            redactor: replace.any().then(|| Redactor::new(options(replace), salt)),
            out: PROTOCOL_VERSION.to_le_bytes().to_vec(),
            frames: 0,
            damaged: 0,
        }
    }

    /// What was told before the first payload.
    pub fn learn(&mut self, lead: &Bytes) {
        self.excerpt.learn(lead);
    }

    pub fn take(&mut self, payload: Bytes) {
        let told = glance(&payload).ok();
        if let (Some(told), Some(from_ms)) = (told, self.from_ms)
            && told.kind == Kind::State
            && told.at_ms.is_some_and(|at_ms| at_ms < from_ms)
        {
            self.before = Some(payload.clone());
        }
        for payload in self.excerpt.take(payload) {
            match glance(&payload).map(|told| told.kind) {
                Ok(Kind::Event { .. }) => {
                    if let Some(before) = self.before.take() {
                        self.write(before);
                    }
                }
                Ok(Kind::State) => self.before = None,
                _ => {}
            }
            self.write(payload);
        }
    }

    fn write(&mut self, payload: Bytes) {
        let kept = match &mut self.redactor {
            None => Some(payload),
            Some(redactor) => redactor.payload(&payload).map(Bytes::from),
        };
        if let Some(kept) = kept {
            self.frames += 1;
            put_segment(&mut self.out, &kept);
        }
    }

    /// What is ready, if it is so much.
    pub fn ready(&mut self, at_least: usize) -> Option<Vec<u8>> {
        (self.out.len() >= at_least.max(1)).then(|| std::mem::take(&mut self.out))
    }

    /// What redaction left out because it was not understood.
    pub fn left_out(&self) -> u64 {
        self.redactor.as_ref().map_or(0, |redactor| redactor.counts().total())
    }
}

pub fn options(replace: Replace) -> Options {
    Options {
        addresses: replace.addresses,
        peer_ids: replace.peer_ids,
        event_content: replace.event_content,
        agents: replace.agents,
    }
}

#[cfg(test)]
mod tests {
    use peerscope_introspection::{
        recording::{Item, Reader},
        wire::{Event, ServerMessage, State, server_message::Payload},
    };
    use prost::Message;

    use super::*;

    fn event(at_ms: u64) -> Bytes {
        let event = Event { ts: at_ms, content: r#"{"peer":"12D3KooWa"}"#.to_owned(), ..Event::default() };
        ServerMessage { version: None, payload: Some(Payload::Event(event)) }.encode_to_vec().into()
    }

    fn saved(cut: &mut Cut) -> Vec<Bytes> {
        let mut reader = Reader::new();
        while let Some(bytes) = cut.ready(0) {
            reader.push(&bytes);
        }
        reader.finish();
        let frame = |item| match item {
            Item::Frame { payload, .. } => payload,
            Item::Problem(problem) => panic!("{problem}"),
        };
        reader.map(frame).collect()
    }

    #[test]
    fn whole_it_is_what_came_in_and_a_range_a_part_of_it() {
        let all = [event(1), event(2), event(3)];
        let mut cut = Cut::new(None, Replace::none(), [0; 32]);
        all.iter().for_each(|payload| cut.take(payload.clone()));
        assert_eq!((cut.frames, saved(&mut cut)), (3, all.to_vec()));
        let mut cut = Cut::new(Some(Range { from_ms: 2, to_ms: 2 }), Replace::none(), [0; 32]);
        all.iter().for_each(|payload| cut.take(payload.clone()));
        assert_eq!(saved(&mut cut), [event(2)]);
    }

    #[test]
    fn a_range_that_begins_with_events_has_the_snapshot_before_them() {
        let state = |instant_ts| {
            let state = State { instant_ts, ..State::default() };
            Bytes::from(ServerMessage { version: None, payload: Some(Payload::State(state)) }.encode_to_vec())
        };
        let saved_of = |range, all: &[Bytes]| {
            let mut cut = Cut::new(Some(range), Replace::none(), [0; 32]);
            all.iter().for_each(|payload| cut.take(payload.clone()));
            saved(&mut cut)
        };
        let all = [state(1), event(2), state(3), event(4), event(5), state(6)];
        assert_eq!(saved_of(Range { from_ms: 4, to_ms: 5 }, &all), [state(3), event(4), event(5)]);
        assert_eq!(saved_of(Range { from_ms: 3, to_ms: 4 }, &all), [state(3), event(4)]);
        assert!(saved_of(Range { from_ms: 7, to_ms: 8 }, &all).is_empty());
    }

    #[test]
    fn redacted_it_has_the_same_frames_and_what_is_none_is_left_out() {
        let mut cut = Cut::new(None, Replace { peer_ids: true, ..Replace::none() }, [0; 32]);
        cut.take(event(1));
        cut.take(Bytes::from_static(b"no message"));
        let saved = saved(&mut cut);
        assert_eq!((saved.len(), cut.frames, cut.left_out()), (1, 1, 1));
        assert!(!saved[0].windows(9).any(|window| window == b"12D3KooWa"));
    }
}
