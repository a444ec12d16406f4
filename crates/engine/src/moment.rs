//! The node at one time: every row of a snapshot decoded, with rates from the snapshots before it.

use crate::{
    frame::{self, Direction, Flow, RATE_WINDOW_MS, Status},
    history::{Column, History, Place, Row, RowIx, Want},
    snapshot::{Bytes, Facts, Figures, status},
    view::{Cursor, Range},
    words,
};

/// What ended so long before the cursor still shows when no range is set: 5 min.
const ENDED_WINDOW_MS: u64 = 5 * 60_000;

/// The figures that screens show.
#[derive(Clone, Copy, Debug)]
pub struct Brief {
    pub bytes_in: Option<u64>,
    pub bytes_out: Option<u64>,
    pub latency_ns: Option<u64>,
}

impl From<Figures> for Brief {
    fn from(figures: Figures) -> Brief {
        let Figures { bytes_in, bytes_out, latency_ns, .. } = figures;
        Brief { bytes_in, bytes_out, latency_ns }
    }
}

/// A row at the cursor.
#[derive(Clone, Debug)]
pub struct At {
    pub row: RowIx,
    pub is_open: bool,
    pub status: Status,
    /// Index into the chunk's facts; None: the row's newest.
    facts: Option<u32>,
    pub figures: Brief,
    /// Bytes in and out at the snapshot that rates are measured from, if that tells it.
    before: Option<Bytes>,
    pub rate_in: Option<f64>,
    pub rate_out: Option<f64>,
}

impl At {
    /// A row as it was told last, for one that the cursor does not show.
    pub fn last_told(history: &History, row: RowIx) -> Option<At> {
        let whole = history.rows.get(row)?;
        Some(At {
            row,
            is_open: false,
            status: if status::is_open(whole.status) { Status::Closed } else { status_of(whole.status) },
            facts: None,
            figures: whole.figures.into(),
            before: None,
            rate_in: None,
            rate_out: None,
        })
    }
}

/// A stream at the cursor. Its figures are read by [`Moment::stream`]: there are many, and few are shown.
#[derive(Clone, Copy, Debug)]
pub struct StreamAt {
    pub row: RowIx,
    pub connection: RowIx,
    pub is_open: bool,
    /// Where the cursor's chunk keeps the row; None: the cursor does not show it.
    kept: Option<u32>,
}

/// What the view's cursor and range mean in this history.
#[derive(Debug)]
pub struct Moment {
    pub place: Option<Place>,
    /// The time looked at: a snapshot's instant, or the history's end.
    pub at_ms: u64,
    pub run: u32,
    pub ended_within: Range,
    /// Open ones, and those that ended within the window; ordered by row.
    pub connections: Vec<At>,
    /// Likewise, ordered by connection, then row.
    pub streams: Vec<StreamAt>,
    pub rate_in: Option<f64>,
    pub rate_out: Option<f64>,
    pub open_streams: u32,
    stretch: Option<Stretch>,
}

/// The snapshot to show, and the one that rates are measured from, with its time.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    place: Place,
    instant_ms: u64,
    base: Option<(Place, u64)>,
}

impl Moment {
    pub fn new(history: &History, cursor: Cursor, range: Option<Range>) -> Moment {
        let place = match cursor {
            Cursor::Live => history.place_at(u64::MAX),
            Cursor::At(ms) => history.place_at(ms),
        };
        let instant =
            place.and_then(|place| history.totals_at(place)).map(|totals| (totals.instant_ms, totals.run));
        let at_ms = match (cursor, instant) {
            (Cursor::At(ms), _) => ms,
            (Cursor::Live, Some((instant, _))) => instant,
            (Cursor::Live, None) => history.events.last_ms().unwrap_or(0),
        };
        let ended_within =
            range.unwrap_or(Range { from_ms: at_ms.saturating_sub(ENDED_WINDOW_MS), to_ms: at_ms });
        let mut moment = Moment {
            place,
            at_ms,
            run: instant.map_or(0, |(_, run)| run),
            ended_within,
            connections: Vec::new(),
            streams: Vec::new(),
            rate_in: None,
            rate_out: None,
            open_streams: 0,
            stretch: None,
        };
        if let (Some(place), Some((instant_ms, run))) = (place, instant) {
            let base = base(history, place, instant_ms, run);
            let stretch = Stretch { place, instant_ms, base };
            moment.stretch = Some(stretch);
            moment.take_open(history, &stretch);
            moment.take_totals(history, &stretch);
        }
        moment.take_ended(history);
        moment.connections.sort_unstable_by_key(|at| at.row);
        // Mostly in order already: an order that uses that.
        moment.streams.sort_by_key(|at| (at.connection, at.row));
        moment
    }

