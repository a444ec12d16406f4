//! A live message: no panic, each payload within the message, and payloads and problems in a bounded number.

use peerscope_introspection::{
    frame::{HEADER_LEN, checksum, latin1, read_message},
    wire::ServerMessage,
};
use prost::Message;

pub fn run(bytes: &[u8]) {
    let mut segments = 0;
    for payload in read_message(bytes) {
        segments += 1;
        if let Ok(payload) = payload {
            assert!(bytes.as_ptr_range().contains(&payload.as_ptr()) || payload.is_empty());
            assert!(payload.len() + HEADER_LEN < bytes.len());
            let elsewhere = payload.to_vec();
            assert_eq!(checksum(payload), checksum(&elsewhere), "wherever it lies");
            drop(ServerMessage::decode(payload));
        }
    }
    assert!(segments <= 1 + bytes.len() / HEADER_LEN);
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(binary) = latin1(text)
    {
        assert_eq!(binary.len(), text.chars().count());
    }
}
