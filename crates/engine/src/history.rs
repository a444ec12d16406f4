//! The whole past of a source: snapshots in sealed chunks, events, rows with their identity. Within a budget of bytes;
//! what falls out is counted.

mod budget;
mod chunk;
mod configuration;
mod dht;
mod event_log;
mod gap;
mod identity;
mod late;
mod pyramid;
mod row;
mod run;
mod seen;
mod track;
mod traffic;

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use chunk::CHUNK_LEN;
pub use chunk::{Chunk, Column, Kept, Totals, Want};
pub use configuration::{Configuration, Configurations};
pub use dht::DhtTotals;
pub use event_log::{Event, EventLog, Part};
use gap::Own;
pub use pyramid::{Columns, Extent, Series};
pub use row::{End, Row, RowIx, Rows};
pub use run::{Runs, RuntimeKept};
pub use seen::Seen;
use seen::SharedVotes;
use traffic::Traffic;
pub use traffic::{By, Part as TrafficPart};

use crate::{
    address::{self, Addresses},
    intake::Runtime,
    intern::{Interner, Sym},
    snapshot::{RowIn, Snapshot, Who},
};

/// Where a snapshot lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub chunk: usize,
    pub at: usize,
}

#[derive(Debug, Default)]
pub struct History {
    pub interner: Interner,
    pub addresses: Addresses,
    /// Their names, which traffic is told apart by: they are never swept.
    transports: Vec<Sym>,
    pub rows: Rows,
    pub events: EventLog,
    pub runs: Runs,
    pub configurations: Configurations,
    chunks: VecDeque<Chunk>,
    /// The snapshot appended last, row by row.
    last: Vec<Last>,
    /// How many were taken in.
    taken: u32,
    /// Bytes of the sealed chunks and of the open one, as of its last snapshot.
    sealed_bytes: usize,
    open_bytes: usize,
    /// The open chunk is sealed at this size too, so that what is dropped goes in small pieces.
    chunk_bytes: usize,
    pub dropped_snapshots: u64,
    pub dropped_events: u64,
    pub closed_cut: u64,
    /// The link was lost: what was not recorded before the next snapshot is a gap.
    link_lost: bool,
    expected_interval_ms: u64,
    own: Own,
    /// The pace of the node's own snapshots, as far as it was told.
    own_interval_ms: Option<u64>,
    pub seen: Seen,
    /// Grows with every snapshot and Runtime: what shows at a time may have changed.
    pub version: u64,
    shared_votes: SharedVotes,
    /// Of the open chunk, at this version.
    newest_traffic: RefCell<Option<(u64, Rc<Traffic>)>>,
    /// Events and snapshots dropped since texts were swept.
    dropped_since_sweep: usize,
    /// Bytes of texts that the last sweep left.
    swept_bytes: usize,
}

impl History {
    pub fn new(chunk_bytes: usize) -> History {
        let mut history = History { chunk_bytes, ..History::default() };
        history.transports = address::names().map(|name| history.interner.sym(name.as_bytes())).collect();
        history
    }

    pub fn runtime(&mut self, runtime: &Runtime) {
        self.version += 1;
        for declared in &runtime.types {
            self.events.declare(declared);
        }
        if self.runs.runtime(runtime, self.newest_ms()) {
            self.link_lost = true;
        }
    }

    pub fn configured(&mut self, told: Configuration) {
        self.version += 1;
        self.configurations.told(told, self.newest_ms());
    }

    /// The newest time told; 0: none yet.
    fn newest_ms(&self) -> u64 {
        self.last_ms().max(self.events.last_ms()).unwrap_or(0)
    }

    /// False: it came late, and the next one has to be told in full.
    pub fn snapshot(&mut self, snapshot: &Snapshot) -> bool {
        self.version += 1;
        self.closed_cut = self.closed_cut.max(snapshot.closed_cut);
        self.note_seen(snapshot);
        self.taken = self.taken.wrapping_add(1);
        let is_late = self.last_ms().is_some_and(|last| snapshot.instant_ms <= last);
        if is_late {
            self.insert_late(snapshot);
        } else {
            self.append(snapshot);
        }
        !is_late
    }

