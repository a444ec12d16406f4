//! A circuit over a real relay: the relayed connection names the one it goes over, at both ends.
#![cfg(feature = "relay")]

mod support;

use libp2p::{Multiaddr, identify, multiaddr::Protocol, ping, relay, swarm::NetworkBehaviour};
use peerscope_introspection::wire::{Connection, connection::RelayedOver};
use peerscope_libp2p::Introspect;
use support::{Node, by_id, connected, node_of, relay_client_of};

#[derive(NetworkBehaviour)]
struct Client {
    relay: Introspect<relay::client::Behaviour>,
    ping: Introspect<ping::Behaviour>,
    identify: Introspect<identify::Behaviour>,
}

#[derive(NetworkBehaviour)]
struct Server {
    relay: Introspect<relay::Behaviour>,
    identify: Introspect<identify::Behaviour>,
}

fn identify_of(key: &libp2p::identity::Keypair) -> identify::Behaviour {
    identify::Behaviour::new(identify::Config::new("/test/1".into(), key.public()))
}

fn client() -> Node<Client> {
    relay_client_of(|introspector, key, relay| Client {
        relay: introspector.behaviour(relay),
        ping: introspector.behaviour(ping::Behaviour::default()),
        identify: introspector.behaviour(identify_of(key)),
    })
}

fn server() -> Node<Server> {
    node_of(|introspector, key| Server {
        relay: introspector
            .behaviour(relay::Behaviour::new(key.public().to_peer_id(), relay::Config::default())),
        identify: introspector.behaviour(identify_of(key)),
    })
}

async fn relayed(node: &Node<Client>, id: &str) -> Connection {
    node.until("a relayed connection with a ping stream", |all| {
        let one = by_id(all, id).filter(|one| one.relayed_over.is_some())?;
        let streams = &one.streams.as_ref()?.streams;
        streams.iter().any(|stream| stream.protocol == "/ipfs/ping/1.0.0").then(|| one.clone())
    })
    .await
}

#[tokio::test]
async fn a_circuit_names_the_connection_to_the_relay() {
    let (a, b, relay) = (client(), client(), server());
    let address = relay.listen_tcp().await;
    let external = address.clone();
    relay.swarm(move |swarm| swarm.add_external_address(external)).await;

    let circuit = address.clone().with(Protocol::P2p(relay.peer)).with(Protocol::P2pCircuit);
    let listen = circuit.clone();
    b.swarm(move |swarm| swarm.listen_on(listen).expect("a listener")).await;
    let over = b.event("PeerConnected", |event| event["peer"] == relay.peer.to_string().as_str()).await;
    b.event("NewListenAddr", |event| event["address"].as_str().expect("text").contains("p2p-circuit")).await;

    let target: Multiaddr = circuit.with(Protocol::P2p(b.peer));
    let (at_a, at_b) = connected(&a, &b, target).await;
    let to_relay = a
        .until("the connection to the relay", |all| {
            all.iter().find(|one| one.peer_id == relay.peer.to_string()).cloned()
        })
        .await;
    let ours = relayed(&a, &at_a).await;
    assert_eq!(ours.peer_id, b.peer.to_string());
    assert_eq!(ours.relayed_over, Some(RelayedOver::ConnId(to_relay.id.clone())));
    assert_eq!(ours.transport_id, "ip4+tcp+p2p+p2p-circuit");
    let attributes = ours.attribs.expect("attributes");
    assert_eq!((attributes.encryption.as_str(), attributes.multiplexer.as_str()), ("/noise", "/yamux/1.0.0"));
    // What it goes over is not relayed itself, and carries it as a stream.
    assert_eq!(to_relay.relayed_over, None);
    let theirs = relayed(&b, &at_b).await;
    assert_eq!(theirs.transport_id, "ip4+tcp+p2p+p2p-circuit");
    let dst = theirs.endpoints.clone().expect("endpoints").dst_multiaddr;
    assert!(dst.ends_with(&format!("/p2p/{}/p2p-circuit", relay.peer)), "{dst}");
    let carrier = over["connection"].as_str().expect("an id").as_bytes().to_vec();
    assert_eq!(theirs.relayed_over, Some(RelayedOver::ConnId(carrier.clone().into())));
    let carrying = b
        .until("the stream that carries it", |all| {
            let carrier = all.iter().find(|one| one.id == carrier)?;
            let streams = &carrier.streams.as_ref()?.streams;
            streams.iter().find(|stream| stream.protocol.starts_with("/libp2p/circuit/relay/")).cloned()
        })
        .await;
    assert!(carrying.traffic.expect("traffic").traffic_in.expect("in").cum_bytes > 0);

    // At the relay itself nothing is relayed: it copies from stream to stream.
    assert!(relay.connections().await.iter().all(|one| one.relayed_over.is_none()));
}
