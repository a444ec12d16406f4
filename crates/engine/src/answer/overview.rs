//! The first screen: six figures, churn, who and what takes the traffic, what is in use.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{
    Look, findings,
    peer::{self, Sum},
    row::{spark_max, transport},
    timeline::{event_rates, events_at, greatest},
};
use crate::{
    frame::{Churn, Direction, Figure, Flow, Overview, ProtocolRow, Share, Status},
    history::{Columns, Place, Row, RowIx, Series},
    intern::Sym,
    moment::{At, direction_of, end_of},
    snapshot::{Facts, status},
    view::{OverviewAsk, Range},
};

/// What the sparklines and the churn cover when no range is set: 15 min.
const STRETCH_MS: u64 = 15 * 60_000;
/// Rows of the peer table, each with a sparkline, whatever is asked.
const MAX_PEERS: usize = 100;
/// What "new" and "left" cover: 10 min.
const PEERS_MS: u64 = 10 * 60_000;

pub fn answer(look: &Look<'_>, ask: &OverviewAsk, lost_events: u64) -> Overview {
    let history = look.history;
    let moment = look.moment;
    let Some(span) = look.stretch(STRETCH_MS) else { return Overview::default() };
    let points = usize::from(ask.spark_points).clamp(1, 2048);
    let totals = moment.place.and_then(|place| history.totals_at(place));
    let columns = Columns { range: span, count: points };
    let spark = |series| greatest(&history.extents(series, columns));
    let figure = |value: Option<f64>, spark: Vec<f32>| Figure { value, spark };
    let open: Vec<&At> = moment.connections.iter().filter(|at| at.is_open).collect();
    let (peers_came, peers_left) = comings(look);
    let (streams_opened, streams_closed) = stream_churn(look);
    let ended = moment.ended_in_window(history);
    let (top_peers, peer_count) = peer::busiest(look, &open, &ended, usize::from(ask.peers).min(MAX_PEERS));
    let top_protocols = protocols(look, &ended);
    let protocol_count = top_protocols.len() as u32;
    let findings = findings::answer(look, &top_protocols, lost_events);
    let spark_max = spark_max(top_peers.iter().map(|row| &row.flow));
    let count = |direction| open.iter().filter(|at| facts_direction(look, at) == direction).count() as u32;
    Overview {
        connections: figure(totals.map(|t| f64::from(t.connections)), spark(Series::Connections)),
        peers: figure(totals.map(|t| f64::from(t.peers)), spark(Series::Peers)),
        streams: match history.seen.streams {
            true => figure(totals.map(|t| f64::from(t.streams)), spark(Series::Streams)),
            false => Figure::default(),
        },
        rate_in: figure(moment.rate_in, spark(Series::RateIn)),
        rate_out: figure(moment.rate_out, spark(Series::RateOut)),
        events: figure(events_at(look), event_rates(look, span, points)),
        inbound: count(Direction::In),
        outbound: count(Direction::Out),
        opening: open.iter().filter(|at| at.status == Status::Opening).count() as u32,
        peers_came,
        peers_left,
        streams_opened,
        streams_closed,
        total_in: totals.and_then(|t| t.figures.bytes_in),
        total_out: totals.and_then(|t| t.figures.bytes_out),
        span: Some(span),
        churn: churn(look, span, usize::from(ask.churn_bars).clamp(1, 1024)),
        top_peers,
        peer_count,
        top_protocols: top_protocols.into_iter().take(usize::from(ask.protocols)).collect(),
        protocol_count,
        spark_max,
        transports: shares(look, &open, |facts| transport(look, facts), |name| name.map(str::to_owned)),
        securities: shares(look, &open, |facts| facts.security, |name| protocol_name(look, name)),
        muxers: shares(look, &open, |facts| facts.muxer, |name| protocol_name(look, name)),
        directions: shares(
            look,
            &open,
            |facts| facts.role,
            |role| match direction_of(role) {
                Direction::In => Some("in".into()),
                Direction::Out => Some("out".into()),
                Direction::Unknown(_) => None,
            },
        ),
        never: look.never(),
        query_error: look.query.error(),
        findings,
    }
}

