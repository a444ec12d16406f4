//! 64 snapshots. Open while it grows; sealed into one arena per column when it is full.

mod column;
mod loose;
mod open;
mod sealed;

use std::{collections::HashMap, rc::Rc};

pub use self::column::{COLUMNS, Column, Kept, Told, Values, Want};
use self::{loose::LooseRows, open::OpenRows, sealed::SealedRows};
use super::{
    dht::{DhtPeers, DhtTotals},
    pyramid::Summary,
    row::RowIx,
    traffic::Traffic,
};
use crate::{
    intern::Sym,
    snapshot::{Bytes, Dht, Facts, Figures, InTable},
};

/// Snapshots of a full chunk: a seek decodes so many deltas at most, and what is dropped goes in such pieces.
pub const CHUNK_LEN: usize = 64;
/// A chunk that late snapshots made longer than this is split.
const SPLIT_LEN: usize = 2 * CHUNK_LEN;

/// What is kept of a snapshot besides its rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    pub instant_ms: u64,
    pub run: u32,
    /// As told, whatever the run makes of it.
    pub start_ms: u64,
    pub duration_ms: u64,
    pub closed_cut: u64,
    pub figures: Figures,
    pub connections: u32,
    pub peers: u32,
    pub streams: u32,
    /// Nobody recorded between the snapshot before and this one.
    pub after_gap: bool,
    /// The link was lost before this one, whatever the times say.
    pub after_loss: bool,
    /// None: the snapshot tells no DHT.
    pub dht: Option<Box<DhtTotals>>,
}

#[derive(Debug)]
enum Rows {
    Open(OpenRows),
    Sealed(SealedRows),
}

#[derive(Debug)]
pub struct Chunk {
    pub totals: Vec<Totals>,
    /// None while it grows.
    pub summary: Option<Summary>,
    pub traffic: Option<Rc<Traffic>>,
    facts: Vec<Facts>,
    facts_places: HashMap<Facts, u32>,
    facts_bytes: usize,
    rows: Rows,
    dht: DhtPeers,
}

impl Default for Chunk {
    fn default() -> Self {
        Chunk {
            totals: Vec::with_capacity(CHUNK_LEN),
            summary: None,
            traffic: None,
            facts: Vec::new(),
            facts_places: HashMap::new(),
            facts_bytes: 0,
            rows: Rows::Open(OpenRows::default()),
            dht: DhtPeers::default(),
        }
    }
}

impl Chunk {
    pub fn len(&self) -> usize {
        self.totals.len()
    }

    pub fn is_open(&self) -> bool {
        matches!(self.rows, Rows::Open(_))
    }

    pub fn first_ms(&self) -> u64 {
        self.totals.first().map_or(0, |totals| totals.instant_ms)
    }

    pub fn last_ms(&self) -> u64 {
        self.totals.last().map_or(0, |totals| totals.instant_ms)
    }

    pub fn facts(&self, index: u32) -> Option<&Facts> {
        self.facts.get(index as usize)
    }

    /// Where these facts are kept.
    pub fn facts_index(&mut self, facts: &Facts) -> u32 {
        if let Some(place) = self.facts_places.get(facts) {
            return *place;
        }
        let place = self.facts.len() as u32;
        self.facts.push(facts.clone());
        self.facts_places.insert(facts.clone(), place);
        self.facts_bytes += size_of::<Facts>() + facts.tags.len() * size_of::<Sym>();
        place
    }

    /// A snapshot at the end. Its rows follow by [`append`](Self::append); rows that were there and are not appended
    /// are [`absent`](Self::absent).
    pub fn append_snapshot(&mut self, totals: Totals) {
        self.totals.push(totals);
    }

    /// The routing table of the last snapshot.
    pub fn append_dht(&mut self, dht: Option<&Dht>) {
        let at = self.totals.len().saturating_sub(1) as u8;
        let before = self.totals.iter().rev().nth(1).and_then(|totals| totals.dht.as_deref());
        let told = dht.map(|dht| Box::new(DhtTotals::new(dht, before)));
        if let Some(totals) = self.totals.last_mut() {
            totals.dht = told;
            self.dht.append(at, totals.instant_ms, dht);
        }
    }

    /// Who was in the routing table at a snapshot, by bucket.
    pub fn dht_at(&self, at: usize) -> Vec<InTable> {
        self.totals.get(at).map_or(Vec::new(), |totals| self.dht.at(at as u8, totals.instant_ms))
    }

    /// A row of the last snapshot. `place`: where this chunk keeps it, if it is known. Returns that.
    pub fn append(&mut self, row: RowIx, place: Option<u32>, told: &Told<'_>, facts: u32) -> u32 {
        let at = self.totals.len().saturating_sub(1) as u8;
        let Rows::Open(open) = &mut self.rows else { return 0 };
        let place = place.map_or_else(|| open.place_or_new(row), |place| place as usize);
        open.put(place, at, &told.values(facts));
        place as u32
    }

