//! The frames of a node's own recording one by one: which of them a history does not have yet.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{
    Seam,
    told::{self, Told, told},
};

/// Takes the frames of a node's own recording and gives those that are new.
///
/// Of the run that the history ends with these are the states and events past the newest time the history has of their
/// kind. Of the very millisecond of its newest event those are new that the history does not have: events that have the
/// same name and content are the same one as often as it has them. An event told out of order across the seam, older than
/// the newest known and not known itself, is taken for known: it is missing, and none is there twice. Of another run
/// everything is new. A Runtime is new where it says more than the one known. What has no time belongs to what stands
/// before it.
///
/// Which run a recording is of is told by its first state, or by a Runtime of another peer, and how far back it reaches by its
/// first time: what stands before is held back until then. Who bounds the recording bounds that.
#[derive(Debug)]
pub struct Join {
    known: Seam,
    of: Of,
    held: VecDeque<Bytes>,
    /// Time of its first state or event, in ms since the Unix epoch.
    first_ms: Option<u64>,
    /// The last state or event was new.
    was_new: bool,
}

/// What the recording is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Unknown,
    /// The run that the history ends with.
    Same,
    Another,
}

impl Join {
    pub(super) fn new(known: Seam) -> Self {
        let is_empty = known.state_ms.is_none() && known.event_ms.is_none();
        let of = match known.run {
            _ if is_empty => Of::Another,
            // No state told it a run, so none can tell it another.
            None => Of::Same,
            Some(_) => Of::Unknown,
        };
        Self { known, of, held: VecDeque::new(), first_ms: None, was_new: false }
    }

    /// Takes the next frame of the recording and gives what is new of it and of those before that were held back.
    pub fn take(&mut self, payload: Bytes) -> Vec<Bytes> {
        let told = told(&payload);
        if let Ok(Told::State { at_ms, .. } | Told::Event { at_ms, .. }) = told {
            self.first_ms.get_or_insert(at_ms);
        }
        self.held.push_back(payload);
        if let (Ok(told), Some(newest)) = (told, self.held.back()) {
            let another = match told {
                Told::State { run, .. } => self.known.run.map(|known| run.is_another(known)),
                Told::Runtime => {
                    let known = self.known.runtime.as_ref();
                    known.filter(|known| told::is_another_peer(known, newest)).map(|_| true)
                }
                Told::Event { .. } | Told::Other => None,
            };
            match another {
                Some(true) => self.of = Of::Another,
                Some(false) if self.of == Of::Unknown => self.of = Of::Same,
                _ => {}
            }
        }
        // Without a time it can't be told yet whether it reaches back.
        let is_told = match self.of {
            Of::Unknown => false,
            Of::Same => self.first_ms.is_some(),
            Of::Another => true,
        };
        if is_told { self.release() } else { Vec::new() }
    }

    /// The recording ends: what is new of what was still held back.
    pub fn finish(&mut self) -> Vec<Bytes> {
        self.release()
    }

    /// Whether the recording reaches back to what is known, so that nothing is missing between. It is told by then, once
    /// [`take`](Self::take) or [`finish`](Self::finish) gave something.
    #[must_use]
    pub fn reaches_back(&self) -> bool {
        let newest_ms = self.known.state_ms.max(self.known.event_ms);
        self.of != Of::Another && self.first_ms.is_some_and(|first_ms| Some(first_ms) <= newest_ms)
    }

    fn release(&mut self) -> Vec<Bytes> {
        let held = std::mem::take(&mut self.held);
        held.into_iter().filter(|payload| self.is_new(payload)).collect()
    }

    fn is_new(&mut self, payload: &Bytes) -> bool {
        if self.of == Of::Another {
            return true;
        }
        match told(payload) {
            Ok(Told::State { at_ms, .. }) => self.was_new = Some(at_ms) > self.known.state_ms,
            Ok(Told::Event { at_ms, print }) => {
                self.was_new = Some(at_ms) > self.known.event_ms
                    || (Some(at_ms) == self.known.event_ms && !self.is_known(print));
            }
            Ok(Told::Runtime) => {
                return self.known.runtime.as_ref().is_none_or(|known| told::says_more(known, payload));
            }
            Ok(Told::Other) | Err(_) => {}
        }
        self.was_new
    }

    /// An event of the newest millisecond: whether the history has it, once more than was asked for already.
    fn is_known(&mut self, print: u64) -> bool {
        match self.known.newest.get_mut(&print) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}
