//! How far a recording is read, and how it ended. Figures alone: `shell` puts them into words.

use serde::{Deserialize, Serialize};

/// A recording that is or was read. Bytes are those of the file: packed ones where it is packed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub bytes: u64,
    /// None: whoever sends it does not say.
    pub total: Option<u64>,
    /// Over the last seconds; 0 while it is not known yet.
    pub bytes_per_sec: u64,
    /// None: it is being read.
    pub end: Option<End>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum End {
    Whole,
    /// The user has enough of it.
    Cancelled,
    /// It ends within a frame: so many bytes at its end are none.
    CutOff(u64),
    /// The rest could not be had: why, in a sentence.
    Broken(String),
}

impl Reading {
    /// Nothing more comes.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end.is_some()
    }

    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.end == Some(End::Whole)
    }

    /// Whole percents, 100 only when all is in; None: the total is not known.
    #[must_use]
    pub fn percent(&self) -> Option<u64> {
        if self.is_whole() {
            return Some(100);
        }
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.bytes.saturating_mul(100) / total).min(99))
    }

    /// How long the rest will take at this rate.
    #[must_use]
    pub fn left_ms(&self) -> Option<u64> {
        if self.is_over() || self.bytes_per_sec == 0 {
            return None;
        }
        let left = self.total?.saturating_sub(self.bytes);
        Some(left.saturating_mul(1000) / self.bytes_per_sec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(bytes: u64) -> Reading {
        Reading { bytes, total: Some(1_050_000_000), bytes_per_sec: 100_000_000, end: None }
    }

    #[test]
    fn the_rest_takes_as_long_as_it_would_at_this_rate() {
        assert_eq!(at(430_000_000).left_ms(), Some(6_200));
        assert_eq!(Reading { bytes_per_sec: 0, ..at(1) }.left_ms(), None);
        assert_eq!(Reading { total: None, ..at(1) }.left_ms(), None);
        assert_eq!(Reading { end: Some(End::Cancelled), ..at(1) }.left_ms(), None);
    }

    #[test]
    fn a_hundred_percent_is_the_whole_alone() {
        assert_eq!(at(430_000_000).percent(), Some(40));
        assert_eq!(at(1_050_000_000).percent(), Some(99));
        assert_eq!(Reading { end: Some(End::Whole), ..at(7) }.percent(), Some(100));
        assert_eq!(Reading { total: None, ..at(7) }.percent(), None);
        assert_eq!(Reading { total: Some(0), ..at(0) }.percent(), None);
    }
}
