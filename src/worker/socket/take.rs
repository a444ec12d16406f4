//! Taking in what came by the socket: into the engine, into the store, and among what the page gets to keep.

use std::rc::Rc;

use bytes::Bytes;
use js_sys::{ArrayBuffer, Uint8Array};
use peerscope_engine::{Engine, Taken};
use peerscope_introspection::{
    frame::{VERSION_LEN, put_segment, read_message},
    glance::{self, glance},
    wire::PROTOCOL_VERSION,
};
use wasm_bindgen::JsValue;

use crate::worker::{Worker, store::record::Kind};

/// Takes in one message: each segment's payload, and what is damaged.
pub fn take_in(engine: &mut Engine, message: Bytes, mut taken: impl FnMut(&mut Engine, Bytes, Taken)) {
    for segment in read_message(&message) {
        match segment {
            Ok(payload) => {
                let payload = message.slice_ref(payload);
                let one = engine.take(payload.clone());
                taken(engine, payload, one);
            }
            Err(_) => engine.bad_frames(1),
        }
    }
}

pub fn message(worker: &Rc<Worker>, bytes: Bytes, buffer: ArrayBuffer) {
    let own_state_ms = worker.live(|live| live.own_state_ms).flatten();
    if let Some(rest) = own_state_ms.and_then(|at_ms| without_state(&bytes, at_ms)) {
        worker.live(|live| live.own_state_ms = None);
        if rest.len() > VERSION_LEN {
            let buffer = Uint8Array::from(rest.as_slice()).buffer();
            message(worker, rest.into(), buffer);
        }
        return;
    }
    let unpainted_ms = worker.unpainted_ms();
    let mut payloads = Vec::new();
    worker.engine(|engine, mut live| {
        take_in(engine, bytes.clone(), |engine, payload, taken| {
            payloads.push(payload);
            if let Some(live) = live.as_deref_mut() {
                live.taken(engine, &taken, unpainted_ms);
            }
        });
    });
    keep(worker, Kind::Message, &bytes, &payloads, buffer.into());
}

/// Puts a message, or the mark of a lost link, into the store and among what the page gets to keep.
pub fn keep(worker: &Rc<Worker>, kind: Kind, bytes: &[u8], payloads: &[Bytes], raw: JsValue) {
    let now_ms = worker.now();
    let number = worker.store(worker.epoch(), |store| {
        payloads.iter().for_each(|payload| store.note(payload));
        store.add(kind, bytes, now_ms)
    });
    worker.live(|live| {
        if live.raw.is_empty() {
            live.raw_first = number.unwrap_or_default();
        }
        live.raw.push(raw);
    });
}

/// Nothing fills the time since the link was lost: it is a gap, in what is kept too.
pub fn mark_lost(worker: &Rc<Worker>) {
    if worker.live(|live| std::mem::take(&mut live.lost)) == Some(true) {
        keep(worker, Kind::Lost, &[], &[], JsValue::NULL);
        worker.engine(|engine, _| engine.link_lost());
    }
}

/// The message without the state of this time, which the node's own recording told already. None: it has none, or is
/// damaged.
fn without_state(message: &[u8], at_ms: u64) -> Option<Vec<u8>> {
    let is_it = |payload: &[u8]| {
        glance(payload).is_ok_and(|told| told.kind == glance::Kind::State && told.at_ms == Some(at_ms))
    };
    let payloads: Vec<&[u8]> = read_message(message).collect::<Result<_, _>>().ok()?;
    if !payloads.iter().any(|payload| is_it(payload)) {
        return None;
    }
    let mut rest = PROTOCOL_VERSION.to_le_bytes().to_vec();
    payloads.iter().filter(|payload| !is_it(payload)).for_each(|payload| put_segment(&mut rest, payload));
    Some(rest)
}

#[cfg(test)]
mod tests {
    use peerscope_introspection::{
        frame,
        wire::{Event, State, server_message::Payload},
    };

    use super::*;

    #[test]
    fn a_state_that_was_told_already_leaves_the_rest_of_its_message() {
        let state = |instant_ts| frame::segment(Payload::State(State { instant_ts, ..State::default() }));
        let event = frame::segment(Payload::Event(Event { ts: 7, ..Event::default() }));
        let message = frame::message([&event, &state(7), &event]);
        assert_eq!(without_state(&message, 7).as_deref(), Some(&frame::message([&event, &event])[..]));
        assert_eq!(without_state(&message, 8), None);
        assert_eq!(without_state(&frame::message([&event]), 7), None);
        assert_eq!(without_state(&frame::message([&state(7)]), 7).map(|rest| rest.len()), Some(VERSION_LEN));
        let mut damaged = message.to_vec();
        damaged[4] ^= 1;
        assert_eq!(without_state(&damaged, 7), None);
    }
}
