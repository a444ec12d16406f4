//! A real rendezvous point and two who meet there.
#![cfg(feature = "rendezvous")]

mod support;

use libp2p::{
    PeerId, rendezvous,
    rendezvous::{Cookie, Namespace},
    swarm::NetworkBehaviour,
};
use peerscope_libp2p::{Inspect, Introspect};
use serde_json::{Value, json};
use support::{Node, connected, node_of};

#[derive(NetworkBehaviour)]
struct Client {
    rendezvous: Introspect<rendezvous::client::Behaviour>,
}

#[derive(NetworkBehaviour)]
struct Server {
    rendezvous: Introspect<rendezvous::server::Behaviour>,
}

/// A client with an external address, connected.
async fn client(server: &Node<Server>, external: &str) -> Node<Client> {
    let node = node_of(|introspector, key| Client {
        rendezvous: introspector.behaviour(rendezvous::client::Behaviour::new(key.clone())),
    });
    let external = external.parse().expect("a multiaddr");
    node.swarm(move |swarm| swarm.add_external_address(external)).await;
    connected(&node, server, server.listen_tcp().await).await;
    node
}

fn server() -> Node<Server> {
    let config = rendezvous::server::Config::default().with_min_ttl(1);
    node_of(|introspector, _| Server {
        rendezvous: introspector.behaviour(rendezvous::server::Behaviour::new(config)),
    })
}

async fn register(node: &Node<Client>, at: PeerId, namespace: &'static str, ttl_seconds: u64) {
    node.swarm(move |swarm| {
        let namespace = Namespace::from_static(namespace);
        swarm.behaviour_mut().rendezvous.register(namespace, at, Some(ttl_seconds))
    })
    .await
    .expect("an external address");
}

async fn discover(node: &Node<Client>, at: PeerId, namespace: &'static str, cookie: Option<Cookie>) {
    node.swarm(move |swarm| {
        let namespace = Some(Namespace::from_static(namespace));
        swarm.behaviour_mut().rendezvous.discover(namespace, cookie, None, at);
    })
    .await;
}

fn of(peer: PeerId) -> Value {
    json!(peer.to_string())
}

#[tokio::test]
async fn registered_found_and_gone() {
    const EXTERNAL: &str = "/ip4/192.0.2.1/tcp/4001";
    let server = server();
    let (a, b) = (client(&server, EXTERNAL).await, client(&server, "/ip4/192.0.2.2/tcp/4001").await);
    let point = server.peer;

    register(&a, point, "rooms", 100).await;
    let registered = a.event("RendezvousRegistered", |_| true).await;
    assert_eq!(registered, json!({ "node": of(point), "namespace": "rooms", "ttlSeconds": 100 }));
    let registered = server.event("RendezvousPeerRegistered", |_| true).await;
    let known = json!({
        "peer": of(a.peer),
        "namespace": "rooms",
        "addresses": [EXTERNAL],
        "ttlSeconds": 100,
    });
    assert_eq!(registered, known);

    discover(&b, point, "rooms", None).await;
    let found = b.event("RendezvousDiscovered", |_| true).await;
    assert_eq!(found, json!({ "node": of(point), "registrations": 1, "found": [known] }));
    let served = server.event("RendezvousDiscoverServed", |_| true).await;
    assert_eq!(served, json!({ "peer": of(b.peer), "registrations": 1 }));

    a.swarm(move |swarm| {
        swarm.behaviour_mut().rendezvous.unregister(Namespace::from_static("rooms"), point);
    })
    .await;
    let gone = server.event("RendezvousPeerUnregistered", |_| true).await;
    assert_eq!(gone, json!({ "peer": of(a.peer), "namespace": "rooms" }));
}

#[tokio::test]
async fn what_is_refused() {
    let server = server();
    let a = client(&server, "/ip4/192.0.2.1/tcp/4001").await;
    let point = server.peer;
    register(&a, point, "rooms", u64::MAX).await;
    let refused = a.event("RendezvousRegisterFailed", |_| true).await;
    assert_eq!(refused, json!({ "node": of(point), "namespace": "rooms", "error": "InvalidTtl" }));
    let refused = server.event("RendezvousPeerNotRegistered", |_| true).await;
    assert_eq!(refused, json!({ "peer": of(a.peer), "namespace": "rooms", "error": "InvalidTtl" }));

    // A cookie of another namespace.
    let cookie = Cookie::for_namespace(Namespace::from_static("halls"));
    discover(&a, point, "rooms", Some(cookie)).await;
    let refused = a.event("RendezvousDiscoverFailed", |_| true).await;
    assert_eq!(refused, json!({ "node": of(point), "namespace": "rooms", "error": "InvalidCookie" }));
    let refused = server.event("RendezvousDiscoverNotServed", |_| true).await;
    assert_eq!(refused, json!({ "peer": of(a.peer), "error": "InvalidCookie" }));
}

#[tokio::test]
async fn what_runs_out() {
    let server = server();
    let (a, b) =
        (client(&server, "/ip4/192.0.2.1/tcp/4001").await, client(&server, "/ip4/192.0.2.2/tcp/4001").await);
    register(&a, server.peer, "rooms", 1).await;
    a.event("RendezvousRegistered", |_| true).await;
    discover(&b, server.peer, "rooms", None).await;
    let expired = server.event("RendezvousRegistrationExpired", |_| true).await;
    assert_eq!(expired, json!({ "peer": of(a.peer), "namespace": "rooms" }));
    // What the client found may have run out before it came.
    let expired = rendezvous::client::Event::Expired { peer: a.peer };
    <rendezvous::client::Behaviour as Inspect>::inspect(&expired, &b.introspector);
    assert_eq!(b.event("RendezvousExpired", |_| true).await, json!({ "peer": of(a.peer) }));
}
