//! The engine of the viewer: everything it knows of a node, and the answer to what the page wants to see.
//!
//! Wire messages come in through `intake`, live on in `history`, and leave as [`frame::Frame`]s that answer a
//! [`view::View`]. Pure: no IO, no clock (time is an argument), no browser, no randomness.

mod address;
mod answer;
mod event;
pub mod frame;
mod history;
mod intake;
mod intern;
mod key;
mod moment;
mod query;
mod series;
mod snapshot;
pub mod view;
mod words;

use std::cell::RefCell;

use bytes::Bytes;
use peerscope_introspection::wire::CommandResponse;

pub use crate::frame::Counters;

use crate::{
    answer::{Found, Look},
    frame::{Frame, Problems},
    history::History,
    intake::Intake,
    moment::Moment,
    view::View,
};

/// How much the engine may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of history; the oldest falls out beyond them, and is counted.
    pub budget_bytes: usize,
}

impl Default for Options {
    /// 256 MiB.
    fn default() -> Self {
        Options { budget_bytes: 256 << 20 }
    }
}

/// What a payload was.
#[derive(Clone, Debug, PartialEq)]
pub enum TakenKind {
    State {
        /// When the node took it, in ms since the Unix epoch.
        instant_ms: u64,
    },
    Event,
    Runtime,
    /// For the client; of it the engine keeps what the session is set to.
    Response(CommandResponse),
    Notice,
    /// A payload of no known kind.
    Unknown,
    /// No `ServerMessage`.
    Undecodable,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    pub kind: TakenKind,
    /// An event of a type that nobody declared: the Runtime should be asked for again.
    pub unknown_event_type: bool,
}

/// The history of one source, and what is asked of it.
#[derive(Debug)]
pub struct Engine {
    options: Options,
    intake: Intake,
    history: History,
    counters: Counters,
    problems: Problems,
    version: u64,
    moment: Option<(MomentKey, Moment)>,
    /// The moment that it is compared with.
    pinned: Option<(MomentKey, Moment)>,
    found: RefCell<Found>,
}

/// Compared, not flagged: a moment is decoded again only when one of these differs.
type MomentKey = (u64, u64, view::Cursor, Option<view::Range>);

impl Engine {
    #[must_use]
    pub fn new(options: Options) -> Self {
        // An eighth: the budget is kept by dropping whole chunks, and two of them are always there.
        let history = History::new(options.budget_bytes / 8);
        Engine {
            options,
            intake: Intake::default(),
            history,
            counters: Counters::default(),
            problems: Problems::default(),
            version: 0,
            moment: None,
            pinned: None,
            found: RefCell::default(),
        }
    }

    /// Takes in one segment's payload.
    pub fn take(&mut self, payload: Bytes) -> Taken {
        self.counters.frames += 1;
        self.counters.bytes += payload.len() as u64;
        let mut unknown_event_type = false;
        let newest_ms = self.history.last_ms();
        let kind = match self.intake.read(payload, &mut self.history.interner, newest_ms) {
            Err(intake::Undecodable) => {
                self.bad_frames(1);
                TakenKind::Undecodable
            }
            Ok(intake::Told::Snapshot(snapshot)) => {
                self.counters.states += 1;
                if !self.history.snapshot(&snapshot) {
                    self.intake.forget();
                }
                TakenKind::State { instant_ms: snapshot.instant_ms }
            }
            Ok(intake::Told::Event(event)) => {
                self.counters.events += 1;
                let history = &mut self.history;
                unknown_event_type = history.events.take(&event, &mut history.interner);
                TakenKind::Event
            }
            Ok(intake::Told::Runtime(runtime)) => {
                self.counters.runtimes += 1;
                self.history.runtime(&runtime);
                TakenKind::Runtime
            }
            Ok(intake::Told::Response(response)) => {
                self.counters.responses += 1;
                if let Some(configuration) = intake::configuration(&response) {
                    self.history.configured(configuration);
                }
                TakenKind::Response(response)
            }
            Ok(intake::Told::Discarding(count)) => {
                self.counters.notices += 1;
                self.problems.lost_events = self.problems.lost_events.saturating_add(count.unwrap_or(0));
                self.problems.lost_unknown |= count.is_none();
                TakenKind::Notice
            }
            Ok(intake::Told::Unknown) => {
                self.counters.unknown += 1;
                self.problems.unknown_frames += 1;
                TakenKind::Unknown
            }
        };
        self.history.keep_within(self.options.budget_bytes.saturating_sub(self.intake.memory()));
        self.version += 1;
        Taken { kind, unknown_event_type }
    }

