//! The incremental reader: pieces of a recording in, frames and problems out.
//!
//! What comes out depends on the bytes alone and not on how they were cut into pieces: nothing is decided before the
//! bytes it depends on are there.

use bytes::{Buf, BytesMut};

use super::{
    Item, Problem, Progress,
    gzip::{Gunzip, MAGIC, Pumped},
    search::{Verdict, Work, judge, judge_next, looks_like_message},
    sums::Sums,
};
use crate::{
    frame::{HEADER_LEN, Header, MAX_SEGMENT_LEN, VERSION_LEN},
    wire::PROTOCOL_VERSION,
};

/// Reads a recording, plain or packed by gzip, from pieces of any size.
///
/// It is an iterator that is not fused: `None` means that it needs another [`push`](Self::push), or after
/// [`finish`](Self::finish) that there is nothing more. A packed or a damaged piece can keep one call of `next` busy for
/// seconds: who has something else to do meanwhile takes [`step`](Self::step).
///
/// It holds what was pushed and not read yet; a packed recording is unpacked only as it is asked for. Beyond the pieces it
/// was given it holds two segments (128 MiB) at most, and only if the recording claims segments as long as that.
///
/// ```
/// use peerscope_introspection::recording::{Item, Reader, Writer};
///
/// let mut writer = Writer::new();
/// writer.put(b"\x0a\x02\x08\x01");
/// let mut reader = Reader::new();
/// for byte in writer.take() {
///     reader.push(&[byte]);
/// }
/// reader.finish();
/// assert!(matches!(reader.next(), Some(Item::Frame { offset: 4, .. })));
/// assert_eq!(reader.next(), None);
/// ```
#[derive(Debug)]
pub struct Reader {
    source: Source,
    /// Unpacked bytes from `base` on.
    buffer: BytesMut,
    base: u64,
    /// No more unpacked bytes will come.
    ended: bool,
    at: At,
    /// The length of the segment at `base`, whose checksum was found to hold already.
    proved: Option<usize>,
    sums: Sums,
    work: Work,
    packing: Option<Problem>,
}

#[derive(Debug)]
enum Source {
    /// Too few bytes to tell.
    Unknown,
    Plain,
    Packed(Box<Gunzip>),
}

#[derive(Clone, Copy, Debug)]
enum At {
    Version,
    Segment,
    /// The segment at `base`, of so many bytes with its header, has a bad checksum; is there a good one behind it?
    Next {
        whole: usize,
    },
    /// Looking for a good segment; `base` is where.
    Search {
        from: u64,
        claim: Option<Claim>,
    },
    /// Counting what can't be read.
    Tail {
        from: u64,
    },
    End,
}

/// What speaks for a damaged segment's length: it ends where the recording does, or where a good segment begins. It is
/// believed if nothing good is found within it: with frames of like sizes a damaged length can skip some and still fit.
#[derive(Clone, Copy, Debug)]
struct Claim {
    /// Header and payload.
    whole: usize,
    /// The length of the good segment behind it.
    next: Option<usize>,
}

enum Turn {
    Give(Item),
    /// The state changed: go on.
    Again,
    /// Nothing before so many bytes are in the buffer, or no more come.
    Need(usize),
    /// There is more to do, but not in this step.
    Later,
    Done,
}

