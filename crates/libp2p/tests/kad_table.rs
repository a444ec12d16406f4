//! What seldom happens in a DHT, with real nodes: a bucket that is full, a query whose time runs out, another mode.
#![cfg(all(feature = "kad", feature = "identify"))]

mod support;

use std::{num::NonZero, time::Duration};

use libp2p::{Multiaddr, PeerId, StreamProtocol, identify, identity::Keypair, kad, swarm::NetworkBehaviour};
use peerscope_introspection::wire::{Dht, dht::peer_in_dht::Status};
use peerscope_libp2p::Introspect;
use serde_json::{Value, json};
use support::{Node, node_with_key, silent_address, within};

type Kad = kad::Behaviour<kad::store::MemoryStore>;

#[derive(NetworkBehaviour)]
struct Behaviour {
    kad: Introspect<Kad>,
    /// Tells kad who speaks it.
    identify: identify::Behaviour,
}

fn node(key: Keypair, configure: impl FnOnce(&mut kad::Config), mode: Option<kad::Mode>) -> Node<Behaviour> {
    let mut config = kad::Config::new(StreamProtocol::new("/test/kad/1"));
    configure(&mut config);
    node_with_key(key, |introspector, key| {
        let peer = key.public().to_peer_id();
        let mut kad = Kad::with_config(peer, kad::store::MemoryStore::new(peer), config);
        kad.set_mode(mode);
        let identify = identify::Config::new("/test/1".into(), key.public());
        Behaviour { kad: introspector.behaviour(kad), identify: identify::Behaviour::new(identify) }
    })
}

fn server(key: Keypair) -> Node<Behaviour> {
    node(key, |_| {}, Some(kad::Mode::Server))
}

/// A key whose peer has no bit in common with this one: half of all are in that bucket.
fn far_from(peer: PeerId) -> Keypair {
    let far = |key: &Keypair| {
        let distance =
            kad::KBucketKey::from(peer).distance(&kad::KBucketKey::from(key.public().to_peer_id()));
        distance.ilog2() == Some(255)
    };
    std::iter::repeat_with(Keypair::generate_ed25519).find(far).expect("one of two")
}

async fn dht(node: &Node<Behaviour>) -> Dht {
    node.state().await.subsystems.expect("subsystems").dht.expect("a DHT")
}

/// Who is in the first bucket, by status. There is no other.
async fn bucket(node: &Node<Behaviour>) -> Vec<(String, Status)> {
    let buckets = dht(node).await.buckets;
    assert_eq!(buckets.iter().map(|bucket| bucket.cpl).collect::<Vec<_>>(), [0]);
    let peers = buckets.into_iter().flat_map(|bucket| bucket.peers);
    let mut peers = peers
        .map(|peer| (peer.peer_id, Status::try_from(peer.status).expect("a status")))
        .collect::<Vec<_>>();
    peers.sort();
    peers
}

fn sorted<const N: usize>(peers: [(PeerId, Status); N]) -> Vec<(String, Status)> {
    let mut peers = peers.map(|(peer, status)| (peer.to_string(), status)).to_vec();
    peers.sort();
    peers
}

fn routing(node: &Node<Behaviour>, change: &str, address: &Multiaddr) -> Value {
    let peer = node.peer.to_string();
    json!({
        "peer": peer,
        "change": change,
        "addresses": [format!("{address}/p2p/{peer}")],
        "evicted": null,
        "bucket": 0,
    })
}

