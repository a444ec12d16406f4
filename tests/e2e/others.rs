//! Endpoints that are none of ours and know of no recording, or never end it: asked once, and not waited for.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use futures::{SinkExt, StreamExt};
use peerscope_introspection::{
    frame::{message, segment},
    wire::{ClientCommand, CommandResponse, State, client_command::Command, server_message::Payload},
};
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    browser::Browser,
    own::{GAPS, NOT_WHOLE, happened},
    page,
    recorded::{Node, START_MS},
    recordings::viewer,
};

/// An endpoint of another kind. Who asks for a recording gets this answer; where that ends the connection, each session
/// ends after its first snapshot too. How often it was asked, and how many snapshots it sent.
async fn another(answer: Vec<u8>, ends: bool) -> (u16, Arc<[AtomicU32; 2]>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let counts = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let told = counts.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, answer.clone(), ends, counts.clone()));
        }
    });
    (port, told)
}

async fn serve(mut socket: TcpStream, answer: Vec<u8>, ends: bool, counts: Arc<[AtomicU32; 2]>) {
    let mut head = [0; 16];
    let seen = socket.peek(&mut head).await.expect("a request");
    if head[..seen].starts_with(b"GET /recording") {
        counts[0].fetch_add(1, Ordering::Relaxed);
        let mut request = vec![0; 4096];
        assert!(socket.read(&mut request).await.expect("a request") > 0);
        socket.write_all(&answer).await.expect("an answer");
        // Until the browser has enough of it.
        while !ends && socket.read(&mut request).await.is_ok_and(|read| read > 0) {}
        return;
    }
    let mut socket = tokio_tungstenite::accept_async(socket).await.expect("a WebSocket");
    while let Some(Ok(Message::Binary(command))) = socket.next().await {
        let command = ClientCommand::decode(command).expect("a command");
        let is_greeting = command.command == Command::Hello as i32;
        let answer = CommandResponse { id: command.id, ..CommandResponse::default() };
        let state = State { instant_ts: START_MS + 60_000, start_ts: 1, ..State::default() };
        let payload = if is_greeting { Payload::Response(answer) } else { Payload::State(state) };
        socket.send(Message::Binary(message([&segment(payload)]))).await.expect("sent");
        if !is_greeting {
            counts[1].fetch_add(1, Ordering::Relaxed);
            if ends {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_endpoints_are_asked_once_or_not_waited_for() {
    let dist = page!();
    let (server, url) = viewer(dist).await;
    let head = |status: &str, len: usize| {
        format!("HTTP/1.1 {status}\r\naccess-control-allow-origin: *\r\ncontent-length: {len}\r\n\r\n")
    };
    let browser = Browser::start(1440, 900).await;

    // It knows of none: it is asked once, however often its sessions end.
    let (port, counts) = another(head("404 Not Found", 0).into_bytes(), true).await;
    browser.goto(&format!("{url}#/overview?ws=ws://127.0.0.1:{port}/introspect")).await;
    let states = "return (await window.peerscope?.stats())?.states >= 3";
    browser.until("the third session", states).await;
    assert!(counts[1].load(Ordering::Relaxed) >= 3);
    assert_eq!(counts[0].load(Ordering::Relaxed), 1);
    let lines = browser.console().await;
    assert!(lines.iter().filter(|line| line.contains("/recording")).count() <= 1, "{lines:#?}");

    // It begins to send and never ends: what came is there, the rest is missing, and said.
    let node = Node::new();
    node.live(5);
    let (recording, count) = node.recorded();
    let answer = [head("200 OK", 1 << 20).as_bytes(), &recording].concat();
    let (port, _counts) = another(answer, false).await;
    browser.goto("about:blank").await;
    browser.goto(&format!("{url}#/overview?ws=ws://127.0.0.1:{port}/introspect")).await;
    browser.until_link("live").await;
    let all = format!("return (await window.peerscope.stats()).frames > {count}");
    browser.until("what came, and the session's", &all).await;
    assert_eq!(browser.stats().await["first_ms"], START_MS + 1000);
    assert_eq!(happened(&browser).await, (0..20).collect::<Vec<_>>());
    browser.until("the page to say that the rest is missing", &format!("return {NOT_WHOLE}")).await;
    browser.until("the gap", &format!("{GAPS} === '1 gap'")).await;
    browser.end().await;
    server.close().await;
}
