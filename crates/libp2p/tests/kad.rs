//! A real DHT: the state's buckets are those of the behaviour, and queries are told and counted.
#![cfg(feature = "kad")]

mod support;

use std::collections::BTreeMap;

use libp2p::{
    Multiaddr,
    identity::Keypair,
    kad, ping,
    swarm::{NetworkBehaviour, behaviour::toggle::Toggle},
};
use peerscope_introspection::wire::{Dht, dht::peer_in_dht::Status};
use peerscope_libp2p::{Introspect, Introspector};
use support::{Node, node_seen_by, within};

type Kad = kad::Behaviour<kad::store::MemoryStore>;

#[derive(NetworkBehaviour)]
struct Behaviour {
    /// Behind a switch, as many nodes have it.
    kad: Introspect<Toggle<Kad>>,
    ping: Introspect<ping::Behaviour>,
}

fn node() -> Node<Behaviour> {
    let introspector = Introspector::builder().dht_params(20, 3, 2).build();
    node_seen_by(introspector, Keypair::generate_ed25519(), |introspector, key| {
        let peer = key.public().to_peer_id();
        let mut kad = Kad::new(peer, kad::store::MemoryStore::new(peer));
        kad.set_mode(Some(kad::Mode::Server));
        Behaviour {
            kad: introspector.behaviour(Toggle::from(Some(kad))),
            ping: introspector.behaviour(ping::Behaviour::default()),
        }
    })
}

async fn dht(node: &Node<Behaviour>) -> Dht {
    node.state().await.subsystems.expect("subsystems").dht.expect("a DHT")
}

/// Who is in which bucket, and whether connected.
type Table = BTreeMap<u32, BTreeMap<String, bool>>;

/// Who is in which bucket, and whether connected, as the state has it.
fn told(dht: &Dht) -> Table {
    let listed = |status: i32| [Status::Active.into(), Status::Missing.into()].contains(&status);
    let buckets = dht.buckets.iter().map(|bucket| {
        let peers = bucket.peers.iter().filter(|peer| listed(peer.status));
        (
            bucket.cpl,
            peers.map(|peer| (peer.peer_id.clone(), peer.status == i32::from(Status::Active))).collect(),
        )
    });
    buckets.filter(|(_, peers): &(u32, BTreeMap<_, _>)| !peers.is_empty()).collect()
}

/// The same, as the behaviour has it.
async fn held(node: &Node<Behaviour>) -> Table {
    let local = kad::KBucketKey::from(node.peer);
    node.swarm(move |swarm| {
        let kad = swarm.behaviour_mut().kad.as_mut().expect("switched on");
        kad.kbuckets()
            .map(|bucket| {
                let peers = bucket.iter().map(|entry| {
                    let peer = *entry.node.key.preimage();
                    // The prefix is counted afresh, bit by bit.
                    let distance = local.distance(&kad::KBucketKey::from(peer));
                    let cpl = 255 - distance.ilog2().expect("another peer");
                    (cpl, peer.to_string(), entry.status == kad::NodeStatus::Connected)
                });
                let peers = peers.collect::<Vec<_>>();
                assert!(peers.iter().all(|(cpl, ..)| *cpl == peers[0].0), "one bucket, one prefix");
                (peers[0].0, peers.into_iter().map(|(_, peer, connected)| (peer, connected)).collect())
            })
            .collect()
    })
    .await
}

/// A state that `is_it`, and that says what the behaviour says before and after it was taken.
async fn settled(node: &Node<Behaviour>, is_it: impl Fn(&Table) -> bool) -> Dht {
    within("a table like the behaviour's", async {
        loop {
            let before = held(node).await;
            let state = dht(node).await;
            if before == held(node).await {
                let told = told(&state);
                assert_eq!(told, before);
                if is_it(&told) {
                    return state;
                }
            }
        }
    })
    .await
}

async fn add(node: &Node<Behaviour>, other: &Node<Behaviour>, address: &Multiaddr) {
    let (peer, address) = (other.peer, address.clone());
    node.swarm(move |swarm| {
        swarm.behaviour_mut().kad.as_mut().expect("switched on").add_address(&peer, address)
    })
    .await;
}