    fn append(&mut self, snapshot: &Snapshot) {
        let now = snapshot.instant_ms;
        let new_run = self.runs.snapshot(snapshot.start_ms, now, snapshot.duration_ms);
        let run = self.runs.current();
        let mut totals = Self::totals(snapshot, run);
        totals.after_loss = std::mem::take(&mut self.link_lost) && self.last_ms().is_some();
        totals.after_gap = self.is_gap(self.last_ms(), now) || totals.after_loss;
        self.own.told_live();
        let is_full = |chunk: &Chunk| chunk.len() >= CHUNK_LEN || chunk.packed() > self.chunk_bytes;
        let is_new_chunk = self.chunks.back().is_none_or(is_full);
        if is_new_chunk {
            self.seal_last();
            self.chunks.push_back(Chunk::default());
        }
        let Some(mut chunk) = self.chunks.pop_back() else { return };
        let from_start = self.chunks.is_empty() && chunk.len() == 0 && self.dropped_snapshots == 0;
        chunk.append_snapshot(totals);
        let told = Telling { at_ms: now, run, from_start, next_ms: None };
        let before = std::mem::take(&mut self.last);
        self.last = self.append_rows(&mut chunk, is_new_chunk, snapshot, told, &before);
        chunk.append_dht(snapshot.dht.as_deref());
        if let Some(totals) = chunk.totals.last_mut() {
            let rows = snapshot.rows.iter().zip(&self.last).filter(|(_, last)| !last.is_second);
            let name = |last: &Last| self.rows.get(last.row).map_or(Sym::NONE, |row| row.facts.name);
            totals.count(rows.map(|(row_in, last)| (row_in, name(last))));
        }
        for was in before {
            if self.rows.get(was.row).is_some_and(|row| row.told_in != self.taken) {
                chunk.absent(was.row);
                self.end_unseen(was.row, now);
            }
        }
        if new_run {
            self.end_other_runs(run, now);
        }
        self.open_bytes = chunk.memory();
        self.chunks.push_back(chunk);
    }

    fn seal_last(&mut self) {
        let Some(last) = self.chunks.len().checked_sub(1) else { return };
        self.chunks[last].seal();
        self.summarize(last);
        self.sealed_bytes += self.chunks[last].memory();
    }

    /// Puts each row of the snapshot at the chunk's end, finding or making its identity.
    fn append_rows(
        &mut self,
        chunk: &mut Chunk,
        is_new_chunk: bool,
        snapshot: &Snapshot,
        told: Telling,
        before: &[Last],
    ) -> Vec<Last> {
        let mut now: Vec<Last> = Vec::with_capacity(snapshot.rows.len());
        for row_in in &snapshot.rows {
            let RowIn { status, ref figures, .. } = *row_in;
            let parent = row_in.parent.and_then(|parent| now.get(parent as usize)).copied();
            if let Some(parent) = parent.filter(|parent| parent.is_second) {
                now.push(parent);
                continue;
            }
            let parent = parent.map(|parent| parent.row);
            let was = match row_in.who {
                Who::Same(place) => before.get(place as usize),
                Who::Told(_) => None,
            };
            let same = was.filter(|was| self.goes_on(was, parent, status, told));
            let row = match (same, &row_in.who) {
                (Some(was), _) => was.row,
                (None, Who::Told(who)) => self.identify(parent, who.0, status, &who.1, figures, told),
                (None, Who::Same(_)) => {
                    let whole = was.and_then(|was| self.rows.get(was.row));
                    let (id, facts) = whole.map(|row| (row.id, row.facts.clone())).unwrap_or_default();
                    self.identify(parent, id, status, &facts, figures, told)
                }
            };
            // Each row of the snapshot has its place here, as the next one is compared with it.
            let Some(whole) = self.rows.get_mut(row).filter(|whole| whole.told_in != self.taken) else {
                // The same id twice in one snapshot: the first one counts.
                now.push(Last { is_second: true, ..Last::alone(row, status) });
                continue;
            };
            whole.told_in = self.taken;
            whole.figures = *figures;
            let known = same.filter(|_| !is_new_chunk);
            let facts = match known {
                Some(was) => was.facts,
                None => chunk.facts_index(&whole.facts),
            };
            let told = chunk::Told { status, facts: &whole.facts, figures };
            let place = chunk.append(row, known.map(|was| was.place), &told, facts);
            now.push(Last { row, place, facts, status, is_second: false });
        }
        now
    }

