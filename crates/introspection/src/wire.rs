//! The schema's messages, generated from `proto/introspection.proto` by `cargo xtask schema`.
//!
//! Field comments are those of the schema. Ids and other byte fields are [`bytes::Bytes`].

#![allow(clippy::all, clippy::pedantic, missing_docs)]

include!("generated/introspection.rs");

/// The protocol version that stands at the head of every message and recording.
pub const PROTOCOL_VERSION: u32 = 1;
