//! Taking in what came by the socket: into the engine, into the store, and among what the page gets to keep.

use std::rc::Rc;

use bytes::Bytes;
use js_sys::{ArrayBuffer, Uint8Array};
use peerscope_engine::{Engine, Taken};
use peerscope_introspection::{
    frame::{VERSION_LEN, put_segment, read_message},
    glance::glance,
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
    let overlapping = worker.live(|live| {
        if live.overlap.is_over() { None } else { without(&bytes, |payload| !live.overlap.is_new(payload)) }
    });
    let Some(Some((rest, damaged))) = overlapping else { return whole_message(worker, bytes, buffer) };
    worker.engine(|engine, _| engine.bad_frames(damaged));
    if rest.len() > VERSION_LEN {
        let buffer = Uint8Array::from(rest.as_slice()).buffer();
        whole_message(worker, rest.into(), buffer);
    }
}

fn whole_message(worker: &Rc<Worker>, bytes: Bytes, buffer: ArrayBuffer) {
    if worker.live(|live| live.lost) == Some(true) && has_time(&bytes) {
        // Nothing filled it: what was missed since the link was lost is missing for good.
        mark_lost(worker);
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

/// The message without what the node's own recording told already, and how many damaged segments it had. None: it has nothing
/// of that.
fn without(message: &[u8], mut is_told: impl FnMut(&[u8]) -> bool) -> Option<(Vec<u8>, u64)> {
    let mut damaged = 0;
    let told: Vec<(&[u8], bool)> = read_message(message)
        .filter_map(|segment| {
            let payload = segment.inspect_err(|_| damaged += 1).ok()?;
            Some((payload, is_told(payload)))
        })
        .collect();
    told.iter().any(|(_, is_told)| *is_told).then(|| {
        let mut rest = PROTOCOL_VERSION.to_le_bytes().to_vec();
        told.iter().filter(|(_, is_told)| !is_told).for_each(|(payload, _)| put_segment(&mut rest, payload));
        (rest, damaged)
    })
}

/// Whether a message tells a state or an event.
fn has_time(message: &[u8]) -> bool {
    read_message(message).flatten().any(|payload| glance(payload).is_ok_and(|told| told.at_ms.is_some()))
}

#[cfg(test)]
mod tests {
    use peerscope_introspection::{
        frame,
        glance::Kind as Told,
        wire::{Event, State, server_message::Payload},
    };

    use super::*;

    #[test]
    fn what_was_told_already_leaves_the_rest_of_its_message() {
        let state = frame::segment(Payload::State(State { instant_ts: 7, ..State::default() }));
        let event = |ts| frame::segment(Payload::Event(Event { ts, ..Event::default() }));
        let message = frame::message([&event(1), &state, &event(2)]);
        let is_state = |payload: &[u8]| glance(payload).is_ok_and(|told| told.kind == Told::State);
        let rest = frame::message([&event(1), &event(2)]);
        assert_eq!(without(&message, is_state), Some((rest.to_vec(), 0)));
        assert_eq!(without(&message, |_| false), None);
        let nothing = without(&message, |_| true).map(|(rest, _)| rest.len());
        assert_eq!(nothing, Some(VERSION_LEN));
        let mut damaged = message.to_vec();
        damaged[4] ^= 1;
        let rest = frame::message([&event(2)]);
        assert_eq!(without(&damaged, is_state), Some((rest.to_vec(), 1)));
    }
}