    fn take_open(&mut self, history: &History, stretch: &Stretch) {
        let Some(chunk) = history.chunk_at(stretch.place) else { return };
        for (row, kept, number) in chunk.statuses_at(stretch.place.at) {
            if !status::is_open(number) {
                continue;
            }
            let Some(whole) = history.rows.get(row) else { continue };
            match whole.parent {
                None => self.connections.extend(open_row(history, stretch, (row, kept), Want::CONNECTION)),
                Some(connection) => {
                    self.streams.push(StreamAt { row, connection, is_open: true, kept: Some(kept) });
                }
            }
        }
        self.open_streams = self.streams.len() as u32;
    }

    fn take_totals(&mut self, history: &History, stretch: &Stretch) {
        let Some(now) = history.totals_at(stretch.place) else { return };
        let base = stretch.base.and_then(|(place, _)| history.totals_at(place));
        let rate =
            |now_bytes: Option<u64>, base_bytes: Option<Option<u64>>, told: Option<u64>| match base_bytes {
                Some(base_bytes) => {
                    let elapsed = stretch.base.map_or(0, |(_, ms)| stretch.instant_ms.saturating_sub(ms));
                    per_second(base_bytes?, now_bytes?, elapsed)
                }
                None => told.map(|told| told as f64),
            };
        self.rate_in = rate(now.figures.bytes_in, base.map(|b| b.figures.bytes_in), now.figures.now_in);
        self.rate_out = rate(now.figures.bytes_out, base.map(|b| b.figures.bytes_out), now.figures.now_out);
    }

    fn take_ended(&mut self, history: &History) {
        let Range { from_ms, to_ms } = self.ended_within;
        for (row, whole) in history.rows.ended_within(from_ms, to_ms) {
            if self.is_open(history, row) {
                continue;
            }
            match whole.parent {
                None => self.connections.extend(At::last_told(history, row)),
                Some(connection) => {
                    self.streams.push(StreamAt { row, connection, is_open: false, kept: None });
                }
            }
        }
    }

    fn is_open(&self, history: &History, row: RowIx) -> bool {
        let kept = self.place.and_then(|place| history.chunk_at(place)?.row_at(row, place.at, Want::STATUS));
        kept.is_some_and(|kept| status::is_open(kept.status))
    }

