//! Figures of whole snapshots over time: of each interval between two of them, and of a chunk at once, so that a chart costs its
//! pixels and not its data.

use std::rc::Rc;

use super::{Chunk, History, Totals};
use crate::view::Range;

/// What is known of each snapshot as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Bytes per second from one snapshot to the next; not over gaps, nor from one run to another.
    RateIn,
    RateOut,
    /// From a snapshot to the next; where a gap follows, at its own instant alone.
    Connections,
    Peers,
    Streams,
    /// Peers in the routing table, likewise.
    Table,
    /// Queries per second.
    QueriesIn,
    QueriesOut,
}

pub const SERIES: [Series; 8] = [
    Series::RateIn,
    Series::RateOut,
    Series::Connections,
    Series::Peers,
    Series::Streams,
    Series::Table,
    Series::QueriesIn,
    Series::QueriesOut,
];

/// What a series was over some time. NaN: nothing is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    pub least: f32,
    pub greatest: f32,
    /// Value times ms, and ms: together the mean over time.
    sum: f64,
    millis: f64,
}

impl Default for Extent {
    fn default() -> Self {
        Extent { least: f32::NAN, greatest: f32::NAN, sum: 0.0, millis: 0.0 }
    }
}

impl Extent {
    fn add(&mut self, value: f32, millis: f64) {
        self.merge(&Extent { least: value, greatest: value, sum: f64::from(value) * millis, millis });
    }

    fn merge(&mut self, other: &Extent) {
        // NaN gives way to the other one.
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        self.sum += other.sum;
        self.millis += other.millis;
    }

    /// Over the time that is known.
    pub fn mean(&self) -> Option<f64> {
        (self.millis > 0.0).then(|| self.sum / self.millis)
    }
}

/// A value that holds from one time to another, both in ms since the Unix epoch.
#[derive(Clone, Copy, Debug)]
struct Sample {
    from_ms: u64,
    to_ms: u64,
    value: f32,
}

impl Series {
    fn between(self, before: &Totals, now: &Totals) -> Option<Sample> {
        let (from_ms, to_ms) = (before.instant_ms, now.instant_ms);
        let is_told = before.run == now.run && to_ms > from_ms && !now.after_gap;
        let rate = |before: Option<u64>, now: Option<u64>| {
            let passed = now?.checked_sub(before?).filter(|_| is_told)?;
            Some((passed as f64 * 1000.0 / (to_ms - from_ms) as f64) as f32)
        };
        let value = match self {
            Series::RateIn => rate(before.figures.bytes_in, now.figures.bytes_in)?,
            Series::RateOut => rate(before.figures.bytes_out, now.figures.bytes_out)?,
            Series::QueriesIn => rate(before.queries_in(), now.queries_in())?,
            Series::QueriesOut => rate(before.queries_out(), now.queries_out())?,
            held => {
                let to_ms = if now.after_gap { from_ms } else { to_ms };
                return Some(Sample { from_ms, to_ms, value: held.at(before)? });
            }
        };
        Some(Sample { from_ms, to_ms, value })
    }

    /// A count, at a snapshot. None: not a count.
    fn at(self, totals: &Totals) -> Option<f32> {
        match self {
            Series::RateIn | Series::RateOut | Series::QueriesIn | Series::QueriesOut => None,
            Series::Connections => Some(totals.connections as f32),
            Series::Peers => Some(totals.peers as f32),
            Series::Streams => Some(totals.streams as f32),
            Series::Table => Some(totals.dht.as_deref()?.peers as f32),
        }
    }
}

/// A chunk at once, from the snapshot before it to its last.
#[derive(Debug)]
pub struct Summary([Extent; SERIES.len()]);

impl Summary {
    pub fn of(before: Option<&Totals>, chunk: &Chunk) -> Summary {
        Summary(SERIES.map(|series| {
            let mut extent = Extent::default();
            for sample in samples(series, before, chunk) {
                extent.add(sample.value, (sample.to_ms - sample.from_ms) as f64);
            }
            extent
        }))
    }
}

fn samples<'a>(series: Series, before: Option<&'a Totals>, chunk: &'a Chunk) -> impl Iterator<Item = Sample> {
    let earlier = before.into_iter().chain(&chunk.totals);
    let later = chunk.totals.iter().skip(usize::from(before.is_none()));
    earlier.zip(later).filter_map(move |(before, now)| series.between(before, now))
}

