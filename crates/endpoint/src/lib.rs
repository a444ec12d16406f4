//! A safe WebSocket endpoint for any [`Introspector`], on tokio. It serves the Peerscope viewer on the same port.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use peerscope_endpoint::{Options, WebSocketEndpoint};
//! use peerscope_introspection::{Endpoint, EndpointError, Introspector};
//!
//! async fn look_inside(node: impl Introspector) -> Result<(), EndpointError> {
//!     let endpoint = WebSocketEndpoint::new(Arc::new(node), Options::default());
//!     endpoint.start().await?;
//!     if let Some(viewer) = endpoint.viewer_url() {
//!         println!("look inside: {viewer}"); // it holds the token: show it to the one who may look
//!     }
//!     // … the node's life …
//!     endpoint.close().await;
//!     Ok(())
//! }
//! ```
//!
//! It listens on loopback only, wants a token, and answers no foreign page: see [`Options`] for what can be allowed.
//! For a node elsewhere, use an SSH tunnel. It writes to the node nothing, and its sessions never slow the node down:
//! what a client does not take in time is dropped, counted, and told.
#![warn(missing_docs)]

mod body;
mod endpoint;
mod event;
mod files;
mod guard;
mod http;
mod hub;
mod options;
mod recording;
mod server;
mod session;
mod stats;
mod token;
mod viewer;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use endpoint::WebSocketEndpoint;
pub use options::{Options, TokenPolicy, Tuning, Ui};
#[doc(no_inline)]
pub use peerscope_introspection::{Endpoint, EndpointError, Introspector, Session};
pub use stats::EndpointStats;
pub use viewer::ViewerServer;

/// Locks even after a panic elsewhere: no lock of this crate is held over a half-done change, and one session that
/// failed must not take the others with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
