//! The libp2p introspection protocol, version 1: what a node tells about itself, and how.
//!
//! * [`wire`]: the schema's messages.
//! * [`frame`]: version, checksum and length around each message.
//! * [`recording`]: the same frames in a file.
//! * [`excerpt`]: a stretch of a recording that stands alone.
//! * [`redact`]: frames without addresses, peer ids, event content and agents.
//! * [`Introspector`], [`Endpoint`], [`Session`]: the roles of the protocol, after the Go package
//!   `go-libp2p-core/introspection`.
//! * [`seam`]: which frames of a node's own recording a client does not have yet, and which of a session that recording told.
//! * [`client`]: what a client sends next and what an answer means, without any IO.
//!
//! No IO, no clock, no async runtime, no browser: time is always an argument.
#![warn(missing_docs)]

pub mod client;
mod endpoint;
pub mod excerpt;
pub mod fields;
pub mod frame;
pub mod glance;
mod introspector;
pub mod recording;
pub mod redact;
pub mod seam;
pub mod wire;

pub use endpoint::{Endpoint, EndpointError, Session};
pub use introspector::{BoxFuture, EventStream, IntrospectError, Introspector, KEEP_CLOSED_DEFAULT, Told};
