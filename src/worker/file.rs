//! Reading a recording: its pieces wait outside of the engine's memory until a slice takes them in. Where they come from is
//! in `blob` and `stream`.

mod blob;
mod rate;
pub mod stream;
mod turn;

use std::{collections::VecDeque, rc::Rc};

use js_sys::Uint8Array;
use peerscope_engine::{Engine, TakenKind};
use peerscope_introspection::recording::{Item, Problem, Progress, Reader};

use self::rate::Rate;
use super::Worker;
use crate::{
    bridge::Open,
    model::{End, Link, Reading, Trouble},
};

pub use self::{blob::read_file, stream::fetch};

/// Bytes that wait, at most, besides the piece that comes next: 12 MiB, some 100 ms of work.
const AHEAD: u64 = 12 << 20;
/// So many bytes are taken in between two looks at the clock, which is a call out of WebAssembly: 32 KiB take 0.3 ms.
const UNCLOCKED: usize = 32 << 10;

/// A recording that is being read.
pub struct Loading {
    name: String,
    reader: Reader,
    pieces: VecDeque<Uint8Array>,
    /// Bytes in `pieces`.
    waiting: u64,
    /// Bytes that were handed to the reader, of so many when that is known.
    pushed: u64,
    total: Option<u64>,
    rate: Rate,
    /// No more pieces will come.
    ended: bool,
    end: Option<End>,
    frames: u64,
    undecodable: u64,
    first_problem: Option<Problem>,
    /// Bytes at its end that are no whole frame.
    cut_off: Option<u64>,
    /// Why the rest could not be had.
    broken: Option<String>,
    /// Ends what brings the pieces.
    stop: Option<stream::Stop>,
}

impl Loading {
    pub fn new(open: &Open) -> Self {
        let (Open::Endpoint { url: name } | Open::Url { url: name } | Open::File { name }) = open;
        Self {
            name: name.clone(),
            reader: Reader::new(),
            pieces: VecDeque::new(),
            waiting: 0,
            pushed: 0,
            total: None,
            rate: Rate::default(),
            ended: false,
            end: None,
            frames: 0,
            undecodable: 0,
            first_problem: None,
            cut_off: None,
            broken: None,
            stop: None,
        }
    }

    pub fn link(&self) -> Link {
        match self.trouble().filter(|_| self.finished()) {
            Some(trouble) => Link::Failed { cause: trouble.text },
            None => Link::File(Reading {
                bytes: self.read(),
                total: self.total,
                bytes_per_sec: self.rate.bytes_per_sec(),
                end: self.end.clone(),
            }),
        }
    }

    /// Bytes of the file that are in. Of a packed one, what waits to be unpacked is not.
    fn read(&self) -> u64 {
        self.pushed.saturating_sub(self.reader.waiting() as u64)
    }

    pub fn finished(&self) -> bool {
        self.end.is_some()
    }

    pub fn hungry(&self) -> bool {
        self.waiting < AHEAD && !self.reader.is_done()
    }

    fn add(&mut self, piece: Uint8Array) {
        if !self.finished() {
            self.waiting += u64::from(piece.length());
            self.pieces.push_back(piece);
        }
    }

    /// Works until the time is over or there is nothing to do. True: there is more to do now.
    pub fn work(&mut self, engine: &mut Engine, over: impl Fn() -> bool) -> bool {
        let mut unclocked = 0;
        while !self.finished() {
            unclocked += match self.reader.step() {
                Progress::Item(Item::Frame { payload, .. }) => {
                    let bytes = payload.len();
                    self.frames += 1;
                    if engine.take(payload).kind == TakenKind::Undecodable {
                        self.undecodable += 1;
                    }
                    bytes
                }
                Progress::Item(Item::Problem(problem)) => {
                    if !problem.is_fatal() {
                        engine.bad_frames(1);
                    }
                    if let Problem::Truncated { bytes, .. } = problem {
                        self.cut_off = Some(bytes);
                    }
                    self.first_problem.get_or_insert(problem);
                    UNCLOCKED
                }
                // A large part of it has to be looked through or unpacked: go on in the next slice.
                Progress::Working => UNCLOCKED,
                Progress::Starved => match self.pieces.pop_front() {
                    Some(piece) => self.push(&piece),
                    None if self.reader.is_done() => self.over(),
                    None if self.ended => {
                        self.ended = false;
                        self.reader.finish();
                        0
                    }
                    None => return false,
                },
            };
            if unclocked >= UNCLOCKED {
                if over() {
                    return !self.finished();
                }
                unclocked = 0;
            }
        }
        false
    }

    /// Copies a piece to where it is read, and nowhere before.
    fn push(&mut self, piece: &Uint8Array) -> usize {
        let bytes = piece.length();
        self.waiting -= u64::from(bytes);
        self.pushed += u64::from(bytes);
        self.reader.push_with(bytes as usize, |slot| piece.copy_to(slot));
        // Who says a total and sends more, sends it packed by something else: the total is of that.
        self.total = self.total.filter(|total| self.pushed <= *total);
        UNCLOCKED
    }

    fn over(&mut self) -> usize {
        let end = self.cut_off.map_or(End::Whole, End::CutOff);
        self.end = Some(self.broken.clone().map_or(end, End::Broken));
        self.let_go();
        UNCLOCKED
    }

    /// Notes how far it is.
    pub fn clock(&mut self, now_ms: f64) {
        self.rate.add(now_ms, self.read());
    }

    /// The user has enough of it: what is in stays.
    pub fn cancel(&mut self) {
        if !self.finished() {
            self.end = Some(End::Cancelled);
            self.let_go();
        }
    }

    fn let_go(&mut self) {
        self.stop = None;
        self.pieces = VecDeque::new();
    }

    /// What to say when nothing at all could be read.
    pub fn trouble(&self) -> Option<Trouble> {
        if self.frames > self.undecodable {
            return None;
        }
        let text = match (&self.broken, &self.first_problem) {
            (Some(broken), _) => broken.clone(),
            (None, Some(problem)) => format!("Nothing in it could be read: {problem}."),
            (None, None) if self.frames > 0 => "Its frames are none of libp2p introspection.".to_owned(),
            (None, None) if self.end == Some(End::Cancelled) => "Reading it was cancelled.".to_owned(),
            (None, None) => "It holds no frames.".to_owned(),
        };
        Some(Trouble {
            title: format!("Cannot open {}", self.name),
            text,
            checks: vec![
                "Is it a recording of libp2p introspection? Its name ends in .libp2p.trace or .mock, or either with .gz."
                    .to_owned(),
                "What is wrong with it, byte by byte: peerscope inspect FILE".to_owned(),
            ],
        })
    }
}

fn end_broken(worker: &Rc<Worker>, epoch: u32, why: String) {
    worker.loading(epoch, |loading| {
        loading.broken = Some(why);
        loading.ended = true;
    });
}

/// Waits until another piece is wanted. False: the source is another, is read, or was cancelled.
async fn room(worker: &Rc<Worker>, epoch: u32) -> bool {
    loop {
        match worker.hungry(epoch) {
            Some(true) => return true,
            Some(false) => worker.hunger().await,
            None => return false,
        }
    }
}
