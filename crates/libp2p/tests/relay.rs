//! Real relays, seen from all three sides: reservations, circuits, and the hole punched around them.
#![cfg(all(feature = "relay", feature = "dcutr"))]

mod support;

use std::time::Duration;

use libp2p::{
    Multiaddr, dcutr, identify,
    identity::Keypair,
    multiaddr::Protocol,
    relay,
    swarm::{NetworkBehaviour, behaviour::toggle::Toggle},
};
use peerscope_libp2p::{Inspect, Introspect};
use serde_json::{Value, json};
use support::{Node, node_of, relay_client_of, within};

#[derive(NetworkBehaviour)]
struct Client {
    relay: Introspect<relay::client::Behaviour>,
    dcutr: Introspect<Toggle<dcutr::Behaviour>>,
    identify: Toggle<Introspect<identify::Behaviour>>,
}

#[derive(NetworkBehaviour)]
struct Server {
    relay: Introspect<relay::Behaviour>,
    identify: Introspect<identify::Behaviour>,
}

fn identify_of(key: &Keypair) -> identify::Behaviour {
    identify::Behaviour::new(identify::Config::new("/test/1".into(), key.public()))
}

/// `punches`: whether it tries to get around the relay. `knows_itself`: whether it learns its own addresses.
fn client(punches: bool, knows_itself: bool) -> Node<Client> {
    relay_client_of(|introspector, key, relay| Client {
        relay: introspector.behaviour(relay),
        dcutr: introspector
            .behaviour(punches.then(|| dcutr::Behaviour::new(key.public().to_peer_id())).into()),
        identify: knows_itself.then(|| introspector.behaviour(identify_of(key))).into(),
    })
}

/// A relay that is known by its address, and that address with the circuit's mark.
async fn relay(config: relay::Config) -> (Node<Server>, Multiaddr) {
    let node = node_of(|introspector, key| Server {
        relay: introspector.behaviour(relay::Behaviour::new(key.public().to_peer_id(), config)),
        identify: introspector.behaviour(identify_of(key)),
    });
    let address = node.listen_tcp().await;
    let external = address.clone();
    node.swarm(move |swarm| swarm.add_external_address(external)).await;
    let circuit = address.with(Protocol::P2p(node.peer)).with(Protocol::P2pCircuit);
    (node, circuit)
}

async fn listen(node: &Node<Client>, circuit: &Multiaddr) {
    let circuit = circuit.clone();
    node.swarm(move |swarm| swarm.listen_on(circuit).expect("a listener")).await;
}

async fn circuit_to(node: &Node<Client>, circuit: &Multiaddr, target: &Node<Client>) {
    node.dial(target.peer, circuit.clone().with(Protocol::P2p(target.peer))).await;
}

fn of(peer: libp2p::PeerId) -> Value {
    json!(peer.to_string())
}

