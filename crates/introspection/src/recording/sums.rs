//! Checksums of several segments at once. FNV-1a is serial, each byte waits for the multiplication of the one before; four
//! segments side by side keep the multiplier busy and are summed up in a third of the time.

use std::collections::VecDeque;

use crate::frame::{FNV_BASIS, HEADER_LEN, Header, fnv};

const LANES: usize = 4;
/// Bytes summed up ahead, at most: 4 MiB take 2 ms.
const MOST_AHEAD: usize = 4 << 20;
/// Segments likewise, however short.
const MOST_SEGMENTS: usize = 256;

/// What is known of the segments that stand ahead, if they begin where their lengths say.
#[derive(Debug, Default)]
pub(super) struct Sums {
    known: VecDeque<Sum>,
    /// How far ahead is worth it: not further than was read without damage, so that damage wastes no more than that.
    ahead: usize,
}

#[derive(Debug)]
struct Sum {
    /// Of the header, from the beginning of the recording.
    offset: u64,
    /// Of the payload.
    len: usize,
    sum: u32,
}

impl Sums {
    /// The checksum of the segment that `bytes` begin with, which is whole and has a payload of `len` bytes.
    pub(super) fn of_first(&mut self, bytes: &[u8], offset: u64, len: usize) -> u32 {
        while self.known.front().is_some_and(|known| known.offset < offset) {
            self.known.pop_front();
        }
        if !self.known.front().is_some_and(|known| known.offset == offset && known.len == len) {
            self.sum_up(bytes, offset);
        }
        self.known.front().map_or(FNV_BASIS, |known| known.sum)
    }

    /// A segment of so many bytes was sound.
    pub(super) fn sound(&mut self, bytes: usize) {
        self.ahead = (self.ahead + bytes).min(MOST_AHEAD);
    }

    pub(super) fn damaged(&mut self) {
        self.ahead = 0;
    }

    fn sum_up(&mut self, bytes: &[u8], offset: u64) {
        let (mut places, mut payloads, mut at) = (Vec::new(), Vec::new(), 0);
        while payloads.len() < MOST_SEGMENTS && (at == 0 || at < self.ahead) {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(len) = Header::read(rest).and_then(Header::lawful_len) else { break };
            let Some(payload) = rest.get(HEADER_LEN..HEADER_LEN + len) else { break };
            places.push((offset + at as u64, len));
            payloads.push(payload);
            at += HEADER_LEN + len;
        }
        let sums = checksums(&payloads);
        self.known =
            places.into_iter().zip(sums).map(|((offset, len), sum)| Sum { offset, len, sum }).collect();
    }
}

/// The checksum of each payload.
fn checksums(payloads: &[&[u8]]) -> Vec<u32> {
    let mut sums = vec![FNV_BASIS; payloads.len()];
    let mut coming = payloads.iter().copied().enumerate();
    let mut lanes: Vec<(usize, &[u8])> = coming.by_ref().take(LANES).collect();
    while !lanes.is_empty() {
        match lanes.as_mut_slice() {
            [a, b, c, d] => side_by_side([a, b, c, d], &mut sums),
            [a, b, c] => side_by_side([a, b, c], &mut sums),
            [a, b] => side_by_side([a, b], &mut sums),
            rest => rest.iter_mut().for_each(|lane| side_by_side([lane], &mut sums)),
        }
        lanes.retain(|(_, rest)| !rest.is_empty());
        lanes.extend(coming.by_ref().take(LANES - lanes.len()));
    }
    sums
}

/// Goes on with each lane to the end of the shortest.
fn side_by_side<const N: usize>(lanes: [&mut (usize, &[u8]); N], sums: &mut [u32]) {
    let shortest = lanes.iter().map(|(_, rest)| rest.len()).min().unwrap_or(0);
    let bytes = lanes.each_ref().map(|lane| &lane.1[..shortest]);
    let mut hashes = lanes.each_ref().map(|lane| sums[lane.0]);
    for at in 0..shortest {
        for (hash, bytes) in hashes.iter_mut().zip(&bytes) {
            *hash = fnv(*hash, bytes[at]);
        }
    }
    for (lane, hash) in lanes.into_iter().zip(hashes) {
        sums[lane.0] = hash;
        lane.1 = &lane.1[shortest..];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::checksum;

    proptest! {
        #[test]
        fn each_payload_has_its_own_checksum(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let slices: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
            let one_by_one: Vec<u32> = slices.iter().map(|payload| checksum(payload)).collect();
            prop_assert_eq!(checksums(&slices), one_by_one);
        }
    }

    /// Three segments of 10 bytes each, the second at byte 18.
    fn three() -> Vec<u8> {
        let mut bytes = Vec::new();
        for fill in [1_u8, 2, 3] {
            bytes.extend_from_slice(&[0; 4]);
            bytes.extend_from_slice(&10_u32.to_le_bytes());
            bytes.extend_from_slice(&[fill; 10]);
        }
        bytes
    }

    #[test]
    fn it_looks_no_further_ahead_than_was_read_without_damage() {
        let (bytes, mut sums) = (three(), Sums::default());
        assert_eq!(sums.of_first(&bytes, 4, 10), checksum(&[1; 10]));
        assert_eq!(sums.known.len(), 1);
        sums.sound(18);
        assert_eq!(sums.of_first(&bytes[18..], 22, 10), checksum(&[2; 10]));
        assert_eq!(sums.known.len(), 1);
        sums.sound(18);
        assert_eq!(sums.of_first(&bytes, 100, 10), checksum(&[1; 10]));
        assert_eq!(sums.known.len(), 2);
        sums.damaged();
        assert_eq!(sums.of_first(&bytes[36..], 136, 10), checksum(&[3; 10]));
        assert_eq!(sums.known.len(), 1);
    }

    #[test]
    fn what_is_known_of_another_place_is_not_taken_for_this_one() {
        let (bytes, mut sums) = (three(), Sums::default());
        sums.sound(1000);
        sums.of_first(&bytes, 4, 10);
        // Not where the lengths said that something begins: 9 bytes of payload, at byte 19.
        let mut other = bytes[19..].to_vec();
        other[4..8].copy_from_slice(&9_u32.to_le_bytes());
        assert_eq!(sums.of_first(&other, 23, 9), checksum(&other[8..17]));
    }
}
