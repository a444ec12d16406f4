//! The whole past of a source: snapshots in sealed chunks, events, rows with their identity. Within a budget of bytes;
//! what falls out is counted.

mod chunk;
mod event_log;
mod row;
mod run;
mod track;

use std::collections::{HashMap, HashSet, VecDeque};

use chunk::CHUNK_LEN;
pub use chunk::{Chunk, Column, Totals};
pub use event_log::{Event, EventLog};
pub use row::{End, Row, RowIx, Rows};
pub use run::{Runs, RuntimeKept};

use crate::{
    intake::Runtime,
    intern::{Interner, Sym},
    snapshot::{Connection, Facts, Figures, Snapshot, status},
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
    pub rows: Rows,
    pub events: EventLog,
    pub runs: Runs,
    chunks: VecDeque<Chunk>,
    /// Rows of the newest snapshot.
    present: Vec<RowIx>,
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
    pub seen: Seen,
    shared_votes: SharedVotes,
    /// Events and snapshots dropped since texts were swept.
    dropped_since_sweep: usize,
    /// Bytes of texts that the last sweep left.
    swept_bytes: usize,
}

/// What the source has filled at least once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub total: bool,
    pub connection_traffic: bool,
    pub stream_traffic: bool,
    pub latency: bool,
    pub streams: bool,
    pub agent: bool,
    /// Connections of one peer show the same figures: they are the peer's.
    pub shared_traffic: bool,
}

/// Snapshots in which connections of one peer showed the same figures, and those in which they did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct SharedVotes {
    same: u32,
    different: u32,
}

impl SharedVotes {
    /// Two connections opened together may be alike for a moment, and a node may count on between two that share: so many
    /// snapshots must say it, and most of them.
    fn say_shared(self) -> bool {
        self.same >= 3 && self.same > self.different
    }
}

/// Texts are swept when so many events and snapshots went: a sweep looks at all that is left.
const SWEEP_EVERY: usize = 16 * 1024;
/// A snapshot counts for so many events: it takes more texts with it.
const SNAPSHOT_WEIGHT: usize = 64;

impl History {
    pub fn new(chunk_bytes: usize) -> History {
        History { chunk_bytes, ..History::default() }
    }

    pub fn runtime(&mut self, runtime: &Runtime) {
        for declared in &runtime.types {
            self.events.declare(declared);
        }
        if self.runs.runtime(runtime) {
            self.link_lost = true;
        }
    }

    /// Nothing is recorded from here to the next snapshot.
    pub fn link_lost(&mut self) {
        self.link_lost = true;
    }

    /// The interval that the session has now; what takes much longer is a gap. 0: not known.
    pub fn expect_interval(&mut self, ms: u64) {
        self.expected_interval_ms = ms;
    }

    pub fn snapshot(&mut self, snapshot: &Snapshot) {
        self.closed_cut = self.closed_cut.max(snapshot.closed_cut);
        self.note_seen(snapshot);
        match self.last_ms() {
            Some(last) if snapshot.instant_ms <= last => self.insert_late(snapshot),
            _ => self.append(snapshot),
        }
    }

    fn append(&mut self, snapshot: &Snapshot) {
        let now = snapshot.instant_ms;
        let new_run = self.runs.snapshot(snapshot.start_ms, now, snapshot.duration_ms);
        let run = self.runs.current();
        let mut totals = self.totals(snapshot, run);
        totals.after_loss = std::mem::take(&mut self.link_lost) && self.last_ms().is_some();
        totals.after_gap = self.is_gap(self.last_ms(), now) || totals.after_loss;
        let is_full = |chunk: &Chunk| chunk.len() >= CHUNK_LEN || self.open_bytes > self.chunk_bytes;
        if self.chunks.back().is_none_or(is_full) {
            if let Some(full) = self.chunks.back_mut() {
                full.seal();
                self.sealed_bytes += full.memory();
            }
            self.chunks.push_back(Chunk::default());
        }
        let Some(mut chunk) = self.chunks.pop_back() else { return };
        let at = chunk.len();
        let from_start = self.chunks.is_empty() && at == 0 && self.dropped_snapshots == 0;
        chunk.begin(at, totals);
        let mut seen = HashSet::with_capacity(self.present.len());
        let told = Telling { at_ms: now, run, from_start, next_ms: None };
        self.place_rows(&mut chunk, at, snapshot, told, &mut seen);
        for row in std::mem::take(&mut self.present) {
            if !seen.contains(&row) {
                chunk.absent(at, row);
                self.end_unseen(row, now);
            }
        }
        if new_run {
            self.end_other_runs(run, now);
        }
        self.present = seen.into_iter().collect();
        self.open_bytes = chunk.memory();
        self.chunks.push_back(chunk);
    }

