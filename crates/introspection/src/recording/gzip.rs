//! Unpacks gzip as a stream: packed bytes go in as they come, unpacked ones come out on demand, a bounded piece at a time.
//!
//! The container is read here and not by `flate2`'s readers because those lose what they unpacked just before damage,
//! and how much depends on how the bytes came.

use bytes::{Buf, BytesMut};
use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{GzipProblem, reader::append};

/// What every gzip file begins with. No recording of a known version does.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Unpacked bytes of one step. At least the 32 KiB of deflate's window, so that what was unpacked before damage is had
/// whatever the pieces were.
const STEP: usize = 64 << 10;
/// A header (extra field, name, comment) that is longer than this is none.
const MAX_HEADER: usize = 128 << 10;
const TRAILER_LEN: usize = 8;

const FLAG_HEADER_CRC: u8 = 2;
const FLAG_EXTRA: u8 = 4;
const FLAG_NAME: u8 = 8;
const FLAG_COMMENT: u8 = 16;

#[derive(Debug)]
pub(super) struct Gunzip {
    packed: BytesMut,
    finished: bool,
    stage: Stage,
    inflate: Decompress,
    crc: Crc,
    members: u64,
    step: Box<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Header,
    Body,
    Trailer,
    End,
}

/// What a step of [`Gunzip::pump`] came to.
#[derive(Debug, PartialEq)]
pub(super) enum Pumped {
    /// So it goes on: ask again.
    Some,
    /// Nothing without more packed bytes.
    Starved,
    /// The end, as it should be.
    End,
    /// The end, by damage.
    Damaged(GzipProblem),
}

impl Gunzip {
    pub(super) fn new() -> Self {
        Self {
            packed: BytesMut::new(),
            finished: false,
            stage: Stage::Header,
            inflate: Decompress::new(false),
            crc: Crc::new(),
            members: 0,
            step: vec![0; STEP].into_boxed_slice(),
        }
    }

    pub(super) fn push(&mut self, packed: &[u8]) {
        if self.stage != Stage::End {
            self.packed.extend_from_slice(packed);
        }
    }

    pub(super) fn push_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) {
        if self.stage != Stage::End {
            append(&mut self.packed, len, fill);
        }
    }

    /// Packed bytes that were pushed and not unpacked yet.
    pub(super) fn waiting(&self) -> usize {
        self.packed.len()
    }

    /// No more packed bytes will come.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    /// Unpacks a piece onto the end of `out`.
    pub(super) fn pump(&mut self, out: &mut BytesMut) -> Pumped {
        let pumped = match self.stage {
            Stage::Header => self.header(),
            Stage::Body => self.body(out),
            Stage::Trailer => self.trailer(),
            Stage::End => Pumped::End,
        };
        if matches!(pumped, Pumped::End | Pumped::Damaged(_)) {
            self.stage = Stage::End;
            self.packed = BytesMut::new();
        }
        pumped
    }

    fn starved(&self) -> Pumped {
        if self.finished { Pumped::Damaged(GzipProblem::Cut) } else { Pumped::Starved }
    }

    fn header(&mut self) -> Pumped {
        if self.members > 0 {
            // Another member, or something that is none.
            let same = self.packed.len().min(MAGIC.len());
            if self.packed[..same] != MAGIC[..same] {
                return Pumped::Damaged(GzipProblem::Trailing);
            }
            if self.packed.is_empty() && self.finished {
                return Pumped::End;
            }
        }
        match header_len(&self.packed) {
            Ok(Some(len)) => {
                self.packed.advance(len);
                self.inflate.reset(false);
                self.crc.reset();
                self.stage = Stage::Body;
                Pumped::Some
            }
            Ok(None) if self.packed.len() <= MAX_HEADER => self.starved(),
            Ok(None) | Err(()) => Pumped::Damaged(GzipProblem::Header),
        }
    }

    fn body(&mut self, out: &mut BytesMut) -> Pumped {
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(&self.packed, &mut self.step, FlushDecompress::None);
        let read = (self.inflate.total_in() - read) as usize;
        let written = (self.inflate.total_out() - written) as usize;
        self.packed.advance(read.min(self.packed.len()));
        let unpacked = &self.step[..written.min(STEP)];
        self.crc.update(unpacked);
        out.extend_from_slice(unpacked);
        match status {
            Ok(Status::StreamEnd) => {
                self.stage = Stage::Trailer;
                Pumped::Some
            }
            Ok(_) if read > 0 || written > 0 => Pumped::Some,
            Ok(_) => self.starved(),
            Err(_) => Pumped::Damaged(GzipProblem::Data),
        }
    }

    fn trailer(&mut self) -> Pumped {
        if self.packed.len() < TRAILER_LEN {
            return self.starved();
        }
        let (sum, len) = (self.packed.get_u32_le(), self.packed.get_u32_le());
        if sum != self.crc.sum() || len != self.crc.amount() {
            return Pumped::Damaged(GzipProblem::Checksum);
        }
        self.members += 1;
        self.stage = Stage::Header;
        Pumped::Some
    }
}

/// The length of the member header (RFC 1952, 2.3) at the beginning; `None` if it is not all there yet.
fn header_len(bytes: &[u8]) -> Result<Option<usize>, ()> {
    let known = [MAGIC[0], MAGIC[1], 8];
    let same = bytes.len().min(known.len());
    if bytes[..same] != known[..same] {
        return Err(());
    }
    let Some(flags) = bytes.get(3).copied() else { return Ok(None) };
    let mut at = 10;
    if flags & FLAG_EXTRA != 0 {
        let Some(&[low, high]) = bytes.get(at..at + 2) else { return Ok(None) };
        at += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for flag in [FLAG_NAME, FLAG_COMMENT] {
        if flags & flag != 0 {
            let Some(rest) = bytes.get(at..) else { return Ok(None) };
            let Some(end) = rest.iter().position(|byte| *byte == 0) else { return Ok(None) };
            at += end + 1;
        }
    }
    if flags & FLAG_HEADER_CRC != 0 {
        at += 2;
    }
    Ok((bytes.len() >= at).then_some(at))
}

#[cfg(test)]
mod tests;
