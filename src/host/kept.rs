//! The newest frames of a live source, as the worker handed them over: a list that the page never reads.

use std::collections::VecDeque;

use js_sys::ArrayBuffer;
use wasm_bindgen::{JsCast, JsValue};

/// 64 MiB; older frames are let go.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Debug, Default)]
pub struct Kept {
    frames: VecDeque<JsValue>,
    bytes: u64,
    let_go: u64,
}

impl Kept {
    pub fn add(&mut self, frames: Vec<JsValue>) {
        for frame in frames {
            self.bytes += size(&frame);
            self.frames.push_back(frame);
        }
        while self.bytes > MAX_BYTES
            && let Some(oldest) = self.frames.pop_front()
        {
            self.bytes -= size(&oldest);
            self.let_go += 1;
        }
    }

    /// Nothing was recorded from here to the next frame.
    pub fn link_lost(&mut self) {
        self.frames.push_back(JsValue::NULL);
    }

    pub fn frames(&self) -> impl Iterator<Item = JsValue> + '_ {
        self.frames.iter().cloned()
    }

    /// What the page says once a new worker has them.
    pub fn sentence(&self, why: &str, frames: u64) -> String {
        let missing = match self.let_go {
            0 => String::new(),
            n => format!(" {n} older messages were no longer kept."),
        };
        format!(
            "The engine stopped ({why}) and was started again, with the {frames} frames that it had taken in.{missing} \
             Nothing was recorded in between."
        )
    }
}

/// A mark for a lost link is nothing.
fn size(frame: &JsValue) -> u64 {
    frame.dyn_ref::<ArrayBuffer>().map_or(0, |buffer| u64::from(buffer.byte_length()))
}