#[tokio::test]
async fn a_bucket_that_is_full() {
    // How long who was told to be pending waits for the place.
    for waits in [Duration::from_secs(3600), Duration::from_millis(1)] {
        let key = Keypair::generate_ed25519();
        let peer = key.public().to_peer_id();
        let [a, b, c] = [(); 3].map(|()| server(far_from(peer)));
        let configure = move |config: &mut kad::Config| {
            config.set_kbucket_size(NonZero::new(1).expect("not none")).set_kbucket_pending_timeout(waits);
        };
        let zero = node(key, configure, Some(kad::Mode::Server));
        let [at_a, at_b, at_c] = [a.listen_tcp().await, b.listen_tcp().await, c.listen_tcp().await];

        zero.dial(a.peer, at_a.clone()).await;
        assert_eq!(zero.event("DhtRoutingUpdated", |_| true).await, routing(&a, "added", &at_a));
        assert_eq!(bucket(&zero).await, sorted([(a.peer, Status::Active)]));

        // Who is connected keeps its place.
        zero.dial(b.peer, at_b.clone()).await;
        assert_eq!(zero.event("DhtRoutingUpdated", |_| true).await, routing(&b, "candidate", &at_b));
        let one_waits = sorted([(a.peer, Status::Active), (b.peer, Status::Candidate)]);
        assert_eq!(bucket(&zero).await, one_waits);

        // Who is gone has to go for one that is there, but not at once.
        let gone = a.peer;
        a.stop().await;
        zero.event("PeerDisconnected", |event| event["peer"] == json!(gone.to_string())).await;
        zero.dial(c.peer, at_c.clone()).await;
        assert_eq!(zero.event("DhtRoutingUpdated", |_| true).await, routing(&c, "pending", &at_c));
        if waits > Duration::from_secs(1) {
            let both_wait =
                [(gone, Status::Missing), (b.peer, Status::Candidate), (c.peer, Status::Candidate)];
            assert_eq!(bucket(&zero).await, sorted(both_wait));
            continue;
        }
        let expected =
            sorted([(gone, Status::Rejected), (b.peer, Status::Candidate), (c.peer, Status::Active)]);
        within("another one in its place", async { while bucket(&zero).await != expected {} }).await;
        let mut added = routing(&c, "added", &at_c);
        added["evicted"] = json!(gone.to_string());
        assert_eq!(zero.event("DhtRoutingUpdated", |_| true).await, added);
    }
}

#[tokio::test]
async fn a_query_whose_time_runs_out() {
    let configure = |config: &mut kad::Config| {
        config.set_query_timeout(Duration::from_millis(50));
    };
    let a = node(Keypair::generate_ed25519(), configure, Some(kad::Mode::Server));
    let (_silent, address) = silent_address().await;
    let (nobody, key) = (PeerId::random(), PeerId::random());
    a.swarm(move |swarm| {
        let kad = &mut swarm.behaviour_mut().kad;
        kad.add_address(&nobody, address);
        kad.get_closest_peers(key);
    })
    .await;
    // kad looks at the time when it is polled, which each look at it does.
    within("a timeout", async {
        loop {
            let gauge = dht(&a).await.outgoing_queries.expect("a gauge");
            assert_eq!((gauge.success, gauge.error), (0, 0));
            // One more may be kad's own, which looks around once somebody is in its table.
            if gauge.timeout >= 1 {
                return;
            }
        }
    })
    .await;
    let finished = a.event("DhtQueryFinished", |event| event["kind"] == "GetClosestPeers").await;
    assert_eq!((&finished["outcome"], &finished["key"]), (&json!("timeout"), &json!(key.to_string())));
    assert_eq!((&finished["requests"], &finished["ok"]), (&json!(1), &json!(0)));
    assert!(finished["error"].is_string() && finished["durationMs"].is_u64(), "{finished}");
}

#[tokio::test]
async fn who_can_be_reached_serves() {
    let a = node(Keypair::generate_ed25519(), |_| {}, None);
    let address: Multiaddr = "/ip4/192.0.2.1/tcp/4001".parse().expect("a multiaddr");
    let same = address.clone();
    a.swarm(move |swarm| swarm.add_external_address(address)).await;
    assert_eq!(a.event("DhtModeChanged", |_| true).await, json!({ "mode": "server" }));
    a.swarm(move |swarm| swarm.remove_external_address(&same)).await;
    assert_eq!(a.event("DhtModeChanged", |_| true).await, json!({ "mode": "client" }));
}
