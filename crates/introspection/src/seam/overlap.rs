//! What a session told while the node's own recording was on its way: which of it the recording has too.

use std::collections::HashMap;

use super::{
    Run,
    told::{Told, told},
};

/// A session that tells something so much later than the recording ended tells nothing of it any more, in ms.
const OVER_MS: u64 = 10_000;

/// Holds a session against the node's own recording that was asked for after the session's events had begun, and was taken
/// before anything of the session was.
///
/// Known are the recording's events, as often as it has them, whatever the order in which they are told, and all states up to
/// its newest one. What is no state and no event is never known: it is the session's own.
#[derive(Debug, Default)]
pub struct Overlap {
    /// The newest state of the recording: its run and its time, in ms since the Unix epoch.
    state: Option<(Run, u64)>,
    /// The recording's events by time and print, and how often each was told.
    events: HashMap<(u64, u64), u32>,
    newest_ms: u64,
}

impl Overlap {
    /// Takes note of a frame of the recording, new to the history or not. Who bounds the recording bounds what this takes.
    pub fn recorded(&mut self, payload: &[u8]) {
        match told(payload) {
            Ok(Told::State { at_ms, run }) => {
                self.newest_ms = self.newest_ms.max(at_ms);
                self.state = Some(match self.state {
                    Some((known, newest_ms)) if !run.is_another(known) => (run, newest_ms.max(at_ms)),
                    _ => (run, at_ms),
                });
            }
            Ok(Told::Event { at_ms, print }) => {
                self.newest_ms = self.newest_ms.max(at_ms);
                *self.events.entry((at_ms, print)).or_default() += 1;
            }
            Ok(Told::Runtime | Told::Other) | Err(_) => {}
        }
    }

    /// Whether the recording does not have what the session tells next.
    pub fn is_new(&mut self, payload: &[u8]) -> bool {
        match told(payload) {
            Ok(Told::State { at_ms, run }) => {
                if at_ms > self.newest_ms.saturating_add(OVER_MS) {
                    *self = Self::default();
                }
                self.state.is_none_or(|(known, newest_ms)| run.is_another(known) || at_ms > newest_ms)
            }
            Ok(Told::Event { at_ms, print }) => match self.events.get_mut(&(at_ms, print)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            },
            Ok(Told::Runtime | Told::Other) | Err(_) => true,
        }
    }

    /// Whether everything is new from now on: the session is past the recording, or there was none.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state.is_none() && self.events.is_empty()
    }
}