fn facts_direction(look: &Look<'_>, at: &At) -> Direction {
    look.moment.facts(look.history, at).map_or(Direction::Unknown(99), |facts| direction_of(facts.role))
}

/// "/noise" and "/yamux/1.0.0" as people say them.
fn protocol_name(look: &Look<'_>, name: Sym) -> Option<String> {
    let name = look.history.interner.told(name)?;
    let short = name.trim_start_matches('/').split('/').next().unwrap_or_default();
    Some(if short.is_empty() { name } else { short.to_owned() })
}

/// Peers that are there at the cursor and were not at the window's begin, and the other way round.
fn comings(look: &Look<'_>) -> (u32, u32) {
    let Some(window) = look.stretch(PEERS_MS) else { return (0, 0) };
    let history = look.history;
    // What the first snapshot told was there before anybody looked.
    let begin = history.place_at(window.from_ms).unwrap_or(Place { chunk: 0, at: 0 });
    let rows = history.chunk_at(begin).into_iter().flat_map(|chunk| chunk.statuses_at(begin.at));
    let before = rows
        .filter(|(_, _, number)| status::is_open(*number))
        .filter_map(|(row, ..)| history.rows.get(row).filter(|row| row.parent.is_none()))
        .filter_map(|row| row.facts.name.some());
    let open = look.moment.connections.iter().filter(|at| at.is_open);
    let now = open.filter_map(|at| look.moment.facts(history, at)?.name.some());
    let (before, now) = (distinct(before), distinct(now));
    let not_in =
        |some: &[Sym], all: &[Sym]| some.iter().filter(|peer| all.binary_search(peer).is_err()).count();
    (not_in(&now, &before) as u32, not_in(&before, &now) as u32)
}

/// In order, each once.
fn distinct(syms: impl Iterator<Item = Sym>) -> Vec<Sym> {
    let mut syms: Vec<Sym> = syms.collect();
    syms.sort_unstable();
    syms.dedup();
    syms
}

/// Streams opened and closed per second over the last minute.
fn stream_churn(look: &Look<'_>) -> (Option<f64>, Option<f64>) {
    let Some(first) = look.history.first_ms().filter(|_| look.history.seen.streams) else {
        return (None, None);
    };
    let to = look.moment.at_ms;
    let from = to.saturating_sub(60_000).max(first);
    let Some(elapsed) = to.checked_sub(from).filter(|elapsed| *elapsed > 0) else { return (None, None) };
    let rows = &look.history.rows;
    let is_stream = |(_, row): &(RowIx, &Row)| row.parent.is_some();
    let opened = rows.begun_within(from + 1, to).filter(is_stream).filter(|(_, row)| !row.from_start).count();
    let closed = rows.ended_within(from + 1, to).filter(is_stream).count();
    let per_second = |count: usize| Some(count as f64 * 1000.0 / elapsed as f64);
    (per_second(opened), per_second(closed))
}

