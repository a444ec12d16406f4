//! The README's lines as a whole program: a node with its endpoint, that pings whom it is told to dial.
//!
//! `cargo run -p peerscope --example own_node [MULTIADDR…]`

use std::sync::Arc;

use futures::StreamExt;
use libp2p::{SwarmBuilder, noise, ping, swarm::NetworkBehaviour, tcp, tls, yamux};
use peerscope_endpoint::{Endpoint, Options, WebSocketEndpoint};
use peerscope_libp2p::{Introspect, Introspector};

#[derive(NetworkBehaviour)]
struct My {
    ping: Introspect<ping::Behaviour>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let introspector = Introspector::new();
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            introspector.security((tls::Config::new, noise::Config::new)),
            introspector.muxer(yamux::Config::default),
        )?
        .with_behaviour(|_| My { ping: introspector.behaviour(ping::Behaviour::default()) })?
        .build();

    let endpoint = WebSocketEndpoint::new(Arc::new(introspector), Options::default());
    endpoint.start().await?;
    println!("{}", endpoint.viewer_url().unwrap_or_default());

    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
    for address in std::env::args().skip(1) {
        swarm.dial(address.parse::<libp2p::Multiaddr>()?)?;
    }
    // One for all turns: a new one each time could miss it.
    let mut ctrl_c = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            event = swarm.select_next_some() => eprintln!("{event:?}"),
            end = &mut ctrl_c => {
                end?;
                break;
            }
        }
    }
    endpoint.close().await;
    Ok(())
}
