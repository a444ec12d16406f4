//! What a session told while the node's own recording was on its way: which of it the recording has too.

use std::collections::HashMap;

use super::{
    Run,
    told::{Told, told},
};

/// What a session tells lies no further from the end of the recording while it may be in it, in ms.
const NEAR_MS: u64 = 10_000;
/// Events that are remembered, wherever they lie; of more, only those near the end.
const MANY: usize = 1 << 16;

/// Holds a session against the node's own recording that was asked for after the session's events had begun, and was taken
/// before anything of the session was.
///
/// Known are the events taken from it, as often as they were and whatever the order in which they are told, and states no newer
/// than its last one. A state far from the recording's end is new, and so is all that follows: the session is past it, or the
/// node's clock was set. What is no state and no event is never known: it is the session's own.
#[derive(Debug, Default)]
pub struct Overlap {
    /// The last state of the recording: its run and its time, in ms since the Unix epoch.
    state: Option<(Run, u64)>,
    /// Events by time and print, and how often each was told.
    events: HashMap<(u64, u64), u32>,
    /// So many are too many.
    many: usize,
    /// Of its last frame.
    end_ms: u64,
}

impl Overlap {
    /// Takes note of a frame of the recording that goes into the history.
    pub fn recorded(&mut self, payload: &[u8]) {
        match told(payload) {
            Ok(Told::State { at_ms, run }) => {
                self.end_ms = at_ms;
                self.state = Some((run, at_ms));
            }
            Ok(Told::Event { at_ms, print }) => {
                self.end_ms = at_ms;
                *self.events.entry((at_ms, print)).or_default() += 1;
                if self.events.len() > self.many.max(MANY) {
                    self.events.retain(|(event_ms, _), _| event_ms.abs_diff(at_ms) <= NEAR_MS);
                    self.many = 2 * self.events.len();
                }
            }
            Ok(Told::Runtime | Told::Other) | Err(_) => {}
        }
    }

    /// Whether what the session tells next was not taken from the recording.
    pub fn is_new(&mut self, payload: &[u8]) -> bool {
        match told(payload) {
            Ok(Told::State { at_ms, run }) => {
                if at_ms.abs_diff(self.end_ms) > NEAR_MS {
                    *self = Self::default();
                }
                self.state.is_none_or(|(last, last_ms)| run.is_another(last) || at_ms > last_ms)
            }
            Ok(Told::Event { at_ms, print }) => {
                let Some(count) = self.events.get_mut(&(at_ms, print)) else { return true };
                *count -= 1;
                if *count == 0 {
                    self.events.remove(&(at_ms, print));
                }
                false
            }
            Ok(Told::Runtime | Told::Other) | Err(_) => true,
        }
    }

    /// Whether everything is new from now on: the session is past the recording, or there was none.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state.is_none() && self.events.is_empty()
    }
}
