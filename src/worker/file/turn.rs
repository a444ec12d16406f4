//! A recording's turns in the worker: pieces are asked for as long as some are wanted, and what is there is taken in.

use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::Loading;
use crate::{
    bridge::FromWorker,
    worker::{Source, Worker, called},
};

impl Worker {
    pub fn load(self: &Rc<Self>, over: impl Fn() -> bool) -> bool {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Source::File(loading) = &mut state.source else { return false };
        if loading.finished() {
            return false;
        }
        let began = self.now();
        let more = loading.work(&mut state.engine, over);
        let now = self.now();
        state.took.intake(now - began);
        loading.clock(now);
        let mut wake = Vec::new();
        if loading.hungry() || loading.finished() {
            wake = std::mem::take(&mut state.hungry);
        }
        if loading.finished()
            && let Some(trouble) = loading.trouble()
        {
            self.post(&FromWorker::Trouble(trouble));
        }
        for wake in wake {
            called(wake.call0(&JsValue::NULL));
        }
        more
    }

    /// What is in stays, and goes on answering.
    pub fn cancel_reading(&self) {
        let mut state = self.state.borrow_mut();
        let Source::File(loading) = &mut state.source else { return };
        loading.cancel();
        let wake = std::mem::take(&mut state.hungry);
        drop(state);
        for wake in &wake {
            called(wake.call0(&JsValue::NULL));
        }
        self.say_link();
    }

    /// Changes the recording that is being read, if it still is this one.
    pub fn loading(&self, epoch: u32, change: impl FnOnce(&mut Loading)) {
        let mut state = self.state.borrow_mut();
        if state.epoch == epoch
            && let Source::File(loading) = &mut state.source
        {
            change(loading);
            drop(state);
            self.turn();
        }
    }

    /// Whether another piece is wanted. None: this recording is not read any more.
    pub fn hungry(&self, epoch: u32) -> Option<bool> {
        let state = self.state.borrow();
        match &state.source {
            Source::File(loading) if state.epoch == epoch && !loading.finished() => Some(loading.hungry()),
            _ => None,
        }
    }

    /// Waits until another piece may be wanted.
    pub async fn hunger(&self) {
        let promise = Promise::new(&mut |resolve, _| self.state.borrow_mut().hungry.push(resolve));
        called(JsFuture::from(promise).await);
    }
}
