//! `record` as a process: from real endpoints, and from one made here that does what ours never does.
#![cfg(unix)]

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use futures::{SinkExt, StreamExt};
use peerscope_introspection::{
    frame::{MAX_SEGMENT_LEN, message, put_segment, segment},
    wire::{
        ClientCommand, CommandResponse, Event, EventType, State,
        client_command::{Command, Source},
        command_response,
        server_message::Payload,
    },
};
use prost::Message as _;
use support::{
    process::Server,
    recording::{Contents, Recording, inspected},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

mod support {
    pub mod process;
    pub mod recording;
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("session.libp2p.trace");
    (folder, path)
}

const SIMULATE: [&str; 7] = ["simulate", "--connections", "5", "--event-rate", "100", "--interval", "100"];

#[tokio::test]
async fn a_recording_of_a_live_node_is_sound() {
    let server = Server::start(&SIMULATE).await;
    for (signal, url) in [("-TERM", server.address("endpoint")), ("-INT", server.address("viewer"))] {
        let (_folder, path) = folder();
        let recording = Recording::start(url, &path, &["--interval", "500"]);
        recording.holds(|file| file.states.len() > 1 && file.events.len() > 20).await;
        let (said, code) = recording.stop(signal).await;
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("frames (") && !said.contains("reconnected"), "{said}");
        let told = inspected(&path).await;
        for (key, value) in [
            ("runtimes", 1),
            ("connections", 5),
            ("bad_checksums", 0),
            ("undecodable", 0),
            ("truncated_bytes", 0),
        ] {
            assert_eq!(told[key], value, "{key} in {told}");
        }
        assert_eq!(told["responses"], 3, "to the greeting and the two pushes");
        assert_eq!(told["implementation"], "peerscope-synthetic");
    }
    server.end("-TERM").await;
}

#[tokio::test]
async fn a_duration_ends_it_by_itself() {
    let server = Server::start(&SIMULATE).await;
    let (_folder, path) = folder();
    let recording =
        Recording::start(server.address("endpoint"), &path, &["--duration", "3", "--interval", "500"]);
    let (said, code) = recording.ends().await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(inspected(&path).await["bad_checksums"], 0);

    // The port is free again, and nobody is there.
    let nobody = server.address("endpoint").to_owned();
    server.end("-TERM").await;
    let (_folder, path) = folder();
    let (said, code) = Recording::start(&nobody, &path, &["--duration", "1"]).ends().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("is the node running") && said.contains("nothing was received within 1 s"),
        "{said}"
    );
    assert!(!path.exists());
}

#[tokio::test]
async fn a_node_that_comes_back_is_recorded_on_into_the_same_file() {
    let token = ["--token", "s3cret"];
    let mut server = Server::start(&[&SIMULATE[..], &token].concat()).await;
    let endpoint = server.address("endpoint").to_owned();
    let (_folder, path) = folder();
    let mut recording = Recording::start(&endpoint, &path, &["--interval", "500"]);
    recording.holds(|file| !file.states.is_empty() && !file.events.is_empty()).await;
    server.child.kill().await.expect("killed");
    recording.says("Trying again").await;
    let before = std::fs::read(&path).expect("a file");
    assert!(Contents::of(&before).is_some_and(|file| !file.states.is_empty()));

    let listen = endpoint.split('/').nth(2).expect("an address");
    let again = [&SIMULATE[..], &token, &["--listen", listen, "--seed", "2"]].concat();
    let server = Server::start(&again).await;
    recording
        .holds(|file| {
            file.runtimes.len() == 2
                && file.states.last().is_some_and(|state| state.start_ts != file.states[0].start_ts)
        })
        .await;
    let (said, code) = recording.stop("-TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("reconnected: 1") && !said.contains("s3cret"), "{said}");
    assert!(std::fs::read(&path).expect("a file").starts_with(&before), "nothing of before is lost");
    let file = Contents::read(&path);
    assert_ne!(file.runtimes[0].peer_id, file.runtimes[1].peer_id);
    assert_eq!(inspected(&path).await["bad_checksums"], 0);
    server.end("-TERM").await;
}

#[tokio::test]
async fn a_killed_recording_keeps_what_it_had() {
    let server = Server::start(&SIMULATE).await;
    let (_folder, path) = folder();
    let recording = Recording::start(server.address("endpoint"), &path, &["--interval", "500"]);
    recording.holds(|file| !file.states.is_empty()).await;
    let (_, code) = recording.stop("-KILL").await;
    assert_eq!(code, None);
    let told = inspected(&path).await;
    assert!(told["states"].as_u64() >= Some(1), "{told}");
    assert_eq!(told["bad_checksums"], 0);
    server.end("-TERM").await;
}

#[tokio::test]
async fn a_wrong_token_is_said_and_not_repeated() {
    let server = Server::start(&[&SIMULATE[..], &["--token", "t0ken"]].concat()).await;
    let endpoint = server.address("endpoint");
    for (url, said) in [
        (endpoint.replace("t0ken", "s3cret"), "refuses the token (401)"),
        (endpoint.split('?').next().expect("an address").to_owned(), "wants a token (401)"),
        (endpoint.replace("introspect", "nowhere"), "no endpoint at ws://127.0.0.1"),
    ] {
        let (_folder, path) = folder();
        let (told, code) = Recording::start(&url, &path, &[]).ends().await;
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(said) && !told.contains("s3cret") && !told.contains("t0ken"), "{told}");
        assert!(!path.exists());
    }
    server.end("-TERM").await;
}

