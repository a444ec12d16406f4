//! What a part of the frame store is made of: records, one after the other. Pure.
//!
//! A record is its kind (1 byte), its number (8, little endian), its length (4) and its bytes. A part that breaks off within
//! a record ends before it: the tab, or its worker, ended while it was written.

use bytes::{Buf, Bytes, BytesMut};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message as the endpoint sent it.
    Message,
    /// The link was lost: nothing was recorded from here to the next message.
    Lost,
    /// What the node told of itself before this part: the part stands alone when those before it are gone.
    Lead,
    /// Frames of the node's own recording, as one message.
    Own,
}

impl Kind {
    pub fn is_message(self) -> bool {
        matches!(self, Kind::Message | Kind::Own)
    }
}

const KINDS: [Kind; 4] = [Kind::Message, Kind::Lost, Kind::Lead, Kind::Own];
const HEADER: usize = 13;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub kind: Kind,
    /// Counts records of a source. A lead has the number of what follows.
    pub number: u64,
    pub bytes: Bytes,
}

/// Appends a record.
pub fn put(out: &mut Vec<u8>, kind: Kind, number: u64, bytes: &[u8]) {
    // 0 is none: a file that was made longer and not written yet ends there.
    out.push(KINDS.iter().position(|known| *known == kind).map_or(0, |at| at as u8 + 1));
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Reads records from pieces of any size.
#[derive(Debug, Default)]
pub struct Records {
    buffer: BytesMut,
    /// What follows is none.
    ended: bool,
}

impl Records {
    pub fn push(&mut self, piece: &[u8]) {
        if !self.ended {
            self.buffer.extend_from_slice(piece);
        }
    }

    /// The next record; None: another piece is needed, or there is no more.
    pub fn next(&mut self) -> Option<Record> {
        let header = self.buffer.first_chunk::<HEADER>()?;
        let kind = usize::from(header[0]).checked_sub(1).and_then(|at| KINDS.get(at)).copied();
        let Some(kind) = kind else {
            self.ended = true;
            self.buffer = BytesMut::new();
            return None;
        };
        let mut rest = &header[1..];
        let (number, len) = (rest.get_u64_le(), rest.get_u32_le() as usize);
        if self.buffer.len() < HEADER + len {
            return None;
        }
        self.buffer.advance(HEADER);
        Some(Record { kind, number, bytes: self.buffer.split_to(len).freeze() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn read(bytes: &[u8], piece: usize) -> Vec<Record> {
        let mut records = Records::default();
        let mut got = Vec::new();
        for piece in bytes.chunks(piece) {
            records.push(piece);
            got.extend(std::iter::from_fn(|| records.next()));
        }
        got
    }

    proptest! {
        #[test]
        fn what_was_put_is_read_in_any_pieces(
            all in vec((0..KINDS.len(), any::<u64>(), vec(any::<u8>(), 0..50)), 0..20),
            piece in 1..70usize,
            cut in 0..40usize,
        ) {
            let mut bytes = Vec::new();
            let mut ends = Vec::new();
            let mut expected = Vec::new();
            for (kind, number, text) in all {
                put(&mut bytes, KINDS[kind], number, &text);
                ends.push(bytes.len());
                expected.push(Record { kind: KINDS[kind], number, bytes: text.into() });
            }
            prop_assert_eq!(read(&bytes, piece), &expected[..]);
            // Broken off: all whole records before.
            let len = bytes.len().saturating_sub(cut);
            let whole = ends.iter().filter(|end| **end <= len).count();
            prop_assert_eq!(read(&bytes[..len], piece), &expected[..whole]);
            // And the same where zeros follow.
            let mut longer = bytes.clone();
            longer.resize(bytes.len() + 64, 0);
            prop_assert_eq!(read(&longer, piece), expected);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..200), piece in 1..50usize) {
            read(&bytes, piece);
        }
    }
}
