//! A view's panels, answered from one moment of the history.

mod complete;
mod dht;
mod diff;
mod events;
mod findings;
mod graph;
mod head;
mod inspector;
mod node;
mod overview;
mod peer;
pub mod plain;
mod row;
mod story;
mod table;
mod timeline;
mod traffic;
pub mod whole;
mod window;

use std::cell::RefCell;

pub use events::Found;

use crate::{
    Counters,
    frame::{Answer, Frame, Never, Problems},
    history::History,
    moment::Moment,
    query::Query,
    view::{Panel, Range, View},
};

/// What all panels of one frame share: they show the same moment.
pub struct Look<'a> {
    pub history: &'a History,
    pub moment: &'a Moment,
    /// What it is compared with.
    pub pinned: Option<&'a Moment>,
    pub query: Query,
    pub view: &'a View,
    pub gaps: Vec<Range>,
    pub found: &'a RefCell<Found>,
    pub counters: Counters,
}

impl<'a> Look<'a> {
    pub fn new(
        history: &'a History,
        moment: &'a Moment,
        view: &'a View,
        found: &'a RefCell<Found>,
        counters: Counters,
    ) -> Self {
        let query = Query::parse(&view.query);
        Look { history, moment, pinned: None, query, view, gaps: gaps(history), found, counters }
    }

    /// From the first to the last thing told.
    pub fn span(&self) -> Option<Range> {
        let events = &self.history.events;
        let first = [self.history.first_ms(), events.first_ms()].into_iter().flatten().min()?;
        let last = [self.history.last_ms(), events.last_ms()].into_iter().flatten().max()?;
        Some(Range { from_ms: first, to_ms: last.max(first) })
    }

    /// The range, or so long before the cursor, within what was recorded.
    pub fn stretch(&self, before_ms: u64) -> Option<Range> {
        let span = self.span()?;
        let wanted = self.view.range.unwrap_or(Range {
            from_ms: self.moment.at_ms.saturating_sub(before_ms),
            to_ms: self.moment.at_ms,
        });
        let from_ms = wanted.from_ms.clamp(span.from_ms, span.to_ms);
        Some(Range { from_ms, to_ms: wanted.to_ms.clamp(from_ms, span.to_ms.max(from_ms)) })
    }

    pub fn never(&self) -> Never {
        let seen = &self.history.seen;
        Never {
            stream_traffic: !seen.stream_traffic,
            latency: !seen.latency,
            agent: !seen.agent,
            transport: !seen.transport,
            remote: !seen.remote,
        }
    }
}

pub fn frame(look: &Look<'_>, problems: Problems, history_version: u64) -> Frame {
    let lost_events = problems.lost_events;
    let answer = |panel: &Panel| match panel {
        Panel::Timeline(ask) => Answer::Timeline(timeline::answer(look, ask)),
        Panel::Overview(ask) => Answer::Overview(overview::answer(look, ask, lost_events)),
        Panel::Graph(ask) => Answer::Graph(graph::answer(look, ask)),
        Panel::Connections(ask) => Answer::Connections(table::answer(look, ask)),
        Panel::Events(ask) => Answer::Events(events::answer(look, ask)),
        Panel::Dht(ask) => Answer::Dht(dht::answer(look, ask)),
        Panel::Node => Answer::Node(Box::new(node::answer(look))),
        Panel::Inspector(ask) => Answer::Inspector(inspector::answer(look, ask)),
        Panel::Traffic(ask) => Answer::Traffic(traffic::answer(look, ask)),
        Panel::Completion(ask) => Answer::Completion(complete::answer(look, ask)),
        Panel::Diff(ask) => Answer::Diff(diff::answer(look, ask)),
    };
    Frame {
        rev: look.view.rev,
        history_version,
        head: head::answer(look, problems),
        panels: look.view.panels.iter().map(answer).collect(),
    }
}

fn gaps(history: &History) -> Vec<Range> {
    let mut gaps = Vec::new();
    let mut before = None;
    for totals in history.all_totals() {
        if let (true, Some(from_ms)) = (totals.after_gap, before) {
            gaps.push(Range { from_ms, to_ms: totals.instant_ms });
        }
        before = Some(totals.instant_ms);
    }
    gaps
}
