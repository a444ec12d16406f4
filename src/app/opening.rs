//! From a source as the page names it to all that the worker needs to open it.

use wasm_bindgen::JsValue;
use web_sys::Url;

use crate::{bridge::Open, dom, model::SourceRef, route::Address, store};

/// The recording that comes with the page, a file of its own.
const SAMPLE: &str = "./sample.libp2p.trace.gz";

/// None: it can't be opened again, since its file is not at hand.
pub fn open(source: &SourceRef, file: Option<JsValue>) -> Option<(Open, Option<JsValue>)> {
    match source {
        SourceRef::Endpoint(url) => Some((Open::Endpoint { url: with_token(url) }, None)),
        SourceRef::Url(url) => Some((Open::Url { url: absolute(&with_token(url)) }, None)),
        SourceRef::Sample => Some((Open::Url { url: absolute(SAMPLE) }, None)),
        SourceRef::File(name) => file.map(|file| (Open::File { name: name.clone() }, Some(file))),
    }
}

/// Whether a text names a recording to fetch, and not an endpoint.
pub fn is_recording(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let named = [".mock", ".trace", ".gz"].iter().any(|end| path.ends_with(end));
    named && !text.starts_with("ws:") && !text.starts_with("wss:")
}

fn with_token(url: &str) -> String {
    Address { url: url.to_owned(), token: store::token(url) }.dial()
}

fn absolute(url: &str) -> String {
    let base = dom::document().base_uri().ok().flatten().unwrap_or_default();
    Url::new_with_base(url, &base).map_or_else(|_| url.to_owned(), |url| url.href())
}
