//! `simulate` and `serve-ui` as processes, by a plain client over real sockets.
#![cfg(unix)]

use std::collections::{BTreeSet, VecDeque};

use futures::{SinkExt, StreamExt};
use peerscope_introspection::{
    client::{Client, Config, Link},
    frame::read_message,
    wire::{Event, Runtime, ServerMessage, State, Status, server_message::Payload},
};
use prost::Message as _;
use support::process::{PATIENCE, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

mod support {
    pub mod process;
}

/// A greeted viewer: the client's side of the protocol over a socket.
struct Viewer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    client: Client,
    waiting: VecDeque<Payload>,
}

impl Viewer {
    async fn connect(endpoint: &str, interval_ms: u64) -> Self {
        let (socket, _) = connect_async(endpoint).await.expect("it is let in");
        let mut client = Client::new(Config { interval_ms, ..Config::default() });
        let hello = client.connected(0);
        let mut viewer = Self { socket, client, waiting: VecDeque::new() };
        viewer.send(hello).await;
        viewer
    }

    async fn send(&mut self, messages: Vec<Vec<u8>>) {
        for message in messages {
            self.socket.send(Message::Binary(message.into())).await.expect("sent");
        }
    }

    async fn next(&mut self) -> Payload {
        loop {
            if let Some(payload) = self.waiting.pop_front() {
                return payload;
            }
            let message =
                timeout(PATIENCE, self.socket.next()).await.expect("in time").expect("open").expect("sound");
            let Message::Binary(bytes) = message else { continue };
            for segment in read_message(&bytes) {
                let payload = bytes.slice_ref(segment.expect("a sound segment"));
                let message = ServerMessage::decode(payload).expect("a message");
                let step = self.client.answer(&message);
                assert_eq!(step.refused, None);
                self.send(step.send).await;
                self.waiting.extend(message.payload);
            }
        }
    }

    async fn runtime(&mut self) -> Runtime {
        loop {
            if let Payload::Runtime(runtime) = self.next().await {
                return runtime;
            }
        }
    }

    async fn state(&mut self) -> State {
        loop {
            if let Payload::State(state) = self.next().await {
                return state;
            }
        }
    }

    async fn event(&mut self) -> Event {
        loop {
            if let Payload::Event(event) = self.next().await {
                return event;
            }
        }
    }
}

fn bytes_in(state: &State) -> u64 {
    state.traffic.and_then(|traffic| traffic.traffic_in).map_or(0, |gauge| gauge.cum_bytes)
}

#[tokio::test]
async fn a_simulated_node_is_served_live() {
    let server = Server::start(&[
        "simulate",
        "--connections",
        "7",
        "--streams",
        "2",
        "--event-rate",
        "200",
        "--interval",
        "100",
    ])
    .await;
    let endpoint = server.address("endpoint").to_owned();
    assert!(endpoint.starts_with("ws://127.0.0.1:") && endpoint.contains("/introspect?token="), "{endpoint}");
    assert!(server.address("viewer").contains("/#/overview?ws=ws%3A"), "{}", server.address("viewer"));

    let mut viewer = Viewer::connect(&endpoint, 500).await;
    let runtime = viewer.runtime().await;
    assert_eq!(viewer.client.link(), Link::Live { interval_ms: 500, retention_ms: 120_000, paused: false });
    assert_eq!(runtime.implementation, "peerscope-synthetic");
    let names: BTreeSet<String> = runtime.event_types.into_iter().map(|kind| kind.name).collect();
    assert!(names.contains("PingResult") && names.contains("EndpointStats"), "{names:?}");

    let first = viewer.state().await;
    let connections = &first.subsystems.as_ref().expect("subsystems").connections;
    assert_eq!(connections.len(), 7);
    assert!(connections.iter().all(|one| one.status() == Status::Active && !one.peer_id.is_empty()));
    assert!(connections.iter().all(|one| one.streams.as_ref().is_some_and(|list| list.streams.len() == 2)));
    let second = viewer.state().await;
    assert!(second.instant_ts > first.instant_ts && bytes_in(&second) > bytes_in(&first));

    for _ in 0..100 {
        let event = viewer.event().await;
        let name = event.r#type.expect("a type").name;
        assert!(names.contains(&name), "{name}");
    }

    let pause = viewer.client.pause();
    viewer.send(pause).await;
    while !matches!(viewer.client.link(), Link::Live { paused: true, .. }) {
        viewer.next().await;
    }
    let resume = viewer.client.resume();
    viewer.send(resume).await;
    while !matches!(viewer.client.link(), Link::Live { paused: false, .. }) {
        viewer.next().await;
    }
    viewer.event().await;
    server.end("-TERM").await;
}

