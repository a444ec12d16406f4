//! The newest frames of a live source, as the worker handed them over: a list that the page never reads. Where the worker
//! writes them to files, only those that are not written yet.

use std::collections::VecDeque;

use wasm_bindgen::JsValue;

use crate::{
    bridge::{self, Stored},
    model::{KeptIn, Recording},
};

/// 64 MiB; older frames are let go.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Debug, Default)]
pub struct Kept {
    /// With their numbers.
    frames: VecDeque<(u64, JsValue)>,
    bytes: u64,
    let_go: u64,
    stored: Option<Stored>,
}

impl Kept {
    pub fn add(&mut self, first: u64, frames: Vec<JsValue>) {
        for (number, frame) in (first..).zip(frames) {
            self.bytes += size(&frame);
            self.frames.push_back((number, frame));
        }
        while self.bytes > MAX_BYTES {
            self.let_go += 1;
            self.pop();
        }
    }

    fn pop(&mut self) {
        if let Some((_, oldest)) = self.frames.pop_front() {
            self.bytes -= size(&oldest);
        }
    }

    /// Some are written to files.
    pub fn stored(&mut self, stored: Stored) {
        while self.frames.front().is_some_and(|(number, _)| *number < stored.until) {
            self.pop();
        }
        self.stored = Some(stored);
    }

    pub fn numbers(&self) -> Vec<u64> {
        self.frames.iter().map(|(number, _)| *number).collect()
    }

    pub fn frames(&self) -> impl Iterator<Item = JsValue> + '_ {
        self.frames.iter().map(|(_, frame)| frame.clone())
    }

    /// Messages that were written, and went because there was no more room.
    pub fn dropped_from_files(&self) -> u64 {
        self.stored.as_ref().map_or(0, |stored| stored.dropped)
    }

    /// Messages that are nowhere any more.
    fn dropped(&self) -> u64 {
        self.let_go + self.dropped_from_files()
    }

    pub fn recording(&self) -> Recording {
        let stored = self.stored.clone();
        let kept_in = stored.as_ref().map_or(KeptIn::Opening, |stored| stored.kept_in.clone());
        let quota = match (&kept_in, &stored) {
            (KeptIn::Files, Some(stored)) => stored.quota,
            _ => MAX_BYTES,
        };
        Recording {
            kept_in,
            bytes: self.bytes + stored.as_ref().map_or(0, |stored| stored.bytes),
            quota,
            from_ms: stored.and_then(|stored| stored.from_ms),
            dropped: self.dropped(),
        }
    }

    /// What the page says once a new worker has them.
    pub fn sentence(&self, why: &str, frames: u64, unread: u32) -> String {
        let missing = match self.dropped() {
            0 => String::new(),
            n => format!(" {n} older messages were no longer kept."),
        };
        let unread = match unread {
            0 => "",
            1 => " One part of what was written could not be read: some of it is missing.",
            _ => " Several parts of what was written could not be read: some of it is missing.",
        };
        format!(
            "The engine stopped ({why}) and was started again, with the {frames} frames that it had taken in.{missing}{unread} \
             This page recorded nothing in between."
        )
    }
}

/// A mark for a lost link is nothing.
fn size(frame: &JsValue) -> u64 {
    bridge::raw_frame(frame).map_or(0, |(bytes, _)| u64::from(bytes.length()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_again_is_said() {
        let said = |unread| Kept::default().sentence("why", 7, unread);
        assert!(!said(0).contains("missing") && said(0).contains("7 frames"));
        assert!(said(1).contains("One part") && said(2).contains("Several parts"));
    }
}
