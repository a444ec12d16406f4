//! One message on the wire: version, then segments of checksum, length and payload.
//!
//! See the table in `docs/protocol.md`. Bytes from outside are data: whatever they are, the answer is what could be
//! read and what could not.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;

use crate::wire::{PROTOCOL_VERSION, ServerMessage, Version, server_message::Payload};

mod read;

pub(crate) use read::Header;

pub use read::{Problem, Segments, latin1, read_message};

/// Bytes of the version at the head of a message or recording.
pub const VERSION_LEN: usize = 4;
/// Bytes of a segment's checksum and length.
pub const HEADER_LEN: usize = 8;
/// No segment is longer: 64 MiB. A larger length is a damaged one.
pub const MAX_SEGMENT_LEN: usize = 64 << 20;

/// FNV-1a, 32 bit: <http://www.isthe.com/chongo/tech/comp/fnv/>.
#[must_use]
pub fn checksum(payload: &[u8]) -> u32 {
    payload.iter().fold(FNV_BASIS, |hash, byte| fnv(hash, *byte))
}

pub(crate) const FNV_BASIS: u32 = 0x811c_9dc5;

/// One byte of it.
#[inline]
pub(crate) fn fnv(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

/// Appends one segment: checksum, length, payload.
///
/// # Panics
/// When the payload is longer than [`MAX_SEGMENT_LEN`].
pub fn put_segment(out: &mut impl BufMut, payload: &[u8]) {
    assert!(payload.len() <= MAX_SEGMENT_LEN, "a segment of {} bytes", payload.len());
    out.put_u32_le(checksum(payload));
    out.put_u32_le(payload.len() as u32);
    out.put_slice(payload);
}

/// Wraps a payload as a [`ServerMessage`] and encodes it as one segment, without the version before it.
#[must_use]
pub fn segment(payload: Payload) -> Bytes {
    let message =
        ServerMessage { version: Some(Version { version: PROTOCOL_VERSION }), payload: Some(payload) };
    let body = message.encode_to_vec();
    let mut out = BytesMut::with_capacity(HEADER_LEN + body.len());
    put_segment(&mut out, &body);
    out.freeze()
}

/// A whole message of one or more segments, as made by [`segment`].
#[must_use]
pub fn message<'a>(segments: impl IntoIterator<Item = &'a Bytes> + Clone) -> Bytes {
    let len = segments.clone().into_iter().map(Bytes::len).sum::<usize>();
    let mut out = BytesMut::with_capacity(VERSION_LEN + len);
    out.put_u32_le(PROTOCOL_VERSION);
    for segment in segments {
        out.put_slice(segment);
    }
    out.freeze()
}
