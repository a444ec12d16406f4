//! Dials that fail, connections that are denied, and ends that nobody ordered.

mod support;

use std::time::Duration;

use libp2p::{
    PeerId, ping,
    swarm::{NetworkBehaviour, dial_opts::DialOpts},
};
use peerscope_introspection::{Introspector as _, wire::Status};
use peerscope_libp2p::Introspect;
use serde_json::json;
use support::{Setup, connected, is_end_by_remote, node_of, refused_address, within};

#[tokio::test]
async fn failing_dials_say_why() {
    let (a, b) = (Setup::default().start(), Setup::default().start());
    let address = b.listen_tcp().await;

    let refused = refused_address().await;
    let nobody = PeerId::random();
    a.dial(nobody, refused.clone()).await;
    let failure = a.event("DialFailure", |_| true).await;
    assert_eq!(
        (failure["reason"].as_str(), failure["peer"].as_str()),
        (Some("Transport"), Some(&*nobody.to_string()))
    );
    assert!(failure["errors"][0]["address"].as_str().expect("text").starts_with(&refused.to_string()));
    let error = failure["errors"][0]["error"].as_str().expect("text");
    assert!(error.to_lowercase().contains("refused"), "{error}");

    let wrong = PeerId::random();
    a.dial(wrong, address.clone()).await;
    let failure = a.event("DialFailure", |_| true).await;
    assert_eq!(
        (failure["reason"].as_str(), failure["peer"].as_str()),
        (Some("WrongPeerId"), Some(&*wrong.to_string()))
    );
    assert!(failure["errors"][0]["error"].as_str().expect("text").contains(&b.peer.to_string()));

    a.dial(nobody, "/ip4/127.0.0.1/tcp/1/ws".parse().expect("a multiaddr")).await;
    let failure = a.event("DialFailure", |_| true).await;
    assert_eq!(failure["errors"][0]["error"], "no transport for this address");

    let nowhere = DialOpts::peer_id(nobody).build();
    a.swarm(move |swarm| swarm.dial(nowhere)).await.expect_err("no addresses");
    assert_eq!(a.event("DialFailure", |_| true).await["reason"], "NoAddresses");
    // What failed is no connection.
    assert!(a.connections().await.is_empty());
}

#[tokio::test]
async fn denied_connections_are_told_and_not_listed() {
    let a = Setup::default().start();
    let b = Setup { max_per_peer: Some(1), ..Setup::default() }.start();
    let address = b.listen_tcp().await;
    connected(&a, &b, address.clone()).await;
    a.dial(b.peer, address).await;
    let denied = b.event("ConnectionDenied", |_| true).await;
    assert_eq!((denied["reason"].as_str(), denied["limit"].as_u64()), (Some("limit"), Some(1)));
    let failure = b.event("ListenFailure", |_| true).await;
    assert_eq!(failure["reason"], "Denied");
    assert_eq!(failure["connection"], denied["connection"]);
    assert_eq!(b.connections().await.len(), 1);
    // The dialer had it for a moment.
    a.event("PeerDisconnected", |_| true).await;
}

#[tokio::test]
async fn nobody_keeps_it_alive() {
    let a = Setup { idle: Duration::from_millis(200), ..Setup::default() }.start();
    let b = Setup::default().start();
    connected(&a, &b, b.listen_tcp().await).await;
    assert_eq!(a.event("PeerDisconnected", |_| true).await["cause"], "keepAliveTimeout");
    let cause = b.event("PeerDisconnected", |_| true).await;
    assert!(is_end_by_remote(cause["cause"].as_str().expect("text")), "{cause}");
}

#[tokio::test]
async fn a_node_that_is_gone() {
    let (a, b) = (Setup::default().start(), Setup::default().start());
    connected(&a, &b, b.listen_tcp().await).await;
    let introspector = b.introspector.clone();
    b.stop().await;
    let cause = a.event("PeerDisconnected", |_| true).await;
    assert!(is_end_by_remote(cause["cause"].as_str().expect("text")), "{cause}");
    // Its own introspector shows no open connection of a swarm that is no more.
    let state = within("a state", introspector.fetch_full_state()).await.expect("not closed");
    let open = state.subsystems.expect("subsystems").connections;
    assert!(open.iter().all(|one| one.status == i32::from(Status::Closed)));
}

#[derive(NetworkBehaviour)]
struct Nameless {
    ping: Introspect<ping::Behaviour>,
}

#[tokio::test]
async fn a_peer_that_does_not_say_who_it_is() {
    let a = Setup::default().start();
    let b = node_of(|introspector, _| Nameless { ping: introspector.behaviour(ping::Behaviour::default()) });
    let (at_a, _) = connected(&a, &b, b.listen_tcp().await).await;
    let failed = a.event("PeerIdentifyFailed", |_| true).await;
    let error = failed["error"].as_str().expect("text").to_owned();
    assert_eq!(failed, json!({ "peer": b.peer.to_string(), "connection": at_a, "error": error }));
    assert!(error.contains("no protocols could be agreed upon"), "{error}");
    // The connection does not mind, and has no agent.
    let connection = a.until("latency", |all| all.iter().find(|one| one.latency_ns > 0).cloned()).await;
    assert_eq!(connection.user_provided_tags, ["attempts=1"]);
}
