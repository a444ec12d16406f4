//! An example as a process of its own, and a client of its endpoint.

use std::{env, path::PathBuf, process::Stdio};

use futures::{SinkExt, StreamExt};
use peerscope_introspection::{
    client::{Client, Config},
    frame::read_message,
    wire::{Connection, ServerMessage, server_message::Payload},
};
use prost::Message as _;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::support::within;

pub struct Example {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    endpoint: String,
}

/// Beside the tests, where cargo builds it with them.
fn path(name: &str) -> PathBuf {
    let test = env::current_exe().expect("this test's file");
    let built = test.parent().and_then(|deps| deps.parent()).expect("deps/ in the target folder");
    let path = built.join("examples").join(name);
    assert!(path.is_file(), "{} is not built: cargo build -p peerscope-libp2p --examples", path.display());
    path
}

impl Example {
    pub async fn start(name: &str, addresses: &[&str]) -> Self {
        let mut child = Command::new(path(name))
            .args(addresses)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut example = Self { child, lines, endpoint: String::new() };
        example.endpoint = example.line("look inside: ", "").await;
        example
    }

    /// The rest of the next line that begins so and has that in it.
    async fn line(&mut self, begin: &str, with: &str) -> String {
        within(begin, async {
            loop {
                let line = self.lines.next_line().await.expect("readable").expect("it runs");
                if let Some(rest) = line.strip_prefix(begin).filter(|rest| rest.contains(with)) {
                    return rest.to_owned();
                }
            }
        })
        .await
    }

    /// Where it listens: the next address with that in it.
    pub async fn address(&mut self, with: &str) -> String {
        self.line("dial me: ", with).await
    }

    /// Greets it, and looks until the connections are as wished. The peer id that it says it has, and what was found.
    pub async fn look<T>(&self, what: &str, find: impl Fn(&[Connection]) -> Option<T>) -> (String, T) {
        let (mut socket, _) = connect_async(self.endpoint.as_str()).await.expect("let in");
        let mut client = Client::new(Config { interval_ms: 500, retention_ms: 10_000 });
        for message in client.connected(0) {
            socket.send(Message::binary(message)).await.expect("sent");
        }
        let mut peer = None;
        within(what, async {
            loop {
                let Message::Binary(message) = socket.next().await.expect("open").expect("readable") else {
                    continue;
                };
                for segment in read_message(&message) {
                    let message = ServerMessage::decode(segment.expect("whole")).expect("a message");
                    for command in client.answer(&message).send {
                        socket.send(Message::binary(command)).await.expect("sent");
                    }
                    match message.payload {
                        Some(Payload::Runtime(runtime)) => peer = Some(runtime.peer_id),
                        Some(Payload::State(state)) => {
                            let connections = state.subsystems.expect("subsystems").connections;
                            if let (Some(peer), Some(found)) = (&peer, find(&connections)) {
                                return (peer.clone(), found);
                            }
                        }
                        _ => {}
                    }
                }
            }
        })
        .await
    }

    /// Ends it by Ctrl+C, as it should end.
    pub async fn end(mut self) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().await.expect("kill runs");
        assert!(sent.success());
        let status = within("its end", self.child.wait()).await.expect("a status");
        assert_eq!(status.code(), Some(0));
    }
}
