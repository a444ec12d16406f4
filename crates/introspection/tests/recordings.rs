//! Recordings of other programs: what is in them, and what is left of them after damage.
//!
//! They are not part of the repository: each test looks for them beside it and says so when they are not there.

use std::path::PathBuf;

use bytes::Bytes;
use peerscope_introspection::{
    frame::{HEADER_LEN, VERSION_LEN},
    recording::{Item, Problem, Reader},
    wire::{ServerMessage, server_message::Payload},
};
use prost::Message;

const SAMPLE: &str = "observer-sample-1min.mock";

fn shared(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            eprintln!("SKIPPED: {}: {error}", path.display());
            None
        }
    }
}

#[derive(Debug, Default, PartialEq)]
struct Counts {
    frames: usize,
    states: usize,
    events: usize,
    runtimes: usize,
    responses: usize,
    others: usize,
    problems: Vec<Problem>,
}

fn read(bytes: &[u8], piece: usize) -> Vec<Item> {
    let mut reader = Reader::new();
    let mut items = Vec::new();
    for piece in bytes.chunks(piece) {
        reader.push(piece);
        items.extend(reader.by_ref());
    }
    reader.finish();
    items.extend(reader.by_ref());
    items
}

fn count(items: Vec<Item>) -> Counts {
    let mut counts = Counts::default();
    for item in items {
        match item {
            Item::Problem(problem) => counts.problems.push(problem),
            Item::Frame { payload, .. } => {
                counts.frames += 1;
                match ServerMessage::decode(payload).expect("a message").payload {
                    Some(Payload::State(_)) => counts.states += 1,
                    Some(Payload::Event(_)) => counts.events += 1,
                    Some(Payload::Runtime(_)) => counts.runtimes += 1,
                    Some(Payload::Response(_)) => counts.responses += 1,
                    _ => counts.others += 1,
                }
            }
        }
    }
    counts
}

#[test]
fn the_recordings_of_other_programs_hold_what_they_are_known_to_hold() {
    for (name, frames, states, events, runtimes, responses) in [
        (SAMPLE, 969, 30, 937, 1, 1),
        ("go-libp2p-short.libp2p.trace", 100, 25, 70, 2, 3),
        ("go-libp2p-pause.libp2p.trace", 116, 44, 63, 2, 7),
    ] {
        let Some(bytes) = shared(name) else { continue };
        let expected = Counts { frames, states, events, runtimes, responses, ..Counts::default() };
        for piece in [1_000, bytes.len()] {
            assert_eq!(count(read(&bytes, piece)), expected, "{name} in pieces of {piece}");
        }
    }
}

/// For each frame, where it begins and its payload.
type Frames = Vec<(usize, Bytes)>;

fn sample() -> Option<(Vec<u8>, Frames)> {
    let bytes = shared(SAMPLE)?;
    let frames = read(&bytes, bytes.len())
        .into_iter()
        .filter_map(|item| match item {
            Item::Frame { offset, payload } => Some((offset as usize, payload)),
            Item::Problem(_) => None,
        })
        .collect();
    Some((bytes, frames))
}

/// What is left when the bytes of one frame are damaged: all others, and one problem at its place.
fn costs_its_own_frame_alone(damaged: &[u8], frames: &[(usize, Bytes)], hit: usize, what: &str) {
    let (mut next, mut problems) = (0, Vec::new());
    for item in read(damaged, damaged.len()) {
        match item {
            Item::Frame { offset, payload } => {
                if next == hit {
                    next += 1;
                }
                assert_eq!((offset as usize, &payload), (frames[next].0, &frames[next].1), "{what}");
                next += 1;
            }
            Item::Problem(problem) => problems.push(problem),
        }
    }
    assert!(next == frames.len() || (next == hit && hit + 1 == frames.len()), "{what}: {next} frames kept");
    let place = frames[hit].0 as u64;
    let told = match problems[..] {
        [
            Problem::Checksum { offset, .. }
            | Problem::Skipped { offset, .. }
            | Problem::Truncated { offset, .. },
        ] => offset,
        ref other => panic!("{what}: {other:?}"),
    };
    assert_eq!(told, place, "{what}");
}

/// The recording of these frames alone.
fn excerpt(bytes: &[u8], frames: &[(usize, Bytes)]) -> (Vec<u8>, Frames) {
    let (from, end) = (frames[0].0, frames.last().map_or(0, |(at, payload)| at + HEADER_LEN + payload.len()));
    let moved = frames.iter().map(|(at, payload)| (at - from + VERSION_LEN, payload.clone())).collect();
    ([&bytes[..VERSION_LEN], &bytes[from..end]].concat(), moved)
}

#[test]
fn every_header_byte_of_the_sample_flipped_costs_its_own_frame_alone() {
    let Some((bytes, frames)) = sample() else { return };
    for (hit, (offset, _)) in frames.iter().enumerate() {
        let first = hit.saturating_sub(2);
        // What a damaged length reaches matters: there all that follows is read. For the rest some neighbours do.
        let (mut near, near_frames) = excerpt(&bytes, &frames[first..frames.len().min(hit + 9)]);
        let (mut far, far_frames) = excerpt(&bytes, &frames[first..]);
        for byte in 0..HEADER_LEN {
            let reaches_far = byte > 4;
            let (some, frames) =
                if reaches_far { (&mut far, &far_frames) } else { (&mut near, &near_frames) };
            let at = frames[hit - first].0 + byte;
            some[at] ^= 0xff;
            costs_its_own_frame_alone(some, frames, hit - first, &format!("byte {}", offset + byte));
            some[at] ^= 0xff;
        }
    }
}

#[test]
fn a_thousand_other_bytes_of_the_sample_flipped_cost_their_own_frames_alone() {
    let Some((mut bytes, frames)) = sample() else { return };
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..1_000 {
        // xorshift64: https://www.jstatsoft.org/article/view/v008i14
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let hit = (seed % frames.len() as u64) as usize;
        let (offset, payload) = &frames[hit];
        let at = offset + HEADER_LEN + (seed >> 20) as usize % payload.len().max(1);
        let flip = 1 << (seed >> 61);
        bytes[at] ^= flip;
        costs_its_own_frame_alone(&bytes, &frames, hit, &format!("byte {at} by {flip:#x}"));
        bytes[at] ^= flip;
    }
}
