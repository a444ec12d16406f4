//! Where what a client has of a node ends, so that the node's own recording (`GET /recording`) can go on there: what the
//! history tells already is known by its times, and by what its newest events say. Pure; it keeps no frame.

mod join;
mod overlap;
pub mod terms;
mod told;

use std::collections::HashMap;

use bytes::Bytes;

use self::told::{Told, told};
pub use join::Join;
pub use overlap::Overlap;

/// Events of one millisecond that are told apart; a node that tells more has the rest taken for new.
const MAX_NEWEST: usize = 1 << 16;

/// Knows how far a history reaches. Every payload that goes into the history goes by here, in the same order.
#[derive(Clone, Debug, Default)]
pub struct Seam {
    /// The newest Runtime, as it was told.
    runtime: Option<Bytes>,
    run: Option<Run>,
    /// Times of the newest state and of the newest event of this run, in ms since the Unix epoch.
    state_ms: Option<u64>,
    event_ms: Option<u64>,
    /// The events of that millisecond, by a hash of their name and content, and how often each was told.
    newest: HashMap<u64, u32>,
}

/// One life of a node, as its states tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    start_ms: u64,
    /// Its start is the beginning of the snapshot's own window (the React viewer's samples): it tells no runs apart.
    is_windowed: bool,
}

impl Run {
    /// As the history tells runs apart: by another start, where that is the node's own.
    fn is_another(self, than: Run) -> bool {
        let told = self.start_ms > 0 && than.start_ms > 0 && self.start_ms != than.start_ms;
        told && !(self.is_windowed && than.is_windowed)
    }
}

impl Seam {
    /// Nothing is known of the node.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A payload goes into the history. What can't be read of it says nothing.
    pub fn note(&mut self, payload: &[u8]) {
        match told(payload) {
            Ok(Told::State { at_ms, run }) => {
                if self.run.is_some_and(|known| run.is_another(known)) {
                    self.begin(run.start_ms);
                }
                self.run = Some(run);
                self.state_ms = self.state_ms.max(Some(at_ms));
            }
            Ok(Told::Event { at_ms, print }) => {
                if self.event_ms < Some(at_ms) {
                    self.event_ms = Some(at_ms);
                    self.newest.clear();
                }
                let has_room = self.newest.len() < MAX_NEWEST;
                if self.event_ms == Some(at_ms) && (has_room || self.newest.contains_key(&print)) {
                    *self.newest.entry(print).or_default() += 1;
                }
            }
            Ok(Told::Runtime) => {
                if self.runtime.as_ref().is_some_and(|known| told::is_another_peer(known, payload)) {
                    *self = Self::default();
                }
                // Kept for long: a copy that does not hold its neighbours.
                self.runtime = Some(Bytes::copy_from_slice(payload));
            }
            Ok(Told::Other) | Err(_) => {}
        }
    }

    /// Another run began: times of the one before say nothing of it. Its events may have come before its first state.
    fn begin(&mut self, start_ms: u64) {
        self.state_ms = None;
        if self.event_ms < Some(start_ms) {
            self.event_ms = None;
            self.newest.clear();
        }
    }

    /// Where a recording has to begin to reach back to what is known, in ms since the Unix epoch; None when nothing is.
    #[must_use]
    pub fn since_ms(&self) -> Option<u64> {
        [self.state_ms, self.event_ms].into_iter().flatten().min()
    }

    /// Begins to join the node's own recording to what is known by now.
    #[must_use]
    pub fn join(&self) -> Join {
        Join::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
