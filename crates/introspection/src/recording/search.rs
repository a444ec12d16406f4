//! Finds the next segment after damage, at a cost that is bounded by the recording's own length.
//!
//! A place is worth a checksum only if its length is lawful and its payload looks like a `ServerMessage`: the fields
//! on its top level add up to its length. A short payload that does not is tried too, so that a frame nobody can decode
//! is still found.

use crate::frame::{HEADER_LEN, Header, MAX_SEGMENT_LEN, checksum};

/// A payload that does not look like a message is tried up to this length: 64 KiB.
const SHORT: usize = 64 << 10;
/// Fields looked at on a message's top level; ours and the reference's have two.
const MAX_FIELDS: usize = 8;
/// The bytes at a payload's beginning that are looked at: fields' keys and lengths, and what short fields hold.
const LOOK: usize = 64;

/// The checksum work that damage may cost: so much to begin with (four segments of the greatest length) ...
const WORK_AT_FIRST: i64 = 4 * MAX_SEGMENT_LEN as i64;
/// ... and so much for each byte of the recording. Checksums run at about 1 GB/s, so damage never costs more than a few
/// times the reading itself, however cunning.
const WORK_PER_BYTE: i64 = 8;

/// What one step of a reader may cost, in bytes unpacked or summed up: 1 MiB takes a few milliseconds in a browser.
const WORK_PER_STEP: u64 = 1 << 20;

/// What is left of the checksum work that may come to nothing, and of the work of one step.
#[derive(Debug)]
pub(super) struct Work {
    /// Below nought it is spent, and by how much: otherwise the next byte would earn another checksum.
    left: i64,
    step: u64,
}

impl Work {
    pub(super) fn new() -> Self {
        Self { left: WORK_AT_FIRST, step: WORK_PER_STEP }
    }

    pub(super) fn begin_step(&mut self) {
        self.step = WORK_PER_STEP;
    }

    /// So many bytes were worked on in this step.
    pub(super) fn work(&mut self, bytes: usize) {
        self.step = self.step.saturating_sub(bytes as u64);
    }

    /// Whether it is time to let the caller do something else.
    pub(super) fn is_step_over(&self) -> bool {
        self.step == 0
    }

    /// More of the recording was read through.
    pub(super) fn earn(&mut self, bytes: usize) {
        self.left = self.left.saturating_add(WORK_PER_BYTE * bytes as i64);
    }

    /// A checksum over so many bytes did not hold.
    pub(super) fn spend(&mut self, bytes: usize) {
        // A header's worth on top, so that empty payloads are not free.
        self.left = self.left.saturating_sub((bytes + HEADER_LEN) as i64);
        self.work(bytes);
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left < 0
    }
}

/// What stands at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// A segment whose checksum holds, with a payload of so many bytes.
    Segment(usize),
    /// None.
    Nothing,
    /// One can tell when so many bytes are there from the header's beginning on.
    Needs(usize),
}

/// Judges the beginning of `bytes` as what follows a segment: without looking at what the payload is.
pub(super) fn judge_next(bytes: &[u8], ended: bool, work: &mut Work) -> Verdict {
    let needs = |count: usize| if ended { Verdict::Nothing } else { Verdict::Needs(count) };
    let Some(header) = Header::read(bytes) else { return needs(HEADER_LEN) };
    let Some(len) = header.lawful_len() else { return Verdict::Nothing };
    prove(bytes, header, len, work).unwrap_or_else(|| needs(HEADER_LEN + len))
}

/// Judges the beginning of `bytes` as one place of a search; `ended` when no more will come.
pub(super) fn judge(bytes: &[u8], ended: bool, work: &mut Work) -> Verdict {
    let needs = |count: usize| if ended { Verdict::Nothing } else { Verdict::Needs(count) };
    let Some(header) = Header::read(bytes) else { return needs(HEADER_LEN) };
    let Some(len) = header.lawful_len() else { return Verdict::Nothing };
    let body = bytes.get(HEADER_LEN..).unwrap_or_default();
    if len > SHORT {
        if body.len() < LOOK {
            return needs(HEADER_LEN + LOOK);
        }
        if !looks_like_message(body, len) {
            return Verdict::Nothing;
        }
    }
    prove(bytes, header, len, work).unwrap_or_else(|| needs(HEADER_LEN + len))
}

/// Whether the checksum holds, once the whole segment is there.
fn prove(bytes: &[u8], header: Header, len: usize, work: &mut Work) -> Option<Verdict> {
    let payload = bytes.get(HEADER_LEN..HEADER_LEN + len)?;
    if checksum(payload) == header.checksum {
        return Some(Verdict::Segment(len));
    }
    work.spend(len);
    Some(Verdict::Nothing)
}

/// Whether the top-level fields of a payload of length `len` add up to it, as far as its first bytes tell.
pub(super) fn looks_like_message(payload: &[u8], len: usize) -> bool {
    let mut rest = &payload[..payload.len().min(LOOK).min(len)];
    let mut left = len as u64;
    for _ in 0..MAX_FIELDS {
        if left == 0 {
            return true;
        }
        // Every field of a ServerMessage is a message of its own: wire type 2.
        let Some((key, key_len)) = varint(rest) else { return false };
        let Some((field, field_len)) = rest.get(key_len..).and_then(varint) else { return false };
        if key & 7 != 2 || key >> 3 == 0 {
            return false;
        }
        let head = key_len + field_len;
        let Some(after) = left.checked_sub(head as u64).and_then(|left| left.checked_sub(field)) else {
            return false;
        };
        left = after;
        let skip = usize::try_from(field).ok().and_then(|field| head.checked_add(field));
        rest = skip.and_then(|skip| rest.get(skip..)).unwrap_or_default();
    }
    left == 0
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(9).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}
