//! The endpoint's life: started, closed, started again.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use peerscope_introspection::{BoxFuture, Endpoint, EndpointError, Introspector, Session};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    files::Files,
    guard::Guard,
    http::Site,
    hub::Hub,
    lock,
    options::Options,
    server::{Server, bind},
    stats::EndpointStats,
    token::Token,
};

/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Serves an [`Introspector`] over WebSocket, and the viewer beside it.
///
/// It has to be started within a tokio runtime with its time and network drivers. Dropping it ends its sessions without
/// waiting for them.
pub struct WebSocketEndpoint {
    options: Options,
    token: Token,
    hub: Arc<Hub>,
    /// Held while it is being started or closed, so that the second of two callers waits for the first.
    changing: tokio::sync::Mutex<()>,
    running: Mutex<Option<Arc<Server>>>,
}

impl WebSocketEndpoint {
    /// An endpoint that is not started yet. A random token is made here and stays, however often it is started.
    ///
    /// # Panics
    /// When a random token is wanted and the system has no randomness.
    #[must_use]
    pub fn new(introspector: Arc<dyn Introspector>, options: Options) -> Self {
        Self {
            token: Token::new(&options.token),
            hub: Arc::new(Hub::new(introspector, &options)),
            options,
            changing: tokio::sync::Mutex::default(),
            running: Mutex::default(),
        }
    }

    /// Where a viewer connects, with the token: `ws://127.0.0.1:PORT/introspect?token=…`. None while it does not run.
    #[must_use]
    pub fn endpoint_url(&self) -> Option<String> {
        let addr = *self.listen_addrs().first()?;
        Some(format!("ws://{}/introspect{}", reachable(addr), self.token.query()))
    }

    /// The viewer with this endpoint as its source, with the token:
    /// `http://127.0.0.1:PORT/#/overview?ws=…`. None while it does not run.
    #[must_use]
    pub fn viewer_url(&self) -> Option<String> {
        let addr = *self.listen_addrs().first()?;
        let endpoint = self.endpoint_url()?;
        Some(format!("{}#/overview?ws={}", page_url(addr), utf8_percent_encode(&endpoint, COMPONENT)))
    }

    /// The endpoint's own figures; also while it does not run.
    #[must_use]
    pub fn stats(&self) -> EndpointStats {
        self.hub.stats()
    }

    /// Serves one connection that did not come by a listener, with every check and bound of the others, until it ends.
    /// At once over while the endpoint does not run. For tests and fuzzers, which have a pipe in memory.
    #[doc(hidden)]
    pub async fn serve(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        remote: SocketAddr,
    ) {
        if let Some(server) = self.server() {
            server.serve(stream, remote).await;
        }
    }

    fn server(&self) -> Option<Arc<Server>> {
        lock(&self.running).clone()
    }
}

impl Endpoint for WebSocketEndpoint {
    fn start(&self) -> BoxFuture<'_, Result<(), EndpointError>> {
        Box::pin(async {
            let _changing = self.changing.lock().await;
            if self.server().is_some() {
                return Err(EndpointError::AlreadyStarted);
            }
            let listeners = bind(&self.options.listen, self.options.allow_remote)?;
            let events = self.hub.introspector.event_stream()?;
            let site = Site {
                guard: Guard::new(self.token.clone(), &self.options),
                files: Files::new(self.options.viewer.clone()),
                hub: Some(Arc::clone(&self.hub)),
            };
            let tuning = self.options.tuning;
            let connections = self.options.max_sessions.saturating_add(tuning.spare_connections);
            let server = Server::new(listeners, Arc::new(site), tuning, connections);
            let hub = Arc::clone(&self.hub);
            server.beside(async move { hub.pump(events).await });
            tracing::info!(addrs = ?server.addrs(), "the introspection endpoint listens");
            *lock(&self.running) = Some(Arc::new(server));
            Ok(())
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let _changing = self.changing.lock().await;
            let Some(server) = self.server() else { return };
            server.close().await;
            self.hub.forget_snapshot().await;
            *lock(&self.running) = None;
            tracing::info!("the introspection endpoint is closed");
        })
    }

    fn listen_addrs(&self) -> Vec<SocketAddr> {
        self.server().map(|server| server.addrs().to_vec()).unwrap_or_default()
    }

    fn sessions(&self) -> Vec<Arc<dyn Session>> {
        self.hub.sessions().into_iter().map(|session| session as Arc<dyn Session>).collect()
    }
}

/// The address that a client on this machine uses: an endpoint on all addresses is reached on loopback.
fn reachable(addr: SocketAddr) -> SocketAddr {
    match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, addr.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, addr.port()).into(),
        _ => addr,
    }
}

/// The page's address on a server that listens there.
pub(crate) fn page_url(addr: SocketAddr) -> String {
    format!("http://{}/", reachable(addr))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_an_address_that_a_client_here_can_use() {
        for (addr, url) in [
            ("127.0.0.1:80", "http://127.0.0.1:80/"),
            ("0.0.0.0:81", "http://127.0.0.1:81/"),
            ("[::]:82", "http://[::1]:82/"),
            ("192.0.2.1:83", "http://192.0.2.1:83/"),
        ] {
            assert_eq!(page_url(addr.parse().expect("an address")), url);
        }
    }
}
