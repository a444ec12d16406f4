//! Rows: connections and streams over their whole life, each with one identity.

use std::collections::HashMap;

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
}

impl Row {
    /// When it was opened, or else first seen.
    pub fn begin_ms(&self) -> u64 {
        if self.facts.open_ms > 0 { self.facts.open_ms.min(self.first_seen_ms) } else { self.first_seen_ms }
    }

    pub fn is_alive_at(&self, ms: u64) -> bool {
        self.begin_ms() <= ms && self.end.is_none_or(|end| end.at_ms > ms)
    }
}

/// A slab of rows, and who is who.
#[derive(Debug, Default)]
pub struct Rows {
    slots: Vec<Option<Row>>,
    free: Vec<u32>,
    /// Generations of an id, oldest first.
    by_id: HashMap<(u32, Option<RowIx>, Sym), Vec<RowIx>>,
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
        self.slots.capacity() * size_of::<Option<Row>>() + self.count * 80
    }
}
