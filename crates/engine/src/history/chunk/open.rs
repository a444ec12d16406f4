//! The rows of a chunk that grows at its end: for each row what it was told last, and all that was told before, packed.

use rustc_hash::FxHashMap;

use super::{COLUMNS, Column, Values};
use crate::history::{
    row::RowIx,
    track::{Track, put_varint, take_varint, unzigzag, zigzag},
};

#[derive(Debug, Default)]
pub struct OpenRows {
    places: FxHashMap<RowIx, u32>,
    rows: Vec<OpenRow>,
    /// Allocated by the rows' records.
    record_bytes: usize,
}

#[derive(Debug)]
struct OpenRow {
    row: RowIx,
    /// The snapshot that changed it last, and its values since.
    at: u8,
    /// The snapshot that changed its status last.
    status_at: u8,
    values: Values,
    /// One record for each change: which columns, snapshots since the last, and by how much each.
    records: Vec<u8>,
    /// Where the first record of each section but the first begins; 0: it has none. That record tells all anew, so that a seek
    /// reads a section at most.
    sections: [u32; SECTIONS - 1],
}

/// Snapshots of a section: a record that tells all takes about three times the room of one that tells what changed.
const SECTION_LEN: u8 = 8;
/// Of the longest chunk there is.
const SECTIONS: usize = super::SPLIT_LEN.div_ceil(SECTION_LEN as usize) + 1;
/// In a record's columns: it tells all that is not 0, and the number of its snapshot.
const WHOLE: u64 = 1 << COLUMNS.len();

impl OpenRow {
    fn new(row: RowIx) -> Self {
        OpenRow {
            row,
            at: 0,
            status_at: 0,
            values: Values::default(),
            records: Vec::new(),
            sections: [0; SECTIONS - 1],
        }
    }

    /// Its records from the last one on that tells all and is not after `at`.
    fn records_until(&self, at: u8) -> Records<'_> {
        let section = usize::from(at / SECTION_LEN).min(self.sections.len());
        let begins = self.sections[..section].iter().rev().filter(|from| **from > 0);
        begins
            .filter_map(|from| Some(Records::new(self.records.get(*from as usize..)?)))
            .find(|records| records.first_at().is_some_and(|first| first <= at))
            .unwrap_or_else(|| Records::new(&self.records))
    }
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
            self.rows.push(OpenRow::new(row));
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
        let section = usize::from(at / SECTION_LEN);
        let begins = section > usize::from(row.at / SECTION_LEN) && !row.records.is_empty();
        let begin = section.checked_sub(1).filter(|_| begins).and_then(|later| row.sections.get_mut(later));
        if let Some(from) = begin {
            *from = row.records.len() as u32;
            let mask = (0..COLUMNS.len())
                .filter(|column| values[*column] != 0)
                .fold(mask, |mask, column| mask | 1 << column);
            put_record(&mut row.records, mask | WHOLE, at, |column| values[column]);
        } else {
            let was = &row.values;
            put_record(&mut row.records, mask, at - row.at, |column| {
                values[column].wrapping_sub(was[column])
            });
        }
        if mask & 1 << Column::Status as usize != 0 {
            row.status_at = at;
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
        row.records_until(at).take_while(|(told, _, _)| *told <= at).last().map(|(_, values, _)| values)
    }

    /// Its status alone, which seldom changes: 0 where it is not told.
    pub fn status_at(&self, place: usize, at: u8) -> u64 {
        let row = &self.rows[place];
        let status = Column::Status as usize;
        if row.status_at <= at && !row.records.is_empty() {
            return row.values[status];
        }
        self.values_at(place, at).map_or(0, |values| values[status])
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

fn put_record(records: &mut Vec<u8>, mask: u64, step: u8, delta: impl Fn(usize) -> u64) {
    put_varint(records, mask);
    put_varint(records, u64::from(step));
    for column in (0..COLUMNS.len()).filter(|column| mask & 1 << column != 0) {
        put_varint(records, zigzag(delta(column) as i64));
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

    /// The snapshot of the first of them, which tells all.
    fn first_at(&self) -> Option<u8> {
        let mut bytes = self.bytes;
        take_varint(&mut bytes)?;
        take_varint(&mut bytes).map(|at| at as u8)
    }
}

impl Iterator for Records<'_> {
    type Item = (u8, Values, u64);

    fn next(&mut self) -> Option<Self::Item> {
        let mut mask = take_varint(&mut self.bytes)?;
        let step = take_varint(&mut self.bytes)? as u8;
        if mask & WHOLE != 0 {
            mask &= !WHOLE;
            (self.at, self.values) = (step, Values::default());
        } else {
            self.at += step;
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of each snapshot: what the row is in it, if anything changed.
    fn told() -> impl Strategy<Value = Vec<Option<Values>>> {
        let values = prop::collection::vec(prop_oneof![Just(0), 0u64..4, any::<u64>()], COLUMNS.len());
        let values = values.prop_map(|values| std::array::from_fn(|column| values[column]));
        prop::collection::vec(prop::option::weighted(0.4, values), 1..=super::super::SPLIT_LEN)
    }

    proptest! {
        #[test]
        fn a_row_is_read_at_every_snapshot_as_it_was_put(told in told()) {
            let mut rows = OpenRows::default();
            let place = rows.place_or_new(RowIx(7));
            let mut now: Option<Values> = None;
            let mut expected = Vec::new();
            for (at, values) in told.iter().enumerate() {
                if let Some(values) = values {
                    rows.put(place, at as u8, values);
                    // All zeroes is what a row is before anything is told of it.
                    now = Some(*values).filter(|values| now.is_some() || values.iter().any(|value| *value != 0));
                }
                expected.push(now);
            }
            for (at, values) in expected.iter().enumerate() {
                prop_assert_eq!(rows.values_at(place, at as u8), *values, "at {}", at);
                prop_assert_eq!(rows.status_at(place, at as u8), values.map_or(0, |values| values[0]));
            }
            let tracks = rows.tracks(place);
            for (at, values) in expected.iter().enumerate() {
                for (column, track) in tracks.iter().enumerate() {
                    let value = values.map_or(0, |values| values[column]);
                    prop_assert_eq!(track.value_at(at as u8).unwrap_or(0), value);
                }
            }
        }
    }
}
