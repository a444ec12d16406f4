//! What every subcommand with an endpoint does: start, say where, wait for the wish to end, close.

use std::sync::Arc;

use anyhow::{Context, Result};
use peerscope_endpoint::{Endpoint, Introspector, Options, Ui, WebSocketEndpoint};

use crate::{
    announce::Ready,
    shutdown::{self, Shutdown},
};

/// Serves a node until Ctrl+C or SIGTERM.
///
/// # Errors
/// When it can't listen, or can't say where it does.
pub async fn until_shutdown(introspector: Arc<dyn Introspector>, options: Options) -> Result<()> {
    let mut shutdown = Shutdown::listen()?;
    let has_viewer = options.viewer != Ui::None;
    let endpoint = WebSocketEndpoint::new(Arc::clone(&introspector), options);
    endpoint.start().await.context("the endpoint can't be started")?;
    let viewer = endpoint.viewer_url().filter(|_| has_viewer);
    Ready { endpoint: endpoint.endpoint_url(), viewer }.print()?;
    shutdown.requested().await;
    shutdown::close(endpoint.close()).await;
    introspector.close();
    Ok(())
}
