//! The history within its budget of bytes: what it takes, and what goes, the oldest first, counted.

use std::collections::HashSet;

use super::{History, Last, RowIx};
use crate::intern::Sym;

/// Texts are swept when so many events and snapshots went: a sweep looks at all that is left.
const SWEEP_EVERY: usize = 16 * 1024;
/// A snapshot counts for so many events: it takes more texts with it.
const SNAPSHOT_WEIGHT: usize = 64;

impl History {
    pub fn memory(&self) -> usize {
        self.sealed_bytes
            + self.open_bytes
            + self.rows.memory()
            + self.last.capacity() * size_of::<Last>()
            + self.events.memory()
            + self.interner.memory()
            + self.addresses.memory()
            + self.newest_traffic.borrow().as_ref().map_or(0, |(_, traffic)| traffic.memory())
            + self.runs.memory()
            + self.configurations.memory()
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

    pub(super) fn drop_chunk(&mut self) {
        let Some(chunk) = self.chunks.pop_front() else { return };
        self.version += 1;
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
        let mut marked: HashSet<Sym> = self.transports.iter().copied().collect();
        for chunk in &self.chunks {
            chunk.each_sym(|sym| _ = marked.insert(sym));
        }
        for (_, row) in self.rows.iter() {
            row.facts.each_sym(|sym| _ = marked.insert(sym));
            marked.insert(row.id);
        }
        self.events.each_sym(|sym| _ = marked.insert(sym));
        self.interner.sweep(&marked);
        self.addresses.sweep(&marked);
        self.dropped_since_sweep = 0;
        self.swept_bytes = self.interner.memory();
    }
}
