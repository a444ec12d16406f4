//! Reading one live message: its segments as slices of the message, and what is wrong with it, as data.
//!
//! Nothing is copied: a caller that holds the message as [`Bytes`](bytes::Bytes) gets a payload to keep by
//! [`Bytes::slice_ref`](bytes::Bytes::slice_ref).

use super::{HEADER_LEN, MAX_SEGMENT_LEN, VERSION_LEN, checksum};
use crate::wire::PROTOCOL_VERSION;

/// What is wrong with a message, or with one segment of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// So many bytes are less than a version and one segment's header. Endpoints in use send empty messages at times.
    #[error("a message of {0} bytes is too short for a frame")]
    TooShort(usize),
    /// The message is of another protocol version, and was not read.
    #[error("protocol version {0} is not known, only version {PROTOCOL_VERSION} is")]
    Version(u32),
    /// A segment's checksum does not hold. It was skipped by its length.
    #[error("a frame's checksum does not hold")]
    Checksum,
    /// So many bytes at the end are no whole segment: cut off, or the length is damaged.
    #[error("{0} bytes at the end of a message are no whole frame")]
    Truncated(usize),
    /// A text message holds a character that is no byte.
    #[error("a text message holds {0:?}, which is no Latin-1 character")]
    NotLatin1(char),
}

/// The segments' payloads of one live message, and the problems, in their order. See [`read_message`].
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    rest: &'a [u8],
    first: Option<Problem>,
}

/// Reads one message of an endpoint: a version, then one or more segments.
///
/// A message that can't be read at all gives one problem and nothing else. A payload is a `ServerMessage` whose
/// checksum held; whether it can be decoded is another matter.
#[must_use]
pub fn read_message(message: &[u8]) -> Segments<'_> {
    let refused = |problem| Segments { rest: &[], first: Some(problem) };
    let Some((version, rest)) = message.split_first_chunk::<VERSION_LEN>() else {
        return refused(Problem::TooShort(message.len()));
    };
    if rest.len() < HEADER_LEN {
        return refused(Problem::TooShort(message.len()));
    }
    match u32::from_le_bytes(*version) {
        PROTOCOL_VERSION => Segments { rest, first: None },
        other => refused(Problem::Version(other)),
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Result<&'a [u8], Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(problem) = self.first.take() {
            return Some(Err(problem));
        }
        if self.rest.is_empty() {
            return None;
        }
        let Some((sum, payload, rest)) = split_segment(self.rest) else {
            let left = self.rest.len();
            self.rest = &[];
            return Some(Err(Problem::Truncated(left)));
        };
        self.rest = rest;
        Some(if checksum(payload) == sum { Ok(payload) } else { Err(Problem::Checksum) })
    }
}

impl std::iter::FusedIterator for Segments<'_> {}

/// The checksum, the payload and what follows, if one whole segment of a lawful length is there.
fn split_segment(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let header = Header::read(bytes)?;
    let body = bytes.get(HEADER_LEN..)?;
    let (payload, rest) = body.split_at_checked(header.lawful_len()?)?;
    Some((header.checksum, payload, rest))
}

/// A segment's checksum and length, as they stand there: neither is proved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) checksum: u32,
    len: u32,
}

impl Header {
    /// Reads the header at the beginning of `bytes`, if they are enough.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (checksum, rest) = bytes.split_first_chunk::<4>()?;
        let len = rest.first_chunk::<4>()?;
        Some(Self { checksum: u32::from_le_bytes(*checksum), len: u32::from_le_bytes(*len) })
    }

    /// The payload's length, unless it is longer than a segment may be.
    pub(crate) fn lawful_len(self) -> Option<usize> {
        usize::try_from(self.len).ok().filter(|len| *len <= MAX_SEGMENT_LEN)
    }
}

/// The bytes of a *text* message: each character is one byte. So does a mock server in use send its frames.
///
/// # Errors
/// [`Problem::NotLatin1`] with the first character above U+00FF.
pub fn latin1(text: &str) -> Result<Vec<u8>, Problem> {
    text.chars().map(|char| u8::try_from(u32::from(char)).map_err(|_| Problem::NotLatin1(char))).collect()
}

#[cfg(test)]
mod tests;