#[tokio::test]
async fn a_reservation_and_a_circuit_from_all_sides() {
    let config = relay::Config { reservation_duration: Duration::from_secs(4), ..Default::default() };
    let limits = json!([config.max_circuit_duration.as_secs(), config.max_circuit_bytes]);
    let limits_of = |event: &Value| json!([event["limitSeconds"], event["limitBytes"]]);
    let (server, circuit) = relay(config).await;
    let (a, b) = (client(false, true), client(false, true));
    assert_eq!(server.event("RelayStatusChanged", |_| true).await, json!({ "status": "Enable" }));

    listen(&b, &circuit).await;
    let reservation = b.event("Reservation", |_| true).await;
    assert_eq!((&reservation["relay"], &reservation["status"]), (&of(server.peer), &json!("accepted")));
    assert_eq!(limits_of(&reservation), limits);
    let accepted = server.event("RelayReservationReqAccepted", |_| true).await;
    assert_eq!(accepted, json!({ "peer": of(b.peer), "renewed": false }));
    let late = b.snapshot().await;
    assert_eq!(late["reservations"], json!([reservation]));

    circuit_to(&a, &circuit, &b).await;
    let out = a.event("RelayOutboundCircuitEstablished", |_| true).await;
    assert_eq!((&out["relay"], limits_of(&out)), (&of(server.peer), limits.clone()));
    let into = b.event("RelayInboundCircuitEstablished", |_| true).await;
    assert_eq!((&into["peer"], limits_of(&into)), (&of(a.peer), limits));
    let circuit_of_both = json!({ "source": of(a.peer), "destination": of(b.peer) });
    assert_eq!(server.event("RelayCircuitReqAccepted", |_| true).await, circuit_of_both);

    // Over before its limit: one end closes it.
    let relayed = a.event("PeerConnected", |event| event["peer"] == of(b.peer)).await;
    a.close(relayed["connection"].as_str().expect("an id")).await;
    let closed = server.event("RelayCircuitClosed", |_| true).await;
    assert_eq!((&closed["source"], &closed["destination"]), (&of(a.peer), &of(b.peer)));

    // It is renewed before it ends, and lost with the relay.
    let renewed = b.event("Reservation", |_| true).await;
    assert_eq!((&renewed["relay"], &renewed["status"]), (&of(server.peer), &json!("renewed")));
    let renewal = server.event("RelayReservationReqAccepted", |_| true).await;
    assert_eq!(renewal, json!({ "peer": of(b.peer), "renewed": true }));
    let peer = server.peer;
    server.stop().await;
    let lost = b.event("Reservation", |event| event["status"] != "renewed").await;
    assert_eq!((&lost["relay"], &lost["status"]), (&of(peer), &json!("lost")));
    assert_eq!(b.snapshot().await["reservations"], json!([]));
}

#[tokio::test]
async fn a_relay_that_refuses() {
    let (server, circuit) = relay(relay::Config { max_reservations: 0, ..Default::default() }).await;
    let (a, b) = (client(false, true), client(false, true));
    listen(&b, &circuit).await;
    let denied = server.event("RelayReservationReqDenied", |_| true).await;
    assert_eq!(denied, json!({ "peer": of(b.peer), "status": "ResourceLimitExceeded" }));
    // The client's behaviour says nothing of it; its listener does.
    let closed = b.event("ListenerClosed", |event| !event["error"].is_null()).await;
    assert!(closed["error"].as_str().expect("text").contains("resource limit"), "{closed}");
    circuit_to(&a, &circuit, &b).await;
    let denied = server.event("RelayCircuitReqDenied", |_| true).await;
    let expected = json!({ "source": of(a.peer), "destination": of(b.peer), "status": "NoReservation" });
    assert_eq!(denied, expected);
    // A client that goes away takes no reservation with it, since it had none.
    assert_eq!(b.snapshot().await["reservations"], json!([]));
}

#[tokio::test]
async fn a_reservation_ends_with_its_client() {
    let (server, circuit) = relay(relay::Config::default()).await;
    let b = client(false, true);
    listen(&b, &circuit).await;
    server.event("RelayReservationReqAccepted", |_| true).await;
    // libp2p's relay says so of everybody whose connection closes: of who had none it is not told.
    let a = client(false, true);
    let to_server = circuit.iter().take_while(|part| *part != Protocol::P2pCircuit).collect::<Multiaddr>();
    a.dial(server.peer, to_server).await;
    a.event("PeerConnected", |_| true).await;
    let gone = a.peer.to_string();
    a.stop().await;
    server.event("PeerDisconnected", |event| event["peer"] == gone.as_str()).await;
    let peer = b.peer;
    b.stop().await;
    assert_eq!(server.event("RelayReservationClosed", |_| true).await, json!({ "peer": of(peer) }));
}

