//! The first screen: six figures, churn, who and what takes the traffic, what is in use.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    Look, findings,
    row::{agent, matches, spark, spark_max, transport},
    timeline::{event_rates, events_at, held, total_rates},
};
use crate::{
    frame::{Churn, Direction, Figure, Flow, Overview, PeerRow, ProtocolRow, Share, Status},
    history::{Place, Row, RowIx, Totals},
    intern::Sym,
    key,
    moment::{At, direction_of, end_of, flow_of},
    series,
    snapshot::{Facts, status},
    view::{OverviewAsk, Range},
};

/// What the sparklines and the churn cover when no range is set: 15 min.
const STRETCH_MS: u64 = 15 * 60_000;
/// What "new" and "left" cover: 10 min.
const PEERS_MS: u64 = 10 * 60_000;

pub fn answer(look: &Look<'_>, ask: &OverviewAsk, lost_events: u64) -> Overview {
    let history = look.history;
    let moment = look.moment;
    let Some(span) = look.stretch(STRETCH_MS) else { return Overview::default() };
    let points = usize::from(ask.spark_points).clamp(1, 2048);
    let totals = moment.place.and_then(|place| history.totals_at(place));
    let held = |read: fn(&Totals) -> f32| series::extremes(held(look, read), span, points).1;
    let rate = |read: fn(&Totals) -> Option<u64>| series::extremes(total_rates(look, read), span, points).1;
    let figure = |value: Option<f64>, spark: Vec<f32>| Figure { value, spark };
    let open: Vec<&At> = moment.connections.iter().filter(|at| at.is_open).collect();
    let (peers_came, peers_left) = comings(look);
    let (streams_opened, streams_closed) = stream_churn(look);
    let ended = moment.ended_in_window(history);
    let (mut top_peers, peer_count) = peers(look, &open, &ended, usize::from(ask.peers).min(100));
    let top_protocols = protocols(look, &ended);
    let protocol_count = top_protocols.len() as u32;
    let findings = findings::answer(look, &top_protocols, lost_events);
    let spark_max = spark_max(top_peers.iter().map(|row| &row.flow));
    top_peers.truncate(usize::from(ask.peers));
    let count = |direction| open.iter().filter(|at| facts_direction(look, at) == direction).count() as u32;
    Overview {
        connections: figure(totals.map(|t| f64::from(t.connections)), held(|t| t.connections as f32)),
        peers: figure(totals.map(|t| f64::from(t.peers)), held(|t| t.peers as f32)),
        streams: match history.seen.streams {
            true => figure(totals.map(|t| f64::from(t.streams)), held(|t| t.streams as f32)),
            false => Figure::default(),
        },
        rate_in: figure(moment.rate_in, rate(|t| t.figures.bytes_in)),
        rate_out: figure(moment.rate_out, rate(|t| t.figures.bytes_out)),
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
        transports: shares(look, &open, |facts| transport(look, facts).map(str::to_owned)),
        securities: shares(look, &open, |facts| history.interner.told(facts.security).map(short_protocol)),
        muxers: shares(look, &open, |facts| history.interner.told(facts.muxer).map(short_protocol)),
        directions: shares(look, &open, |facts| match direction_of(facts.role) {
            Direction::In => Some("in".into()),
            Direction::Out => Some("out".into()),
            Direction::Unknown(_) => None,
        }),
        never: look.never(),
        query_error: look.query.error(),
        findings,
    }
}

/// Every peer of the table, with all its rows.
pub fn all_peers(look: &Look<'_>) -> Vec<PeerRow> {
    let open: Vec<&At> = look.moment.connections.iter().filter(|at| at.is_open).collect();
    peers(look, &open, &look.moment.ended_in_window(look.history), 0).0
}

fn facts_direction(look: &Look<'_>, at: &At) -> Direction {
    look.moment.facts(look.history, at).map_or(Direction::Unknown(99), |facts| direction_of(facts.role))
}

/// "/noise" and "/yamux/1.0.0" as people say them.
fn short_protocol(name: String) -> String {
    let short = name.trim_start_matches('/').split('/').next().unwrap_or_default();
    if short.is_empty() { name } else { short.to_owned() }
}

