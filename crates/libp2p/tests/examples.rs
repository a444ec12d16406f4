//! The examples run, can be looked into while they talk to each other, and end by Ctrl+C.
#![cfg(all(unix, feature = "dcutr", feature = "identify", feature = "ping", feature = "relay"))]

#[path = "support/example.rs"]
mod example;
mod support;

use example::Example;
use libp2p::{
    SwarmBuilder, identify, multiaddr::Protocol, noise, relay, swarm::NetworkBehaviour, tcp, yamux,
};
use peerscope_introspection::wire::{Connection, connection::RelayedOver};
use peerscope_libp2p::{Introspect, Introspector};
use support::Node;

const OVER_TCP: &str = "ip4+tcp";
const OVER_QUIC: &str = "ip4+udp+quic-v1";
const RELAYED: &str = "ip4+tcp+p2p+p2p-circuit";

/// Security and muxer of the connection over that transport, as soon as a ping went over it.
fn names(connections: &[Connection], transport: &str) -> Option<(String, String)> {
    let one = connections.iter().find(|one| one.transport_id == transport && one.latency_ns > 0)?;
    let attributes = one.attribs.as_ref()?;
    Some((attributes.encryption.clone(), attributes.multiplexer.clone()))
}

fn pair(security: &str, muxer: &str) -> (String, String) {
    (security.to_owned(), muxer.to_owned())
}

/// One of them listens, and another dials it over each transport.
async fn over_tcp_and_quic(name: &str, tcp_security: &str) {
    let mut listener = Example::start(name, &[]).await;
    let addresses = [listener.address("/tcp/").await, listener.address("/quic-v1/").await];
    let [by_tcp, by_quic] = addresses.each_ref().map(|address| [address.as_str()]);
    let by_tcp = Example::start(name, &by_tcp).await;
    let by_quic = Example::start(name, &by_quic).await;
    let (peer, _) = listener
        .look("two pinged connections", |all| {
            (all.iter().filter(|one| one.latency_ns > 0).count() == 2).then_some(())
        })
        .await;
    assert!(addresses.iter().all(|address| address.ends_with(&peer)), "{peer} of {addresses:?}");
    let (_, tcp) = by_tcp.look("a pinged connection", |all| names(all, OVER_TCP)).await;
    assert_eq!(tcp, pair(tcp_security, "/yamux/1.0.0"));
    let (_, quic) = by_quic.look("a pinged connection", |all| names(all, OVER_QUIC)).await;
    assert_eq!(quic, pair("/tls/1.0.0", "/quic-v1"));
    for example in [by_tcp, by_quic, listener] {
        example.end().await;
    }
}

#[tokio::test]
async fn tcp_quic() {
    over_tcp_and_quic("tcp_quic", "/tls/1.0.0").await;
}

#[tokio::test]
async fn hand_built() {
    over_tcp_and_quic("hand_built", "/noise").await;
}

#[derive(NetworkBehaviour)]
struct Relay {
    relay: Introspect<relay::Behaviour>,
    identify: Introspect<identify::Behaviour>,
}

fn relay() -> Node<Relay> {
    let introspector = Introspector::new();
    let swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            introspector.security(noise::Config::new),
            introspector.muxer(yamux::Config::default),
        )
        .expect("TCP")
        .with_behaviour(|key| {
            let identify = identify::Config::new("/test/1".into(), key.public());
            Relay {
                relay: introspector
                    .behaviour(relay::Behaviour::new(key.public().to_peer_id(), relay::Config::default())),
                identify: introspector.behaviour(identify::Behaviour::new(identify)),
            }
        })
        .expect("a behaviour")
        .build();
    Node::run(introspector, swarm)
}

#[tokio::test]
async fn relay_client() {
    let relay = relay();
    let address = relay.listen_tcp().await;
    let external = address.clone();
    relay.swarm(move |swarm| swarm.add_external_address(external)).await;
    let circuit = address.with(Protocol::P2p(relay.peer)).with(Protocol::P2pCircuit).to_string();

    let mut listener = Example::start("relay_client", &[&circuit]).await;
    let target = listener.address("/p2p-circuit/p2p/").await;
    let dialer = Example::start("relay_client", &[&target]).await;
    let (_, (to_relay, relayed)) = dialer
        .look("a pinged connection over the relay", |all| {
            let to_relay = all.iter().find(|one| one.peer_id == relay.peer.to_string())?;
            let relayed = all.iter().find(|one| one.transport_id == RELAYED && one.latency_ns > 0)?;
            Some((to_relay.id.clone(), relayed.clone()))
        })
        .await;
    assert!(target.ends_with(&relayed.peer_id));
    assert_eq!(relayed.relayed_over, Some(RelayedOver::ConnId(to_relay)));
    assert_eq!(names(&[relayed], RELAYED), Some(pair("/noise", "/yamux/1.0.0")));
    dialer.end().await;
    listener.end().await;
}