    pub fn facts<'a>(&self, history: &'a History, at: &At) -> Option<&'a Facts> {
        let of_snapshot = at.facts.and_then(|facts| history.chunk_at(self.place?)?.facts(facts));
        of_snapshot.or_else(|| history.rows.get(at.row).map(|row| &row.facts))
    }

    /// Rows that ended since the snapshot that rates are measured from, whatever the range is.
    pub fn ended_in_window(&self, history: &History) -> Vec<At> {
        let Some((base, base_ms)) = self.base() else { return Vec::new() };
        let ended = history.rows.ended_within(base_ms.saturating_add(1), self.at_ms);
        let run = |(_, row): &(RowIx, &Row)| row.run == self.run;
        ended
            .filter(run)
            .filter(|(row, _)| !self.is_open(history, *row))
            .filter_map(|(row, _)| {
                Some(At { before: bytes_at(history, base, row), ..At::last_told(history, row)? })
            })
            .collect()
    }

    /// Bytes per second that a row moved over the whole window, whether it lived through it or not: sums of these are
    /// right also where most streams are short.
    pub fn window_rates(&self, history: &History, at: &At) -> (Option<f64>, Option<f64>) {
        let (Some((_, base_ms)), Some(row)) = (self.base(), history.rows.get(at.row)) else {
            return (at.rate_in, at.rate_out);
        };
        if row.end.is_some_and(|end| end.at_ms <= base_ms) || row.begin_ms() > self.at_ms {
            return (None, None);
        }
        let elapsed = self.at_ms.saturating_sub(base_ms);
        let began =
            if row.begin_ms() >= base_ms && !row.from_start { Some((Some(0), Some(0))) } else { None };
        let Some((bytes_in, bytes_out)) = at.before.or(began) else {
            return (at.rate_in, at.rate_out);
        };
        let rate = |base: Option<u64>, now: Option<u64>| per_second(base?, now?, elapsed);
        (rate(bytes_in, at.figures.bytes_in), rate(bytes_out, at.figures.bytes_out))
    }

    /// The snapshot that rates are measured from, and its time.
    pub fn base(&self) -> Option<(Place, u64)> {
        self.stretch?.base
    }

    pub fn streams_of(&self, connection: RowIx) -> &[StreamAt] {
        let from = self.streams.partition_point(|at| at.connection < connection);
        let len = self.streams[from..].partition_point(|at| at.connection == connection);
        &self.streams[from..from + len]
    }

    /// Packets of a row, in and out: few sources count them, and few rows are shown with them.
    pub fn packets(&self, history: &History, at: &At) -> (Option<u64>, Option<u64>) {
        let shown = || {
            let place = self.place.filter(|_| at.is_open)?;
            Some(history.chunk_at(place)?.row_at(at.row, place.at, Want::PACKETS)?.figures)
        };
        let figures = shown().or_else(|| history.rows.get(at.row).map(|row| row.figures));
        figures.map_or((None, None), |figures| (figures.packets_in, figures.packets_out))
    }

    /// A stream with its figures.
    pub fn stream(&self, history: &History, stream: &StreamAt) -> Option<At> {
        match (stream.kept, &self.stretch) {
            (Some(kept), Some(stretch)) => open_row(history, stretch, (stream.row, kept), Want::STREAM),
            _ => At::last_told(history, stream.row),
        }
    }

    pub fn stream_facts<'a>(&self, history: &'a History, stream: &StreamAt) -> Option<&'a Facts> {
        let shown = stream.kept.and_then(|kept| {
            let (chunk, at) = self.place.and_then(|place| Some((history.chunk_at(place)?, place.at)))?;
            chunk.facts(chunk.kept_at(kept, at, Want::FACTS)?.facts)
        });
        shown.or_else(|| history.rows.get(stream.row).map(|row| &row.facts))
    }

    pub fn find_connection(&self, row: RowIx) -> Option<&At> {
        let place = self.connections.binary_search_by_key(&row, |at| at.row).ok()?;
        self.connections.get(place)
    }

    pub fn find(&self, history: &History, row: RowIx) -> Option<At> {
        match self.find_connection(row) {
            Some(connection) => Some(connection.clone()),
            None => {
                let parent = history.rows.get(row)?.parent?;
                let stream = self.streams_of(parent).iter().find(|at| at.row == row)?;
                self.stream(history, stream)
            }
        }
    }
}

/// A row that the cursor shows, kept at a place of its chunk.
fn open_row(history: &History, stretch: &Stretch, (row, kept): (RowIx, u32), want: Want) -> Option<At> {
    let Stretch { place, base, .. } = *stretch;
    let (chunk, whole) = (history.chunk_at(place)?, history.rows.get(row)?);
    let (kept, before) = match base {
        // The node's own rates stand in only where there is nothing to compare with.
        None => (chunk.kept_at(kept, place.at, want.and_rates())?, None),
        Some((base, _)) if base.chunk == place.chunk => chunk.kept_since(kept, base.at, place.at, want)?,
        Some((base, _)) => (chunk.kept_at(kept, place.at, want)?, bytes_at(history, base, row)),
    };
    let (rate_in, rate_out) = rates(history, stretch, row, whole, &kept.figures, before);
    Some(At {
        row,
        is_open: true,
        status: status_of(kept.status),
        facts: Some(kept.facts),
        figures: kept.figures.into(),
        before,
        rate_in,
        rate_out,
    })
}

