//! A message as the browser carries it: `[ArrayBuffer, …what goes beside it]`.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, Worker};

/// A message that came in.
#[derive(Debug)]
pub struct Envelope<T> {
    pub message: T,
    pub beside: Vec<JsValue>,
}

impl<T: DeserializeOwned> Envelope<T> {
    /// None: not a message of ours.
    pub fn open(data: &JsValue) -> Option<Self> {
        let parts = data.dyn_ref::<Array>()?;
        let buffer = parts.get(0).dyn_into::<ArrayBuffer>().ok()?;
        let message = super::decode(&Uint8Array::new(&buffer).to_vec())?;
        Some(Self { message, beside: parts.iter().skip(1).collect() })
    }
}

/// The bytes of a raw frame, and whether they are of the node's own recording. None: the link was lost there.
pub fn raw_frame(part: &JsValue) -> Option<(Uint8Array, bool)> {
    match part.dyn_ref::<ArrayBuffer>() {
        Some(buffer) => Some((Uint8Array::new(buffer), false)),
        None => part.dyn_ref::<Uint8Array>().map(|own| (own.clone(), true)),
    }
}

/// The parts, and which of them change hands: our own bytes, and every buffer beside them.
fn seal<T: Serialize>(message: &T, beside: impl IntoIterator<Item = JsValue>) -> (Array, Array) {
    let bytes = super::encode(message);
    let head: JsValue = Uint8Array::from(bytes.as_slice()).buffer().into();
    let (parts, moved) = (Array::of1(&head), Array::of1(&head));
    for part in beside {
        if part.is_instance_of::<ArrayBuffer>() {
            moved.push(&part);
        } else if let Some(own) = part.dyn_ref::<Uint8Array>() {
            moved.push(&own.buffer());
        }
        parts.push(&part);
    }
    (parts, moved)
}

/// # Errors
/// What the browser says when it can't be sent.
pub fn post_to_worker<T: Serialize>(
    worker: &Worker,
    message: &T,
    beside: impl IntoIterator<Item = JsValue>,
) -> Result<(), JsValue> {
    let (parts, moved) = seal(message, beside);
    worker.post_message_with_transfer(&parts, &moved)
}

/// As [`post_to_worker`], but the page keeps what goes beside it: the worker gets a copy.
///
/// # Errors
/// What the browser says when it can't be sent.
pub fn lend_to_worker<T: Serialize>(
    worker: &Worker,
    message: &T,
    beside: impl IntoIterator<Item = JsValue>,
) -> Result<(), JsValue> {
    let (parts, moved) = seal(message, beside);
    moved.set_length(1);
    worker.post_message_with_transfer(&parts, &moved)
}

/// # Errors
/// What the browser says when it can't be sent.
pub fn post_to_page<T: Serialize>(
    scope: &DedicatedWorkerGlobalScope,
    message: &T,
    beside: impl IntoIterator<Item = JsValue>,
) -> Result<(), JsValue> {
    let (parts, moved) = seal(message, beside);
    scope.post_message_with_transfer(&parts, &moved)
}
