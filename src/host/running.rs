//! A worker that runs, and what it sends.

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};
use yew::Callback;

use super::Heard;
use crate::{bridge, dom};

type Listener<E> = Closure<dyn Fn(E)>;

/// What a dead worker still has under way arrives within this.
const LAST_WORDS_MS: u32 = 5000;

pub struct Running {
    pub worker: Worker,
    pub ready: bool,
    _on_message: Listener<MessageEvent>,
    _on_error: Listener<ErrorEvent>,
}

impl Running {
    /// Starts it; what it sends is heard under this number. Err: why the browser does not.
    pub fn start(number: u32, heard: &Callback<Heard>) -> Result<Self, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&script(), &options).map_err(|error| bridge::reason(&error))?;
        let hear = heard.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            hear.emit(Heard::Message(number, event.data()));
        });
        let hear = heard.clone();
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            // Said on the page: the console need not repeat it.
            event.prevent_default();
            // A script that does not load sends a plain event, without a message.
            hear.emit(Heard::Error(number, bridge::reason(&event)));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, ready: false, _on_message: on_message, _on_error: on_error })
    }

    /// Ends it. It is listened to a little longer: its error would else be one that nobody caught, and go to the console.
    pub fn end(self) {
        self.worker.terminate();
        Timeout::new(LAST_WORDS_MS, move || drop(self)).forget();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
    }
}

/// Where the worker's script is: the page says so, since a release build gives it another name.
fn script() -> String {
    let named = dom::document()
        .query_selector("meta[name=peerscope-worker]")
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"));
    named.unwrap_or_else(|| "./engine_loader.js".to_owned())
}
