use std::io::Write;

use flate2::{Compression, GzBuilder, write::GzEncoder};
use proptest::prelude::*;

use super::*;

fn pack(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// What comes out of packed bytes that come in pieces of so many.
fn unpack(packed: &[u8], piece: usize) -> (Vec<u8>, Pumped) {
    let mut gunzip = Gunzip::new();
    let mut out = BytesMut::new();
    let mut pieces = packed.chunks(piece);
    loop {
        match gunzip.pump(&mut out) {
            Pumped::Some => {}
            Pumped::Starved => match pieces.next() {
                Some(piece) => gunzip.push(piece),
                None => gunzip.finish(),
            },
            end => return (out.to_vec(), end),
        }
    }
}

fn text(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * at / 7 % 251) as u8).collect()
}

#[test]
fn every_optional_header_field_is_passed_over() {
    let mut encoder = GzBuilder::new()
        .filename("a name")
        .comment("a comment")
        .extra(vec![7; 300])
        .write(Vec::new(), Compression::best());
    encoder.write_all(b"content").unwrap();
    let packed = encoder.finish().unwrap();
    for piece in [1, 7, packed.len()] {
        assert_eq!(unpack(&packed, piece), (b"content".to_vec(), Pumped::End));
    }
}

#[test]
fn members_follow_each_other() {
    let packed = [pack(b"one "), pack(b""), pack(b"two")].concat();
    for piece in [1, packed.len()] {
        assert_eq!(unpack(&packed, piece), (b"one two".to_vec(), Pumped::End));
    }
}

#[test]
fn damage_is_named_and_what_came_before_is_kept() {
    let content = text(200_000);
    let packed = pack(&content);
    let cases: [(Vec<u8>, GzipProblem); 4] = [
        (packed[..packed.len() - 5].to_vec(), GzipProblem::Cut),
        ([&packed[..], b"garbage"].concat(), GzipProblem::Trailing),
        ([&packed[..], &[0; 16]].concat(), GzipProblem::Trailing),
        (
            {
                let mut bad = packed.clone();
                let at = bad.len() - 8;
                bad[at] ^= 1;
                bad
            },
            GzipProblem::Checksum,
        ),
    ];
    for (bytes, problem) in cases {
        for piece in [1, 1000, bytes.len()] {
            assert_eq!(unpack(&bytes, piece), (content.clone(), Pumped::Damaged(problem)));
        }
    }
    assert_eq!(unpack(b"\x1f\x8b\x07", 1), (vec![], Pumped::Damaged(GzipProblem::Header)));
    assert_eq!(unpack(b"\x1f\x8b\x08", 1), (vec![], Pumped::Damaged(GzipProblem::Cut)));
}

#[test]
fn a_step_is_bounded_whatever_it_unpacks_to() {
    let packed = pack(&vec![0; 32 << 20]);
    let mut gunzip = Gunzip::new();
    gunzip.push(&packed);
    gunzip.finish();
    let (mut out, mut total) = (BytesMut::new(), 0);
    while gunzip.pump(&mut out) == Pumped::Some {
        assert!(out.len() <= STEP);
        total += out.len();
        out.clear();
    }
    assert_eq!(total, 32 << 20);
}

#[test]
fn a_header_without_an_end_is_given_up() {
    let mut gunzip = Gunzip::new();
    gunzip.push(&[0x1f, 0x8b, 8, FLAG_NAME, 0, 0, 0, 0, 0, 0]);
    gunzip.push(&vec![b'a'; MAX_HEADER]);
    assert_eq!(gunzip.pump(&mut BytesMut::new()), Pumped::Damaged(GzipProblem::Header));
}

proptest! {
    #[test]
    fn damage_anywhere_gives_the_same_in_any_pieces(at in 0_usize..4_000, bit in 0_u8..8, piece in 1_usize..300) {
        let mut packed = pack(&text(4_000));
        let at = at % packed.len();
        packed[at] ^= 1 << bit;
        prop_assert_eq!(unpack(&packed, piece), unpack(&packed, packed.len()));
    }
}