/// Peers that are there at the cursor and were not at the window's begin, and the other way round.
fn comings(look: &Look<'_>) -> (u32, u32) {
    let Some(window) = look.stretch(PEERS_MS) else { return (0, 0) };
    let history = look.history;
    // What the first snapshot told was there before anybody looked.
    let begin = history.place_at(window.from_ms).unwrap_or(Place { chunk: 0, at: 0 });
    let rows = history.chunk_at(begin).into_iter().flat_map(|chunk| chunk.statuses_at(begin.at));
    let before: HashSet<Sym> = rows
        .filter(|(_, _, number)| status::is_open(*number))
        .filter_map(|(row, ..)| history.rows.get(row).filter(|row| row.parent.is_none()))
        .filter_map(|row| row.facts.name.some())
        .collect();
    let open = look.moment.connections.iter().filter(|at| at.is_open);
    let now: HashSet<Sym> = open.filter_map(|at| look.moment.facts(history, at)?.name.some()).collect();
    (now.difference(&before).count() as u32, before.difference(&now).count() as u32)
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

fn peers(look: &Look<'_>, open: &[&At], ended: &[At], with_spark: usize) -> (Vec<PeerRow>, u32) {
    let mut by_peer: BTreeMap<Sym, Vec<&At>> = BTreeMap::new();
    // What moved bytes within the rates' window counts, also where it is gone by now.
    let is_connection = |at: &At| look.history.rows.get(at.row).is_some_and(|row| row.parent.is_none());
    let ended: Vec<At> = ended.iter().filter(|at| is_connection(at)).cloned().collect();
    for at in open.iter().copied().chain(&ended).filter(|at| matches(look, at)) {
        if let Some(facts) = look.moment.facts(look.history, at) {
            by_peer.entry(facts.name).or_default().push(at);
        }
    }
    let mut rows: Vec<(PeerRow, Vec<&At>)> = by_peer
        .into_iter()
        .map(|(peer, connections)| {
            let facts = || connections.iter().filter_map(|at| look.moment.facts(look.history, at));
            let row = PeerRow {
                key: key::of_peer(look.history, peer),
                peer: look.history.interner.text(peer).into_owned(),
                agent: facts().find_map(|facts| agent(look, facts)),
                transport: facts().find_map(|facts| transport(look, facts)).map(str::to_owned),
                connections: connections.iter().filter(|at| at.is_open).count() as u32,
                flow: window_flow(look, &connections),
                share: None,
            };
            (row, connections)
        })
        .collect();
    let rate = |row: &PeerRow| {
        let both = [row.flow.rate_in, row.flow.rate_out];
        both.iter().flatten().copied().reduce(|a, b| a + b)
    };
    rows.retain(|(row, _)| row.connections > 0 || rate(row).is_some_and(|rate| rate > 0.0));
    // Of the node's whole traffic, if that is told; streams without a connection's figures are in it too.
    let listed: f64 = rows.iter().filter_map(|(row, _)| rate(row)).sum();
    let whole = look.moment.rate_in.unwrap_or(0.0) + look.moment.rate_out.unwrap_or(0.0);
    let total = whole.max(listed);
    rows.sort_by(|(a, _), (b, _)| {
        let (rate_a, rate_b) = (rate(a), rate(b));
        rate_b
            .is_some()
            .cmp(&rate_a.is_some())
            .then(rate_b.unwrap_or(0.0).total_cmp(&rate_a.unwrap_or(0.0)))
            .then(b.connections.cmp(&a.connections))
            .then_with(|| a.peer.cmp(&b.peer))
    });
    let count = rows.len() as u32;
    let rows = rows.into_iter().enumerate().map(|(place, (mut row, connections))| {
        row.share = rate(&row).filter(|_| total > 0.0).map(|rate| (rate / total) as f32);
        if place < with_spark {
            peer_spark(look, &connections, &mut row.flow);
        }
        row
    });
    (rows.collect(), count)
}

/// What a peer's connections moved over the rates' window.
fn window_flow(look: &Look<'_>, connections: &[&At]) -> Flow {
    if look.history.seen.shared_traffic || !look.history.seen.connection_traffic {
        return peer_flow(look, connections);
    }
    let flows: Vec<Flow> = connections
        .iter()
        .map(|at| {
            let (rate_in, rate_out) = look.moment.window_rates(look.history, at);
            Flow { rate_in, rate_out, ..flow_of(at) }
        })
        .collect();
    add(flows.iter())
}

/// A peer's traffic is the sum of its connections', unless they all show the peer's.
pub fn peer_flow(look: &Look<'_>, connections: &[&At]) -> Flow {
    let flows: Vec<Flow> = connections.iter().map(|at| flow_of(at)).collect();
    if !look.history.seen.connection_traffic {
        return Flow::default();
    }
    if look.history.seen.shared_traffic {
        return flows.into_iter().max_by_key(|flow| (flow.total_in, flow.total_out)).unwrap_or_default();
    }
    add(flows.iter())
}

fn add<'a>(flows: impl Iterator<Item = &'a Flow>) -> Flow {
    let plus = |a: Option<f64>, b: Option<f64>| a.map_or(b, |a| Some(a + b.unwrap_or(0.0)));
    let plus_bytes = |a: Option<u64>, b: Option<u64>| a.map_or(b, |a| Some(a.saturating_add(b.unwrap_or(0))));
    flows.fold(Flow::default(), |sum, flow| Flow {
        rate_in: plus(sum.rate_in, flow.rate_in),
        rate_out: plus(sum.rate_out, flow.rate_out),
        total_in: plus_bytes(sum.total_in, flow.total_in),
        total_out: plus_bytes(sum.total_out, flow.total_out),
        ..sum
    })
}

