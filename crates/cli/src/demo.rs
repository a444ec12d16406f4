//! `demo`: real rust-libp2p nodes on loopback, and the endpoint of the first of them. What the nodes do is in `demo/`.

mod behaviour;
mod chatter;
mod event;
mod failure;
mod life;
mod lookup;
mod meeting;
mod middlebox;
mod network;
mod node;
mod relaying;
mod resident;
mod stranger;
mod transfer;
mod visitor;
mod wall;

use std::sync::Arc;

use anyhow::Result;
use fastrand::Rng;

use crate::{options::EndpointArguments, serve, shutdown};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How many nodes, the one that is looked into among them
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=200))]
    nodes: u16,
    /// Makes the same peers with the same manners again; when they do what is up to the machine
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    #[command(flatten)]
    endpoint: EndpointArguments,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let options = arguments.endpoint.options()?;
    let mut rng = arguments.seed.map_or_else(Rng::new, Rng::with_seed);
    let others = usize::from(arguments.nodes) - 1;
    shutdown::run(async move {
        let zero = network::node_zero(&mut rng).await?;
        let introspector = Arc::new(zero.introspector.clone());
        tracing::info!(
            "{} real libp2p nodes run in this process, on loopback only; what node 0 ({}) does is on the page below. \
             Ctrl+C ends them",
            others + 1,
            zero.peer
        );
        tokio::spawn(async move {
            if let Err(error) = network::run(zero, others, rng).await {
                tracing::error!("the other nodes stopped: {error:#}");
            }
        });
        serve::until_shutdown(introspector, options).await
    })
}
