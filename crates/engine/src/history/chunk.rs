//! 64 snapshots. Open while it grows; sealed into one arena per column when it is full.

use std::collections::HashMap;

use super::{
    row::RowIx,
    track::{Changes, Track, value_at},
};
use crate::{
    intern::Sym,
    snapshot::{Facts, Figures},
};

/// Snapshots of a full chunk: a seek decodes so many deltas at most, and what is dropped goes in such pieces.
pub const CHUNK_LEN: usize = 64;
/// A chunk that late snapshots made longer than this is split.
const SPLIT_LEN: usize = 2 * CHUNK_LEN;

/// What a chunk keeps of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Column {
    /// 0: not in the snapshot; else the schema's number + 1.
    Status,
    /// Index into the chunk's facts.
    Facts,
    BytesIn,
    BytesOut,
    PacketsIn,
    PacketsOut,
    NowIn,
    NowOut,
    Latency,
}

pub const COLUMNS: [Column; 9] = [
    Column::Status,
    Column::Facts,
    Column::BytesIn,
    Column::BytesOut,
    Column::PacketsIn,
    Column::PacketsOut,
    Column::NowIn,
    Column::NowOut,
    Column::Latency,
];

/// What is kept of a snapshot besides its rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    pub instant_ms: u64,
    pub run: u32,
    pub figures: Figures,
    pub connections: u32,
    pub peers: u32,
    pub streams: u32,
    /// Nobody recorded between the snapshot before and this one.
    pub after_gap: bool,
    /// The link was lost before this one, whatever the times say.
    pub after_loss: bool,
}

type Tracks = [Track; COLUMNS.len()];

#[derive(Debug)]
enum Rows {
    Open { places: HashMap<RowIx, usize>, rows: Vec<(RowIx, Tracks)> },
    Sealed { ids: Vec<RowIx>, columns: Box<[Arena; COLUMNS.len()]> },
}

/// A column of all rows: `bytes[starts[i]..starts[i + 1]]` is the track of row i.
#[derive(Debug, Default)]
struct Arena {
    starts: Vec<u32>,
    bytes: Vec<u8>,
}

impl Arena {
    fn track(&self, place: usize) -> &[u8] {
        match (self.starts.get(place), self.starts.get(place + 1)) {
            (Some(from), Some(to)) => &self.bytes[*from as usize..*to as usize],
            _ => &[],
        }
    }
}

#[derive(Debug)]
pub struct Chunk {
    pub totals: Vec<Totals>,
    facts: Vec<Facts>,
    facts_places: HashMap<Facts, u32>,
    rows: Rows,
}

/// A row in a snapshot, as it comes in.
pub struct Told<'a> {
    pub status: i32,
    pub facts: &'a Facts,
    pub figures: &'a Figures,
}

/// A row in a snapshot, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    pub status: i32,
    /// Index for [`Chunk::facts`].
    pub facts: u32,
    pub figures: Figures,
}

fn status_value(status: i32) -> u64 {
    u64::from(status as u32) + 1
}

fn some(value: Option<u64>) -> u64 {
    value.map_or(0, |value| value.saturating_add(1))
}

fn told(value: Option<u64>) -> Option<u64> {
    value.and_then(|value| value.checked_sub(1))
}

impl Default for Chunk {
    fn default() -> Self {
        Chunk {
            totals: Vec::with_capacity(CHUNK_LEN),
            facts: Vec::new(),
            facts_places: HashMap::new(),
            rows: Rows::Open { places: HashMap::new(), rows: Vec::new() },
        }
    }
}

