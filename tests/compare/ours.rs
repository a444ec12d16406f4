//! Our side of `cargo xtask compare`: the worker's way from a file's bytes to the history, and from there to a chart, for a
//! page that has other decoders and charts beside it. No socket, no messages, no screens.

use js_sys::Uint8Array;
use peerscope_engine::{Engine, Options};
use peerscope_introspection::recording::{Item, Reader};
use wasm_bindgen::prelude::wasm_bindgen;

/// As large as the pieces that the worker reads of a file.
const PIECE: u32 = 4 << 20;

/// Copies a recording in, checks it, decodes it and keeps it. How many states and events there were.
#[wasm_bindgen]
#[must_use]
pub fn intake(file: &Uint8Array) -> Vec<u32> {
    let mut engine = Engine::new(Options::default());
    let mut reader = Reader::new();
    let mut at = 0;
    while at < file.length() {
        let piece = file.subarray(at, (at + PIECE).min(file.length()));
        at += piece.length();
        reader.push_with(piece.length() as usize, |slot| piece.copy_to(slot));
        take(&mut reader, &mut engine);
    }
    reader.finish();
    take(&mut reader, &mut engine);
    let counters = engine.counters();
    [counters.states, counters.events, counters.bad_frames].map(|count| count as u32).to_vec()
}

fn take(reader: &mut Reader, engine: &mut Engine) {
    for item in reader {
        match item {
            Item::Frame { payload, .. } => drop(engine.take(payload)),
            Item::Problem(_) => engine.bad_frames(1),
        }
    }
}