/// What a piece of unpacking costs at least, however little it gives: a file can be a million empty members.
const UNPACKING: usize = 4 << 10;

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader at the beginning of a recording.
    #[must_use]
    pub fn new() -> Self {
        Self {
            source: Source::Unknown,
            buffer: BytesMut::new(),
            base: 0,
            ended: false,
            at: At::Version,
            proved: None,
            sums: Sums::default(),
            work: Work::new(),
            packing: None,
        }
    }

    /// The next piece of the file. Ignored after [`finish`](Self::finish), and once nothing more can be read.
    pub fn push(&mut self, piece: &[u8]) {
        if self.ended || matches!(self.at, At::End) {
            return;
        }
        match &mut self.source {
            Source::Packed(gunzip) => gunzip.push(piece),
            Source::Plain => self.buffer.extend_from_slice(piece),
            Source::Unknown => {
                self.buffer.extend_from_slice(piece);
                if self.buffer.len() >= MAGIC.len() {
                    self.tell_source();
                }
            }
        }
    }

    /// As [`push`](Self::push) of `len` bytes, which `fill` writes to where they are read: a copy less for who has them
    /// outside of this program's memory. `fill` is not called where a piece is ignored.
    pub fn push_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) {
        if self.ended || matches!(self.at, At::End) {
            return;
        }
        match &mut self.source {
            Source::Packed(gunzip) => gunzip.push_with(len, fill),
            Source::Plain | Source::Unknown => {
                append(&mut self.buffer, len, fill);
                if matches!(self.source, Source::Unknown) && self.buffer.len() >= MAGIC.len() {
                    self.tell_source();
                }
            }
        }
    }

    /// Bytes that were pushed and not read yet: of a packed file, those that are not unpacked.
    #[must_use]
    pub fn waiting(&self) -> usize {
        match &self.source {
            Source::Packed(gunzip) => gunzip.waiting(),
            Source::Plain | Source::Unknown => self.buffer.len(),
        }
    }

    /// The file ends here.
    pub fn finish(&mut self) {
        match &mut self.source {
            Source::Packed(gunzip) => gunzip.finish(),
            Source::Plain => self.ended = true,
            Source::Unknown => {
                self.source = Source::Plain;
                self.ended = true;
            }
        }
    }

    /// Whether everything was read, or nothing more can be: a caller need not push the rest.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.at, At::End) && self.packing.is_none()
    }

    /// Whether the file is packed by gzip, as far as what was pushed tells. Offsets are of the unpacked recording then.
    #[must_use]
    pub fn is_packed(&self) -> bool {
        matches!(self.source, Source::Packed(_))
    }

    /// Goes on until there is something to give, but for a bounded time: 1 MiB unpacked or summed up. Only a single checksum is
    /// not divided; that of the longest segment, 64 MiB, takes a tenth of a second.
    #[must_use]
    pub fn step(&mut self) -> Progress {
        self.work.begin_step();
        loop {
            match self.turn() {
                Turn::Give(item) => return Progress::Item(item),
                Turn::Again => {}
                Turn::Later => return Progress::Working,
                Turn::Done => return Progress::Starved,
                Turn::Need(bytes) => {
                    while self.buffer.len() < bytes && !self.ended {
                        if self.work.is_step_over() {
                            return Progress::Working;
                        }
                        if !self.fill() {
                            return Progress::Starved;
                        }
                    }
                }
            }
        }
    }

    fn tell_source(&mut self) {
        if self.buffer.starts_with(&MAGIC) {
            let mut gunzip = Box::new(Gunzip::new());
            gunzip.push(&self.buffer);
            self.buffer.clear();
            self.source = Source::Packed(gunzip);
        } else {
            self.source = Source::Plain;
        }
    }

    /// Gets more unpacked bytes, or the knowledge that there are none. False if it can't without a push.
    fn fill(&mut self) -> bool {
        let Source::Packed(gunzip) = &mut self.source else { return false };
        let before = self.buffer.len();
        let pumped = gunzip.pump(&mut self.buffer);
        self.work.work(UNPACKING.max(self.buffer.len() - before));
        match pumped {
            Pumped::Some => true,
            Pumped::Starved => false,
            Pumped::End => {
                self.ended = true;
                true
            }
            Pumped::Damaged(cause) => {
                self.ended = true;
                self.packing = Some(Problem::Gzip { offset: self.base + self.buffer.len() as u64, cause });
                true
            }
        }
    }

    fn turn(&mut self) -> Turn {
        match self.at {
            At::Version => self.version(),
            At::Segment => self.segment(),
            At::Next { whole } => self.after_bad_checksum(whole),
            At::Search { from, claim } => self.search(from, claim),
            At::Tail { from } => self.tail(from),
            At::End => self.packing.take().map_or(Turn::Done, give),
        }
    }

    fn version(&mut self) -> Turn {
        let Some(version) = self.buffer.first_chunk::<VERSION_LEN>() else {
            if !self.ended {
                return Turn::Need(VERSION_LEN);
            }
            self.at = At::End;
            return give(Problem::TooShort(self.buffer.len() as u64));
        };
        match u32::from_le_bytes(*version) {
            PROTOCOL_VERSION => {
                self.skip(VERSION_LEN);
                self.at = At::Segment;
                Turn::Again
            }
            other => {
                self.at = At::End;
                self.buffer = BytesMut::new();
                self.source = Source::Plain;
                // Found or not by now, as the pieces were: nothing more follows.
                self.packing = None;
                give(Problem::Version(other))
            }
        }
    }

    fn segment(&mut self) -> Turn {
        if let Some(len) = self.proved.take() {
            return self.frame(len);
        }
        let Some(header) = Header::read(&self.buffer) else {
            if !self.ended {
                return Turn::Need(HEADER_LEN);
            }
            self.at = if self.buffer.is_empty() { At::End } else { At::Tail { from: self.base } };
            return Turn::Again;
        };
        let Some(len) = header.lawful_len() else { return self.begin_search(None) };
        let whole = HEADER_LEN + len;
        if self.buffer.len() < whole {
            return if self.ended { self.begin_search(None) } else { Turn::Need(whole) };
        }
        if self.sums.of_first(&self.buffer, self.base, len) == header.checksum {
            self.sums.sound(whole);
            return self.frame(len);
        }
        self.sums.damaged();
        self.work.work(whole);
        self.at = At::Next { whole };
        Turn::Again
    }

    fn frame(&mut self, len: usize) -> Turn {
        let offset = self.base;
        self.skip(HEADER_LEN);
        let payload = self.buffer.split_to(len.min(self.buffer.len())).freeze();
        self.base += payload.len() as u64;
        self.work.earn(HEADER_LEN + len);
        Turn::Give(Item::Frame { offset, payload })
    }

    fn after_bad_checksum(&mut self, whole: usize) -> Turn {
        let next = self.buffer.get(whole..).unwrap_or_default();
        if next.is_empty() && self.ended {
            return self.claimed(Claim { whole, next: None });
        }
        match judge_next(next, self.ended, &mut self.work) {
            Verdict::Segment(len) => self.claimed(Claim { whole, next: Some(len) }),
            Verdict::Needs(more) => Turn::Need(whole + more),
            Verdict::Nothing => {
                self.work.spend(whole);
                self.begin_search(None)
            }
        }
    }

    fn claimed(&mut self, claim: Claim) -> Turn {
        let payload = self.buffer.get(HEADER_LEN..claim.whole).unwrap_or_default();
        if looks_like_message(payload, payload.len()) {
            return self.believe(self.base, claim);
        }
        self.begin_search(Some(claim))
    }

    /// The damaged segment is as long as it says.
    fn believe(&mut self, from: u64, claim: Claim) -> Turn {
        let bytes = claim.whole as u64;
        self.skip((from + bytes - self.base) as usize);
        self.proved = claim.next;
        self.at = At::Segment;
        give(Problem::Checksum { offset: from, bytes })
    }

    fn begin_search(&mut self, claim: Option<Claim>) -> Turn {
        let from = self.base;
        self.skip(1);
        self.at = At::Search { from, claim };
        Turn::Again
    }

    fn search(&mut self, from: u64, claim: Option<Claim>) -> Turn {
        let most = claim.map_or(MAX_SEGMENT_LEN, |claim| claim.whole - 1) as u64;
        let mut at = 0;
        let found = loop {
            let ahead = self.base + at as u64 - from;
            let rest = &self.buffer[at..];
            if ahead > most || self.work.is_spent() || (rest.is_empty() && self.ended) {
                break None;
            }
            if self.work.is_step_over() {
                self.pass(at);
                return Turn::Later;
            }
            self.work.work(HEADER_LEN);
            match judge(rest, self.ended, &mut self.work) {
                Verdict::Segment(len) => break Some(len),
                Verdict::Nothing => {
                    at += 1;
                    // At once, and not when they are passed: that depends on the pieces.
                    self.work.earn(1);
                }
                Verdict::Needs(more) => {
                    self.pass(at);
                    return Turn::Need(more);
                }
            }
        };
        self.pass(at);
        if let Some(len) = found {
            self.proved = Some(len);
            self.at = At::Segment;
            return give(Problem::Skipped { offset: from, bytes: self.base - from });
        }
        if let Some(claim) = claim {
            return self.believe(from, claim);
        }
        self.at = At::Tail { from };
        Turn::Again
    }

    fn tail(&mut self, from: u64) -> Turn {
        self.skip(self.buffer.len());
        if !self.ended {
            return Turn::Need(1);
        }
        self.at = At::End;
        give(Problem::Truncated { offset: from, bytes: self.base - from })
    }

    fn skip(&mut self, bytes: usize) {
        let bytes = bytes.min(self.buffer.len());
        self.pass(bytes);
        self.work.earn(bytes);
    }

    /// Skips what was earned for already.
    fn pass(&mut self, bytes: usize) {
        let bytes = bytes.min(self.buffer.len());
        self.buffer.advance(bytes);
        self.base += bytes as u64;
    }
}

/// Makes room at the end of `buffer` and has it filled.
pub(super) fn append(buffer: &mut BytesMut, len: usize, fill: impl FnOnce(&mut [u8])) {
    let at = buffer.len();
    buffer.resize(at + len, 0);
    fill(&mut buffer[at..]);
}

fn give(problem: Problem) -> Turn {
    Turn::Give(Item::Problem(problem))
}

impl Iterator for Reader {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            match self.step() {
                Progress::Item(item) => return Some(item),
                Progress::Working => {}
                Progress::Starved => return None,
            }
        }
    }
}