#[tokio::test]
async fn the_buckets_are_those_of_the_behaviour() {
    let zero = node();
    let mut others = Vec::new();
    for _ in 0..12 {
        let other = node();
        let address = other.listen_tcp().await;
        add(&zero, &other, &address).await;
        others.push((other, address));
    }
    // Half of them are connected.
    for (other, address) in &others[..6] {
        zero.dial(other.peer, address.clone()).await;
        zero.event("PeerConnected", |event| event["peer"] == other.peer.to_string().as_str()).await;
    }
    // The behaviour looks around by itself, so more may come meanwhile.
    let state = settled(&zero, |told| told.values().flatten().filter(|(_, up)| **up).count() >= 6).await;
    assert_eq!(told(&state).values().flatten().count(), 12);
    assert_eq!((state.protocol.as_str(), state.enabled), ("/ipfs/kad/1.0.0", true));
    assert!(state.start_ts > 0);
    let params = state.params.expect("parameters");
    assert_eq!((params.k, params.alpha, params.disjoint_paths), (20, 3, 2));
    assert!(state.buckets.windows(2).all(|two| two[0].cpl < two[1].cpl));

    // One goes: it is missed, and stays.
    let (gone, _) = others.swap_remove(0);
    let peer = gone.peer.to_string();
    gone.stop().await;
    zero.event("PeerDisconnected", |event| event["peer"] == peer.as_str()).await;
    let state = settled(&zero, |told| told.values().flatten().any(|(one, up)| *one == peer && !up)).await;
    let missing = state.buckets.iter().flat_map(|bucket| &bucket.peers).find(|one| one.peer_id == peer);
    assert_eq!(missing.map(|one| one.status), Some(Status::Missing.into()));

    // Its time goes on.
    let age = |dht: &Dht| {
        dht.buckets.iter().flat_map(|bucket| &bucket.peers).map(|peer| peer.age_in_bucket).max().expect("one")
    };
    let before = age(&state);
    within("more age", async { while age(&dht(&zero).await) <= before {} }).await;
}

#[tokio::test]
async fn queries_are_told_and_counted() {
    let (a, b) = (node(), node());
    let address = b.listen_tcp().await;
    add(&a, &b, &address).await;
    let updated = a.event("DhtRoutingUpdated", |event| event["change"] == "added").await;
    assert_eq!(updated["peer"], b.peer.to_string());
    assert_eq!(updated["addresses"][0], format!("{address}/p2p/{}", b.peer));

    let peer = a.peer;
    a.swarm(move |swarm| {
        swarm.behaviour_mut().kad.as_mut().expect("switched on").get_closest_peers(peer);
    })
    .await;
    let finished = a.event("DhtQueryFinished", |event| event["kind"] == "GetClosestPeers").await;
    assert_eq!(
        (finished["outcome"].as_str(), finished["key"].as_str()),
        (Some("success"), Some(&*peer.to_string()))
    );
    assert_eq!((finished["requests"].as_u64(), finished["ok"].as_u64()), (Some(1), Some(1)));
    assert!(finished["durationMs"].is_u64() && finished["error"].is_null());
    let inbound = b.event("DhtInboundRequest", |_| true).await;
    assert_eq!(inbound["kind"], "FindNode");

    a.swarm(|swarm| {
        let kad = swarm.behaviour_mut().kad.as_mut().expect("switched on");
        kad.get_record(kad::RecordKey::new(b"/nowhere"));
    })
    .await;
    let finished = a.event("DhtQueryFinished", |event| event["kind"] == "GetRecord").await;
    assert_eq!((finished["outcome"].as_str(), finished["key"].as_str()), (Some("error"), Some("/nowhere")));
    assert!(finished["error"].as_str().expect("text").contains("not found"));

    // One that finds something names what it looked for, though its last step does not.
    a.swarm(|swarm| {
        let kad = swarm.behaviour_mut().kad.as_mut().expect("switched on");
        let record = kad::Record::new(b"/here".to_vec(), b"value".to_vec());
        kad.put_record(record, kad::Quorum::One).expect("room");
        kad.get_record(kad::RecordKey::new(b"/here"));
    })
    .await;
    let found = a.event("DhtQueryFinished", |event| event["kind"] == "GetRecord").await;
    assert_eq!((found["outcome"].as_str(), found["key"].as_str()), (Some("success"), Some("/here")));

    let ours = dht(&a).await.outgoing_queries.expect("a gauge");
    // The closest, the put and the get; half a second after a peer was added the behaviour looks around by itself.
    assert!([2, 3, 4].contains(&ours.success) && (ours.error, ours.timeout) == (1, 0), "{ours:?}");
    let theirs = dht(&b).await.incoming_queries.expect("a gauge");
    assert!((2..12).contains(&theirs.success), "{theirs:?}");
    // A node that is gone tells no DHT of a swarm that is no more.
    let introspector = a.introspector.clone();
    a.stop().await;
    let state =
        peerscope_introspection::Introspector::fetch_full_state(&introspector).await.expect("not closed");
    assert_eq!(state.subsystems.expect("subsystems").dht, None);
}
