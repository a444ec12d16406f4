//! What the fuzzer of connections begins with, a little damage to it, and what chance makes, with every test run.

use std::path::Path;

use proptest::prelude::*;

#[path = "../fuzz/connection.rs"]
mod connection;
#[path = "../../introspection/fuzz/seeds.rs"]
mod seeds;

#[test]
fn every_seed_goes_through_its_target() {
    let fuzz = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz"));
    let run = |bytes: &[u8]| {
        connection::run(bytes);
    };
    assert!(seeds::each(fuzz, "connection", run) >= 10);
    // It does reach a session: answers, and what was turned on.
    let talk = std::fs::read(fuzz.join("seeds/connection/commands-pause")).expect("a seed");
    assert!(connection::run(&talk) > 6);
}

/// A head that is mostly right.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![8 => Just("GET"), 1 => Just("HEAD"), 1 => Just("POST"), 1 => Just("OPTIONS")];
    let path = prop_oneof![
        4 => Just("/introspect?token=t"),
        2 => Just("/introspect"),
        2 => Just("/recording?token=t"),
        1 => Just("/"),
        1 => Just("http://localhost/introspect?token=t"),
        1 => Just("*"),
    ];
    let header = prop_oneof![
        6 => Just("host: localhost".to_owned()),
        2 => Just("host: evil.example".to_owned()),
        2 => Just("origin: http://localhost".to_owned()),
        1 => Just("origin: null".to_owned()),
        4 => Just("connection: upgrade".to_owned()),
        4 => Just("upgrade: websocket".to_owned()),
        4 => Just("sec-websocket-version: 13".to_owned()),
        4 => Just("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
        1 => Just("transfer-encoding: chunked".to_owned()),
        1 => (0..99_u32).prop_map(|len| format!("content-length: {len}")),
        1 => "[a-z-]{1,12}: ?\\PC{0,20}",
    ];
    let rest = proptest::collection::vec(any::<u8>(), 0..60);
    (method, path, proptest::collection::vec(header, 0..9), rest).prop_map(|(method, path, headers, rest)| {
        let mut bytes = format!("{method} {path} HTTP/1.1\r\n").into_bytes();
        for header in headers {
            bytes.extend(header.bytes());
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"\r\n");
        bytes.extend(rest);
        bytes
    })
}

/// A frame of a WebSocket that is mostly right, by its two first bytes.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        6 => Just(0x82_u8), 1 => Just(0x81), 1 => Just(0x02), 1 => Just(0x80), 1 => Just(0x88), 1 => Just(0x89), 1 => any::<u8>()
    ];
    (first, proptest::collection::vec(any::<u8>(), 0..40), prop_oneof![9 => Just(0x80_u8), 1 => Just(0)])
        .prop_map(|(first, body, masked)| {
            let mut bytes = vec![first, masked | body.len() as u8];
            bytes.extend([0; 4]);
            bytes.extend(body);
            bytes
        })
}

fn with_kind(kind: u8, bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (0..5_u8, bytes).prop_map(move |(piece, bytes)| [vec![piece << 2 | kind], bytes].concat())
}

fn several(one: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(one, 0..4).prop_map(|all| all.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_answered_or_not_and_the_connection_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        connection::run(&bytes);
    }

    #[test]
    fn no_request_of_a_stranger_is_let_in(bytes in with_kind(0, several(request()))) {
        connection::run(&bytes);
    }

    #[test]
    fn requests_that_are_mostly_right_are_answered(bytes in with_kind(1, several(request()))) {
        connection::run(&bytes);
    }

    #[test]
    fn frames_that_are_mostly_right_end_in_whole_frames(bytes in with_kind(2, several(frame()))) {
        connection::run(&bytes);
    }

    #[test]
    fn commands_of_any_bytes_are_answered_or_end_the_session(bytes in with_kind(3, proptest::collection::vec(any::<u8>(), 0..200))) {
        connection::run(&bytes);
    }
}
