//! `window.peerscope`: the page for scripts.

use js_sys::{Array, ArrayBuffer, JSON, Object, Promise, Reflect, Uint8Array};
use peerscope_engine::view::Cursor;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::Blob;
use yew::Callback;

use crate::{dom, host::OnAnswer};

/// What a script wants of the page.
pub enum Call {
    Open(What, Box<dyn FnOnce()>),
    Seek(Cursor, Box<dyn FnOnce()>),
    Query(String, OnAnswer),
    Stats(OnAnswer),
    Crash,
}

pub enum What {
    Address(String),
    Bytes(JsValue),
}

const HELP: &str = "\
peerscope.stats()                   promise of the figures of link, source, engine and page
peerscope.open(address or buffer)   opens an endpoint (ws://…), a recording by its URL, 'sample', or an ArrayBuffer
peerscope.seek(ms)                  moves the cursor to a time, ms since the Unix epoch
peerscope.live()                    follows the newest again
peerscope.query(screen)             promise of the rows of 'connections', 'events', 'overview', 'graph', 'dht', 'node' or 'diff'
                                    as objects
peerscope.crash()                   panics the engine on purpose, to try the recovery
peerscope.help()                    this text
Promises are kept when the answer is on the screen.";

/// Puts the object in its place; it lives as long as the page.
pub fn install(call: &Callback<Call>) {
    let object = Object::new();
    let call_ = call.clone();
    put(&object, "stats", move |_| answer(&call_, Call::Stats));
    let call_ = call.clone();
    put(&object, "query", move |screen| {
        let screen = screen.as_string().unwrap_or_default();
        answer(&call_, |on_answer| Call::Query(screen, on_answer))
    });
    let call_ = call.clone();
    put(&object, "open", move |what| match what.as_string() {
        Some(address) => done(&call_, |done| Call::Open(What::Address(address), done)),
        None => done(&call_, |done| Call::Open(What::Bytes(what), done)),
    });
    let call_ = call.clone();
    put(&object, "seek", move |ms| match ms.as_f64() {
        // Not before 1970; beyond 2^53 no number is exact.
        Some(ms) => done(&call_, |done| Call::Seek(Cursor::At(ms.max(0.0) as u64), done)),
        None => Promise::reject(&"seek(ms) takes a number".into()).into(),
    });
    let call_ = call.clone();
    put(&object, "live", move |_| done(&call_, |done| Call::Seek(Cursor::Live, done)));
    let call_ = call.clone();
    put(&object, "crash", move |_| {
        call_.emit(Call::Crash);
        JsValue::UNDEFINED
    });
    put(&object, "help", |_| HELP.into());
    let placed = Reflect::set(&dom::window(), &"peerscope".into(), &object);
    debug_assert_eq!(placed, Ok(true), "a window takes properties");
}

fn put(object: &Object, name: &str, function: impl Fn(JsValue) -> JsValue + 'static) {
    let closure = Closure::<dyn Fn(JsValue) -> JsValue>::new(function);
    let placed = Reflect::set(object, &name.into(), closure.as_ref());
    debug_assert_eq!(placed, Ok(true), "an object takes properties");
    closure.forget();
}

/// A promise that is kept, with nothing, when it is done.
fn done(call: &Callback<Call>, make: impl FnOnce(Box<dyn FnOnce()>) -> Call) -> JsValue {
    let mut make = Some(make);
    let promise = Promise::new(&mut |resolve, _| {
        let done = Box::new(move || called(resolve.call0(&JsValue::UNDEFINED)));
        if let Some(make) = make.take() {
            call.emit(make(done));
        }
    });
    promise.into()
}

/// A promise that is kept with an answer in JSON.
fn answer(call: &Callback<Call>, make: impl FnOnce(OnAnswer) -> Call) -> JsValue {
    let mut make = Some(make);
    let promise = Promise::new(&mut |resolve, reject| {
        let on_answer: OnAnswer = Box::new(move |json| {
            let parsed = json.map_err(JsValue::from).and_then(|json| JSON::parse(&json));
            called(match parsed {
                Ok(value) => resolve.call1(&JsValue::UNDEFINED, &value),
                Err(error) => reject.call1(&JsValue::UNDEFINED, &error),
            });
        });
        if let Some(make) = make.take() {
            call.emit(make(on_answer));
        }
    });
    promise.into()
}

/// The functions of a promise never throw.
fn called(result: Result<JsValue, JsValue>) {
    debug_assert!(result.is_ok());
}

/// The bytes that a script gave, as a file. None: they are none.
#[must_use]
pub fn blob(bytes: &JsValue) -> Option<Blob> {
    let known = bytes.is_instance_of::<ArrayBuffer>() || bytes.is_instance_of::<Uint8Array>();
    if bytes.is_instance_of::<Blob>() {
        return bytes.clone().dyn_into().ok();
    }
    known.then(|| Blob::new_with_buffer_source_sequence(&Array::of1(bytes)).ok()).flatten()
}
