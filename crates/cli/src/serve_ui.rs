//! `serve-ui`: the viewer alone, for recordings and for endpoints elsewhere.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result};
use peerscope_endpoint::{Options, ViewerServer};

use crate::{
    announce::Ready,
    options::{self, DEFAULT_LISTEN},
    shutdown::{self, Shutdown},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    listen: SocketAddr,
    /// Serves the built page in this folder instead of the one inside this program
    #[arg(long, value_name = "DIR")]
    ui: Option<PathBuf>,
    /// The origin of a page that may read the files, besides the one served here (repeatable)
    #[arg(long, value_name = "O")]
    allow_origin: Vec<String>,
    /// A host name that requests may name besides those of this machine (repeatable)
    #[arg(long, value_name = "H")]
    allow_host: Vec<String>,
    /// Allows to listen on an address that is not loopback
    #[arg(long)]
    allow_remote: bool,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let options = Options {
        listen: vec![arguments.listen],
        viewer: options::viewer(arguments.ui.as_deref())?,
        allow_origins: arguments.allow_origin,
        allow_hosts: arguments.allow_host,
        allow_remote: arguments.allow_remote,
        ..Options::default()
    };
    shutdown::run(async {
        let mut shutdown = Shutdown::listen()?;
        let server = ViewerServer::start(options).await.context("the viewer can't be served")?;
        Ready { endpoint: None, viewer: server.viewer_url() }.print()?;
        shutdown.requested().await;
        shutdown::close(server.close()).await;
        Ok(())
    })
}
