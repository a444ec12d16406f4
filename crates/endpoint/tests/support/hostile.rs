//! What clients that mean no good send, as bytes, and what the endpoint says to it.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{TOKEN, raw, within};

const KEY: &str = "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\n";

/// Whole requests that are no good, each with a name. None may be answered by a socket or a file.
pub fn requests() -> Vec<(&'static str, Vec<u8>)> {
    let path = format!("/introspect?token={TOKEN}");
    let get =
        |path: &str, rest: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{rest}\r\n").into_bytes();
    let close = "connection: close\r\n";
    // What would keep the connection open is ended by half a second request.
    let ended = |request: String| [request.as_bytes(), b"x\r\n\r\n"].concat();
    vec![
        ("nothing", b"\r\n\r\nx\r\n\r\n".to_vec()),
        ("no text", b"\0\xff\xfe\r\n\r\n".to_vec()),
        ("no host", b"GET / HTTP/1.1\r\n\r\nx\r\n\r\n".to_vec()),
        ("an old protocol", b"GET / HTTP/1.0\r\n\r\n".to_vec()),
        ("a new protocol", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("a host of no text", b"GET / HTTP/1.1\r\nhost: \xff\xff\r\nconnection: close\r\n\r\n".to_vec()),
        ("an origin of no text", get(&path, "origin: \u{ff}\r\nconnection: close\r\n")),
        ("two hosts", get(&path, "host: localhost\r\nconnection: close\r\n")),
        ("two origins", get(&path, "origin: http://localhost\r\norigin: http://localhost\r\nconnection: close\r\n")),
        ("a foreign host", get("http://evil.example/introspect", close)),
        ("a foreign page", get(&path, "origin: http://evil.example\r\nconnection: close\r\n")),
        ("no token", get("/introspect", close)),
        ("another token", get("/introspect?token=x", close)),
        ("a query of no text", get("/introspect?token=%ff%zz&", close)),
        ("a recording without a token", get("/recording", close)),
        ("a path that climbs", get("/%2e%2e/%00", close)),
        ("any path", b"OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".to_vec()),
        ("a tunnel", b"CONNECT evil.example:80 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".to_vec()),
        ("no socket", get(&path, close)),
        ("a socket without a key", ended(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{UPGRADE}\r\n"))),
        (
            "a socket of an old version",
            ended(format!(
                "GET {path} HTTP/1.1\r\nhost: localhost\r\n{UPGRADE}sec-websocket-version: 7\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )),
        ),
        (
            "a socket by POST",
            ended(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{UPGRADE}{KEY}content-length: 0\r\n\r\n")),
        ),
        ("lengths that differ", get(&path, "content-length: 1\r\ncontent-length: 2\r\nconnection: close\r\n")),
        (
            "a length and chunks",
            format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nx\r\n\r\n"
            )
            .into_bytes(),
        ),
        ("chunks of no number", format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").into_bytes()),
        ("a line too long", get(&format!("/introspect?token={}", "x".repeat(100_000)), close)),
        ("a head too long", get(&path, &format!("x: {}\r\nconnection: close\r\n", "y".repeat(100_000)))),
        ("headers too many", get(&path, &("a: b\r\n".repeat(2_000) + close))),
    ]
}

/// An answer's head and body without what differs by time.
pub fn answered(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.split("\r\n").filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\r\n")
}

/// The bytes of a handshake that is let in.
pub fn handshake(addr: SocketAddr) -> String {
    format!("GET /introspect?token={TOKEN} HTTP/1.1\r\nhost: {addr}\r\n{UPGRADE}{KEY}\r\n")
}

/// A socket by hand, once the endpoint has let it in.
pub async fn upgraded(addr: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.expect("it listens");
    stream.write_all(handshake(addr).as_bytes()).await.expect("it is taken");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within("the answer", stream.read_u8()).await.expect("an answer"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream
}

/// A frame as clients send it; the mask is nothing.
pub fn masked(first: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match body.len() {
        len @ 0..126 => frame.push(0x80 | len as u8),
        len @ 126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(body);
    frame
}

/// Frames that are no WebSocket's, or no command's, with the close code they are answered by.
pub fn frames() -> Vec<(&'static str, Vec<u8>, u16)> {
    vec![
        ("not masked", vec![0x82, 0x00], 1002),
        ("an unknown kind", masked(0x83, b""), 1002),
        ("a reserved bit", masked(0xc2, b""), 1002),
        ("a piece of nothing", masked(0x80, b"x"), 1002),
        ("a long ping", masked(0x89, &[0; 126]), 1002),
        ("a ping in pieces", masked(0x09, b"x"), 1002),
        ("text that is none", masked(0x81, b"\xff\xfe"), 1002),
        ("no command", masked(0x82, &[0xff; 9]), 1007),
        ("a command too long", masked(0x82, &vec![0; (64 << 10) + 1]), 1009),
        (
            "pieces too long",
            [masked(0x02, &vec![0; 40 << 10]), masked(0x80, &vec![0; 40 << 10])].concat(),
            1009,
        ),
        ("a length past all bounds", [vec![0x82, 0xff], vec![0x7f; 8], vec![0; 4]].concat(), 1009),
    ]
}

/// What the endpoint says last to a socket that sent these bytes: the code of its close frame.
pub async fn close_code(addr: SocketAddr, bytes: &[u8]) -> u16 {
    let mut stream = upgraded(addr).await;
    // The endpoint may have said its last word before all is sent.
    let (mut read, mut write) = stream.split();
    let mut said = Vec::new();
    let (_sent, heard) =
        within("its last word", async { tokio::join!(write.write_all(bytes), read.read_to_end(&mut said)) })
            .await;
    heard.expect("an end, not a reset");
    // Nothing was asked for, so the close frame is all: two bytes, then the code and the reason.
    assert!(said.len() >= 4 && said[0] == 0x88 && usize::from(said[1]) == said.len() - 2, "{said:?}");
    u16::from_be_bytes([said[2], said[3]])
}

/// What each of [`requests`] is answered, in their order.
pub async fn all_answers(addr: SocketAddr) -> Vec<(&'static str, String)> {
    let mut answers = Vec::new();
    for (name, request) in requests() {
        answers.push((name, answered(&raw(addr, &request).await)));
    }
    answers
}