#[tokio::test]
async fn twenty_thousand_events_a_second_arrive_or_are_counted() {
    let server =
        Server::start(&["simulate", "--connections", "3", "--event-rate", "20000", "--no-token"]).await;
    let mut viewer = Viewer::connect(server.address("endpoint"), 1_000).await;
    let (mut first, mut last, mut told, mut lost) = (0, 0, 0, 0);
    // Over two seconds of the node's time, however long that takes here.
    while last < first + 2_000 {
        match viewer.next().await {
            Payload::Event(event) => {
                last = event.ts.max(last);
                if first == 0 {
                    first = event.ts;
                }
                told += 1;
            }
            Payload::Notice(notice) => lost += notice.discarded_events,
            _ => {}
        }
    }
    let all = told + lost;
    assert!(all > 38_000, "{told} told and {lost} lost of 40,000");
    server.end("-TERM").await;
}

#[tokio::test]
async fn the_options_of_an_endpoint_are_heard() {
    let server =
        Server::start(&["simulate", "--token", "letmein", "--max-sessions", "1", "--event-rate", "0"]).await;
    let endpoint = server.address("endpoint").to_owned();
    assert!(endpoint.ends_with("/introspect?token=letmein"), "{endpoint}");
    assert!(connect_async(endpoint.replace("letmein", "wrong")).await.is_err());
    let mut viewer = Viewer::connect(&endpoint, 500).await;
    viewer.state().await;
    let (mut second, _) = connect_async(&endpoint).await.expect("let in, to be told");
    let told = timeout(PATIENCE, second.next()).await.expect("in time").expect("a frame").expect("sound");
    let Message::Close(Some(frame)) = told else { panic!("not closed: {told:?}") };
    assert_eq!(u16::from(frame.code), 1013);
    server.end("-INT").await;
}

#[tokio::test]
async fn an_address_that_is_not_loopback_needs_the_explicit_option() {
    let refused = Command::new(env!("CARGO_BIN_EXE_peerscope"))
        .args(["simulate", "--listen", "0.0.0.0:0"])
        .kill_on_drop(true)
        .output();
    let refused = timeout(PATIENCE, refused).await.expect("in time").expect("it runs");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not a loopback address"));
}

/// What a plain request for the page is answered, as text.
async fn page_of(viewer: &str, headers: &str) -> String {
    let host = viewer.strip_prefix("http://").and_then(|rest| rest.split('/').next()).expect("a host");
    let mut socket = TcpStream::connect(host).await.expect("it listens");
    let host = if headers.contains("Host:") { String::new() } else { format!("Host: {host}\r\n") };
    let request = format!("GET / HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("in time").expect("readable");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn the_viewer_alone_lets_the_pages_and_names_in_that_are_allowed() {
    let origin = "http://127.0.0.1:8080";
    let server = Server::start(&["serve-ui", "--allow-origin", origin, "--allow-host", "node.example"]).await;
    let viewer = server.address("viewer");
    let answer = page_of(viewer, &format!("Host: node.example\r\nOrigin: {origin}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(&format!("access-control-allow-origin: {origin}\r\n")), "{answer}");
    let foreign = page_of(viewer, "Origin: http://127.0.0.1:8081\r\n").await;
    assert!(foreign.starts_with("HTTP/1.1 200") && !foreign.contains("access-control"), "{foreign}");
    let refused = page_of(viewer, "Host: evil.example\r\n").await;
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    server.end("-TERM").await;
}

#[tokio::test]
async fn the_viewer_is_served_alone_or_from_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("index.html"), "<!doctype html>a page of the test").expect("written");
    let ui = folder.path().to_str().expect("plain text");
    for (arguments, expected) in
        [(&["serve-ui"][..], "<!"), (&["serve-ui", "--ui", ui], "a page of the test")]
    {
        let server = Server::start(arguments).await;
        assert_eq!(server.ready.as_object().map(serde_json::Map::len), Some(1), "{}", server.ready);
        let answer = page_of(server.address("viewer"), "").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(expected), "{answer}");
        server.end("-TERM").await;
    }
}
