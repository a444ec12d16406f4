//! The event log in view, its types, and the rate chart above it.

use std::collections::{HashMap, HashSet};

use super::Look;
use crate::{
    frame::{EventRow, Events, TypeCount},
    history::Event,
    key,
    view::{EventsAsk, Range},
    words,
};

/// Stacks of the chart; further types are one.
const STACKS: usize = 8;
const OTHER: &str = "other";
/// Characters of an expanded content that the page gets.
const MAX_CONTENT: usize = 1 << 20;
const MAX_ROWS: usize = 200;

pub fn answer(look: &Look<'_>, ask: &EventsAsk) -> Events {
    let log = &look.history.events;
    let Some(span) = look.view.range.or_else(|| look.span()) else { return Events::default() };
    let hidden: HashSet<&str> = ask.hidden.iter().map(String::as_str).collect();
    let mut counts: HashMap<u16, u32> = HashMap::new();
    let mut matching: Vec<(&Event, &str)> = Vec::new();
    for (event, content) in log.within(span.from_ms, span.to_ms) {
        *counts.entry(event.kind).or_default() += 1;
        let name = log.name(event.kind);
        let peer = || look.history.interner.text(event.peer);
        if !hidden.contains(name)
            && (look.query.is_empty() || look.query.matches_event(name, &peer(), content))
        {
            matching.push((event, content));
        }
    }
    let mut kinds: Vec<(u16, u32)> = counts.into_iter().collect();
    kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    let wanted = usize::from(ask.rows).min(MAX_ROWS);
    let last_first = matching.len().saturating_sub(wanted);
    let first = ask.first.map_or(last_first, |first| (first as usize).min(last_first));
    let expanded: HashSet<&str> = ask.expanded.iter().map(|key| key.0.as_str()).collect();
    let rows = (first..matching.len().min(first + wanted)).map(|at| {
        let before = at.checked_sub(1).map(|before| matching[before].0.at_ms);
        row(look, matching[at], before, &expanded)
    });
    let at_cursor = matching.partition_point(|(event, _)| event.at_ms <= look.moment.at_ms).checked_sub(1);
    let mut events = Events {
        rows: rows.collect(),
        first: first as u32,
        matching: matching.len() as u32,
        in_range: kinds.iter().map(|(_, count)| count).sum(),
        recorded: log.len() as u64,
        types: kinds
            .iter()
            .map(|(kind, count)| TypeCount {
                name: log.name(*kind).to_owned(),
                count: *count,
                hidden: hidden.contains(log.name(*kind)),
            })
            .collect(),
        span: Some(span),
        gaps: look.gaps.clone(),
        at_cursor: at_cursor.map(|at| at as u32),
        query_error: look.query.event_error(),
        ..Events::default()
    };
    chart(look, &mut events, &matching, &kinds, span, usize::from(ask.chart_bars).clamp(1, 1024));
    events
}

pub fn all(look: &Look<'_>) -> Vec<EventRow> {
    let log = &look.history.events;
    let Some(span) = look.view.range.or_else(|| look.span()) else { return Vec::new() };
    let mut before = None;
    let matching = log.within(span.from_ms, span.to_ms).filter(|(event, content)| {
        let name = log.name(event.kind);
        look.query.is_empty()
            || look.query.matches_event(name, &look.history.interner.text(event.peer), content)
    });
    matching
        .map(|(event, content)| {
            let mut row = row(look, (event, content), before, &HashSet::new());
            row.content = Some(content.to_owned());
            before = Some(event.at_ms);
            row
        })
        .collect()
}

/// The types with a colour of their own are those most frequent in the whole range, switched off or not, so that a
/// toggle does not change colours.
fn chart(
    look: &Look<'_>,
    events: &mut Events,
    matching: &[(&Event, &str)],
    kinds: &[(u16, u32)],
    span: Range,
    bars: usize,
) {
    let log = &look.history.events;
    let own: Vec<u16> = kinds.iter().take(STACKS).map(|(kind, _)| *kind).collect();
    let has_other = kinds.len() > STACKS;
    let stacks = own.len() + usize::from(has_other);
    events.chart_types = own.iter().map(|kind| log.name(*kind).to_owned()).collect();
    events.chart_types.extend(has_other.then(|| OTHER.to_owned()));
    events.bars = bars as u32;
    events.chart = vec![0; bars * stacks];
    let length = u128::from(span.to_ms.saturating_sub(span.from_ms).max(1));
    for (event, _) in matching {
        let bar = (u128::from(event.at_ms - span.from_ms) * bars as u128 / length) as usize;
        let stack = own.iter().position(|kind| *kind == event.kind).unwrap_or(own.len());
        if let Some(count) = events.chart.get_mut(bar.min(bars - 1) * stacks + stack) {
            *count += 1;
        }
    }
}

pub fn row(
    look: &Look<'_>,
    told: (&Event, &str),
    before_ms: Option<u64>,
    expanded: &HashSet<&str>,
) -> EventRow {
    let (event, content) = told;
    let name = look.history.events.name(event.kind);
    let key = key::of_event(event.number);
    let is_expanded = expanded.contains(key.0.as_str());
    let peer = event.peer.some();
    EventRow {
        at_ms: event.at_ms,
        since_ms: before_ms.map(|before| event.at_ms.saturating_sub(before)),
        kind: name.to_owned(),
        peer: peer.map(|peer| look.history.interner.text(peer).into_owned()),
        peer_key: peer.map(|peer| key::of_peer(look.history, peer)),
        text: words::event(name, content),
        error: words::is_error(name, content),
        cut: content.chars().nth(MAX_CONTENT).is_some(),
        content: is_expanded.then(|| words::cut(content, MAX_CONTENT)),
        key,
    }
}
