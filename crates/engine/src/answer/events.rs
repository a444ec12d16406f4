//! The event log in view, its types, and the rate chart above it.

mod group;

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use super::Look;
use crate::{
    frame::{EventRow, Events, TypeCount},
    history::{Event, Part},
    key,
    query::{self, Query},
    view::{EventsAsk, Group, Range},
    words,
};

/// Stacks of the chart; further types are one.
const STACKS: usize = 8;
const OTHER: &str = "other";
/// Characters of an expanded content that the page gets.
const MAX_CONTENT: usize = 1 << 20;
const MAX_ROWS: usize = 200;

/// The events of a range that match, in the order of time.
struct Matching<'a> {
    /// And their places in the part. None: all of it.
    parts: Vec<(Part<'a>, Option<Rc<[u16]>>)>,
    len: usize,
}

/// Which events of a chunk matched the query and types asked for last: a live log is not searched anew for each frame.
#[derive(Debug, Default)]
pub struct Found {
    query: Query,
    hidden: Vec<u16>,
    by_version: HashMap<u64, Rc<[u16]>>,
}

impl<'a> Matching<'a> {
    fn new(look: &Look<'a>, span: Range, hidden: &HashSet<&str>) -> Self {
        let log = &look.history.events;
        let hidden: Vec<u16> =
            (0..=u16::MAX).take(log.types()).filter(|kind| hidden.contains(log.name(*kind))).collect();
        let parts = log.parts(span.from_ms, span.to_ms);
        let mut matching = Matching { parts: Vec::new(), len: 0 };
        if look.query.is_empty() && hidden.is_empty() {
            matching.parts = parts.map(|part| (part, None)).collect();
            matching.len = matching.parts.iter().map(|(part, _)| part.events().len()).sum();
            return matching;
        }
        let mut found = look.found.borrow_mut();
        if found.query != look.query || found.hidden != hidden {
            *found = Found { query: look.query.clone(), hidden, by_version: HashMap::new() };
        }
        let mut by_version = HashMap::new();
        for part in parts {
            let known = part.version().and_then(|version| found.by_version.get(&version).cloned());
            let places = known.unwrap_or_else(|| search(look, part, &found.hidden));
            if let Some(version) = part.version() {
                by_version.insert(version, places.clone());
            }
            matching.len += places.len();
            matching.parts.push((part, Some(places)));
        }
        found.by_version = by_version;
        matching
    }

    fn iter(&self) -> impl Iterator<Item = (&'a Event, &'a str)> {
        self.parts.iter().flat_map(|(part, places)| {
            let len = places.as_ref().map_or(part.events().len(), |places| places.len());
            (0..len).map(move |at| nth(*part, places.as_deref(), at))
        })
    }

    /// The same, newest first.
    fn newest(&self) -> impl Iterator<Item = (&'a Event, &'a str)> {
        self.parts.iter().rev().flat_map(|(part, places)| {
            let len = places.as_ref().map_or(part.events().len(), |places| places.len());
            (0..len).rev().map(move |at| nth(*part, places.as_deref(), at))
        })
    }

    /// So many of them from the one with this number on, each with the time of the one before it.
    fn rows(&self, first: usize, count: usize) -> Vec<((&'a Event, &'a str), Option<u64>)> {
        let mut skipped = first.saturating_sub(1);
        let mut rows = Vec::new();
        let mut before = None;
        for (part, places) in &self.parts {
            let len = places.as_ref().map_or(part.events().len(), |places| places.len());
            for at in skipped.min(len)..len {
                let told = nth(*part, places.as_deref(), at);
                if first == 0 || before.is_some() {
                    rows.push((told, before));
                }
                before = Some(told.0.at_ms);
                if rows.len() >= count {
                    return rows;
                }
            }
            skipped = skipped.saturating_sub(len);
        }
        rows
    }

    /// How many are not after a time.
    fn until(&self, ms: u64) -> usize {
        let count = |(part, places): &(Part<'_>, Option<Rc<[u16]>>)| match places {
            None => part.events().partition_point(|event| event.at_ms <= ms),
            Some(places) => places.partition_point(|at| part.events()[usize::from(*at)].at_ms <= ms),
        };
        self.parts.iter().map(count).sum()
    }
}

