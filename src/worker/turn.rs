//! How the worker gives way: work goes on in slices, and between two of them messages come in.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageChannel, MessagePort};

/// A slice is no longer than this. A single frame that takes longer can't be split.
pub const SLICE_MS: f64 = 8.0;

/// Asks the browser for another turn: a message to itself, since timers are held back to 4 ms and more.
pub struct Turns {
    out: MessagePort,
    asked: bool,
    _in: MessagePort,
    _on_message: Closure<dyn Fn()>,
}

impl Turns {
    /// # Panics
    /// In a browser without message channels; there is none.
    pub fn new(slice: impl Fn() + 'static) -> Self {
        let channel = MessageChannel::new().expect("a browser has message channels");
        let (out, incoming) = (channel.port1(), channel.port2());
        let on_message = Closure::<dyn Fn()>::new(slice);
        incoming.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Self { out, asked: false, _in: incoming, _on_message: on_message }
    }

    pub fn ask(&mut self) {
        if !self.asked {
            self.asked = true;
            let posted = self.out.post_message(&wasm_bindgen::JsValue::NULL);
            debug_assert!(posted.is_ok(), "null can be posted");
        }
    }

    pub fn began(&mut self) {
        self.asked = false;
    }
}
