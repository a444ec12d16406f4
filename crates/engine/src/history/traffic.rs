//! Who and what moved how many bytes: by protocol and transport snapshot by snapshot, by peer a chunk at once, so that a chart of
//! any range costs its pixels. Made when a chunk is full; of the one that grows, when it is asked for.

mod shares;

use std::rc::Rc;

use rustc_hash::FxHashMap;

use self::shares::{Shares, Sums};
use super::{Chunk, Column, Columns, History, RowIx, row::Row};
use crate::{address, intern::Sym, snapshot::Bytes, view::Range};

/// What the bytes are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Peer,
    Protocol,
    Transport,
}

/// Bytes in and out within some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub bytes_in: u64,
    pub bytes_out: u64,
}

impl Moved {
    pub fn sum(self) -> u64 {
        self.bytes_in.saturating_add(self.bytes_out)
    }

    fn add(&mut self, other: Moved) {
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
    }

    fn most(&mut self, other: Moved) {
        self.bytes_in = self.bytes_in.max(other.bytes_in);
        self.bytes_out = self.bytes_out.max(other.bytes_out);
    }
}

/// Of one chunk.
#[derive(Debug, Default)]
pub struct Traffic {
    protocols: Shares,
    transports: Shares,
    peers: Sums,
    /// Made when connections were held to show their peer's figures.
    shared: bool,
}

impl Traffic {
    pub fn each_sym(&self, mut visit: impl FnMut(Sym)) {
        self.protocols.each_sym(&mut visit);
        self.transports.each_sym(&mut visit);
        self.peers.iter().for_each(|(peer, _)| visit(peer));
    }

    pub fn memory(&self) -> usize {
        self.protocols.memory() + self.transports.memory() + self.peers.memory()
    }
}

/// A part of the traffic in the columns of a chart, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// [`Sym::NONE`]: what its source does not name.
    pub name: Sym,
    pub moved: Moved,
    pub bytes_in: Vec<f64>,
    pub bytes_out: Vec<f64>,
}

impl Part {
    fn new(name: Sym, moved: Moved, columns: usize) -> Part {
        Part { name, moved, bytes_in: vec![0.0; columns], bytes_out: vec![0.0; columns] }
    }

    fn add(&mut self, column: usize, moved: Moved, share: f64) {
        self.bytes_in[column] += moved.bytes_in as f64 * share;
        self.bytes_out[column] += moved.bytes_out as f64 * share;
    }

    /// Spread evenly over a stretch of time.
    fn spread(&mut self, columns: Columns, (from_ms, to_ms): (u64, u64), moved: Moved) {
        let length = to_ms.saturating_sub(from_ms) as f64;
        let Some(within) = columns.of(from_ms, to_ms) else { return };
        let only = within.len() == 1;
        for column in within {
            // Of two snapshots of one instant, too.
            let share = if only { 1.0 } else { columns.overlap(column, from_ms, to_ms) / length };
            self.add(column, moved, share);
        }
    }
}

/// The parts that moved most, and all others as one. Of peers the others are not in here: they are what the node's totals have
/// beyond the parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    pub parts: Vec<Part>,
    pub others: Part,
    /// How many others there are.
    pub other_count: usize,
}

impl Parts {
    /// The part of this name, else the others.
    fn named(&mut self, places: &FxHashMap<Sym, usize>, name: Sym) -> &mut Part {
        match places.get(&name) {
            Some(place) => &mut self.parts[*place],
            None => &mut self.others,
        }
    }
}

impl History {
    /// What moved within a range, told apart: the `most` greatest parts.
    pub fn traffic(&self, by: By, columns: Columns, most: usize) -> Parts {
        let mut all: Vec<(Sym, Moved)> = self.moved_within(by, columns.range).into_iter().collect();
        all.retain(|(_, moved)| moved.sum() > 0);
        all.sort_unstable_by_key(|(name, moved)| (std::cmp::Reverse(moved.sum()), *name));
        let rest = all.split_off(most.min(all.len()));
        let mut others = Part::new(Sym::NONE, Moved::default(), columns.count);
        rest.iter().for_each(|(_, moved)| others.moved.add(*moved));
        let parts = all.iter().map(|(name, moved)| Part::new(*name, *moved, columns.count)).collect();
        let mut parts = Parts { parts, others, other_count: rest.len() };
        self.paint(by, columns, &mut parts);
        parts
    }

    fn moved_within(&self, by: By, range: Range) -> FxHashMap<Sym, Moved> {
        let mut all: FxHashMap<Sym, Moved> = FxHashMap::default();
        for chunk in self.chunk_numbers(range) {
            let mut add = |name: Sym, moved: Moved| all.entry(name).or_default().add(moved);
            if self.lies_within(chunk, range) {
                self.each_sum(chunk, by, add);
            } else {
                self.each_within(chunk, by, range, None, |name, _, moved| add(name, moved));
            }
        }
        all
    }

