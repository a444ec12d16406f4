//! From pieces of a file to one file: a Blob, which the browser keeps outside of WebAssembly's memory, packed if wanted.

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStream, Response};

/// A piece of the file; None where the browser has no room for it.
pub fn piece(bytes: &[u8]) -> Result<JsValue, JsValue> {
    let piece = Array::of1(&Uint8Array::from(bytes));
    Ok(Blob::new_with_u8_array_sequence(&piece)?.into())
}

pub fn join(pieces: &Array) -> Result<Blob, JsValue> {
    Blob::new_with_blob_sequence(pieces)
}

/// By gzip, as the browser does it.
pub async fn gzip(blob: &Blob) -> Result<Blob, JsValue> {
    let class: Function = Reflect::get(&js_sys::global(), &"CompressionStream".into())?.dyn_into()?;
    let stream = Reflect::construct(&class, &Array::of1(&"gzip".into()))?;
    let through: Function = Reflect::get(&blob.stream(), &"pipeThrough".into())?.dyn_into()?;
    let packed: ReadableStream = through.call1(&blob.stream(), &stream)?.dyn_into()?;
    let response = Response::new_with_opt_readable_stream(Some(&packed))?;
    JsFuture::from(response.blob()?).await?.dyn_into()
}