    /// So many messages or segments were damaged before they got here.
    pub fn bad_frames(&mut self, count: u64) {
        self.counters.bad_frames += count;
        self.problems.bad_frames += count;
        self.version += 1;
    }

    /// The link was lost: what is not told before the next snapshot is a gap.
    pub fn link_lost(&mut self) {
        self.history.link_lost();
    }

    /// The session's snapshot interval, in ms; 0 when it is not known (a recording).
    pub fn expect_interval(&mut self, ms: u64) {
        self.history.expect_interval(ms);
    }

    /// What is taken from now on is what the node recorded itself, with snapshots at a pace of its own; or it is told live
    /// again.
    pub fn own_recording(&mut self, is_own: bool) {
        self.history.own_recording(is_own);
    }

    /// Grows with everything that comes in.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    #[must_use]
    pub fn counters(&self) -> Counters {
        let span = self.span();
        let dropped_here = self.history.dropped_events + self.history.dropped_snapshots;
        let dropped = self.problems.lost_events.saturating_add(dropped_here);
        Counters {
            dropped,
            history_bytes: self.history.memory() + self.intake.memory(),
            first_ms: span.map(|(first, _)| first),
            last_ms: span.map(|(_, last)| last),
            ..self.counters.clone()
        }
    }

    fn span(&self) -> Option<(u64, u64)> {
        let (history, events) = (&self.history, &self.history.events);
        let first = [history.first_ms(), events.first_ms()].into_iter().flatten().min()?;
        let last = [history.last_ms(), events.last_ms()].into_iter().flatten().max()?;
        Some((first, last))
    }

    /// Answers a view: every panel shows the same moment.
    pub fn answer(&mut self, view: &View) -> Frame {
        let problems = Problems {
            closed_cut: self.history.closed_cut,
            dropped_snapshots: self.history.dropped_snapshots,
            dropped_events: self.history.dropped_events,
            ..self.problems.clone()
        };
        let version = self.version;
        self.with_look(view, |look| answer::frame(look, problems, version))
    }

    /// All rows of a screen, as a JSON array of plain objects, for scripts.
    pub fn rows_json(&mut self, screen: &str, view: &View) -> String {
        self.with_look(view, |look| answer::plain::rows(look, screen).to_string())
    }

    /// The snapshot shown at a time, with everything that the history keeps of it, as a JSON object. None: nothing is
    /// told by then.
    #[must_use]
    pub fn snapshot_json(&self, at_ms: u64) -> Option<String> {
        answer::whole::snapshot(&self.history, at_ms).map(|whole| whole.to_string())
    }

    fn with_look<T>(&mut self, view: &View, read: impl FnOnce(&Look<'_>) -> T) -> T {
        let (moment, pinned) = (self.moment.take(), self.pinned.take());
        let (key, moment) = self.moment(moment, view.cursor, view.range);
        // Only what was open then is compared: nothing needs to have ended within a range.
        let pinned = view.pinned_ms.map(|ms| {
            self.moment(pinned, view::Cursor::At(ms), Some(view::Range { from_ms: ms, to_ms: ms }))
        });
        let look = Look::new(&self.history, &moment, view, &self.found, self.counters());
        let answer = read(&Look { pinned: pinned.as_ref().map(|(_, moment)| moment), ..look });
        self.moment = Some((key, moment));
        self.pinned = pinned;
        answer
    }

    /// The moment known, if it is still the one wanted.
    fn moment(
        &self,
        known: Option<(MomentKey, Moment)>,
        cursor: view::Cursor,
        range: Option<view::Range>,
    ) -> (MomentKey, Moment) {
        // Events come often; where there are snapshots they change nothing of it.
        let events = if self.history.last_ms().is_none() { self.version } else { 0 };
        let key = (self.history.version, events, cursor, range);
        match known {
            Some((known, moment)) if known == key => (key, moment),
            _ => (key, Moment::new(&self.history, cursor, range)),
        }
    }
}
