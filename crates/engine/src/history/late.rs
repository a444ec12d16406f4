//! Snapshots that come late: they are put where they belong in time, and what later ones seemed to say is mended.

use std::collections::HashSet;

use super::{Chunk, End, History, Last, Place, RowIx, Telling, chunk};
use crate::snapshot::{Facts, RowIn, Snapshot, Who};

impl History {
    pub(super) fn insert_late(&mut self, snapshot: &Snapshot) {
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
        let mut totals = Self::totals(snapshot, run);
        let next_ms = self.next_ms(now);
        let is_last_chunk = index + 1 == self.chunks.len();
        let Some(mut chunk) = self.chunks.get_mut(index).map(std::mem::take) else { return };
        let told_before: Vec<RowIx> = match at.checked_sub(1) {
            Some(previous) => chunk.statuses_at(previous).map(|(row, ..)| row).collect(),
            None => Vec::new(),
        };
        let told = Telling { at_ms: now, run, from_start: false, next_ms };
        let (rows, seen) = self.late_rows(snapshot, told);
        totals.count(rows.iter().map(|(_, row_in, facts)| (*row_in, facts.name)));
        let told = rows.iter().map(|(row, row_in, facts)| {
            let told = chunk::Told { status: row_in.status, facts, figures: &row_in.figures };
            (*row, told)
        });
        let later = chunk.insert(at, totals, told, snapshot.dht.as_deref(), is_last_chunk);
        for row in told_before.into_iter().filter(|row| !seen.contains(row)) {
            // Its end was placed at the snapshot that follows; this one says that it came sooner.
            let end = self.rows.get(row).and_then(|row| row.end);
            if end.is_some_and(|end| end.inferred && end.at_ms > now) {
                self.rows.set_end(row, End { at_ms: now, inferred: true });
            }
        }
        match next_ms {
            Some(next) => {
                for row in seen {
                    if self.rows.get(row).is_some_and(|row| row.last_seen_ms <= now && row.end.is_none()) {
                        self.end_unseen(row, next);
                    }
                }
            }
            // Of the same time as the newest: now it is the newest.
            None => {
                let newest = rows.iter().map(|(row, row_in, _)| Last::alone(*row, row_in.status)).collect();
                for was in std::mem::replace(&mut self.last, newest) {
                    if !seen.contains(&was.row) {
                        self.end_unseen(was.row, now);
                    }
                }
            }
        }
        self.chunks[index] = chunk;
        if let Some(later) = later {
            self.chunks.insert(index + 1, later);
        }
        self.mend_gaps(now);
        // Two where it was split, and the one after them, whose first interval may be another.
        (index..index + 3).for_each(|chunk| self.summarize(chunk));
        self.sealed_bytes = self.chunks.iter().filter(|chunk| !chunk.is_open()).map(Chunk::memory).sum();
        self.open_bytes = self.chunks.back().filter(|chunk| chunk.is_open()).map_or(0, Chunk::memory);
    }

    /// The rows of a snapshot that came late, each with its identity.
    pub(super) fn late_rows<'a>(
        &mut self,
        snapshot: &'a Snapshot,
        told: Telling,
    ) -> (Vec<(RowIx, &'a RowIn, &'a Facts)>, HashSet<RowIx>) {
        let (mut rows, mut seen) = (Vec::new(), HashSet::new());
        // By place in the snapshot; None: it is told a second time, and so are its streams.
        let mut places: Vec<Option<RowIx>> = Vec::with_capacity(snapshot.rows.len());
        for row_in in &snapshot.rows {
            let parent = row_in.parent.map(|parent| places.get(parent as usize).copied().flatten());
            let row = match (&row_in.who, parent) {
                (_, Some(None)) | (Who::Same(_), _) => None,
                (Who::Told(who), parent) => {
                    let parent = parent.flatten();
                    let row = self.identify(parent, who.0, row_in.status, &who.1, &row_in.figures, told);
                    let is_first = seen.insert(row);
                    if is_first {
                        if let Some(whole) = self.rows.get_mut(row) {
                            whole.told_in = self.taken;
                        }
                        rows.push((row, row_in, &who.1));
                    }
                    is_first.then_some(row)
                }
            };
            places.push(row);
        }
        (rows, seen)
    }
}
