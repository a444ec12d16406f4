use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::frame::{message, put_segment};

fn framed(payloads: &[&[u8]]) -> Vec<u8> {
    let segments: Vec<Bytes> = payloads
        .iter()
        .map(|payload| {
            let mut out = Vec::new();
            put_segment(&mut out, payload);
            out.into()
        })
        .collect();
    message(&segments).to_vec()
}

fn read(message: &[u8]) -> Vec<Result<&[u8], Problem>> {
    read_message(message).collect()
}

#[test]
fn a_short_message_is_told_with_its_length() {
    for len in 0..VERSION_LEN + HEADER_LEN {
        assert_eq!(read(&framed(&[b""])[..len]), [Err(Problem::TooShort(len))]);
    }
    assert_eq!(read(&framed(&[b""])), [Ok(&b""[..])]);
}

#[test]
fn another_version_is_named_and_nothing_read() {
    let mut message = framed(&[b"one", b"two"]);
    message[1] = 7;
    assert_eq!(read(&message), [Err(Problem::Version(0x0701))]);
    assert!(Problem::Version(0x0701).to_string().contains("1793"));
}

#[test]
fn a_bad_checksum_costs_one_segment() {
    let mut message = framed(&[b"one", b"two", b"three"]);
    let second = VERSION_LEN + HEADER_LEN + 3 + HEADER_LEN;
    message[second] ^= 1;
    assert_eq!(read(&message), [Ok(&b"one"[..]), Err(Problem::Checksum), Ok(&b"three"[..])]);
}

#[test]
fn a_cut_segment_keeps_what_was_before() {
    let message = framed(&[b"one", b"two"]);
    let second = VERSION_LEN + HEADER_LEN + 3;
    assert_eq!(read(&message[..second]), [Ok(&b"one"[..])]);
    for cut in second + 1..message.len() {
        assert_eq!(read(&message[..cut]), [Ok(&b"one"[..]), Err(Problem::Truncated(cut - second))]);
    }
}

#[test]
fn a_length_past_the_bound_is_a_damaged_one() {
    let mut message = framed(&[b"one"]);
    message[8..12].copy_from_slice(&(MAX_SEGMENT_LEN as u32 + 1).to_le_bytes());
    assert_eq!(read(&message), [Err(Problem::Truncated(HEADER_LEN + 3))]);
}

#[test]
fn a_text_message_gives_its_bytes() {
    let message = framed(&[&[0, 127, 128, 255]]);
    let text: String = message.iter().map(|byte| char::from(*byte)).collect();
    assert_eq!(latin1(&text).unwrap(), message);
    assert_eq!(latin1("aĀ"), Err(Problem::NotLatin1('Ā')));
}

#[test]
fn checksums_are_those_of_the_reference() {
    // From the algorithm's own test vectors.
    assert_eq!(checksum(b""), 0x811c_9dc5);
    assert_eq!(checksum(b"a"), 0xe40c_292c);
    assert_eq!(checksum(b"foobar"), 0xbf9c_f968);
}

proptest! {
    #[test]
    fn what_is_framed_is_read(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..5)) {
        let slices: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
        let message = framed(&slices);
        prop_assert_eq!(read(&message), slices.into_iter().map(Ok).collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), versioned in any::<bool>()) {
        let mut message = bytes;
        if versioned && message.len() >= VERSION_LEN {
            message[..VERSION_LEN].copy_from_slice(&PROTOCOL_VERSION.to_le_bytes());
        }
        for payload in read_message(&message).flatten() {
            prop_assert!(payload.len() <= message.len());
        }
    }

    #[test]
    fn any_text_is_bytes_or_a_problem(text in any::<String>()) {
        match latin1(&text) {
            Ok(bytes) => prop_assert_eq!(bytes.len(), text.chars().count()),
            Err(problem) => prop_assert!(matches!(problem, Problem::NotLatin1(char) if char > 'ÿ')),
        }
    }
}