    /// A row that the last snapshot does not tell any more.
    pub fn absent(&mut self, row: RowIx) {
        let at = self.totals.len().saturating_sub(1) as u8;
        if let Rows::Open(open) = &mut self.rows
            && let Some(place) = open.place(row)
        {
            let mut values = *open.last(place);
            values[Column::Status as usize] = 0;
            open.put(place, at, &values);
        }
    }

    /// A snapshot between others, or at the end of a chunk that is not the newest, with all that it tells. `is_newest`: the
    /// chunk is to be appended to. Returns the later half where it grew too long.
    pub fn insert<'a>(
        &mut self,
        at: usize,
        totals: Totals,
        rows: impl Iterator<Item = (RowIx, Told<'a>)>,
        dht: Option<&Dht>,
        is_newest: bool,
    ) -> Option<Chunk> {
        let mut loose = self.loosen();
        let is_last = at >= self.len();
        let neighbour = self.totals.get(at.saturating_sub(1)).and_then(|totals| totals.dht.as_deref());
        let told = dht.map(|dht| Box::new(DhtTotals::new(dht, neighbour)));
        self.dht.insert(at as u8, totals.instant_ms, dht, is_last);
        self.totals.insert(at.min(self.totals.len()), Totals { dht: told, ..totals });
        loose.begin(at as u8, is_last);
        for (row, told) in rows {
            let facts = self.facts_index(told.facts);
            loose.put(at as u8, row, &told.values(facts), is_last);
        }
        let later = (self.len() > SPLIT_LEN).then(|| Chunk {
            totals: self.totals.split_off(CHUNK_LEN),
            summary: None,
            traffic: None,
            facts: self.facts.clone(),
            facts_places: self.facts_places.clone(),
            facts_bytes: self.facts_bytes,
            rows: Rows::Open(loose.split_off().tighten()),
            dht: self.dht.split_off(),
        });
        self.rows = Rows::Open(loose.tighten());
        let has_later = later.is_some();
        if !is_newest || has_later {
            self.seal();
        }
        later.map(|mut later| {
            if !is_newest {
                later.seal();
            }
            later
        })
    }

    fn place(&self, row: RowIx) -> Option<usize> {
        match &self.rows {
            Rows::Open(open) => open.place(row),
            Rows::Sealed(sealed) => sealed.place(row),
        }
    }

    fn row_count(&self) -> usize {
        match &self.rows {
            Rows::Open(open) => open.len(),
            Rows::Sealed(sealed) => sealed.len(),
        }
    }

    fn row(&self, place: usize) -> RowIx {
        match &self.rows {
            Rows::Open(open) => open.row(place),
            Rows::Sealed(sealed) => sealed.row(place),
        }
    }

    fn kept(&self, place: usize, at: u8, want: Want) -> Option<Kept> {
        match &self.rows {
            Rows::Open(open) => Kept::of(&open.values_at(place, at)?),
            Rows::Sealed(sealed) => {
                let mut values = Values::default();
                values[0] = sealed.value(place, Column::Status as usize, at);
                if values[0] == 0 {
                    return None;
                }
                for (column, value) in values.iter_mut().enumerate().skip(1) {
                    if want.has(column) {
                        *value = sealed.value(place, column, at);
                    }
                }
                Kept::of(&values)
            }
        }
    }

    /// The row as the snapshot at `at` tells it; None when it does not.
    pub fn row_at(&self, row: RowIx, at: usize, want: Want) -> Option<Kept> {
        self.kept(self.place(row)?, at as u8, want)
    }

    /// The row kept at a place, likewise.
    pub fn kept_at(&self, place: u32, at: usize, want: Want) -> Option<Kept> {
        self.kept(place as usize, at as u8, want)
    }

    /// The same, and the bytes that an earlier snapshot of this chunk told, if it did.
    pub fn kept_since(
        &self,
        place: u32,
        earlier: usize,
        at: usize,
        want: Want,
    ) -> Option<(Kept, Option<Bytes>)> {
        let (place, earlier, at) = (place as usize, earlier as u8, at as u8);
        let Rows::Sealed(sealed) = &self.rows else {
            let before = self.kept(place, earlier, Want::BYTES);
            return Some((self.kept(place, at, want)?, before.map(|kept| kept.figures.bytes())));
        };
        let mut kept = self.kept(place, at, want.without_bytes())?;
        let bytes = |column| sealed.two_values(place, column as usize, earlier, at);
        let (in_before, in_now) = bytes(Column::BytesIn);
        let (out_before, out_now) = bytes(Column::BytesOut);
        (kept.figures.bytes_in, kept.figures.bytes_out) = (in_now.checked_sub(1), out_now.checked_sub(1));
        let was_told = sealed.value(place, Column::Status as usize, earlier) > 0;
        Some((kept, was_told.then(|| (in_before.checked_sub(1), out_before.checked_sub(1)))))
    }