#[tokio::test]
async fn wrong_usage_repeats_no_token_and_a_file_that_is_there_is_kept() {
    let (_folder, path) = folder();
    for url in ["wss://h/introspect?token=s3cret", "ftp://h/?token=s3cret", "ws://h:99999/?token=s3cret"] {
        let (said, code) = Recording::start(url, &path, &[]).ends().await;
        assert_eq!(code, Some(2), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
    std::fs::write(&path, "precious").expect("written");
    let (said, code) = Recording::start("127.0.0.1:1", &path, &[]).ends().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is there already") && said.contains("--force"), "{said}");
    assert_eq!(std::fs::read(&path).expect("it is there"), b"precious");

    let server = Server::start(&SIMULATE).await;
    let recording = Recording::start(server.address("endpoint"), &path, &["--force", "--interval", "500"]);
    recording.holds(|file| !file.states.is_empty()).await;
    recording.stop("-TERM").await;
    assert_eq!(inspected(&path).await["truncated_bytes"], 0);
    server.end("-TERM").await;
}

/// An endpoint of this test.
struct Odd {
    listener: TcpListener,
    /// It was asked for a recording of the node's own, which is not asked for again.
    was_asked: AtomicBool,
}

impl Odd {
    async fn listen() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        (Self { listener, was_asked: AtomicBool::new(false) }, format!("http://{addr}?token=s3cret"))
    }

    async fn stream(&self) -> TcpStream {
        self.listener.accept().await.expect("a client").0
    }

    /// A client whose socket is open.
    async fn socket(&self) -> WebSocketStream<TcpStream> {
        accept_async(self.stream().await).await.expect("a socket")
    }

    /// A client that was greeted and has asked for everything; what it was told.
    async fn client(&self) -> (WebSocketStream<TcpStream>, Vec<Vec<u8>>) {
        let (socket, told) = Self::greeted(self.socket().await).await;
        if !self.was_asked.swap(true, Relaxed) {
            self.refuse("404 Not Found").await;
        }
        (socket, told)
    }

    /// A client that was greeted, asked for what the node recorded itself since a time, and got this.
    async fn client_with(&self, since: &str, recording: &[u8]) -> WebSocketStream<TcpStream> {
        let (socket, _) = Self::greeted(self.socket().await).await;
        self.asked_since(since).await.write_all(&answer(recording)).await.expect("sent");
        socket
    }

    /// Who asked for the node's own recording.
    async fn asked_since(&self, since: &str) -> TcpStream {
        let mut stream = self.stream().await;
        let mut request = [0; 2048];
        let read = stream.read(&mut request).await.expect("a request");
        let line = format!("GET /recording?token=s3cret{since} HTTP/1.1\r\n");
        let asked = String::from_utf8_lossy(&request[..read]);
        assert!(asked.starts_with(&line), "{line} {asked}");
        stream
    }

    async fn greeted(mut socket: WebSocketStream<TcpStream>) -> (WebSocketStream<TcpStream>, Vec<Vec<u8>>) {
        let mut told = Vec::new();
        for _ in 0..4 {
            let command = command(&mut socket).await;
            let is_for_events =
                command.command() == Command::PushEnable && command.source() == Source::Events;
            if command.command() == Command::Hello || is_for_events {
                let told_now = respond(&mut socket, command.id, command_response::Result::Ok).await;
                told.push(told_now.to_vec());
            }
        }
        (socket, told)
    }

    /// Answers a plain refusal.
    async fn refuse(&self, head: &str) {
        let mut stream = self.stream().await;
        let mut request = [0; 2048];
        let read = stream.read(&mut request).await.expect("a request");
        let asked =
            String::from_utf8_lossy(&request[..read]).lines().next().map(str::to_owned).expect("a line");
        let answer =
            format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{asked}", asked.len());
        stream.write_all(answer.as_bytes()).await.expect("answered");
    }
}

async fn command(socket: &mut WebSocketStream<TcpStream>) -> ClientCommand {
    let Some(Ok(Message::Binary(bytes))) = socket.next().await else { panic!("no command") };
    ClientCommand::decode(bytes).expect("a command")
}

/// Answers a command; the bytes of the answer.
async fn respond(
    socket: &mut WebSocketStream<TcpStream>,
    id: u64,
    result: command_response::Result,
) -> bytes::Bytes {
    let error = if result == command_response::Result::Ok { "" } else { "no s3cret" };
    let response =
        CommandResponse { id, result: result.into(), error: error.into(), ..CommandResponse::default() };
    let frame = segment(Payload::Response(response));
    socket.send(Message::Binary(message([&frame]))).await.expect("sent");
    frame
}

fn answer(recording: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", recording.len());
    [head.as_bytes(), recording].concat()
}

fn event(ts: u64, content: &str) -> bytes::Bytes {
    let kind = EventType { name: "Odd".into(), property_types: Vec::new() };
    segment(Payload::Event(Event { r#type: Some(kind), ts, content: content.into() }))
}

fn latin1(bytes: &[u8]) -> Message {
    Message::text(bytes.iter().map(|byte| char::from(*byte)).collect::<String>())
}

/// With a wrong checksum.
fn damaged(segment: &[u8]) -> Vec<u8> {
    let mut damaged = segment.to_vec();
    damaged[0] ^= 1;
    damaged
}

#[tokio::test]
async fn every_sound_segment_is_written_as_it_came() {
    let (odd, url) = Odd::listen().await;
    let (_folder, path) = folder();
    let recording = Recording::start(&url, &path, &[]);
    let (mut socket, mut told) = odd.client().await;

    let (first, second) = (event(1, "{\"é\":\"\u{ff}\"}"), event(2, "{}"));
    let state = segment(Payload::State(State { instant_ts: 3, ..State::default() }));
    // Unknown to everybody: a field that no schema has, and a payload that is no message at all.
    let mut strange = Vec::new();
    put_segment(&mut strange, &[0xc2, 0x3e, 1, 7]);
    let mut garbage = Vec::new();
    put_segment(&mut garbage, &[0xff; 9]);
    let mut too_long = second.to_vec();
    too_long[4..8].copy_from_slice(&(MAX_SEGMENT_LEN as u32 + 1).to_le_bytes());
    let mut other_version = message([&first]).to_vec();
    other_version[0] = 2;

    let whole = |parts: &[&[u8]]| [&1_u32.to_le_bytes()[..], &parts.concat()].concat();
    for sent in [
        latin1(&whole(&[&first])),
        Message::binary(whole(&[&second, &damaged(&first), &state, &strange])),
        latin1(&whole(&[&damaged(&second), &first])),
        Message::binary(whole(&[&garbage, &too_long])),
        Message::binary(other_version),
        Message::binary(Vec::new()),
        Message::text("no Latin-1: €"),
        Message::binary(whole(&[&second])),
    ] {
        socket.send(sent).await.expect("sent");
    }
    told.extend([&first[..], &second, &state, &strange, &first, &garbage, &second].map(<[u8]>::to_vec));
    let expected = whole(&[&told.concat()]);
    recording.holds(|file| file.events.len() == 4).await;
    let (said, code) = recording.stop("-TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(std::fs::read(&path).expect("a file") == expected);
    for part in [
        "9 frames (1 states, 4 events)",
        "damaged frames skipped: 3",
        "messages of another version skipped: 1",
        "messages that are none skipped: 2",
        "nobody can decode: 1",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn what_the_node_recorded_itself_comes_first_and_fills_what_was_missed() {
    let (odd, url) = Odd::listen().await;
    let (_folder, path) = folder();
    let mut recording = Recording::start(&url, &path, &[]);
    let state = |instant_ts| segment(Payload::State(State { instant_ts, start_ts: 5, ..State::default() }));
    let own: Vec<bytes::Bytes> =
        [state(10), event(11, "a"), event(12, "b"), state(20), event(21, "c"), state(30)].into();
    let times = |file: Contents| {
        let states = file.states.iter().map(|state| state.instant_ts).collect::<Vec<_>>();
        (states, file.events.iter().map(|event| event.ts).collect::<Vec<_>>())
    };

    let mut socket = odd.client_with("", &message(&own[..4])).await;
    // The state that the node recorded last, told once more, and an event after it.
    socket.send(Message::Binary(message([&state(20), &event(20, "live")]))).await.expect("sent");
    recording.holds(|file| times(file) == (vec![10, 20], vec![11, 12, 20])).await;
    drop(socket);
    recording.says("Trying again").await;
    let mut socket = odd.client_with("&since=20", &message(&own[1..])).await;
    socket.send(Message::Binary(message([&state(40)]))).await.expect("sent");
    recording.holds(|file| times(file) == (vec![10, 20, 30, 40], vec![11, 12, 20, 21])).await;
    let (said, code) = recording.stop("-TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("4 frames of the node's own recorder") && said.contains("2 frames of"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn an_endpoint_that_has_no_room_or_no_time_is_tried_again() {
    let (odd, url) = Odd::listen().await;
    let (_folder, path) = folder();
    let mut recording = Recording::start(&url, &path, &[]);
    odd.refuse("503 Service Unavailable").await;
    recording.says("can't serve now (503)").await;
    let mut socket = odd.socket().await;
    let full =
        CloseFrame { code: CloseCode::Again, reason: "too many sessions: this endpoint takes 1".into() };
    socket.close(Some(full)).await.expect("closed");
    recording.says("has no room (too many sessions").await;
    let (socket, _) = odd.client().await;
    recording.says("recording from").await;
    drop(socket);
    // Once something was received, a refusal is no reason to give up: the node may be started anew as it was.
    odd.refuse("401 Unauthorized").await;
    recording.says("refuses the token (401)").await;
    let (_socket, _) = odd.client().await;
    recording.says("recording again from").await;
    let (said, code) = recording.stop("-TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn who_refuses_from_the_beginning_ends_it() {
    for (head, said) in [
        ("401 Unauthorized", "(401)"),
        ("403 Forbidden", "refuses this client (403): GET /introspect?token=…"),
        ("404 Not Found", "the path is /introspect"),
        ("200 OK", "no endpoint (it says 200)"),
    ] {
        let (odd, url) = Odd::listen().await;
        let (_folder, path) = folder();
        let recording = Recording::start(&url, &path, &[]);
        odd.refuse(head).await;
        let (told, code) = recording.ends().await;
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(said) && !told.contains("s3cret"), "{told}");
    }
}

fn numbered(range: std::ops::Range<u64>) -> Vec<bytes::Bytes> {
    range.map(|n| event(1000 + n, &format!("{{\"n\":{n}}}"))).collect()
}

fn event_times(path: &std::path::Path) -> Vec<u64> {
    Contents::read(path).events.iter().map(|event| event.ts).collect()
}

/// What the session tells meanwhile is in the recording as well, or in part; and what was told first comes last.
#[tokio::test]
async fn what_happens_while_the_recording_is_on_its_way_is_there_once() {
    let (odd, url) = Odd::listen().await;
    let (_folder, path) = folder();
    let recording = Recording::start(&url, &path, &[]);
    let (mut socket, _) = Odd::greeted(odd.socket().await).await;
    let mut asked = odd.asked_since("").await;
    let own = answer(&message(&numbered(0..20)));
    let (first, second) = own.split_at(own.len() / 2);
    asked.write_all(first).await.expect("sent");
    // Told in another order than it was recorded.
    let mut live = numbered(10..30);
    live.swap(8, 12);
    socket.send(Message::Binary(message(&live))).await.expect("sent");
    asked.write_all(second).await.expect("sent");
    recording.holds(|file| file.events.len() == 30).await;
    let state = segment(Payload::State(State { instant_ts: 99_999, ..State::default() }));
    socket.send(Message::Binary(message([&state, &event(1029, "{}")]))).await.expect("sent");
    recording.holds(|file| file.states.len() == 1).await;
    let (said, code) = recording.stop("-TERM").await;
    assert_eq!(code, Some(0), "{said}");
    let mut told = event_times(&path);
    assert_eq!(told.pop(), Some(1029));
    told.sort_unstable();
    assert_eq!(told, (1000..1030).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_waits_for_the_recording_is_kept_when_the_link_is_lost_or_it_is_ended() {
    let (odd, url) = Odd::listen().await;
    let (_folder, path) = folder();
    let mut recording = Recording::start(&url, &path, &[]);
    let (mut socket, _) = Odd::greeted(odd.socket().await).await;
    let mut asked = odd.asked_since("").await;
    socket.send(Message::Binary(message(&numbered(3..5)))).await.expect("sent");
    socket.close(None).await.expect("closed");
    // It answers the close once it has read what came before.
    while socket.next().await.is_some() {}
    asked.write_all(&answer(&message(&numbered(0..4)))).await.expect("sent");
    recording.says("Trying again").await;
    assert_eq!(event_times(&path), (1000..1005).collect::<Vec<_>>());

    let (mut socket, _) = Odd::greeted(odd.socket().await).await;
    let _asked = odd.asked_since("&since=1004").await;
    socket.send(Message::Binary(message(&numbered(5..9)))).await.expect("sent");
    socket.send(Message::Ping(bytes::Bytes::new())).await.expect("sent");
    while !matches!(socket.next().await, Some(Ok(Message::Pong(_)))) {}
    let (said, code) = recording.stop("-TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(event_times(&path), (1000..1009).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_refusal_is_said_and_who_answers_little_is_asked_all_the_same() {
    let (odd, url) = Odd::listen().await;
    let (_folder, path) = folder();
    let mut recording = Recording::start(&url, &path, &[]);
    let mut socket = odd.socket().await;
    let hello = command(&mut socket).await;
    respond(&mut socket, hello.id, command_response::Result::Ok).await;
    // Nothing more, for a while.
    odd.asked_since("").await.write_all(&answer(&message(&numbered(0..3)))).await.expect("sent");
    recording.holds(|file| file.events.len() == 3).await;
    drop(socket);

    let mut socket = odd.socket().await;
    let hello = command(&mut socket).await;
    respond(&mut socket, hello.id, command_response::Result::Ok).await;
    let (_runtime, events) = (command(&mut socket).await, command(&mut socket).await);
    respond(&mut socket, events.id, command_response::Result::Err).await;
    let _asked = odd.asked_since("&since=1002").await;
    recording.says("the endpoint refuses PUSH_ENABLE EVENTS: no …").await;
    let (said, code) = recording.stop("-TERM").await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn it_can_be_ended_while_it_waits() {
    let (odd, url) = Odd::listen().await;
    let (_folder, path) = folder();
    let mut recording = Recording::start(&url, &path, &[]);
    drop(odd.stream().await);
    recording.says("Trying again").await;
    let (said, code) = recording.stop("-INT").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("nothing was received") && !path.exists(), "{said}");
}
