//! The rows of a full chunk: one arena for each column.

use super::COLUMNS;
use crate::history::{
    row::RowIx,
    track::{Changes, Track, value_at},
};

#[derive(Debug)]
pub struct SealedRows {
    /// In order.
    ids: Vec<RowIx>,
    columns: Box<[Arena; COLUMNS.len()]>,
}

/// A column of all rows: `bytes[starts[i]..starts[i + 1]]` is the track of row i. Without starts none of them has any.
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

impl SealedRows {
    /// `tracks` gives the tracks of the row at a place before sorting.
    pub fn new(rows: impl Iterator<Item = RowIx>, tracks: impl Fn(usize) -> [Track; COLUMNS.len()]) -> Self {
        let mut order: Vec<(RowIx, u32)> = rows.enumerate().map(|(place, row)| (row, place as u32)).collect();
        order.sort_unstable();
        let mut columns = Box::<[Arena; COLUMNS.len()]>::default();
        for arena in columns.iter_mut() {
            arena.starts.reserve_exact(order.len() + 1);
            arena.starts.push(0);
        }
        for (_, place) in &order {
            for (arena, track) in columns.iter_mut().zip(tracks(*place as usize)) {
                arena.bytes.extend_from_slice(track.bytes());
                arena.starts.push(arena.bytes.len() as u32);
            }
        }
        for arena in columns.iter_mut() {
            if arena.bytes.is_empty() {
                arena.starts = Vec::new();
            }
            arena.bytes.shrink_to_fit();
        }
        SealedRows { ids: order.into_iter().map(|(row, _)| row).collect(), columns }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn row(&self, place: usize) -> RowIx {
        self.ids[place]
    }

    pub fn place(&self, row: RowIx) -> Option<usize> {
        self.ids.binary_search(&row).ok()
    }

    /// 0 where nothing was told until then.
    pub fn value(&self, place: usize, column: usize, at: u8) -> u64 {
        value_at(self.columns[column].track(place), at).unwrap_or(0)
    }

    /// The value at two snapshots, the earlier one first.
    pub fn two_values(&self, place: usize, column: usize, earlier: u8, at: u8) -> (u64, u64) {
        let (mut before, mut value) = (0, 0);
        for (told, now) in self.changes(place, column).take_while(|(told, _)| *told <= at) {
            if told <= earlier {
                before = now;
            }
            value = now;
        }
        (before, value)
    }

    pub fn changes(&self, place: usize, column: usize) -> Changes<'_> {
        Changes::new(self.columns[column].track(place))
    }

    pub fn tracks(&self, place: usize) -> [Track; COLUMNS.len()] {
        std::array::from_fn(|column| Track::decode(self.columns[column].track(place)))
    }

    pub fn memory(&self) -> usize {
        let arenas = self.columns.iter().map(|arena| arena.bytes.len() + arena.starts.len() * 4);
        self.ids.len() * size_of::<RowIx>() + arenas.sum::<usize>()
    }
}
