//! A node that can be reached through a relay, and dials over one. An address that ends in `/p2p-circuit` is listened on:
//! that is a reservation at the relay; any other is dialled.
//!
//! `cargo run -p peerscope-libp2p --example relay_client /ip4/…/tcp/…/p2p/RELAY/p2p-circuit`

use std::{error::Error, sync::Arc};

use futures::StreamExt;
use libp2p::{
    Multiaddr, SwarmBuilder, dcutr, identify,
    multiaddr::Protocol,
    noise, ping, relay,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, tls, yamux,
};
use peerscope_endpoint::{Endpoint, Options, WebSocketEndpoint};
use peerscope_libp2p::{Introspect, Introspector};

#[derive(NetworkBehaviour)]
struct My {
    relay: Introspect<relay::client::Behaviour>,
    dcutr: Introspect<dcutr::Behaviour>,
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
        // A relayed connection is secured and multiplexed once more, from end to end: the hooks again.
        .with_relay_client(
            introspector.security(noise::Config::new),
            introspector.muxer(yamux::Config::default),
        )?
        .with_behaviour(|key, relay| My {
            relay: introspector.behaviour(relay),
            dcutr: introspector.behaviour(dcutr::Behaviour::new(key.public().to_peer_id())),
            ping: introspector.behaviour(ping::Behaviour::default()),
            identify: introspector.behaviour(identify::Behaviour::new(identify::Config::new(
                "/example/1".into(),
                key.public(),
            ))),
        })?
        .build();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
    for address in std::env::args().skip(1) {
        let address = address.parse::<Multiaddr>()?;
        if address.iter().last() == Some(Protocol::P2pCircuit) {
            swarm.listen_on(address)?;
        } else {
            swarm.dial(address)?;
        }
    }

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
                println!("dial me: {address}");
            },
        }
    }
}
