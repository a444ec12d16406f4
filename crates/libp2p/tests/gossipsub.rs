//! Real gossip: subscriptions, meshes, messages, and what is left out is counted.
#![cfg(feature = "gossipsub")]

mod support;

use std::time::Duration;

use libp2p::{
    gossipsub::{self, IdentTopic, MessageAuthenticity},
    swarm::NetworkBehaviour,
};
use peerscope_libp2p::{Inspect, Introspect};
use serde_json::{Value, json};
use support::{Node, connected, node_of, within};

#[derive(NetworkBehaviour)]
struct Behaviour {
    gossip: Introspect<gossipsub::Behaviour>,
}

fn node(scoring: bool) -> Node<Behaviour> {
    node_of(|introspector, key| {
        // Unsigned: thousands of signatures take their time in a debug build, and messages that wait too long are dropped.
        let config = gossipsub::ConfigBuilder::default()
            .heartbeat_interval(Duration::from_millis(100))
            .validation_mode(gossipsub::ValidationMode::Permissive)
            .build()
            .expect("a configuration");
        let author = MessageAuthenticity::Author(key.public().to_peer_id());
        let mut gossip = gossipsub::Behaviour::new(author, config).expect("a behaviour");
        if scoring {
            gossip.with_peer_score(Default::default(), Default::default()).expect("fitting parameters");
        }
        Behaviour { gossip: introspector.behaviour(gossip) }
    })
}

async fn subscribe(node: &Node<Behaviour>, topic: &str) {
    let topic = IdentTopic::new(topic);
    node.swarm(move |swarm| swarm.behaviour_mut().gossip.subscribe(&topic)).await.expect("allowed");
}

async fn publish(node: &Node<Behaviour>, topic: &str, data: Vec<u8>) {
    let topic = IdentTopic::new(topic);
    node.swarm(move |swarm| swarm.behaviour_mut().gossip.publish(topic, data)).await.expect("a mesh");
}

fn number(event: &Value, name: &str) -> u64 {
    event[name].as_u64().unwrap_or_else(|| panic!("no number {name} in {event}"))
}

#[tokio::test]
async fn a_mesh_its_messages_and_its_end() {
    let (a, b) = (node(true), node(false));
    subscribe(&a, "blocks").await;
    subscribe(&b, "blocks").await;
    connected(&a, &b, b.listen_tcp().await).await;
    let (pa, pb) = (a.peer.to_string(), b.peer.to_string());
    for (node, other) in [(&a, &pb), (&b, &pa)] {
        let of_other = |event: &Value| event == &json!({ "peer": other, "topic": "blocks" });
        node.event("GossipsubSubscribed", of_other).await;
        node.event("Graft", of_other).await;
    }

    publish(&b, "blocks", vec![1; 100]).await;
    publish(&b, "blocks", vec![2; 23]).await;
    let mut ids = Vec::new();
    for size in [100, 23] {
        let message = a.event("GossipsubMessage", |_| true).await;
        assert_eq!((message["topic"].as_str(), number(&message, "size")), (Some("blocks"), size));
        assert_eq!((&message["source"], &message["propagationPeer"]), (&json!(pb), &json!(pb)));
        ids.push(message["id"].as_str().expect("text").to_owned());
    }
    assert_ne!(ids[0], ids[1]);

    // The mesh is there for who comes late, too.
    let late = a.snapshot().await;
    assert_eq!(late["topics"], json!(["blocks"]));
    assert_eq!(late["meshes"], json!([{ "topic": "blocks", "peers": [pb] }]));

    let told = a.event("GossipsubSnapshot", |event| number(event, "messagesTotal") == 2).await;
    assert_eq!((&told["topic"], &told["mesh"]), (&json!("blocks"), &json!([pb])));
    let figures = ["meshPeers", "peers", "messages", "bytes", "bytesTotal", "sampledOut"];
    assert_eq!(figures.map(|name| number(&told, name)), [1, 1, 2, 123, 123, 0]);
    // Only where scores are kept there is one.
    assert_eq!(told["scores"].as_array().map(Vec::len), Some(1));
    let told = b.event("GossipsubSnapshot", |event| event["mesh"] == json!([pa])).await;
    assert_eq!(told["scores"], json!([]));

    // `b` leaves: it prunes us, and we see that.
    let left = IdentTopic::new("blocks");
    assert!(b.swarm(move |swarm| swarm.behaviour_mut().gossip.unsubscribe(&left)).await);
    for name in ["GossipsubUnsubscribed", "Prune"] {
        a.event(name, |event| event == &json!({ "peer": pb, "topic": "blocks" })).await;
    }
    b.event("Prune", |event| event["peer"] == json!(pa)).await;
    assert_eq!(b.snapshot().await["topics"], json!([]));
    assert_eq!(a.snapshot().await["meshes"], json!([{ "topic": "blocks", "peers": [] }]));
}

#[tokio::test]
async fn a_flood_is_sampled_and_counted_to_the_last_message() {
    // More than pass, at 50 a second, in the 30 s for which this test waits.
    const MESSAGES: u64 = 2000;
    let (a, b) = (node(false), node(false));
    subscribe(&a, "flood").await;
    subscribe(&b, "flood").await;
    connected(&a, &b, b.listen_tcp().await).await;
    b.event("Graft", |_| true).await;
    b.swarm(|swarm| {
        for number in 0..MESSAGES {
            let data = number.to_be_bytes().to_vec();
            swarm.behaviour_mut().gossip.publish(IdentTopic::new("flood"), data).expect("a mesh");
        }
    })
    .await;
    let (mut told, mut messages, mut bytes, mut left_out) = (0, 0, 0, 0);
    let count = async {
        while messages < MESSAGES {
            match a.named(a.told().await) {
                Some((name, _)) if name == "GossipsubMessage" => told += 1,
                Some((name, event)) if name == "GossipsubSnapshot" => {
                    messages += number(&event, "messages");
                    bytes += number(&event, "bytes");
                    left_out += number(&event, "sampledOut");
                    assert_eq!(number(&event, "messagesTotal"), messages);
                }
                _ => {}
            }
        }
    };
    within("all messages", count).await;
    assert_eq!((messages, bytes, told + left_out), (MESSAGES, 8 * MESSAGES, MESSAGES));
    assert!(told >= 50 && left_out > 0, "{told} told, {left_out} left out");
}

#[tokio::test]
async fn peers_that_speak_another_language_or_are_slow() {
    let a = node(false);
    let other = support::Setup::default().start();
    connected(&a, &other, other.listen_tcp().await).await;
    let event = a.event("GossipsubNotSupported", |_| true).await;
    assert_eq!(event, json!({ "peer": other.peer.to_string() }));

    // What a slow peer looks like, without being slow.
    let slow = gossipsub::Event::SlowPeer {
        peer_id: other.peer,
        failed_messages: gossipsub::FailedMessages { priority: 3, non_priority: 4 },
    };
    <gossipsub::Behaviour as Inspect>::inspect(&slow, &a.introspector);
    let event = a.event("SlowPeer", |_| true).await;
    assert_eq!(event, json!({ "peer": other.peer.to_string(), "priority": 3, "nonPriority": 4 }));
}
