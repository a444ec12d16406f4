//! Who is who: which row an id in a snapshot is, and where rows end.

use super::{End, History, Last, Row, RowIx, Telling};
use crate::{
    address::from_transport_id,
    intern::Sym,
    snapshot::{Facts, Figures, status},
};

impl History {
    /// Whether a row with the id and facts of `was` is simply that row, a snapshot later. Then that is noted.
    pub(super) fn goes_on(&mut self, was: &Last, parent: Option<RowIx>, status: i32, told: Telling) -> bool {
        let Telling { at_ms, run, .. } = told;
        let Some(row) = self.rows.get_mut(was.row) else { return false };
        let is_open = status::is_open(status);
        let is_as_it_was = match row.end {
            None => is_open,
            Some(end) => !is_open && !end.inferred,
        };
        if was.status != status || row.parent != parent || row.run != run || was.is_second || !is_as_it_was {
            return false;
        }
        row.last_seen_ms = at_ms;
        if is_open {
            row.last_open_ms = at_ms;
        }
        true
    }

    pub(super) fn identify(
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
            let mut row = Row::new((parent, id, run), at_ms, status, facts.clone(), *figures);
            row.from_start = from_start;
            self.rows.add(row)
        });
        if let Some(row) = self.rows.get_mut(ix) {
            // The snapshot told it before: the first time counts.
            if row.told_in == self.taken {
                return ix;
            }
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
                self.rows.set_end(ix, End { at_ms, inferred: false });
            }
        }
        self.rows.note_begin(ix);
        self.addresses.learn(facts.remote, &self.interner);
        if parent.is_none() && !(self.seen.transport && self.seen.remote) {
            let address = self.addresses.get(facts.remote);
            self.seen.remote |= address.host.is_some() || address.relay.is_some();
            let id = || from_transport_id(&self.interner.text(facts.transport));
            self.seen.transport |= !facts.carrier.is_none() || address.transport.is_some() || id().is_some();
        }
        ix
    }

    /// A row that the snapshot at `now` does not tell, though the one before had it.
    pub(super) fn end_unseen(&mut self, row: RowIx, now: u64) {
        if self.rows.get(row).is_some_and(|row| row.end.is_none()) {
            self.rows.set_end(row, End { at_ms: now, inferred: true });
        }
    }

    pub(super) fn end_other_runs(&mut self, run: u32, now: u64) {
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
}