#[tokio::test]
async fn a_hole_is_punched() {
    let (server, circuit) = relay(relay::Config::default()).await;
    let (a, b) = (client(true, true), client(true, true));
    for node in [&a, &b] {
        node.listen_tcp().await;
    }
    listen(&b, &circuit).await;
    b.event("Reservation", |_| true).await;
    within("an address to tell", async {
        while b.snapshot().await["candidates"] == json!([]) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    circuit_to(&a, &circuit, &b).await;
    let punched = a.event("HolePunch", |_| true).await;
    assert_eq!((&punched["peer"], &punched["outcome"]), (&of(b.peer), &json!("direct")));
    assert!(punched["error"].is_null());
    // The connection that it names is there, and it is direct.
    let id = punched["connection"].as_str().expect("an id").to_owned();
    let direct = a.until("the direct connection", |all| support::by_id(all, &id).cloned()).await;
    assert_eq!((direct.peer_id, direct.relayed_over), (b.peer.to_string(), None));
    assert_eq!(direct.transport_id, "ip4+tcp");
    drop(server);
}

#[tokio::test]
async fn a_hole_that_can_not_be_punched() {
    // Who does not know its own address can't tell it.
    let (server, circuit) = relay(relay::Config::default()).await;
    let (a, b) = (client(true, false), client(true, false));
    listen(&b, &circuit).await;
    b.event("Reservation", |_| true).await;
    circuit_to(&a, &circuit, &b).await;
    let failed = b.event("HolePunch", |_| true).await;
    assert_eq!((&failed["peer"], &failed["outcome"]), (&of(a.peer), &json!("failed")));
    assert!(failed["connection"].is_null());
    assert!(failed["error"].as_str().expect("text").starts_with("Failed to hole-punch"), "{failed}");
    drop(server);
}

#[tokio::test]
#[expect(deprecated, reason = "libp2p still has them")]
async fn what_a_relay_seldom_says() {
    use relay::{Event, inbound::hop::Error as Hop, outbound::stop::Error as Stop};
    let (server, _) = relay(relay::Config::default()).await;
    let (src_peer_id, dst_peer_id) = (libp2p::PeerId::random(), libp2p::PeerId::random());
    let both =
        |error: Value| json!({ "source": of(src_peer_id), "destination": of(dst_peer_id), "error": error });
    let one = |error: Value| json!({ "peer": of(src_peer_id), "error": error });
    let cases = [
        (
            Event::ReservationReqAcceptFailed { src_peer_id, error: Hop::StreamClosed },
            "RelayReservationReqAcceptFailed",
            one(json!("Stream closed")),
        ),
        (
            Event::ReservationReqDenyFailed { src_peer_id, error: Hop::MissingPeer },
            "RelayReservationReqDenyFailed",
            one(json!("Expected 'peer' field to be set.")),
        ),
        (
            Event::ReservationTimedOut { src_peer_id },
            "RelayReservationTimedOut",
            json!({ "peer": of(src_peer_id) }),
        ),
        (
            Event::CircuitReqDenyFailed { src_peer_id, dst_peer_id, error: Hop::StreamClosed },
            "RelayCircuitReqDenyFailed",
            both(json!("Stream closed")),
        ),
        (
            Event::CircuitReqAcceptFailed { src_peer_id, dst_peer_id, error: Hop::StreamClosed },
            "RelayCircuitReqAcceptFailed",
            both(json!("Stream closed")),
        ),
        (
            Event::CircuitReqOutboundConnectFailed {
                src_peer_id,
                dst_peer_id,
                error: Stop::PermissionDenied,
            },
            "RelayCircuitReqOutboundConnectFailed",
            both(json!("Remote reported permission denied.")),
        ),
        (
            Event::CircuitClosed { src_peer_id, dst_peer_id, error: Some(std::io::Error::other("limit")) },
            "RelayCircuitClosed",
            both(json!("limit")),
        ),
    ];
    for (event, name, expected) in cases {
        <relay::Behaviour as Inspect>::inspect(&event, &server.introspector);
        assert_eq!(server.event(name, |_| true).await, expected, "{name}");
    }
}