    fn insert_late(&mut self, snapshot: &Snapshot) {
        let now = snapshot.instant_ms;
        let before = self.place_at(now);
        let Place { chunk: index, at } =
            before.map_or(Place { chunk: 0, at: 0 }, |p| Place { chunk: p.chunk, at: p.at + 1 });
        if before.is_none() && self.dropped_snapshots > 0 {
            self.dropped_snapshots += 1;
            return;
        }
        let neighbour =
            self.totals_at(before.unwrap_or(Place { chunk: 0, at: 0 })).map_or(0, |totals| totals.run);
        let run = self.runs.of_late(snapshot.start_ms, neighbour);
        let totals = self.totals(snapshot, run);
        let next_ms = self.next_ms(now);
        let is_last_chunk = index + 1 == self.chunks.len();
        let Some(mut chunk) = self.chunks.get_mut(index).map(std::mem::take) else { return };
        if !is_last_chunk {
            self.sealed_bytes = self.sealed_bytes.saturating_sub(chunk.memory());
        }
        let told_before: Vec<RowIx> = match at.checked_sub(1) {
            Some(previous) => chunk.rows_at(previous).map(|(row, _)| row).collect(),
            None => Vec::new(),
        };
        chunk.begin(at, totals);
        let mut seen = HashSet::new();
        let told = Telling { at_ms: now, run, from_start: false, next_ms };
        self.place_rows(&mut chunk, at, snapshot, told, &mut seen);
        for row in told_before.into_iter().filter(|row| !seen.contains(row)) {
            if at + 1 == chunk.len() {
                chunk.absent(at, row);
            }
            // Its end was placed at the snapshot that follows; this one says that it came sooner.
            if let Some(row) = self.rows.get_mut(row)
                && let Some(end) = &mut row.end
                && end.inferred
                && end.at_ms > now
            {
                end.at_ms = now;
            }
        }
        if let Some(next) = next_ms {
            for row in seen {
                if self.rows.get(row).is_some_and(|row| row.last_seen_ms <= now && row.end.is_none()) {
                    self.end_unseen(row, next);
                }
            }
        }
        let split = chunk.split();
        if !is_last_chunk {
            chunk.seal();
            self.sealed_bytes += chunk.memory();
        }
        self.chunks[index] = chunk;
        if let Some(mut right) = split {
            if is_last_chunk {
                self.chunks[index].seal();
                self.sealed_bytes += self.chunks[index].memory();
            } else {
                right.seal();
                self.sealed_bytes += right.memory();
            }
            self.chunks.insert(index + 1, right);
        }
        self.open_bytes = self.chunks.back().map_or(0, Chunk::memory);
        self.mend_gaps(now);
    }

    /// Puts each row of the snapshot into the chunk, finding or making its identity.
    fn place_rows(
        &mut self,
        chunk: &mut Chunk,
        at: usize,
        snapshot: &Snapshot,
        told: Telling,
        seen: &mut HashSet<RowIx>,
    ) {
        for connection in &snapshot.connections {
            let Connection { id, status, facts, figures, streams } = connection;
            let row = self.identify(None, *id, *status, facts, figures, told);
            if !seen.insert(row) {
                // The same id twice in one snapshot: the first one counts.
                continue;
            }
            chunk.put(at, row, &chunk::Told { status: *status, facts, figures });
            for stream in streams {
                let (status, facts, figures) = (stream.status, &stream.facts, &stream.figures);
                let child = self.identify(Some(row), stream.id, status, facts, figures, told);
                if seen.insert(child) {
                    chunk.put(at, child, &chunk::Told { status, facts, figures });
                }
            }
        }
    }