    fn paint(&self, by: By, columns: Columns, parts: &mut Parts) {
        let places: FxHashMap<Sym, usize> =
            parts.parts.iter().enumerate().map(|(place, part)| (part.name, place)).collect();
        for chunk in self.chunk_numbers(columns.range) {
            let before = self.totals_before(chunk);
            let last_ms = self.chunks[chunk].last_ms();
            let Some(column) = before.and_then(|before| columns.only(before.instant_ms, last_ms)) else {
                self.each_within(chunk, by, columns.range, Some(&places), |name, stretch, moved| {
                    parts.named(&places, name).spread(columns, stretch, moved);
                });
                continue;
            };
            let mut add = |name: Sym, moved| match by {
                By::Peer if !places.contains_key(&name) => {}
                _ => parts.named(&places, name).add(column, moved, 1.0),
            };
            self.each_sum(chunk, by, &mut add);
        }
    }

    /// What each moved in a chunk.
    fn each_sum(&self, chunk: usize, by: By, mut take: impl FnMut(Sym, Moved)) {
        let traffic = self.traffic_of(chunk);
        if by == By::Protocol || traffic.shared == self.seen.shared_traffic {
            match by {
                By::Peer => traffic.peers.iter().for_each(|(name, moved)| take(name, moved)),
                By::Protocol => traffic.protocols.sums().for_each(|(name, moved)| take(name, moved)),
                By::Transport => traffic.transports.sums().for_each(|(name, moved)| take(name, moved)),
            }
        } else {
            // Counted when it was not known yet whose the figures are: that comes once, if at all, and early.
            let whole = Range { from_ms: 0, to_ms: u64::MAX };
            self.each_within(chunk, by, whole, None, |name, _, moved| take(name, moved));
        }
    }

    /// What moved between two snapshots of a chunk that both lie in the range; of peers, those that are `wanted`.
    fn each_within(
        &self,
        chunk: usize,
        by: By,
        range: Range,
        wanted: Option<&FxHashMap<Sym, usize>>,
        mut take: impl FnMut(Sym, (u64, u64), Moved),
    ) {
        let intervals = self.intervals(chunk);
        let mut at = |name: Sym, at: usize, moved: Moved| {
            let interval = intervals.get(at).copied().flatten();
            if let Some((from_ms, to_ms)) =
                interval.filter(|(from, to)| range.from_ms <= *from && *to <= range.to_ms)
            {
                take(name, (from_ms, to_ms), moved);
            }
        };
        match by {
            By::Peer => self.each_peer(chunk, wanted, |peer, moved| {
                moved
                    .iter()
                    .enumerate()
                    .filter(|(_, moved)| moved.sum() > 0)
                    .for_each(|(n, moved)| at(peer, n, *moved));
            }),
            By::Protocol => self.traffic_of(chunk).protocols.each(at),
            By::Transport => {
                let traffic = self.traffic_of(chunk);
                if traffic.shared == self.seen.shared_traffic {
                    traffic.transports.each(at);
                }
            }
        }
    }

    fn chunk_numbers(&self, range: Range) -> std::ops::Range<usize> {
        let first = self.chunks.partition_point(|chunk| chunk.last_ms() < range.from_ms);
        let end = self.chunks.partition_point(|chunk| chunk.first_ms() <= range.to_ms);
        first..end.max(first)
    }

    fn lies_within(&self, chunk: usize, range: Range) -> bool {
        let before = self.totals_before(chunk).is_some_and(|before| range.from_ms <= before.instant_ms);
        before && self.chunks[chunk].last_ms() <= range.to_ms
    }

    /// For each snapshot of a chunk, the time since the one before it. None: nobody recorded it as a whole.
    fn intervals(&self, chunk: usize) -> Vec<Option<(u64, u64)>> {
        let mut before = self.totals_before(chunk);
        let mut interval = |totals| {
            let before = before.replace(totals)?;
            let is_told = before.run == totals.run && !totals.after_gap;
            is_told.then_some((before.instant_ms, totals.instant_ms))
        };
        self.chunks[chunk].totals.iter().map(&mut interval).collect()
    }

    fn traffic_of(&self, chunk: usize) -> Rc<Traffic> {
        if let Some(traffic) = self.chunks[chunk].traffic.as_ref().filter(|_| !self.chunks[chunk].is_open()) {
            return traffic.clone();
        }
        let mut newest = self.newest_traffic.borrow_mut();
        match newest.as_ref() {
            Some((version, traffic)) if *version == self.version => traffic.clone(),
            _ => {
                let traffic = Rc::new(self.count_traffic(chunk));
                *newest = Some((self.version, traffic.clone()));
                traffic
            }
        }
    }

