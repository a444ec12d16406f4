//! What serves an introspector to clients: the seed's `Endpoint` and `Session`.

use std::{net::SocketAddr, sync::Arc};

use crate::introspector::BoxFuture;

/// Why an endpoint can't be started.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// It runs already.
    #[error("the endpoint is started already")]
    AlreadyStarted,
    /// An address can't be listened on. Nothing is listened on then.
    #[error("can't listen on {addr}: {source}")]
    Bind {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// An address is not loopback, and that was not allowed explicitly.
    #[error("{0} is not a loopback address: allow remote clients explicitly if that is what you want")]
    NotLoopback(SocketAddr),
    /// The introspector can't be used.
    #[error("the introspector can't be used: {0}")]
    Introspector(#[from] crate::IntrospectError),
}

/// Serves an [`Introspector`](crate::Introspector) to clients.
pub trait Endpoint: Send + Sync {
    /// Starts to listen: on every configured address or on none. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`EndpointError::AlreadyStarted`] while it runs; [`EndpointError::Bind`] for an address that can't be had. It can
    /// be tried again after an error, and after [`close`](Self::close).
    fn start(&self) -> BoxFuture<'_, Result<(), EndpointError>>;

    /// Stops listening, ends every session and waits for them. Does nothing when it was never started or is closed
    /// already. [`start`](Self::start) works again afterwards.
    fn close(&self) -> BoxFuture<'_, ()>;

    /// The addresses that it listens on, with the ports it really has. Empty when it does not run.
    fn listen_addrs(&self) -> Vec<SocketAddr>;

    /// The sessions going on. A client that went away is not among them. Empty when it does not run.
    fn sessions(&self) -> Vec<Arc<dyn Session>>;
}

/// One client of an [`Endpoint`].
pub trait Session: Send + Sync {
    /// Where the client is.
    fn remote_addr(&self) -> SocketAddr;
}
