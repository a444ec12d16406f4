//! The worker's part of `stats()`.

use peerscope_engine::view::View;
use serde_json::json;
use wasm_bindgen::JsCast;

use super::State;
use crate::model::KeptIn;

/// How long things took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// Taking in, all together.
    intake_ms: f64,
    /// The last answer.
    query_ms: f64,
}

impl Took {
    pub fn intake(&mut self, ms: f64) {
        self.intake_ms += ms;
    }

    pub fn answer(&mut self, ms: f64) {
        self.query_ms = ms;
    }

    /// The last answer.
    pub fn answer_ms(&self) -> f64 {
        self.query_ms
    }
}

/// What is open at the cursor of this view, and what came in.
pub fn json(state: &mut State, view: View) -> String {
    let counters = state.engine.counters();
    let stored = state.store.figures();
    let head = state.engine.answer(&View { panels: Vec::new(), ..view }).head;
    json!({
        "frames": counters.frames,
        "bytes": counters.bytes,
        "states": counters.states,
        "events": counters.events,
        "runtimes": counters.runtimes,
        "responses": counters.responses,
        "notices": counters.notices,
        "unknown": counters.unknown,
        "bad_frames": counters.bad_frames,
        "dropped": counters.dropped,
        "first_ms": counters.first_ms,
        "last_ms": counters.last_ms,
        "connections": head.connections,
        "streams": head.streams,
        "peers": head.peers,
        "kept_in": match stored.kept_in {
            KeptIn::Opening => "opening",
            KeptIn::Files => "files",
            KeptIn::Page(_) => "page",
        },
        "stored_bytes": stored.bytes,
        "stored_frames_dropped": stored.dropped,
        "history_bytes": counters.history_bytes,
        "engine_bytes": memory_bytes(),
        "intake_ms": state.took.intake_ms,
        "query_ms": state.took.query_ms,
    })
    .to_string()
}

/// The worker's whole linear memory.
fn memory_bytes() -> Option<u64> {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().dyn_into().ok()?;
    let buffer: js_sys::ArrayBuffer = memory.buffer().dyn_into().ok()?;
    Some(u64::from(buffer.byte_length()))
}
