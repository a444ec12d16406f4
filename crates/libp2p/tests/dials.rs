//! Dials with several addresses: each is told with what became of it, wherever the hooks are.

mod support;

use std::time::Duration;

use libp2p::{
    Transport as _,
    core::{muxing::StreamMuxerBox, upgrade::Version},
    identity::Keypair,
    noise, ping, swarm, tcp, yamux,
};
use peerscope_libp2p::{Introspect, Introspector};
use serde_json::{Value, json};
use support::{Node, by_id, node_of, refused_address, silent_address};

#[derive(libp2p::swarm::NetworkBehaviour)]
struct Behaviour {
    ping: Introspect<ping::Behaviour>,
}

fn behaviour(introspector: &Introspector) -> Behaviour {
    Behaviour { ping: introspector.behaviour(ping::Behaviour::default()) }
}

/// With the hooks in the upgrades: what the swarm says of an address is all there is.
fn hooked() -> Node<Behaviour> {
    node_of(|introspector, _| behaviour(introspector))
}

/// With the hook around the transport, which sees each attempt itself.
fn wrapped() -> Node<Behaviour> {
    let (key, introspector) = (Keypair::generate_ed25519(), Introspector::new());
    let transport = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(&key).expect("a key"))
        .multiplex(yamux::Config::default());
    let transport = introspector.wrap(transport).map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let config = swarm::Config::with_tokio_executor().with_idle_connection_timeout(Duration::from_secs(600));
    let peer = key.public().to_peer_id();
    let swarm = swarm::Swarm::new(transport.boxed(), behaviour(&introspector), peer, config);
    Node::run(introspector, swarm)
}

/// So many attempts, and the connection that came of them, in whatever order they are told.
async fn attempts(node: &Node<Behaviour>, count: usize) -> (Vec<Value>, Value) {
    let (mut attempts, mut connected) = (Vec::new(), None);
    while attempts.len() < count || connected.is_none() {
        let Some((name, event)) = node.named(node.told().await) else { continue };
        match name.as_str() {
            "DialAttempt" => attempts.push(event),
            "PeerConnected" => connected = Some(event),
            _ => {}
        }
    }
    (attempts, connected.expect("just seen"))
}

#[tokio::test]
async fn one_refuses_one_is_silent_and_one_answers() {
    for (a, watched) in [(hooked(), false), (wrapped(), true)] {
        let b = hooked();
        let good = b.listen_tcp().await;
        let refused = refused_address().await;
        let (_silent, silent) = silent_address().await;
        // Two at a time: the good one's turn is when the first one has failed, while the second still waits.
        a.dial_all(b.peer, vec![refused.clone(), silent.clone(), good.clone()], 2).await;
        let (attempts, connected) = attempts(&a, 3).await;
        let of = |address: &libp2p::Multiaddr| {
            let mut found = attempts.iter().filter(|attempt| attempt["address"] == json!(address));
            let one = found.next().unwrap_or_else(|| panic!("{address}: {attempts:?}"));
            assert_eq!(found.next(), None);
            one
        };
        for (address, outcome) in [(&refused, "failed"), (&silent, "cancelled"), (&good, "connected")] {
            let attempt = of(address);
            assert_eq!(attempt["outcome"], outcome, "{attempt}");
            assert_eq!(
                (&attempt["peer"], &attempt["transport"]),
                (&json!(b.peer.to_string()), &json!("ip4+tcp"))
            );
            assert_eq!(attempt["connection"], connected["connection"]);
            assert!(attempt["startMs"].is_u64());
            assert_eq!(attempt["phases"]["totalMs"].is_f64(), watched, "{attempt}");
            // The swarm says why an address failed only if all did.
            let says_why = watched && outcome == "failed";
            assert_eq!(attempt["error"].is_string(), says_why, "{attempt}");
        }
        if watched {
            let error = of(&refused)["error"].as_str().expect("text");
            assert!(error.to_lowercase().contains("refused"), "{error}");
        }
        let failed = connected["failedAddresses"].as_array().expect("a list");
        assert_eq!(failed, &[json!(format!("{refused}/p2p/{}", b.peer))]);
        // Who was given up is no attempt that came to an end.
        let id = connected["connection"].as_str().expect("an id").to_owned();
        let connection = by_id(&a.connections().await, &id).cloned().expect("listed");
        assert_eq!(connection.user_provided_tags, ["attempts=2"]);
        assert_eq!(connection.endpoints.expect("endpoints").dst_multiaddr, good.to_string());
        // Who was dialed does not know.
        let theirs = b.until("a connection", |all| all.first().cloned()).await;
        assert!(theirs.user_provided_tags.is_empty(), "{:?}", theirs.user_provided_tags);
    }
}

#[tokio::test]
async fn each_address_that_failed_is_an_attempt_more() {
    let (a, b) = (hooked(), hooked());
    let good = b.listen_tcp().await;
    let refused = [refused_address().await, refused_address().await, refused_address().await];
    a.dial_all(b.peer, refused.iter().cloned().chain([good]).collect(), 1).await;
    let (attempts, connected) = attempts(&a, 4).await;
    assert_eq!(attempts.iter().filter(|attempt| attempt["outcome"] == "failed").count(), 3);
    let id = connected["connection"].as_str().expect("an id").to_owned();
    let connection = by_id(&a.connections().await, &id).cloned().expect("listed");
    assert_eq!(connection.user_provided_tags, ["attempts=4"]);
}