    fn identify(
        &mut self,
        parent: Option<RowIx>,
        id: Sym,
        status: i32,
        facts: &Facts,
        figures: &Figures,
        told: Telling,
    ) -> RowIx {
        let Telling { at_ms, run, from_start, next_ms } = told;
        let is_open = status::is_open(status);
        let same_open =
            |row: &Row| facts.open_ms == 0 || row.facts.open_ms == 0 || facts.open_ms == row.facts.open_ms;
        let candidates = self.rows.generations(run, parent, id);
        let known = candidates.iter().rev().copied().find(|ix| {
            let Some(row) = self.rows.get(*ix) else { return false };
            let came_back = is_open && row.end.is_some_and(|end| at_ms >= end.at_ms);
            // Told late: it may have been there before its first snapshot only if no other lies between.
            let may_begin =
                at_ms >= row.first_seen_ms || facts.open_ms > 0 || next_ms == Some(row.first_seen_ms);
            same_open(row) && !came_back && may_begin
        });
        let ix = known.unwrap_or_else(|| {
            self.rows.add(Row {
                parent,
                id,
                run,
                generation: 0,
                first_seen_ms: at_ms,
                last_seen_ms: at_ms,
                last_open_ms: 0,
                end: None,
                status,
                facts: facts.clone(),
                figures: *figures,
                from_start,
            })
        });
        if let Some(row) = self.rows.get_mut(ix) {
            row.first_seen_ms = row.first_seen_ms.min(at_ms);
            if at_ms >= row.last_seen_ms {
                row.last_seen_ms = at_ms;
                if row.status != status {
                    row.status = status;
                }
                if row.facts != *facts {
                    row.facts = facts.clone();
                }
                row.figures = *figures;
            }
            if is_open {
                row.last_open_ms = row.last_open_ms.max(at_ms);
            } else if row.end.is_none_or(|end| end.inferred) || facts.close_ms > 0 {
                // The end lies after the last snapshot that had it open, and not after the first that had not.
                let latest = row.end.map_or(at_ms, |end| end.at_ms.min(at_ms)).max(row.last_open_ms);
                let told = if facts.close_ms > 0 { facts.close_ms } else { latest };
                let at_ms = told.clamp(row.last_open_ms.min(latest), latest.max(row.last_open_ms));
                row.end = Some(End { at_ms, inferred: false });
            }
        }
        ix
    }

    /// A row that the snapshot at `now` does not tell, though the one before had it.
    fn end_unseen(&mut self, row: RowIx, now: u64) {
        if let Some(row) = self.rows.get_mut(row)
            && row.end.is_none()
        {
            row.end = Some(End { at_ms: now, inferred: true });
        }
    }

    fn end_other_runs(&mut self, run: u32, now: u64) {
        let open: Vec<RowIx> = self
            .rows
            .iter()
            .filter(|(_, row)| row.run != run && row.end.is_none())
            .map(|(ix, _)| ix)
            .collect();
        for row in open {
            self.end_unseen(row, now);
        }
    }

    fn totals(&self, snapshot: &Snapshot, run: u32) -> Totals {
        let open = || snapshot.connections.iter().filter(|c| status::is_open(c.status));
        let peers: HashSet<Sym> = open().filter_map(|c| c.facts.name.some()).collect();
        let streams = open().flat_map(|c| &c.streams).filter(|s| status::is_open(s.status)).count();
        Totals {
            instant_ms: snapshot.instant_ms,
            run,
            figures: snapshot.total,
            connections: open().count() as u32,
            peers: peers.len() as u32,
            streams: streams as u32,
            after_gap: false,
            after_loss: false,
        }
    }

    fn note_seen(&mut self, snapshot: &Snapshot) {
        let seen = &mut self.seen;
        let any = |figures: &Figures| figures.bytes_in.unwrap_or(0) > 0 || figures.bytes_out.unwrap_or(0) > 0;
        seen.total |= snapshot.total.bytes_in.is_some() || snapshot.total.bytes_out.is_some();
        let mut by_peer = HashMap::new();
        let mut votes = SharedVotes::default();
        for connection in &snapshot.connections {
            seen.connection_traffic |= any(&connection.figures);
            seen.latency |= connection.figures.latency_ns.is_some();
            seen.streams |= !connection.streams.is_empty();
            seen.agent |=
                connection.facts.tags.iter().any(|tag| self.interner.bytes_of(*tag).starts_with(b"agent="));
            if !seen.stream_traffic {
                seen.stream_traffic = connection.streams.iter().any(|stream| any(&stream.figures));
            }
            let peer = connection.facts.name;
            if !peer.is_none() && status::is_open(connection.status) && any(&connection.figures) {
                let figures = (connection.figures.bytes_in, connection.figures.bytes_out);
                match by_peer.insert(peer, figures) {
                    Some(other) if other == figures => votes.same = 1,
                    Some(_) => votes.different = 1,
                    None => {}
                }
            }
        }
        self.shared_votes.same = self.shared_votes.same.saturating_add(votes.same);
        self.shared_votes.different = self.shared_votes.different.saturating_add(votes.different);
        seen.shared_traffic = self.shared_votes.say_shared();
    }