/// The snapshot 10 s back in the same run, or the run's first.
fn base(history: &History, place: Place, instant_ms: u64, run: u32) -> Option<(Place, u64)> {
    let wanted = history.place_at(instant_ms.saturating_sub(RATE_WINDOW_MS));
    let mut at = wanted.unwrap_or(Place { chunk: 0, at: 0 });
    while at < place {
        let totals = history.totals_at(at)?;
        if totals.run == run {
            return Some((at, totals.instant_ms));
        }
        at = history.after(at)?;
    }
    None
}

fn rates(
    history: &History,
    stretch: &Stretch,
    row: RowIx,
    whole: &Row,
    now: &Figures,
    before: Option<Bytes>,
) -> (Option<f64>, Option<f64>) {
    let told = |now: &Figures| (now.now_in.map(|n| n as f64), now.now_out.map(|n| n as f64));
    let Some((_, base_ms)) = stretch.base else { return told(now) };
    let both = |figures: (Option<u64>, Option<u64>), since: u64| {
        let elapsed = stretch.instant_ms.saturating_sub(since);
        let rate = |base: Option<u64>, now: Option<u64>| per_second(base?, now?, elapsed);
        (rate(figures.0, now.bytes_in), rate(figures.1, now.bytes_out))
    };
    if let Some(before) = before {
        return both(before, base_ms);
    }
    // Younger than the window: its own bytes began at 0 when it was opened.
    let own = whole.parent.is_some() || !history.seen.shared_traffic;
    if own && whole.facts.open_ms > base_ms && whole.facts.open_ms < stretch.instant_ms && !whole.from_start {
        return both((Some(0), Some(0)), whole.facts.open_ms);
    }
    let first = |column| {
        let points = history.points(row, column, base_ms, stretch.instant_ms);
        let first = points.iter().find(|(ms, _)| *ms >= base_ms).copied()?;
        Some(first).filter(|(ms, _)| *ms < stretch.instant_ms)
    };
    match (first(Column::BytesIn), first(Column::BytesOut)) {
        (Some((ms, bytes_in)), bytes_out) => both((Some(bytes_in), bytes_out.map(|(_, value)| value)), ms),
        // Its first snapshot: what the node measured.
        _ => {
            let want = Want::BYTES.and_rates();
            let kept =
                (history.chunk_at(stretch.place)).and_then(|chunk| chunk.row_at(row, stretch.place.at, want));
            kept.map_or((None, None), |kept| told(&kept.figures))
        }
    }
}

fn bytes_at(history: &History, place: Place, row: RowIx) -> Option<Bytes> {
    let kept = history.chunk_at(place)?.row_at(row, place.at, Want::BYTES)?;
    Some(kept.figures.bytes())
}

fn per_second(base: u64, now: u64, elapsed_ms: u64) -> Option<f64> {
    (elapsed_ms > 0).then_some(())?;
    Some(now.checked_sub(base)? as f64 * 1000.0 / elapsed_ms as f64)
}

pub fn status_of(number: i32) -> Status {
    match number {
        status::ACTIVE => Status::Active,
        status::CLOSED => Status::Closed,
        status::OPENING => Status::Opening,
        status::CLOSING => Status::Closing,
        status::ERROR => Status::Error,
        other => Status::Unknown(other),
    }
}

pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Opening => "opening",
        Status::Active => "active",
        Status::Closing => "closing",
        Status::Closed => "closed",
        Status::Error => "error",
        Status::Unknown(_) => "unknown",
    }
}

pub fn direction_of(role: i32) -> Direction {
    match role {
        0 => Direction::Out,
        1 => Direction::In,
        other => Direction::Unknown(other),
    }
}

/// How a row ended, in words.
pub fn end_of(history: &History, row: &Row) -> Option<frame::End> {
    let end = row.end?;
    let told = history.interner.told(row.facts.cause).map(|cause| words::cause(&cause));
    let is_error = row.status == status::ERROR;
    let (cause, error) = told.map_or((None, false), |(words, error)| (Some(words), error));
    Some(frame::End { at_ms: end.at_ms, inferred: end.inferred, cause, error: error || is_error })
}

/// Figures of a row that has traffic of its own, without sparklines.
pub fn flow_of(at: &At) -> Flow {
    Flow {
        rate_in: at.rate_in,
        rate_out: at.rate_out,
        total_in: at.figures.bytes_in,
        total_out: at.figures.bytes_out,
        ..Flow::default()
    }
}
