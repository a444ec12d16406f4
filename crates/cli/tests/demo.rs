//! `peerscope demo` as a process of its own, looked into through its WebSocket like any client does.
#![cfg(unix)]

mod support {
    pub mod process;
    pub mod seen;
}

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use peerscope_introspection::{
    client::{Client, Config},
    frame::read_message,
    wire::ServerMessage,
};
use prost::Message as _;
use support::{process::Server, seen::Seen};
use tokio::time::timeout;
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// For what takes seconds; a loaded machine may take longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Looks until `done`.
async fn look(endpoint: &str, mut done: impl FnMut(&Seen) -> bool) -> Seen {
    let (mut socket, _) = connect_async(endpoint).await.expect("let in");
    let mut client = Client::new(Config { interval_ms: 500, retention_ms: 10_000 });
    let mut seen = Seen::default();
    for message in client.connected(0) {
        socket.send(Message::binary(message)).await.expect("sent");
    }
    let looking = async {
        while !done(&seen) {
            let Message::Binary(message) = socket.next().await.expect("not closed").expect("readable") else {
                continue;
            };
            for segment in read_message(&message) {
                let message = ServerMessage::decode(segment.expect("a whole segment")).expect("a message");
                let step = client.answer(&message);
                assert_eq!(step.refused, None);
                for command in step.send {
                    socket.send(Message::binary(command)).await.expect("sent");
                }
                if let Some(payload) = message.payload {
                    seen.take(payload);
                }
            }
        }
    };
    if timeout(PATIENCE, looking).await.is_err() {
        panic!("still missing: {:?}", seen.missing());
    }
    seen
}

#[tokio::test]
async fn node_zero_has_something_true_on_every_screen() {
    let demo = Server::start(&["demo", "--seed", "1"]).await;
    let endpoint = demo.address("endpoint").to_owned();
    assert!(endpoint.starts_with("ws://127.0.0.1:") && endpoint.contains("/introspect?token="), "{endpoint}");
    assert!(demo.address("viewer").contains("#/overview?ws=ws%3A%2F%2F127.0.0.1%3A"));

    let seen = look(&endpoint, |seen| seen.missing().is_empty()).await;
    assert!(seen.open_at_once >= 5, "{}", seen.open_at_once);
    let runtime = seen.runtime.expect("the runtime came with the greeting");
    assert_eq!(runtime.implementation, "rust-libp2p");
    assert!(runtime.version.starts_with("0.57."), "{}", runtime.version);
    assert!(runtime.peer_id.starts_with("12D3KooW"));
    demo.end("-TERM").await;
}

#[tokio::test]
async fn two_nodes_and_no_token() {
    let demo = Server::start(&["demo", "--nodes", "2", "--no-token"]).await;
    let endpoint = demo.address("endpoint").to_owned();
    assert!(!endpoint.contains("token"), "{endpoint}");
    let seen = look(&endpoint, |seen| seen.open_at_once > 0 && seen.events.contains_key("PingResult")).await;
    assert!(seen.connections.values().all(|one| !one.peer_id.is_empty()));
    demo.end("-INT").await;
}
