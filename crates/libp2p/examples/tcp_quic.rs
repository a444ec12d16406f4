//! A node with TCP (TLS or noise) and QUIC that can be looked into. It dials the addresses that it is given.
//!
//! `cargo run -p peerscope-libp2p --example tcp_quic [ADDRESS…]`

use std::{error::Error, sync::Arc};

use futures::StreamExt;
use libp2p::{
    Multiaddr, SwarmBuilder, identify, noise, ping, quic,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, tls, yamux,
};
use peerscope_endpoint::{Endpoint, Options, WebSocketEndpoint};
use peerscope_libp2p::{Introspect, Introspector};

#[derive(NetworkBehaviour)]
struct My {
    ping: Introspect<ping::Behaviour>,
    identify: Introspect<identify::Behaviour>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let introspector = Introspector::new();
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            introspector.security((tls::Config::new, noise::Config::new)),
            introspector.muxer(yamux::Config::default),
        )?
        // `with_quic` has no place for a hook: the same transport, wrapped.
        .with_other_transport(|key| introspector.wrap(quic::tokio::Transport::new(quic::Config::new(key))))?
        .with_behaviour(|key| My {
            ping: introspector.behaviour(ping::Behaviour::default()),
            identify: introspector.behaviour(identify::Behaviour::new(identify::Config::new(
                "/example/1".into(),
                key.public(),
            ))),
        })?
        .build();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
    swarm.listen_on("/ip4/127.0.0.1/udp/0/quic-v1".parse()?)?;
    for address in std::env::args().skip(1) {
        swarm.dial(address.parse::<Multiaddr>()?)?;
    }

    // With the feature `viewer` of the endpoint, `viewer_url` is a page to open.
    let endpoint = WebSocketEndpoint::new(Arc::new(introspector), Options::default());
    endpoint.start().await?;
    println!("look inside: {}", endpoint.endpoint_url().ok_or("it does not run")?);
    // One for all turns: a new one each time could miss it.
    let mut ctrl_c = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            ended = &mut ctrl_c => {
                endpoint.close().await;
                return Ok(ended?);
            }
            event = swarm.select_next_some() => if let SwarmEvent::NewListenAddr { address, .. } = event {
                println!("dial me: {address}/p2p/{}", swarm.local_peer_id());
            },
        }
    }
}