/// A stretch of time in equal steps.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    pub range: Range,
    pub count: usize,
}

impl Columns {
    pub fn millis(&self) -> f64 {
        self.range.to_ms.saturating_sub(self.range.from_ms).max(1) as f64 / self.count.max(1) as f64
    }

    fn place(&self, ms: u64) -> f64 {
        ms.saturating_sub(self.range.from_ms) as f64 / self.millis()
    }

    /// The columns that a stretch of time lies in. None: it lies outside.
    pub fn of(&self, from_ms: u64, to_ms: u64) -> Option<std::ops::Range<usize>> {
        if to_ms < self.range.from_ms || from_ms > self.range.to_ms || self.count == 0 {
            return None;
        }
        let first = (self.place(from_ms) as usize).min(self.count - 1);
        let end = (self.place(to_ms).ceil() as usize).clamp(first + 1, self.count);
        Some(first..end)
    }

    /// The one column that a stretch of time lies in as a whole.
    pub fn only(&self, from_ms: u64, to_ms: u64) -> Option<usize> {
        let is_within = self.range.from_ms <= from_ms && to_ms <= self.range.to_ms;
        self.of(from_ms, to_ms).filter(|columns| is_within && columns.len() == 1).map(|columns| columns.start)
    }

    /// How long a stretch of time lies in a column, in ms.
    pub fn overlap(&self, column: usize, from_ms: u64, to_ms: u64) -> f64 {
        let left = self.range.from_ms as f64 + self.millis() * column as f64;
        let right = (left + self.millis()).min(to_ms as f64);
        (right - left.max(from_ms as f64)).max(0.0)
    }
}

impl History {
    /// A series in the columns of a chart.
    pub fn extents(&self, series: Series, columns: Columns) -> Vec<Extent> {
        let mut extents = vec![Extent::default(); columns.count];
        let mut add = |sample: Sample| {
            for column in columns.of(sample.from_ms, sample.to_ms).into_iter().flatten() {
                extents[column].add(sample.value, columns.overlap(column, sample.from_ms, sample.to_ms));
            }
        };
        let mut whole = Vec::new();
        for (before, chunk) in self.chunks_within(columns.range) {
            let at_once = match (before, &chunk.summary) {
                (Some(before), Some(summary)) => {
                    columns.only(before.instant_ms, chunk.last_ms()).map(|column| (column, summary))
                }
                _ => None,
            };
            match at_once {
                Some((column, summary)) => whole.push((column, summary.0[series as usize])),
                None => samples(series, before, chunk).for_each(&mut add),
            }
        }
        // Nothing says how long the newest count holds.
        let last = self.chunks.back().and_then(|chunk| chunk.totals.last());
        if let Some((last, value)) = last.and_then(|last| Some((last.instant_ms, series.at(last)?))) {
            add(Sample { from_ms: last, to_ms: last, value });
        }
        for (column, extent) in whole {
            extents[column].merge(&extent);
        }
        extents
    }

    /// Chunks that tell of a stretch of time, each with the last snapshot before it, if that is still there.
    pub(super) fn chunks_within(&self, range: Range) -> impl Iterator<Item = (Option<&Totals>, &Chunk)> {
        let first = self.chunks.partition_point(|chunk| chunk.last_ms() < range.from_ms);
        (first..self.chunks.len()).map(move |at| (self.totals_before(at), &self.chunks[at])).take_while(
            move |(before, chunk)| before.map_or(chunk.first_ms(), |before| before.instant_ms) <= range.to_ms,
        )
    }

    /// The last snapshot before a chunk.
    pub(super) fn totals_before(&self, chunk: usize) -> Option<&Totals> {
        self.chunks.get(chunk.checked_sub(1)?)?.totals.last()
    }

