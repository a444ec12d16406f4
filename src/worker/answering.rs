//! Frames for the page: a view is answered at once, what is new is pushed as often as the page can take it.

use std::rc::Rc;

use gloo_timers::callback::Timeout;

use super::{LOAD_PUSH_MS, Source, Worker};
use crate::bridge::FromWorker;

/// On live data the page gets no more than 10 frames a second.
const PUSH_MS: f64 = 100.0;
/// While a recording is loaded, so few that answers take a sixteenth of the time: it is taken from loading.
const LOAD_PART: f64 = 16.0;
/// As long as there is nothing on the screen.
const FIRST_PUSH_MS: f64 = 20.0;

impl Worker {
    /// Answers a view that has no answer yet.
    pub(super) fn answer_if_asked(&self) {
        let state = self.state.borrow();
        let rev = state.view.as_ref().map(|view| view.rev);
        let asked = rev.is_some() && state.answered.map(|(rev, _)| rev) != rev;
        drop(state);
        if asked {
            self.answer();
        }
    }

    /// Pushes what is new to the page, if it has taken the last and enough time went by.
    pub(super) fn push(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        let Some((rev, version)) = state.answered else { return };
        if !state.taken
            || state.engine.version() == version
            || state.view.as_ref().is_none_or(|view| view.rev != rev)
        {
            return;
        }
        let busy = matches!(&state.source, Source::File(loading) if !loading.finished());
        let apart = match busy {
            // The first screen does not wait for its turn.
            true if state.answered_nothing => FIRST_PUSH_MS,
            true => LOAD_PUSH_MS.max(state.took.answer_ms() * LOAD_PART),
            false => PUSH_MS,
        };
        let wait = state.pushed_ms + apart - self.now();
        if wait > 0.0 {
            if state.push_later.is_none() {
                let worker = Rc::downgrade(self);
                state.push_later = Some(Timeout::new(wait.ceil() as u32, move || {
                    if let Some(worker) = worker.upgrade() {
                        worker.state.borrow_mut().push_later = None;
                        worker.push();
                    }
                }));
            }
            return;
        }
        drop(state);
        self.answer();
    }

    /// How long the page has had the last frame without painting it.
    pub fn unpainted_ms(&self) -> f64 {
        let state = self.state.borrow();
        if state.taken { 0.0 } else { self.now() - state.pushed_ms }
    }

    pub(super) fn answer(&self) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Some(view) = &state.view else { return };
        let began = self.now();
        let frame = state.engine.answer(view);
        let now = self.now();
        state.took.answer(now - began);
        state.answered = Some((view.rev, state.engine.version()));
        state.answered_nothing = frame.head.snapshots == 0;
        state.taken = false;
        state.pushed_ms = now;
        self.post(&FromWorker::Frame(Box::new(frame)));
    }
}
