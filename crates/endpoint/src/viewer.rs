//! The viewer alone, without an endpoint: same checks of the host name, same headers.

use std::{net::SocketAddr, sync::Arc};

use peerscope_introspection::EndpointError;

use crate::{
    endpoint::page_url,
    files::Files,
    guard::Guard,
    http::Site,
    options::{Options, TokenPolicy},
    server::{Server, bind},
    token::Token,
};

/// Serves the viewer's page and nothing else, for recordings and for endpoints elsewhere.
pub struct ViewerServer {
    server: Server,
}

impl ViewerServer {
    /// Starts to serve [`Options::viewer`] on every address of [`Options::listen`], or on none. Of the other options
    /// `allow_origins` (pages that may read the files too), `allow_hosts` and `allow_remote` count.
    ///
    /// # Errors
    /// [`EndpointError::Bind`] for an address that can't be had, [`EndpointError::NotLoopback`] for one that other
    /// machines could reach when that was not allowed.
    pub async fn start(options: Options) -> Result<Self, EndpointError> {
        let listeners = bind(&options.listen, options.allow_remote)?;
        let site = Site {
            guard: Guard::new(Token::new(&TokenPolicy::None), &options),
            files: Files::new(options.viewer.clone()),
            hub: None,
        };
        let connections = options.tuning.spare_connections;
        Ok(Self { server: Server::new(listeners, Arc::new(site), options.tuning, connections) })
    }

    /// The addresses that it listens on, with the ports it really has.
    #[must_use]
    pub fn listen_addrs(&self) -> Vec<SocketAddr> {
        self.server.addrs().to_vec()
    }

    /// The page's address: `http://127.0.0.1:PORT/`. None when it was started on no address.
    #[must_use]
    pub fn viewer_url(&self) -> Option<String> {
        self.server.addrs().first().copied().map(page_url)
    }

    /// Stops listening, ends every connection and waits for them.
    pub async fn close(self) {
        self.server.close().await;
    }
}