    /// Looks anew at a chunk that is full and will not change, and nor will the one before it.
    pub(super) fn summarize(&mut self, chunk: usize) {
        if self.chunks.get(chunk).is_none_or(Chunk::is_open) {
            return;
        }
        let before = self.totals_before(chunk).cloned();
        self.chunks[chunk].summary = Some(Summary::of(before.as_ref(), &self.chunks[chunk]));
        self.chunks[chunk].traffic = Some(Rc::new(self.count_traffic(chunk)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::snapshot::{Figures, Snapshot};

    fn snapshot(instant_ms: u64, bytes: u64) -> Snapshot {
        let total = Figures { bytes_in: Some(bytes), bytes_out: Some(bytes / 3), ..Figures::default() };
        Snapshot { instant_ms, total, start_ms: 1, ..Snapshot::default() }
    }

    /// From all snapshots, one by one.
    fn plain(history: &History, series: Series, columns: Columns) -> Vec<Extent> {
        let mut extents = vec![Extent::default(); columns.count];
        let all: Vec<&Totals> = history.all_totals().collect();
        let pairs = all.windows(2).filter_map(|pair| series.between(pair[0], pair[1]));
        let last = all.last().and_then(|last| {
            Some(Sample { from_ms: last.instant_ms, to_ms: last.instant_ms, value: series.at(last)? })
        });
        for sample in pairs.chain(last) {
            for column in columns.of(sample.from_ms, sample.to_ms).into_iter().flatten() {
                extents[column].add(sample.value, columns.overlap(column, sample.from_ms, sample.to_ms));
            }
        }
        extents
    }

    proptest! {
        #[test]
        fn chunks_at_once_tell_what_their_snapshots_tell(
            steps in prop::collection::vec((1u64..3000, 0u64..5000, prop::bool::weighted(0.02)), 1..400),
            late in prop::collection::vec((any::<prop::sample::Index>(), 1u64..500, any::<bool>()), 0..6),
            (from, length, count) in (0u64..400_000, 1u64..900_000, prop_oneof![1usize..6, 1usize..300]),
            dropped in 0usize..3,
        ) {
            let mut history = History::new(usize::MAX);
            let (mut now, mut bytes) = (1000, 0);
            let mut instants = Vec::new();
            for (step, more, is_lost) in &steps {
                (now, bytes) = (now + step, bytes + more);
                if *is_lost {
                    history.link_lost();
                }
                instants.push(now);
                history.snapshot(&snapshot(now, bytes));
            }
            for (index, after, is_at_edge) in late {
                let place = index.index(instants.len());
                // Between two chunks, or anywhere.
                let at = match instants.get(place | 63) {
                    Some(edge) if is_at_edge => edge + 1,
                    _ => instants[place] + after,
                };
                history.snapshot(&snapshot(at, bytes / 2));
            }
            (0..dropped).for_each(|_| if history.snapshot_count() > 200 { history.drop_chunk() });
            let columns = Columns { range: Range { from_ms: from, to_ms: from + length }, count };
            for series in SERIES {
                let (told, plain) = (history.extents(series, columns), plain(&history, series, columns));
                for (told, plain) in told.iter().zip(&plain) {
                    prop_assert_eq!(told.least.to_bits(), plain.least.to_bits());
                    prop_assert_eq!(told.greatest.to_bits(), plain.greatest.to_bits());
                    prop_assert!((told.millis - plain.millis).abs() < 0.01, "{:?} {:?}", told, plain);
                    prop_assert!((told.sum - plain.sum).abs() <= plain.sum.abs() * 1e-6 + 1.0, "{:?} {:?}", told, plain);
                }
            }
        }
    }

    #[test]
    fn a_spike_shows_whatever_the_width() {
        let mut history = History::new(usize::MAX);
        let bytes = |n: u64| n * 100 + if n > 500 { 1_000_000 } else { 0 };
        (0..1000u64).for_each(|n| _ = history.snapshot(&snapshot(n * 1000 + 1, bytes(n))));
        let range = Range { from_ms: 1, to_ms: 999_001 };
        for count in [1, 7, 100, 1300] {
            let extents = history.extents(Series::RateIn, Columns { range, count });
            assert_eq!(extents.iter().map(|extent| extent.greatest).fold(0.0, f32::max), 1_000_100.0);
            assert!(extents.iter().all(|extent| extent.least == 100.0 || count == 1300));
        }
        let whole = history.extents(Series::RateIn, Columns { range, count: 1 })[0];
        assert!((whole.mean().unwrap_or_default() - (bytes(999) as f64 / 999.0)).abs() < 1.0);
    }
}