    pub fn chunk_at(&self, place: Place) -> Option<&Chunk> {
        self.chunks.get(place.chunk)
    }

    pub fn totals_at(&self, place: Place) -> Option<&Totals> {
        self.chunks.get(place.chunk)?.totals.get(place.at)
    }

    pub fn all_totals(&self) -> impl DoubleEndedIterator<Item = &Totals> {
        self.chunks.iter().flat_map(|chunk| &chunk.totals)
    }

    pub fn snapshot_count(&self) -> usize {
        self.chunks.iter().map(Chunk::len).sum()
    }

    /// Number of a snapshot among all, from 0.
    pub fn number(&self, place: Place) -> usize {
        self.chunks.iter().take(place.chunk).map(Chunk::len).sum::<usize>() + place.at
    }

    pub fn first_ms(&self) -> Option<u64> {
        self.chunks.front().map(Chunk::first_ms)
    }

    pub fn last_ms(&self) -> Option<u64> {
        self.chunks.back().map(Chunk::last_ms)
    }

    /// The last snapshot that is not after `ms`.
    pub fn place_at(&self, ms: u64) -> Option<Place> {
        let chunk = self.chunks.partition_point(|chunk| chunk.first_ms() <= ms).checked_sub(1)?;
        let at =
            self.chunks[chunk].totals.partition_point(|totals| totals.instant_ms <= ms).checked_sub(1)?;
        Some(Place { chunk, at })
    }

    pub fn before(&self, place: Place) -> Option<Place> {
        match place.at.checked_sub(1) {
            Some(at) => Some(Place { at, ..place }),
            None => {
                let chunk = place.chunk.checked_sub(1)?;
                Some(Place { chunk, at: self.chunks.get(chunk)?.len().checked_sub(1)? })
            }
        }
    }

    pub fn after(&self, place: Place) -> Option<Place> {
        if place.at + 1 < self.chunks.get(place.chunk)?.len() {
            return Some(Place { at: place.at + 1, ..place });
        }
        (place.chunk + 1 < self.chunks.len()).then_some(Place { chunk: place.chunk + 1, at: 0 })
    }

    fn next_ms(&self, ms: u64) -> Option<u64> {
        let next = match self.place_at(ms) {
            Some(place) => self.after(place),
            None => (!self.chunks.is_empty()).then_some(Place { chunk: 0, at: 0 }),
        };
        self.totals_at(next?).map(|totals| totals.instant_ms)
    }

    /// A figure of a row between two times: (ms, value), snapshots just outside included.
    pub fn points(&self, row: RowIx, column: Column, from_ms: u64, to_ms: u64) -> Vec<(u64, u64)> {
        let first = self.chunks.partition_point(|chunk| chunk.last_ms() < from_ms);
        // One chunk sooner when the stretch begins right at a chunk's first snapshot.
        let first = if self.chunks.get(first).is_some_and(|c| c.first_ms() > from_ms) {
            first.saturating_sub(1)
        } else {
            first
        };
        let mut points = Vec::new();
        for chunk in self.chunks.range(first.min(self.chunks.len())..).take_while(|c| c.first_ms() <= to_ms) {
            chunk.points(row, column, &mut points);
        }
        points
    }
}

/// A row of the snapshot appended last.
#[derive(Clone, Copy, Debug)]
struct Last {
    row: RowIx,
    /// Where the open chunk keeps it, and its facts.
    place: u32,
    facts: u32,
    status: i32,
    /// The snapshot told it twice, or is within a connection that it told twice.
    is_second: bool,
}

impl Last {
    /// Of a snapshot that the next one is not compared with.
    fn alone(row: RowIx, status: i32) -> Last {
        Last { row, place: 0, facts: 0, status, is_second: false }
    }
}

/// When and in which run a row is told.
#[derive(Clone, Copy)]
struct Telling {
    at_ms: u64,
    run: u32,
    from_start: bool,
    /// The snapshot that follows, when this one came late.
    next_ms: Option<u64>,
}
