//! The rows of a chunk that grows at its end: for each row what it was told last, and all that was told before, packed.

use std::collections::HashMap;

use super::{COLUMNS, Values};
use crate::history::{
    row::RowIx,
    track::{Track, put_varint, take_varint, unzigzag, zigzag},
};

#[derive(Debug, Default)]
pub struct OpenRows {
    places: HashMap<RowIx, u32>,
    rows: Vec<OpenRow>,
    /// Allocated by the rows' records.
    record_bytes: usize,
}

#[derive(Debug)]
struct OpenRow {
    row: RowIx,
    /// The snapshot that changed it last, and its values since.
    at: u8,
    values: Values,
    /// One record for each change: snapshots since the last, which columns, and by how much each.
    records: Vec<u8>,
}

impl OpenRows {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn row(&self, place: usize) -> RowIx {
        self.rows[place].row
    }

    pub fn place(&self, row: RowIx) -> Option<usize> {
        self.places.get(&row).map(|place| *place as usize)
    }

    /// Where this row is or will be.
    pub fn place_or_new(&mut self, row: RowIx) -> usize {
        let next = self.rows.len() as u32;
        let place = *self.places.entry(row).or_insert(next);
        if place == next {
            self.rows.push(OpenRow { row, at: 0, values: Values::default(), records: Vec::new() });
        }
        place as usize
    }

    /// What the row is from the snapshot `at` on, which is not before any other.
    pub fn put(&mut self, place: usize, at: u8, values: &Values) {
        let row = &mut self.rows[place];
        let changed = |column: usize| row.values[column] != values[column];
        let mask = (0..COLUMNS.len())
            .filter(|column| changed(*column))
            .fold(0u64, |mask, column| mask | 1 << column);
        if mask == 0 {
            return;
        }
        let before = row.records.capacity();
        put_varint(&mut row.records, u64::from(at - row.at));
        put_varint(&mut row.records, mask);
        for column in (0..COLUMNS.len()).filter(|column| mask & 1 << column != 0) {
            let delta = values[column].wrapping_sub(row.values[column]) as i64;
            put_varint(&mut row.records, zigzag(delta));
        }
        row.at = at;
        row.values = *values;
        self.record_bytes += row.records.capacity() - before;
    }

    /// The row as told last.
    pub fn last(&self, place: usize) -> &Values {
        &self.rows[place].values
    }

    /// None: nothing of it was told until then.
    pub fn values_at(&self, place: usize, at: u8) -> Option<Values> {
        let row = &self.rows[place];
        if row.at <= at && !row.records.is_empty() {
            return Some(row.values);
        }
        Records::new(&row.records).take_while(|(told, _, _)| *told <= at).last().map(|(_, values, _)| values)
    }

    /// Each change of a column: (snapshot, value from then on).
    pub fn changes(&self, place: usize, column: usize) -> impl Iterator<Item = (u8, u64)> + '_ {
        Records::new(&self.rows[place].records)
            .filter(move |(_, _, mask)| mask & 1 << column != 0)
            .map(move |(at, values, _)| (at, values[column]))
    }

    /// Every row with a track for each column.
    pub fn tracks(&self, place: usize) -> [Track; COLUMNS.len()] {
        let mut tracks: [Track; COLUMNS.len()] = Default::default();
        for (at, values, mask) in Records::new(&self.rows[place].records) {
            for column in (0..COLUMNS.len()).filter(|column| mask & 1 << column != 0) {
                tracks[column].push(at, values[column]);
            }
        }
        tracks
    }

    pub fn memory(&self) -> usize {
        self.rows.capacity() * size_of::<OpenRow>() + self.places.capacity() * 12 + self.record_bytes
    }

    /// About what it will take when it is sealed.
    pub fn packed(&self) -> usize {
        self.record_bytes
    }
}

/// (snapshot, all values from then on, which of them changed).
struct Records<'a> {
    bytes: &'a [u8],
    at: u8,
    values: Values,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Records { bytes, at: 0, values: Values::default() }
    }
}

impl Iterator for Records<'_> {
    type Item = (u8, Values, u64);

    fn next(&mut self) -> Option<Self::Item> {
        self.at += take_varint(&mut self.bytes)? as u8;
        let mask = take_varint(&mut self.bytes)?;
        let mut rest = mask;
        while rest != 0 {
            let delta = unzigzag(take_varint(&mut self.bytes)?) as u64;
            let value = self.values.get_mut(rest.trailing_zeros() as usize)?;
            *value = value.wrapping_add(delta);
            rest &= rest - 1;
        }
        Some((self.at, self.values, mask))
    }
}
