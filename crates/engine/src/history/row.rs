//! Rows: connections and streams over their whole life, each with one identity.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::{
    intern::Sym,
    snapshot::{Facts, Figures},
};

/// A row's place in the [`Rows`] of its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowIx(pub u32);

/// Where an end lies, and whether the source told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub at_ms: u64,
    pub inferred: bool,
}

#[derive(Clone, Debug)]
pub struct Row {
    /// The connection of a stream.
    pub parent: Option<RowIx>,
    pub id: Sym,
    pub run: u32,
    pub generation: u32,
    /// Instants of the first and last snapshot that tell it, and of the last that had it open (0: none).
    pub first_seen_ms: u64,
    pub last_seen_ms: u64,
    pub last_open_ms: u64,
    pub end: Option<End>,
    /// The newest that was told.
    pub status: i32,
    pub facts: Facts,
    pub figures: Figures,
    /// The history began with it: its beginning was not seen.
    pub from_start: bool,
    /// Where it lies among the beginnings.
    noted_begin_ms: Option<u64>,
    /// Number of the snapshot taken in last that tells it.
    pub told_in: u32,
}

impl Row {
    /// As a snapshot at `at_ms` tells it for the first time.
    pub fn new(
        who: (Option<RowIx>, Sym, u32),
        at_ms: u64,
        status: i32,
        facts: Facts,
        figures: Figures,
    ) -> Row {
        let (parent, id, run) = who;
        Row {
            parent,
            id,
            run,
            generation: 0,
            first_seen_ms: at_ms,
            last_seen_ms: at_ms,
            last_open_ms: 0,
            end: None,
            status,
            facts,
            figures,
            from_start: false,
            noted_begin_ms: None,
            told_in: 0,
        }
    }

    /// When it was opened, or else first seen.
    pub fn begin_ms(&self) -> u64 {
        if self.facts.open_ms > 0 { self.facts.open_ms.min(self.first_seen_ms) } else { self.first_seen_ms }
    }
}

/// A slab of rows, and who is who.
#[derive(Debug, Default)]
pub struct Rows {
    slots: Vec<Option<Row>>,
    free: Vec<u32>,
    /// Generations of an id, oldest first.
    by_id: FxHashMap<(u32, Option<RowIx>, Sym), Vec<RowIx>>,
    /// Rows by when they began and, if they did, ended.
    begins: BTreeSet<(u64, RowIx)>,
    ends: BTreeSet<(u64, RowIx)>,
    count: usize,
}

impl Rows {
    pub fn get(&self, row: RowIx) -> Option<&Row> {
        self.slots.get(row.0 as usize)?.as_ref()
    }

    pub fn get_mut(&mut self, row: RowIx) -> Option<&mut Row> {
        self.slots.get_mut(row.0 as usize)?.as_mut()
    }

    pub fn iter(&self) -> impl Iterator<Item = (RowIx, &Row)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(at, slot)| slot.as_ref().map(|row| (RowIx(at as u32), row)))
    }

    /// A row ended, or its end turns out to be another.
    pub fn set_end(&mut self, ix: RowIx, end: End) {
        let Some(row) = self.slots.get_mut(ix.0 as usize).and_then(Option::as_mut) else { return };
        if let Some(before) = row.end.replace(end) {
            self.ends.remove(&(before.at_ms, ix));
        }
        self.ends.insert((end.at_ms, ix));
    }

    /// More may be known now of when a row began.
    pub fn note_begin(&mut self, ix: RowIx) {
        let Some(row) = self.slots.get_mut(ix.0 as usize).and_then(Option::as_mut) else { return };
        let begin_ms = row.begin_ms();
        if row.noted_begin_ms == Some(begin_ms) {
            return;
        }
        if let Some(before) = row.noted_begin_ms.replace(begin_ms) {
            self.begins.remove(&(before, ix));
        }
        self.begins.insert((begin_ms, ix));
    }

    /// Rows that ended at `from_ms` or later and not after `to_ms`.
    pub fn ended_within(&self, from_ms: u64, to_ms: u64) -> impl Iterator<Item = (RowIx, &Row)> {
        self.within(&self.ends, from_ms, to_ms)
    }

    /// Rows that began at `from_ms` or later and not after `to_ms`.
    pub fn begun_within(&self, from_ms: u64, to_ms: u64) -> impl Iterator<Item = (RowIx, &Row)> {
        self.within(&self.begins, from_ms, to_ms)
    }

    fn within<'a>(
        &'a self,
        times: &'a BTreeSet<(u64, RowIx)>,
        from_ms: u64,
        to_ms: u64,
    ) -> impl Iterator<Item = (RowIx, &'a Row)> {
        let times = (from_ms <= to_ms).then(|| times.range((from_ms, RowIx(0))..=(to_ms, RowIx(u32::MAX))));
        times.into_iter().flatten().filter_map(|(_, ix)| Some((*ix, self.get(*ix)?)))
    }

    pub fn generations(&self, run: u32, parent: Option<RowIx>, id: Sym) -> &[RowIx] {
        self.by_id.get(&(run, parent, id)).map_or(&[], Vec::as_slice)
    }

    pub fn add(&mut self, mut row: Row) -> RowIx {
        let ix = RowIx(self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        }));
        let generations = self.by_id.entry((row.run, row.parent, row.id)).or_default();
        row.generation = match generations.last().and_then(|last| self.slots[last.0 as usize].as_ref()) {
            Some(last) => last.generation + 1,
            None => 0,
        };
        generations.push(ix);
        self.slots[ix.0 as usize] = Some(row);
        self.count += 1;
        ix
    }

    pub fn remove(&mut self, ix: RowIx) {
        let Some(row) = self.slots.get_mut(ix.0 as usize).and_then(Option::take) else { return };
        if let Some(end) = row.end {
            self.ends.remove(&(end.at_ms, ix));
        }
        if let Some(begin_ms) = row.noted_begin_ms {
            self.begins.remove(&(begin_ms, ix));
        }
        self.free.push(ix.0);
        self.count -= 1;
        let key = (row.run, row.parent, row.id);
        if let Some(generations) = self.by_id.get_mut(&key) {
            generations.retain(|other| *other != ix);
            if generations.is_empty() {
                self.by_id.remove(&key);
            }
        }
    }

    pub fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<Option<Row>>()
            + self.count * 80
            + (self.begins.len() + self.ends.len()) * 24
    }
}
