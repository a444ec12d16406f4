//! A recording as the replay needs it: where each frame lies and when it is due. The frames themselves stay in the file.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result, anyhow, ensure};
use bytes::Bytes;
use peerscope_introspection::{
    frame::{HEADER_LEN, MAX_SEGMENT_LEN, checksum, put_segment},
    recording::{Item, Problem},
    wire::{EventType, ServerMessage, server_message::Payload},
};
use prost::Message;

use crate::{
    frames,
    glimpse::{Glimpse, Kind},
};

/// Event types that are remembered; the endpoint remembers as many.
const MAX_TYPES: usize = 1024;

/// A frame: when it happened, and where its segment lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub ms: u64,
    at: u64,
}

#[derive(Debug, Default)]
pub struct Problems {
    pub damaged: u64,
    pub undecodable: u64,
    pub truncated_bytes: u64,
    pub packing: Option<Problem>,
}

/// 16 bytes a frame in memory.
#[derive(Debug)]
pub struct Recorded {
    path: PathBuf,
    /// The recording, or what was unpacked of it.
    file: Mutex<File>,
    /// By time; those of one time as they lie in the file.
    pub states: Vec<Place>,
    /// Events and notices of lost ones, likewise.
    pub told: Vec<Place>,
    /// The events among them.
    pub events: u64,
    /// Each from the newest time before it on.
    pub runtimes: Vec<Place>,
    pub types: Vec<EventType>,
    /// First and last time of states and events.
    pub span_ms: (u64, u64),
    pub problems: Problems,
}

impl Recorded {
    /// Reads through a recording once.
    ///
    /// # Errors
    /// When the file can't be read, or holds neither a state nor an event.
    pub fn read(path: &Path) -> Result<Self> {
        let nothing = || format!("nothing can be replayed from {}", path.display());
        let file = frames::open(path)?;
        let mut index = Index::default();
        frames::each(&file, path, |item, packed| match item {
            Item::Problem(problem) if problem.is_fatal() => Err(problem).with_context(nothing),
            Item::Problem(problem) => {
                index.problem(problem);
                Ok(())
            }
            Item::Frame { offset, payload } => {
                let at = if packed { index.unpacked.put(&payload)? } else { offset };
                index.frame(at, &payload);
                Ok(())
            }
        })?;
        let file = index.unpacked.into_file()?.unwrap_or(file);
        let Index { mut states, mut told, events, runtimes, types, problems, span_ms, .. } = index;
        let Some(span_ms) = span_ms else {
            return Err(anyhow!("it holds neither a state nor an event with a time").context(nothing()));
        };
        states.sort_by_key(|place| place.ms);
        told.sort_by_key(|place| place.ms);
        let types = types.into_values().collect();
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
            states,
            told,
            events,
            runtimes,
            types,
            span_ms,
            problems,
        })
    }

    /// Reads one frame again. It waits for the disk.
    ///
    /// # Errors
    /// When the file is not any more what it was.
    pub fn payload(&self, place: Place) -> Result<Payload> {
        let said =
            || format!("the frame at byte {} of {} can't be read any more", place.at, self.path.display());
        let payload = self.segment(place.at).with_context(said)?;
        ServerMessage::decode(payload)
            .with_context(said)?
            .payload
            .context("it holds nothing")
            .with_context(said)
    }

    fn segment(&self, at: u64) -> Result<Bytes> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        let (mut sum, mut len) = ([0; 4], [0; 4]);
        file.read_exact(&mut sum)?;
        file.read_exact(&mut len)?;
        let len = u32::from_le_bytes(len) as usize;
        ensure!(len <= MAX_SEGMENT_LEN, "the file was changed");
        let mut payload = vec![0; len];
        file.read_exact(&mut payload)?;
        ensure!(checksum(&payload) == u32::from_le_bytes(sum), "the file was changed");
        Ok(payload.into())
    }
}

#[derive(Default)]
struct Index {
    states: Vec<Place>,
    told: Vec<Place>,
    events: u64,
    runtimes: Vec<Place>,
    types: HashMap<String, EventType>,
    problems: Problems,
    span_ms: Option<(u64, u64)>,
    /// The time of the last frame that had one: what has none happened then.
    now_ms: u64,
    unpacked: Unpacked,
}

impl Index {
    fn frame(&mut self, at: u64, payload: &[u8]) {
        let Ok(Glimpse { kind }) = Glimpse::decode(payload) else {
            self.problems.undecodable += 1;
            return;
        };
        match kind {
            Some(Kind::State(state)) => {
                let ms = self.time(state.instant_ts);
                self.states.push(Place { ms, at });
            }
            Some(Kind::Event(event)) => {
                let ms = self.time(event.ts);
                self.events += 1;
                self.told.push(Place { ms, at });
                event.kind.into_iter().for_each(|kind| self.learn(kind));
            }
            Some(Kind::Notice(_)) => self.told.push(Place { ms: self.now_ms, at }),
            Some(Kind::Runtime(runtime)) => {
                let ms = self.span_ms.map_or(0, |(_, last)| last);
                self.runtimes.push(Place { ms, at });
                runtime.event_types.into_iter().for_each(|kind| self.learn(kind));
            }
            Some(Kind::Response(_)) | None => {}
        }
    }

    /// 0 is no time.
    fn time(&mut self, ms: u64) -> u64 {
        if ms > 0 {
            self.now_ms = ms;
            let (first, last) = self.span_ms.unwrap_or((ms, ms));
            self.span_ms = Some((first.min(ms), last.max(ms)));
        }
        self.now_ms
    }

    fn learn(&mut self, kind: EventType) {
        if !kind.property_types.is_empty()
            && (self.types.len() < MAX_TYPES || self.types.contains_key(&kind.name))
        {
            self.types.insert(kind.name.clone(), kind);
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.damaged += u64::from(problem.is_bad_checksum());
        match problem {
            Problem::Truncated { bytes, .. } => self.problems.truncated_bytes += bytes,
            Problem::Gzip { .. } => self.problems.packing = Some(problem),
            _ => {}
        }
    }
}

/// The segments of a packed recording, in a file without a name: there is no going back and forth in a packed one.
#[derive(Default)]
struct Unpacked {
    file: Option<BufWriter<File>>,
    len: u64,
    segment: Vec<u8>,
}

const NO_ROOM: &str = "the recording can't be unpacked into the folder for temporary files: make room there, name \
                       another one by TMPDIR, or unpack it yourself with gunzip";

impl Unpacked {
    /// Where it was put.
    fn put(&mut self, payload: &[u8]) -> Result<u64> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(BufWriter::new(tempfile::tempfile().context(NO_ROOM)?)),
        };
        self.segment.clear();
        put_segment(&mut self.segment, payload);
        file.write_all(&self.segment).context(NO_ROOM)?;
        let at = self.len;
        self.len += (HEADER_LEN + payload.len()) as u64;
        Ok(at)
    }

    fn into_file(self) -> Result<Option<File>> {
        let Some(file) = self.file else { return Ok(None) };
        Ok(Some(file.into_inner().map_err(|error| error.into_error()).context(NO_ROOM)?))
    }
}

#[cfg(test)]
pub mod tests;
