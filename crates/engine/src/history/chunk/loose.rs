//! The rows of a chunk into which a late snapshot is put: each column of each row by itself.

use std::collections::HashMap;

use super::{CHUNK_LEN, COLUMNS, Column, Values, open::OpenRows};
use crate::history::{row::RowIx, track::Track};

type Tracks = [Track; COLUMNS.len()];

#[derive(Debug, Default)]
pub struct LooseRows {
    places: HashMap<RowIx, usize>,
    rows: Vec<(RowIx, Tracks)>,
}

impl LooseRows {
    pub fn new(rows: impl Iterator<Item = (RowIx, Tracks)>) -> Self {
        let mut rows: Vec<(RowIx, Tracks)> = rows.collect();
        for (_, tracks) in &mut rows {
            let first = tracks[Column::Status as usize].first_at().unwrap_or(0);
            for track in tracks.iter_mut() {
                // What was not told is 0; said here, so that a late value has something to go back to.
                track.begin(first, 0);
            }
        }
        Self::of(rows)
    }

    fn of(rows: Vec<(RowIx, Tracks)>) -> Self {
        let places = rows.iter().enumerate().map(|(place, (row, _))| (*row, place)).collect();
        LooseRows { places, rows }
    }

    /// Makes room for a snapshot at `at`, in which no row is told yet. `is_last`: none follows.
    pub fn begin(&mut self, at: u8, is_last: bool) {
        for (_, tracks) in &mut self.rows {
            for (column, track) in COLUMNS.iter().zip(tracks.iter_mut()) {
                // What is not put is absent here, but was whatever it was after.
                let absent = (*column == Column::Status && !track.is_empty()).then_some(0);
                track.insert(at, absent, is_last);
            }
        }
    }

    /// Tells a row of the snapshot at `at`.
    pub fn put(&mut self, at: u8, row: RowIx, values: &Values, is_last: bool) {
        let known = self.rows.len();
        let place = *self.places.entry(row).or_insert(known);
        if place == known {
            self.rows.push((row, Tracks::default()));
        }
        let tracks = &mut self.rows[place].1;
        for (track, value) in tracks.iter_mut().zip(values) {
            if is_last {
                track.push(at, *value);
            } else {
                track.replace(at, *value, true);
            }
        }
        if place == known && !is_last {
            // No later snapshot of this chunk tells it.
            tracks[Column::Status as usize].push(at + 1, 0);
        }
    }

    /// The rows of the later half.
    pub fn split_off(&mut self) -> LooseRows {
        let mut later = Vec::new();
        for (row, tracks) in &mut self.rows {
            let split: Tracks = std::array::from_fn(|column| tracks[column].split_off(CHUNK_LEN as u8));
            if !split[Column::Status as usize].is_empty() {
                later.push((*row, split));
            }
        }
        let mut rows = std::mem::take(&mut self.rows);
        rows.retain(|(_, tracks)| !tracks[Column::Status as usize].is_empty());
        *self = Self::of(rows);
        Self::of(later)
    }

    /// Packed so that more can follow.
    pub fn tighten(&self) -> OpenRows {
        let mut open = OpenRows::default();
        for (row, tracks) in &self.rows {
            let place = open.place_or_new(*row);
            let mut ats: Vec<u8> =
                tracks.iter().flat_map(|track| track.changes().map(|(at, _)| at)).collect();
            ats.sort_unstable();
            ats.dedup();
            for at in ats {
                open.put(place, at, &std::array::from_fn(|column| tracks[column].value_at(at).unwrap_or(0)));
            }
        }
        open
    }
}