pub fn peer_spark(look: &Look<'_>, connections: &[&At], flow: &mut Flow) {
    let count = if look.history.seen.shared_traffic { 1 } else { connections.len() };
    for at in connections.iter().take(count) {
        let mut one = Flow::default();
        spark(look, at.row, &mut one);
        merge(&mut flow.spark_in, one.spark_in);
        merge(&mut flow.spark_out, one.spark_out);
    }
}

fn merge(sum: &mut Vec<f32>, more: Vec<f32>) {
    if sum.is_empty() {
        *sum = more;
        return;
    }
    for (sum, more) in sum.iter_mut().zip(more) {
        if !more.is_nan() {
            *sum = if sum.is_nan() { more } else { *sum + more };
        }
    }
}

fn protocols(look: &Look<'_>, ended: &[At]) -> Vec<ProtocolRow> {
    let mut by_name: HashMap<Sym, (u32, Flow)> = HashMap::new();
    let is_stream = |at: &&At| look.history.rows.get(at.row).is_some_and(|row| row.parent.is_some());
    let open = look.moment.streams.iter().filter(|at| at.is_open);
    let open = open.filter_map(|at| look.moment.stream(look.history, at));
    for at in open.chain(ended.iter().filter(is_stream).cloned()) {
        let at = &at;
        let Some(name) = look.moment.facts(look.history, at).and_then(|facts| facts.name.some()) else {
            continue;
        };
        let (rate_in, rate_out) = match look.history.seen.stream_traffic {
            true => look.moment.window_rates(look.history, at),
            false => (None, None),
        };
        if !at.is_open && rate_in.is_none() && rate_out.is_none() {
            continue;
        }
        let (streams, flow) = by_name.entry(name).or_default();
        *streams += u32::from(at.is_open);
        *flow = add([&*flow, &Flow { rate_in, rate_out, ..Flow::default() }].into_iter());
    }
    let mut rows: Vec<ProtocolRow> = by_name
        .into_iter()
        .map(|(name, (streams, flow))| ProtocolRow {
            protocol: look.history.interner.text(name).into_owned(),
            streams,
            flow,
        })
        .collect();
    let rate = |row: &ProtocolRow| row.flow.rate_in.unwrap_or(0.0) + row.flow.rate_out.unwrap_or(0.0);
    rows.sort_by(|a, b| {
        let by_rate = rate(b).total_cmp(&rate(a));
        by_rate.then(b.streams.cmp(&a.streams)).then_with(|| a.protocol.cmp(&b.protocol))
    });
    rows
}

fn shares(look: &Look<'_>, open: &[&At], name: impl Fn(&Facts) -> Option<String>) -> Vec<Share> {
    let mut counts: BTreeMap<Option<String>, u32> = BTreeMap::new();
    for at in open {
        if let Some(facts) = look.moment.facts(look.history, at) {
            *counts.entry(name(facts)).or_default() += 1;
        }
    }
    let mut shares: Vec<Share> = counts.into_iter().map(|(name, count)| Share { name, count }).collect();
    // What is not told comes last.
    shares.sort_by_key(|share| (share.name.is_none(), std::cmp::Reverse(share.count)));
    shares
}