fn churn(look: &Look<'_>, span: Range, bars: usize) -> Vec<Churn> {
    let length = span.to_ms.saturating_sub(span.from_ms);
    let edge = |bar: usize| span.from_ms + (u128::from(length) * bar as u128 / bars as u128) as u64;
    let mut churn: Vec<Churn> = (0..bars)
        .map(|bar| {
            let middle = edge(bar).midpoint(edge(bar + 1));
            let gap = look.gaps.iter().any(|gap| gap.from_ms < middle && middle < gap.to_ms);
            Churn { from_ms: edge(bar), gap, ..Churn::default() }
        })
        .collect();
    let bar = |ms: u64| {
        let is_within = span.from_ms <= ms && ms <= span.to_ms;
        let at =
            (u128::from(ms.saturating_sub(span.from_ms)) * bars as u128 / u128::from(length.max(1))) as usize;
        is_within.then_some(at.min(bars - 1))
    };
    let rows = &look.history.rows;
    let is_connection = |(_, row): &(RowIx, &Row)| row.parent.is_none();
    for (_, row) in rows.begun_within(span.from_ms, span.to_ms).filter(is_connection) {
        if let Some(at) = bar(row.begin_ms()).filter(|_| was_seen_opening(look, row)) {
            churn[at].opened += 1;
        }
    }
    for (_, row) in rows.ended_within(span.from_ms, span.to_ms).filter(is_connection) {
        let Some(at) = row.end.and_then(|end| bar(end.at_ms)) else { continue };
        if end_of(look.history, row).is_some_and(|end| end.error) {
            churn[at].failed += 1;
        } else {
            churn[at].closed += 1;
        }
    }
    churn
}

fn was_seen_opening(look: &Look<'_>, row: &Row) -> bool {
    !row.from_start || look.history.first_ms().is_some_and(|first| row.begin_ms() > first)
}

fn protocols(look: &Look<'_>, ended: &[At]) -> Vec<ProtocolRow> {
    let mut by_name: FxHashMap<Sym, (u32, Sum)> = FxHashMap::default();
    let is_stream = |at: &&At| look.history.rows.get(at.row).is_some_and(|row| row.parent.is_some());
    let mut count = |at: &At| {
        let name = look.moment.facts(look.history, at).and_then(|facts| facts.name.some());
        let sum = match look.history.seen.stream_traffic {
            true => Sum::of_window(look, at),
            false => Sum::default(),
        };
        let counts = at.is_open || sum.rate_in.is_some() || sum.rate_out.is_some();
        if let Some(name) = name.filter(|_| counts) {
            let (streams, all) = by_name.entry(name).or_default();
            *streams += u32::from(at.is_open);
            *all = all.and(sum);
        }
    };
    for at in look.moment.streams.iter().filter(|at| at.is_open) {
        look.moment.stream(look.history, at).iter().for_each(&mut count);
    }
    ended.iter().filter(is_stream).for_each(&mut count);
    let mut rows: Vec<ProtocolRow> = by_name
        .into_iter()
        .map(|(name, (streams, Sum { rate_in, rate_out, .. }))| ProtocolRow {
            protocol: look.history.interner.text(name).into_owned(),
            streams,
            flow: Flow { rate_in, rate_out, ..Flow::default() },
        })
        .collect();
    let rate = |row: &ProtocolRow| row.flow.rate_in.unwrap_or(0.0) + row.flow.rate_out.unwrap_or(0.0);
    rows.sort_by(|a, b| {
        let by_rate = rate(b).total_cmp(&rate(a));
        by_rate.then(b.streams.cmp(&a.streams)).then_with(|| a.protocol.cmp(&b.protocol))
    });
    rows
}

/// How many have each value, and its name.
fn shares<T: Ord>(
    look: &Look<'_>,
    open: &[&At],
    value: impl Fn(&Facts) -> T,
    name: impl Fn(T) -> Option<String>,
) -> Vec<Share> {
    let mut counts: BTreeMap<T, u32> = BTreeMap::new();
    for at in open {
        if let Some(facts) = look.moment.facts(look.history, at) {
            *counts.entry(value(facts)).or_default() += 1;
        }
    }
    let mut by_name: BTreeMap<Option<String>, u32> = BTreeMap::new();
    for (value, count) in counts {
        *by_name.entry(name(value)).or_default() += count;
    }
    let mut shares: Vec<Share> = by_name.into_iter().map(|(name, count)| Share { name, count }).collect();
    // What is not told comes last.
    shares.sort_by_key(|share| (share.name.is_none(), std::cmp::Reverse(share.count)));
    shares
}