    pub(super) fn count_traffic(&self, chunk: usize) -> Traffic {
        let intervals = self.intervals(chunk);
        let is_told = |at: usize| intervals.get(at).is_some_and(Option::is_some);
        let shared = self.seen.shared_traffic;
        let mut peers = Vec::new();
        self.each_peer(chunk, None, |peer, moved| {
            let mut sum = Moved::default();
            moved.iter().enumerate().filter(|(at, _)| is_told(*at)).for_each(|(_, moved)| sum.add(*moved));
            if sum.sum() > 0 {
                peers.push((peer, sum));
            }
        });
        let (mut protocols, mut transports) = (shares::Adding::default(), shares::Adding::default());
        let mut moved = vec![Moved::default(); self.chunks[chunk].len()];
        self.each_row(chunk, |row, whole, place| {
            let is_stream = whole.parent.is_some();
            // Of figures that are a peer's nobody knows how they came.
            if shared && !is_stream {
                return;
            }
            moved.fill(Moved::default());
            self.add_moves(chunk, (row, whole, place), Moved::add, &mut moved);
            let told =
                moved.iter().copied().enumerate().filter(|(at, moved)| moved.sum() > 0 && is_told(*at));
            match is_stream {
                true => protocols.add(whole.facts.name, moved.len(), told),
                false => transports.add(self.transport_of(whole), moved.len(), told),
            }
        });
        Traffic {
            protocols: protocols.packed(),
            transports: transports.packed(),
            peers: Sums::of(peers.into_iter()),
            shared,
        }
    }

    fn transport_of(&self, row: &Row) -> Sym {
        let facts = &row.facts;
        let told = (!facts.carrier.is_none()).then_some(address::RELAYED);
        let told = told.or(self.addresses.get(facts.remote).transport);
        let told = told.or_else(|| address::from_transport_id(&self.interner.text(facts.transport)));
        told.and_then(|name| self.interner.known(name.as_bytes())).unwrap_or_default()
    }

    fn each_row(&self, chunk: usize, mut visit: impl FnMut(RowIx, &Row, usize)) {
        for (place, row) in self.chunks[chunk].row_ids().enumerate() {
            if let Some(whole) = self.rows.get(row) {
                visit(row, whole, place);
            }
        }
    }

    /// Each peer, and what it moved until each of the chunk's snapshots since the one before.
    fn each_peer(
        &self,
        chunk: usize,
        wanted: Option<&FxHashMap<Sym, usize>>,
        mut visit: impl FnMut(Sym, &[Moved]),
    ) {
        let mut rows: Vec<(Sym, RowIx, usize)> = Vec::new();
        self.each_row(chunk, |row, whole, place| {
            let is_wanted = wanted.is_none_or(|wanted| wanted.contains_key(&whole.facts.name));
            if whole.parent.is_none() && is_wanted {
                rows.push((whole.facts.name, row, place));
            }
        });
        rows.sort_unstable();
        let mut moved = vec![Moved::default(); self.chunks[chunk].len()];
        for group in rows.chunk_by(|(a, ..), (b, ..)| a == b) {
            moved.fill(Moved::default());
            for (_, row, place) in group {
                let Some(whole) = self.rows.get(*row) else { continue };
                // Connections that show their peer's figures all show the same.
                let and = if self.seen.shared_traffic { Moved::most } else { Moved::add };
                self.add_moves(chunk, (*row, whole, *place), and, &mut moved);
            }
            visit(group[0].0, &moved);
        }
    }

    /// What a row moved until each snapshot of the chunk since the one before.
    fn add_moves(
        &self,
        chunk: usize,
        (row, whole, place): (RowIx, &Row, usize),
        and: fn(&mut Moved, Moved),
        moved: &mut [Moved],
    ) {
        let kept = &self.chunks[chunk];
        let earlier = chunk.checked_sub(1).filter(|_| whole.first_seen_ms < kept.first_ms());
        let last = earlier.and_then(|earlier| self.chunks[earlier].bytes_at_end(row)).unwrap_or_default();
        let own = whole.parent.is_some() || !self.seen.shared_traffic;
        // What it was opened with is 0, if anybody saw it being opened.
        let born_ms = (own && !whole.from_start).then_some(whole.first_seen_ms);
        let is_born =
            |at: usize| kept.totals.get(at).is_some_and(|totals| Some(totals.instant_ms) == born_ms);
        let mut steps = |column: Column, mut last: Option<u64>, of: fn(u64) -> Moved| {
            for (at, value) in kept.changes(place, column) {
                let at = usize::from(at);
                let Some(value) = value.checked_sub(1) else { continue };
                let from = last.replace(value).or_else(|| is_born(at).then_some(0)).unwrap_or(value);
                if let Some(moved) = moved.get_mut(at) {
                    and(moved, of(value.saturating_sub(from)));
                }
            }
        };
        steps(Column::BytesIn, last.0, |bytes_in| Moved { bytes_in, bytes_out: 0 });
        steps(Column::BytesOut, last.1, |bytes_out| Moved { bytes_in: 0, bytes_out });
    }
}

impl Chunk {
    /// Bytes of a row at the chunk's last snapshot, told there or before.
    fn bytes_at_end(&self, row: RowIx) -> Option<Bytes> {
        let at = self.len().checked_sub(1)?;
        self.row_at(row, at, super::Want::BYTES).map(|kept| kept.figures.bytes())
    }
}

#[cfg(test)]
mod tests;