    fn is_gap(&self, before: Option<u64>, now: u64) -> bool {
        let Some(before) = before else { return false };
        let usual = match self.expected_interval_ms {
            0 => self.usual_interval_ms(),
            known => Some(known),
        };
        usual.is_some_and(|usual| now.saturating_sub(before) > usual.saturating_mul(5) / 2 + 500)
    }

    /// The median of the newest intervals, once there are three.
    fn usual_interval_ms(&self) -> Option<u64> {
        let newest: Vec<u64> = self
            .chunks
            .iter()
            .rev()
            .flat_map(|c| c.totals.iter().rev())
            .map(|t| t.instant_ms)
            .take(17)
            .collect();
        let mut steps: Vec<u64> = newest.windows(2).map(|pair| pair[0].saturating_sub(pair[1])).collect();
        steps.sort_unstable();
        (steps.len() >= 3).then(|| steps[steps.len() / 2])
    }

    /// Looks again at the snapshots around a late one.
    fn mend_gaps(&mut self, around: u64) {
        let Some(place) = self.place_at(around) else { return };
        for place in [Some(place), self.after(place)].into_iter().flatten() {
            let before = self.before(place).and_then(|p| self.totals_at(p)).map(|t| t.instant_ms);
            let Some(now) = self.totals_at(place).map(|t| t.instant_ms) else { continue };
            let is_gap = self.is_gap(before, now);
            let totals = &mut self.chunks[place.chunk].totals[place.at];
            totals.after_gap = (is_gap || totals.after_loss) && before.is_some();
        }
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

    pub fn memory(&self) -> usize {
        self.sealed_bytes
            + self.open_bytes
            + self.rows.memory()
            + self.events.memory()
            + self.interner.memory()
    }

    /// Frees the oldest until all fits; the newest chunk and events stay.
    pub fn keep_within(&mut self, budget: usize) {
        while self.memory() > budget {
            let oldest_chunk = (self.chunks.len() > 1).then(|| self.first_ms()).flatten();
            let oldest_event = (self.events.chunk_count() > 1).then(|| self.events.first_ms()).flatten();
            match (oldest_chunk, oldest_event) {
                // Nothing but texts that grew since the last sweep can go.
                (None, None) if self.interner.memory() > self.swept_bytes * 2 => self.sweep(),
                (None, None) => return,
                (Some(chunk), event) if event.is_none_or(|event| chunk <= event) => self.drop_chunk(),
                _ => {
                    let dropped = self.events.drop_oldest();
                    self.dropped_events += dropped as u64;
                    self.count_dropped(dropped);
                }
            }
        }
    }

    fn count_dropped(&mut self, weight: usize) {
        self.dropped_since_sweep += weight;
        if self.dropped_since_sweep >= SWEEP_EVERY {
            self.sweep();
        }
    }

    fn drop_chunk(&mut self) {
        let Some(chunk) = self.chunks.pop_front() else { return };
        self.sealed_bytes = self.sealed_bytes.saturating_sub(chunk.memory());
        self.dropped_snapshots += chunk.len() as u64;
        let first = self.first_ms().unwrap_or(u64::MAX);
        let gone: Vec<RowIx> = chunk
            .row_ids()
            .filter(|row| self.rows.get(*row).is_some_and(|row| row.last_seen_ms < first))
            .collect();
        for row in gone {
            self.rows.remove(row);
        }
        self.count_dropped(chunk.len() * SNAPSHOT_WEIGHT);
    }

    fn sweep(&mut self) {
        let mut marked = HashSet::new();
        for chunk in &self.chunks {
            chunk.each_sym(|sym| _ = marked.insert(sym));
        }
        for (_, row) in self.rows.iter() {
            row.facts.each_sym(|sym| _ = marked.insert(sym));
            marked.insert(row.id);
        }
        self.events.each_sym(|sym| _ = marked.insert(sym));
        self.interner.sweep(&marked);
        self.dropped_since_sweep = 0;
        self.swept_bytes = self.interner.memory();
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
