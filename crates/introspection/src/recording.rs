//! Frames in a file: the version once, then segments to the end.
//!
//! [`Writer`] makes the bytes, [`Reader`] takes them in pieces of any size and gives frames and problems. Neither does
//! any IO. See `docs/protocol.md` for what a reader does with damage.

use bytes::{Bytes, BytesMut};

use crate::{
    frame::{VERSION_LEN, put_segment},
    wire::PROTOCOL_VERSION,
};

mod gzip;
mod reader;
mod search;
mod sums;

pub use reader::Reader;

/// What a [`Reader`] gives, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A segment whose checksum held.
    Frame {
        /// Where its header begins, in bytes from the beginning of the (unpacked) recording.
        offset: u64,
        /// One `ServerMessage`, not decoded. It shares memory with its neighbours: what is kept for long is better copied.
        payload: Bytes,
    },
    /// Something that could not be read. All but [`Problem::Version`] and [`Problem::TooShort`] leave what stands before
    /// and, where possible, what stands after.
    Problem(Problem),
}

/// What a step of a [`Reader`] came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A frame or a problem.
    Item(Item),
    /// Nothing yet, and it goes on without another piece: step again.
    Working,
    /// It needs another [`push`](Reader::push), or after [`finish`](Reader::finish) there is nothing more.
    Starved,
}

/// What is wrong with a recording at one place. Offsets are bytes from the beginning of the unpacked recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The recording is of another protocol version: nothing of it is read, and nothing more follows.
    #[error(
        "this is no recording, or one of protocol version {0}; only version {PROTOCOL_VERSION} can be read"
    )]
    Version(u32),
    /// The file ends before its version does. Nothing more follows.
    #[error("{0} bytes are too few for a recording")]
    TooShort(u64),
    /// A whole segment was skipped because its checksum does not hold.
    #[error("the checksum of the frame at byte {offset} does not hold")]
    Checksum {
        /// Where its header begins.
        offset: u64,
        /// Header and payload.
        bytes: u64,
    },
    /// A segment's length is damaged too. Reading went on at the next segment whose checksum holds.
    #[error("{bytes} bytes from byte {offset} on are damaged and were skipped")]
    Skipped {
        /// Where the damaged segment's header begins.
        offset: u64,
        /// Bytes up to where reading went on.
        bytes: u64,
    },
    /// The end is no whole segment: cut off, or damaged and followed by nothing readable.
    #[error("the last {bytes} bytes are not a whole frame")]
    Truncated {
        /// Where the last whole segment ends.
        offset: u64,
        /// Bytes to the end.
        bytes: u64,
    },
    /// The file is packed, and the packing is damaged from here on. What could be unpacked was read.
    #[error("the gzip stream is damaged after {offset} unpacked bytes: {cause}")]
    Gzip {
        /// Bytes unpacked before the damage.
        offset: u64,
        /// What is wrong with it.
        cause: GzipProblem,
    },
}

impl Problem {
    /// Whether a segment's checksum did not hold here, its length being sound or not: the count `bad_checksums`.
    #[must_use]
    pub fn is_bad_checksum(&self) -> bool {
        matches!(self, Self::Checksum { .. } | Self::Skipped { .. })
    }

    /// Whether nothing at all can be read because of it.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Version(_) | Self::TooShort(_))
    }
}

/// What is wrong with a packed recording's packing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GzipProblem {
    /// A member's header is not a gzip header.
    #[error("no gzip header")]
    Header,
    /// The packed data are damaged.
    #[error("the packed data are damaged")]
    Data,
    /// The unpacked data are not what was packed.
    #[error("the checksum of the whole does not hold")]
    Checksum,
    /// The file is cut off.
    #[error("it is cut off")]
    Cut,
    /// Something else follows the gzip stream.
    #[error("something else follows it")]
    Trailing,
}

/// Makes the bytes of a recording, piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    started: bool,
    out: BytesMut,
}

impl Writer {
    /// A recording with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one segment around an encoded `ServerMessage`.
    ///
    /// # Panics
    /// When the payload is longer than [`MAX_SEGMENT_LEN`](crate::frame::MAX_SEGMENT_LEN).
    pub fn put(&mut self, payload: &[u8]) {
        self.start();
        put_segment(&mut self.out, payload);
    }

    /// Adds a segment that is one already, as made by [`frame::segment`](crate::frame::segment).
    pub fn put_segment(&mut self, segment: &[u8]) {
        self.start();
        self.out.extend_from_slice(segment);
    }

    /// How many bytes wait for [`take`](Self::take).
    #[must_use]
    pub fn pending(&self) -> usize {
        self.out.len()
    }

    /// The bytes made since the last call. The first ones begin with the version.
    pub fn take(&mut self) -> Bytes {
        self.start();
        self.out.split().freeze()
    }

    fn start(&mut self) {
        if !self.started {
            self.started = true;
            debug_assert_eq!(VERSION_LEN, PROTOCOL_VERSION.to_le_bytes().len());
            self.out.extend_from_slice(&PROTOCOL_VERSION.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
