//! The flight recorder: what happened before anybody came, of real nodes.

mod support;

use std::{fs, panic};

use bytes::Bytes;
use libp2p::{identity::Keypair, ping, swarm::NetworkBehaviour};
use peerscope_introspection::{
    Introspector as _,
    frame::read_message,
    wire::{ServerMessage, State, server_message::Payload},
};
use peerscope_libp2p::{Introspect, Introspector};
use prost::Message;
use support::{Node, node_seen_by, within};

#[derive(NetworkBehaviour)]
struct Behaviour {
    ping: Introspect<ping::Behaviour>,
}

fn node(introspector: &Introspector) -> Node<Behaviour> {
    node_seen_by(introspector.clone(), Keypair::generate_ed25519(), |introspector, _| Behaviour {
        ping: introspector.behaviour(ping::Behaviour::default()),
    })
}

fn payloads(recording: &[u8]) -> Vec<Payload> {
    read_message(&Bytes::copy_from_slice(recording))
        .map(|segment| ServerMessage::decode(segment.expect("whole")).expect("a message"))
        .filter_map(|message| message.payload)
        .collect()
}

fn states(payloads: &[Payload]) -> Vec<&State> {
    payloads
        .iter()
        .filter_map(|payload| match payload {
            Payload::State(state) => Some(state),
            _ => None,
        })
        .collect()
}

fn names(payloads: &[Payload]) -> Vec<&str> {
    payloads
        .iter()
        .filter_map(|payload| match payload {
            Payload::Event(event) => event.r#type.as_ref().map(|kind| kind.name.as_str()),
            _ => None,
        })
        .collect()
}

/// Waits until the recorder has taken `count` snapshots.
async fn recorded(introspector: &Introspector, count: usize) -> Vec<Payload> {
    within("snapshots of the flight recorder", async {
        loop {
            let payloads = payloads(&introspector.recording().await.expect("it is on"));
            if states(&payloads).len() >= count {
                return payloads;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
}

#[tokio::test]
async fn what_happened_before_anybody_came() {
    let (at_a, at_b) = (Introspector::new(), Introspector::new());
    let (a, b) = (node(&at_a), node(&at_b));
    let address = b.listen_tcp().await;
    a.dial(b.peer, address).await;
    let payloads = recorded(&at_a, 3).await;
    let Payload::Runtime(runtime) = &payloads[0] else { panic!("the runtime first") };
    assert_eq!(runtime.peer_id, a.peer.to_string());
    assert!(runtime.event_types.iter().any(|kind| kind.name == "PeerConnected"));
    let names = names(&payloads);
    for name in ["NodeSnapshot", "Dialing", "DialAttempt", "PeerConnected"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let states = states(&payloads);
    assert!(states.windows(2).all(|two| two[0].instant_ts < two[1].instant_ts));
    let connections = &states.last().expect("three").subsystems.as_ref().expect("subsystems").connections;
    assert_eq!(connections[0].peer_id, b.peer.to_string());

    // The same, as a file.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("last.libp2p.trace");
    let bytes = at_a.save_flight_recording(&path).expect("written").expect("it is on");
    let file = fs::read(&path).expect("there");
    assert_eq!(file.len(), bytes);
    assert!(self::states(&self::payloads(&file)).len() >= states.len());
    at_a.save_flight_recording(folder.path()).expect_err("a folder is no file");
    // Several at once, each whole, and nothing else is left.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    at_a.save_flight_recording(&path).expect("written").expect("it is on");
                }
            });
        }
    });
    assert!(self::states(&self::payloads(&fs::read(&path).expect("there"))).len() >= states.len());
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[tokio::test]
async fn a_panic_leaves_a_file() {
    let introspector = Introspector::new();
    let node = node(&introspector);
    recorded(&introspector, 1).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("panic.libp2p.trace");
    introspector.save_on_panic(&path);
    panic::catch_unwind(|| panic!("a panic of this test's own")).expect_err("it panicked");
    let payloads = payloads(&fs::read(&path).expect("the file"));
    assert!(!states(&payloads).is_empty());
    // It does not keep the node: with that gone, as soon as its recorder sees it, there is nothing to write.
    node.stop().await;
    drop(introspector);
    within("nothing written", async {
        loop {
            fs::remove_file(&path).expect("there");
            panic::catch_unwind(|| panic!("another panic of this test's own")).expect_err("it panicked");
            if !path.exists() {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The pause between two snapshots is longer than what closed stays by itself.
#[tokio::test]
async fn what_comes_and_goes_between_two_snapshots_is_in_the_second() {
    let at_a = Introspector::builder().flight_recorder(6000).build();
    let (a, b) = (node(&at_a), node(&Introspector::new()));
    let address = b.listen_tcp().await;
    recorded(&at_a, 1).await;
    let (id, _) = support::connected(&a, &b, address).await;
    a.close(&id).await;
    a.event("PeerDisconnected", |_| true).await;
    let payloads = within("the connection in a snapshot", async {
        loop {
            let payloads = payloads(&at_a.recording().await.expect("it is on"));
            let closed = states(&payloads).iter().any(|state| {
                let all = &state.subsystems.as_ref().expect("subsystems").connections;
                support::by_id(all, &id).is_some_and(|one| one.close_cause == "closedByUs")
            });
            if closed {
                return payloads;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    })
    .await;
    let states = states(&payloads);
    let apart = states.windows(2).map(|two| two[1].instant_ts - two[0].instant_ts).max().unwrap_or_default();
    assert!(states.len() == 1 || apart > 5500, "{apart} ms apart: this shows nothing");
}

#[tokio::test]
async fn switched_off_there_is_none() {
    let introspector = Introspector::builder().flight_recorder(0).build();
    let node = node(&introspector);
    assert_eq!(introspector.recording().await, None);
    let path = std::env::temp_dir().join("peerscope-no-flight-recorder");
    assert_eq!(introspector.save_flight_recording(&path).expect("nothing to write"), None);
    assert!(!path.exists());
    node.stop().await;
}