impl Chunk {
    pub fn len(&self) -> usize {
        self.totals.len()
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

    /// Begins a snapshot: at the end, or between others when it came late. Rows follow by [`put`](Self::put); those that
    /// are not put are absent.
    pub fn begin(&mut self, at: usize, totals: Totals) {
        self.open();
        let is_last = at >= self.len();
        if !is_last && let Rows::Open { rows, .. } = &mut self.rows {
            for (_, tracks) in rows {
                for (column, track) in COLUMNS.iter().zip(tracks.iter_mut()) {
                    // What is not put is absent here, but was whatever it was after.
                    let absent = (*column == Column::Status && !track.is_empty()).then_some(0);
                    track.insert(at as u8, absent, is_last);
                }
            }
        }
        self.totals.insert(at.min(self.totals.len()), totals);
    }

    /// A row of the snapshot at `at`, which was begun.
    pub fn put(&mut self, at: usize, row: RowIx, told: &Told<'_>) {
        self.open();
        let is_last = at + 1 >= self.len();
        let facts = match self.facts_places.get(told.facts) {
            Some(place) => *place,
            None => {
                let place = self.facts.len() as u32;
                self.facts.push(told.facts.clone());
                self.facts_places.insert(told.facts.clone(), place);
                place
            }
        };
        let Rows::Open { places, rows } = &mut self.rows else { return };
        let known = rows.len();
        let place = *places.entry(row).or_insert_with(|| {
            rows.push((row, Tracks::default()));
            known
        });
        let tracks = &mut rows[place].1;
        let figures = told.figures;
        let values = [
            status_value(told.status),
            u64::from(facts),
            some(figures.bytes_in),
            some(figures.bytes_out),
            some(figures.packets_in),
            some(figures.packets_out),
            some(figures.now_in),
            some(figures.now_out),
            some(figures.latency_ns),
        ];
        for (track, value) in tracks.iter_mut().zip(values) {
            if is_last {
                track.push(at as u8, value);
            } else {
                track.replace(at as u8, value, true);
            }
        }
        if place == known && !is_last {
            // No later snapshot of this chunk tells it.
            tracks[Column::Status as usize].push(at as u8 + 1, 0);
        }
    }

    /// A row that the snapshot at the end does not tell any more.
    pub fn absent(&mut self, at: usize, row: RowIx) {
        if let Rows::Open { places, rows } = &mut self.rows
            && let Some(place) = places.get(&row)
        {
            rows[*place].1[Column::Status as usize].push(at as u8, 0);
        }
    }

    fn place(&self, row: RowIx) -> Option<usize> {
        match &self.rows {
            Rows::Open { places, .. } => places.get(&row).copied(),
            Rows::Sealed { ids, .. } => ids.binary_search(&row).ok(),
        }
    }

    fn row_count(&self) -> usize {
        match &self.rows {
            Rows::Open { rows, .. } => rows.len(),
            Rows::Sealed { ids, .. } => ids.len(),
        }
    }

    fn value(&self, place: usize, column: Column, at: u8) -> Option<u64> {
        match &self.rows {
            Rows::Open { rows, .. } => rows[place].1[column as usize].value_at(at),
            Rows::Sealed { columns, .. } => value_at(columns[column as usize].track(place), at),
        }
    }

    fn changes(&self, place: usize, column: Column) -> Changes<'_> {
        Changes::new(match &self.rows {
            Rows::Open { rows, .. } => rows[place].1[column as usize].bytes(),
            Rows::Sealed { columns, .. } => columns[column as usize].track(place),
        })
    }

    fn kept(&self, place: usize, at: u8) -> Option<Kept> {
        let status = told(self.value(place, Column::Status, at))? as u32 as i32;
        let figure = |column| told(self.value(place, column, at));
        Some(Kept {
            status,
            facts: self.value(place, Column::Facts, at)? as u32,
            figures: Figures {
                bytes_in: figure(Column::BytesIn),
                bytes_out: figure(Column::BytesOut),
                packets_in: figure(Column::PacketsIn),
                packets_out: figure(Column::PacketsOut),
                now_in: figure(Column::NowIn),
                now_out: figure(Column::NowOut),
                latency_ns: figure(Column::Latency),
            },
        })
    }

    /// The row as the snapshot at `at` tells it; None when it does not.
    pub fn row_at(&self, row: RowIx, at: usize) -> Option<Kept> {
        self.kept(self.place(row)?, at as u8)
    }

