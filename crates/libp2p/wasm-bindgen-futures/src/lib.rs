//! `wasm-bindgen-futures` under the one version that libp2p-swarm accepts; see `Cargo.toml` for why.
#![no_std]

pub use js_sys;
#[cfg(feature = "futures-core-03-stream")]
pub use js_sys::futures::stream;
pub use js_sys::futures::{JsFuture, future_to_promise, future_to_promise_typed, spawn_local};
pub use wasm_bindgen;
