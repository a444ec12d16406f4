//! A node whose transports are built by hand, without `SwarmBuilder`: TCP with the two hooks in it, QUIC wrapped as a whole.
//! It dials the addresses that it is given.
//!
//! `cargo run -p peerscope-libp2p --example hand_built [ADDRESS…]`

use std::{error::Error, sync::Arc};

use futures::{StreamExt, future::Either};
use libp2p::{
    Multiaddr, PeerId, Swarm, Transport,
    core::{muxing::StreamMuxerBox, transport::Boxed, upgrade::Version},
    identity::Keypair,
    noise, ping, quic,
    swarm::{self, SwarmEvent},
    tcp, yamux,
};
use peerscope_endpoint::{Endpoint, Options, WebSocketEndpoint};
use peerscope_libp2p::{Introspect, Introspector};

fn transport(
    key: &Keypair,
    introspector: &Introspector,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, Box<dyn Error>> {
    // Where there is a place between socket and muxer, the hooks go in there: they know the negotiated names.
    let tcp = tcp::tokio::Transport::new(tcp::Config::default())
        .upgrade(Version::V1Lazy)
        .authenticate(introspector.security_upgrade(noise::Config::new(key)?))
        .multiplex(introspector.muxer_upgrade(yamux::Config::default()));
    // What brings its own security and muxer is wrapped. TCP is not wrapped too: it would be there twice.
    let quic = introspector.wrap(quic::tokio::Transport::new(quic::Config::new(key)));
    Ok(tcp
        .or_transport(quic)
        .map(|either, _| match either {
            Either::Left((peer, muxer)) => (peer, StreamMuxerBox::new(muxer)),
            Either::Right((peer, muxer)) => (peer, StreamMuxerBox::new(muxer)),
        })
        .boxed())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = Keypair::generate_ed25519();
    let peer = key.public().to_peer_id();
    // Nothing here tells it who it is.
    let introspector = Introspector::builder().peer_id(peer).build();
    let behaviour: Introspect<ping::Behaviour> = introspector.behaviour(ping::Behaviour::default());
    let transport = transport(&key, &introspector)?;
    let mut swarm = Swarm::new(transport, behaviour, peer, swarm::Config::with_tokio_executor());
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
    swarm.listen_on("/ip4/127.0.0.1/udp/0/quic-v1".parse()?)?;
    for address in std::env::args().skip(1) {
        swarm.dial(address.parse::<Multiaddr>()?)?;
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
                println!("dial me: {address}/p2p/{peer}");
            },
        }
    }
}