fn nth<'a>(part: Part<'a>, places: Option<&[u16]>, at: usize) -> (&'a Event, &'a str) {
    let at = places.map_or(at, |places| usize::from(places[at]));
    let event = &part.events()[at];
    (event, part.content(event))
}

/// Places of the events of a part that match.
fn search(look: &Look<'_>, part: Part<'_>, hidden: &[u16]) -> Rc<[u16]> {
    let log = &look.history.events;
    let matches = |event: &Event| {
        !hidden.contains(&event.kind)
            && (look.query.is_empty() || {
                let peer = look.history.interner.text(event.peer);
                let asked =
                    query::Event { name: log.name(event.kind), peer: &peer, content: part.content(event) };
                look.query.matches_event(&asked)
            })
    };
    // A chunk is split long before it has so many.
    (0..=u16::MAX).zip(part.events()).filter(|(_, event)| matches(event)).map(|(at, _)| at).collect()
}

pub fn answer(look: &Look<'_>, ask: &EventsAsk) -> Events {
    let log = &look.history.events;
    let Some(span) = look.view.range.or_else(|| look.span()) else { return Events::default() };
    let hidden: HashSet<&str> = ask.hidden.iter().map(String::as_str).collect();
    let matching = Matching::new(look, span, &hidden);
    let mut kinds = Vec::new();
    matching.parts.iter().for_each(|(part, _)| part.count(&mut kinds));
    kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    let wanted = usize::from(ask.rows).min(MAX_ROWS);
    let last_first = matching.len.saturating_sub(wanted);
    let first = ask.first.map_or(last_first, |first| (first as usize).min(last_first));
    let expanded: HashSet<&str> = ask.expanded.iter().map(|key| key.0.as_str()).collect();
    let properties = if look.view.query.is_empty() { Vec::new() } else { log.property_names() };
    let rows = matching.rows(first, wanted);
    let rows = rows.into_iter().map(|(told, before)| row(look, told, before, &expanded));
    let at_cursor = matching.until(look.moment.at_ms).checked_sub(1);
    let mut events = Events {
        rows: rows.collect(),
        first: first as u32,
        matching: matching.len as u32,
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
        query_error: look.query.event_error(&properties),
        ..Events::default()
    };
    if let Some(by @ (Group::Type | Group::Peer)) = ask.group {
        events.rows.clear();
        group::fill(look, &mut events, &matching, by, ask);
    }
    chart(look, &mut events, &matching, &kinds, span, usize::from(ask.chart_bars).clamp(1, 1024));
    events
}

pub fn all(look: &Look<'_>) -> Vec<EventRow> {
    let Some(span) = look.view.range.or_else(|| look.span()) else { return Vec::new() };
    let mut before = None;
    let matching = Matching::new(look, span, &HashSet::new());
    matching
        .iter()
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
    matching: &Matching<'_>,
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
    let bar = |at_ms: u64| {
        let bar = (u128::from(at_ms.saturating_sub(span.from_ms)) * bars as u128 / length) as usize;
        bar.min(bars - 1)
    };
    let stack = |kind: u16| own.iter().position(|own| *own == kind).unwrap_or(own.len());
    let mut add = |bar: usize, kind: u16, count: u32| {
        if let Some(sum) = events.chart.get_mut(bar * stacks + stack(kind)) {
            *sum += count;
        }
    };
    let mut counts = Vec::new();
    for (part, places) in &matching.parts {
        let (Some(first), Some(last)) = (part.events().first(), part.events().last()) else { continue };
        let whole = bar(first.at_ms);
        match places {
            // Most chunks of a long log lie within one bar.
            None if whole == bar(last.at_ms) => {
                counts.clear();
                part.count(&mut counts);
                counts.iter().for_each(|(kind, count)| add(whole, *kind, *count));
            }
            None => part.events().iter().for_each(|event| add(bar(event.at_ms), event.kind, 1)),
            Some(places) => {
                let matching = places.iter().map(|at| &part.events()[usize::from(*at)]);
                matching.for_each(|event| add(bar(event.at_ms), event.kind, 1));
            }
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