    /// Every row of the snapshot at `at`, where it is kept, and its status.
    pub fn statuses_at(&self, at: usize) -> impl Iterator<Item = (RowIx, u32, i32)> {
        let at = at as u8;
        (0..self.row_count()).filter_map(move |place| {
            let (row, status) = match &self.rows {
                Rows::Open(open) => (open.row(place), open.status_at(place, at)),
                Rows::Sealed(sealed) => (sealed.row(place), sealed.value(place, Column::Status as usize, at)),
            };
            Some((row, place as u32, status.checked_sub(1)? as u32 as i32))
        })
    }

    /// Every row that is in this chunk at all.
    pub fn row_ids(&self) -> impl Iterator<Item = RowIx> + '_ {
        (0..self.row_count()).map(|place| self.row(place))
    }

    /// A figure of a row at each of the chunk's snapshots that tells it: (ms, value).
    pub fn points(&self, row: RowIx, column: Column, out: &mut Vec<(u64, u64)>) {
        let Some(place) = self.place(row) else { return };
        let column = column as usize;
        match &self.rows {
            Rows::Open(open) => self.steps(open.changes(place, 0), open.changes(place, column), out),
            Rows::Sealed(sealed) => self.steps(sealed.changes(place, 0), sealed.changes(place, column), out),
        }
    }

    /// Each change of a column of the row kept at a place: (snapshot, value + 1 from then on; 0: not told).
    pub fn changes(&self, place: usize, column: Column) -> impl Iterator<Item = (u8, u64)> {
        let column = column as usize;
        let (open, sealed) = match &self.rows {
            Rows::Open(open) => (Some(open.changes(place, column)), None),
            Rows::Sealed(sealed) => (None, Some(sealed.changes(place, column))),
        };
        open.into_iter().flatten().chain(sealed.into_iter().flatten())
    }

    fn steps(
        &self,
        statuses: impl Iterator<Item = (u8, u64)>,
        values: impl Iterator<Item = (u8, u64)>,
        out: &mut Vec<(u64, u64)>,
    ) {
        let (mut statuses, mut values) = (statuses.peekable(), values.peekable());
        let (mut status, mut value) = (0, None);
        for (at, totals) in self.totals.iter().enumerate() {
            while let Some((_, change)) = statuses.next_if(|(change, _)| usize::from(*change) <= at) {
                status = change;
            }
            while let Some((_, change)) = values.next_if(|(change, _)| usize::from(*change) <= at) {
                value = change.checked_sub(1);
            }
            if status > 0 {
                out.extend(value.map(|value| (totals.instant_ms, value)));
            }
        }
    }

    pub fn each_sym(&self, mut visit: impl FnMut(Sym)) {
        for facts in &self.facts {
            facts.each_sym(&mut visit);
        }
        for totals in self.totals.iter().filter_map(|totals| totals.dht.as_deref()) {
            visit(totals.facts.protocol);
        }
        self.dht.each_sym(&mut visit);
        if let Some(traffic) = &self.traffic {
            traffic.each_sym(visit);
        }
    }

    /// Packs the rows; nothing changes but the room they take.
    pub fn seal(&mut self) {
        self.rows = Rows::Sealed(match &self.rows {
            Rows::Open(open) => {
                SealedRows::new((0..open.len()).map(|place| open.row(place)), |place| open.tracks(place))
            }
            Rows::Sealed(_) => return,
        });
        self.facts.shrink_to_fit();
        self.facts_places = HashMap::new();
        self.dht.seal();
    }

    /// Its rows, each column of each by itself; the chunk has none until they are put back.
    fn loosen(&mut self) -> LooseRows {
        if self.facts_places.is_empty() {
            self.facts_places =
                self.facts.iter().enumerate().map(|(place, facts)| (facts.clone(), place as u32)).collect();
        }
        match std::mem::replace(&mut self.rows, Rows::Open(OpenRows::default())) {
            Rows::Open(open) => {
                LooseRows::new((0..open.len()).map(|place| (open.row(place), open.tracks(place))))
            }
            Rows::Sealed(sealed) => {
                LooseRows::new((0..sealed.len()).map(|place| (sealed.row(place), sealed.tracks(place))))
            }
        }
    }

    /// Bytes that it takes, about.
    pub fn memory(&self) -> usize {
        let rows = match &self.rows {
            Rows::Open(open) => open.memory(),
            Rows::Sealed(sealed) => sealed.memory(),
        };
        let places = self.facts_places.len() * (size_of::<Facts>() + 16);
        let traffic = self.traffic.as_ref().map_or(0, |traffic| traffic.memory());
        let dht = self.totals.iter().filter_map(|totals| totals.dht.as_deref()).map(DhtTotals::memory);
        let totals = self.totals.len() * size_of::<Totals>() + dht.sum::<usize>();
        let beside = self.facts_bytes + places + traffic + self.dht.memory();
        size_of::<Chunk>() + totals + rows + beside
    }

    /// About what it will take when it is sealed.
    pub fn packed(&self) -> usize {
        match &self.rows {
            Rows::Open(open) => open.packed() + self.facts_bytes + self.dht.memory(),
            Rows::Sealed(_) => self.memory(),
        }
    }
}