    /// Every row of the snapshot at `at`.
    pub fn rows_at(&self, at: usize) -> impl Iterator<Item = (RowIx, Kept)> + '_ {
        (0..self.row_count()).filter_map(move |place| {
            let row = match &self.rows {
                Rows::Open { rows, .. } => rows[place].0,
                Rows::Sealed { ids, .. } => ids[place],
            };
            self.kept(place, at as u8).map(|kept| (row, kept))
        })
    }

    /// Every row that is in this chunk at all.
    pub fn row_ids(&self) -> impl Iterator<Item = RowIx> + '_ {
        (0..self.row_count()).map(|place| match &self.rows {
            Rows::Open { rows, .. } => rows[place].0,
            Rows::Sealed { ids, .. } => ids[place],
        })
    }

    /// A figure of a row at each of the chunk's snapshots that tells it: (ms, value).
    pub fn points(&self, row: RowIx, column: Column, out: &mut Vec<(u64, u64)>) {
        let Some(place) = self.place(row) else { return };
        let mut statuses = self.changes(place, Column::Status).peekable();
        let mut values = self.changes(place, column).peekable();
        let (mut status, mut value) = (0, None);
        for (at, totals) in self.totals.iter().enumerate() {
            while let Some((_, change)) = statuses.next_if(|(change, _)| usize::from(*change) <= at) {
                status = change;
            }
            while let Some((_, change)) = values.next_if(|(change, _)| usize::from(*change) <= at) {
                value = told(Some(change));
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
    }

    /// Packs the rows; nothing changes but the room they take.
    pub fn seal(&mut self) {
        let Rows::Open { rows, .. } = &mut self.rows else { return };
        let mut rows = std::mem::take(rows);
        rows.sort_unstable_by_key(|(row, _)| *row);
        let mut columns = Box::<[Arena; COLUMNS.len()]>::default();
        for (column, arena) in columns.iter_mut().enumerate() {
            arena.starts.reserve_exact(rows.len() + 1);
            arena.starts.push(0);
            for (_, tracks) in &rows {
                arena.bytes.extend_from_slice(tracks[column].bytes());
                arena.starts.push(arena.bytes.len() as u32);
            }
            arena.bytes.shrink_to_fit();
        }
        self.facts.shrink_to_fit();
        self.facts_places = HashMap::new();
        self.rows = Rows::Sealed { ids: rows.into_iter().map(|(row, _)| row).collect(), columns };
    }

    fn open(&mut self) {
        let Rows::Sealed { ids, columns } = &self.rows else { return };
        let rows: Vec<(RowIx, Tracks)> = ids
            .iter()
            .enumerate()
            .map(|(place, row)| {
                (*row, std::array::from_fn(|column| Track::decode(columns[column].track(place))))
            })
            .collect();
        self.facts_places =
            self.facts.iter().enumerate().map(|(place, facts)| (facts.clone(), place as u32)).collect();
        let places = rows.iter().enumerate().map(|(place, (row, _))| (*row, place)).collect();
        self.rows = Rows::Open { places, rows };
    }

    /// The later half, when late snapshots made it too long.
    pub fn split(&mut self) -> Option<Chunk> {
        if self.len() <= SPLIT_LEN {
            return None;
        }
        self.open();
        let mut right = Chunk {
            totals: self.totals.split_off(CHUNK_LEN),
            facts: self.facts.clone(),
            facts_places: self.facts_places.clone(),
            ..Chunk::default()
        };
        let Rows::Open { places, rows } = &mut self.rows else { return None };
        let mut later = Vec::new();
        for (row, tracks) in rows.iter_mut() {
            let split: Tracks = std::array::from_fn(|column| tracks[column].split_off(CHUNK_LEN as u8));
            if !split[Column::Status as usize].is_empty() {
                later.push((*row, split));
            }
        }
        rows.retain(|(_, tracks)| !tracks[Column::Status as usize].is_empty());
        *places = rows.iter().enumerate().map(|(place, (row, _))| (*row, place)).collect();
        let places = later.iter().enumerate().map(|(place, (row, _))| (*row, place)).collect();
        right.rows = Rows::Open { places, rows: later };
        Some(right)
    }

    /// Bytes that it takes, about.
    pub fn memory(&self) -> usize {
        let facts = self.facts.iter().map(|facts| size_of::<Facts>() + facts.tags.len() * size_of::<Sym>());
        let rows = match &self.rows {
            Rows::Open { rows, .. } => {
                let bytes: usize =
                    rows.iter().flat_map(|(_, tracks)| tracks.iter().map(Track::capacity)).sum();
                rows.len() * (size_of::<(RowIx, Tracks)>() + 32) + bytes
            }
            Rows::Sealed { ids, columns } => {
                let arenas = columns.iter().map(|arena| arena.bytes.len() + arena.starts.len() * 4);
                ids.len() * size_of::<RowIx>() + arenas.sum::<usize>()
            }
        };
        let places = self.facts_places.len() * (size_of::<Facts>() + 16);
        size_of::<Chunk>() + self.totals.len() * size_of::<Totals>() + facts.sum::<usize>() + places + rows
    }
}
