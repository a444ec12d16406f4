//! Findings: rules that name a problem in words, with the rows that show it. Each rule is a plain function of what the history
//! holds before the cursor; a finding that nobody could act on is none.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};

use super::{Look, dht, row::transport};
use crate::{
    address::{self, RELAYED},
    frame::{Finding, ProtocolRow, Severity, Show},
    history::{Row, RowIx},
    intern::Sym,
    moment::At,
    moment::end_of,
    view::Range,
    words,
};

/// What the rules look at when no range is set: 30 min before the cursor.
const WINDOW_MS: u64 = 30 * 60_000;
/// Failed dials whose causes are read, newest first: each is JSON, and this runs for every frame of a live source.
const MOST_DIALS: usize = 200;

pub fn answer(look: &Look<'_>, protocols: &[ProtocolRow], lost_events: u64) -> Vec<Finding> {
    let Some(window) = look.stretch(WINDOW_MS) else { return Vec::new() };
    let rules = [
        ended_together(look, window),
        failed_dials(look, window),
        ended_unfinished(look, window),
        restless_peers(look),
        silent_streams(look),
        relayed_only(look),
        dominant_protocol(look, protocols),
        stale_buckets(look),
        discarded_events(lost_events),
    ];
    let mut findings: Vec<Finding> = rules.into_iter().flatten().collect();
    findings.sort_by_key(|finding| finding.severity);
    findings
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn duration(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{:.1} s", ms as f64 / 1000.0),
        10_000..120_000 => format!("{} s", ms / 1000),
        _ => format!("{} min", ms / 60_000),
    }
}

/// `12D3…WWD6rC2z`, as the page shows it.
fn short(look: &Look<'_>, peer: Sym) -> String {
    let id = look.history.interner.text(peer).into_owned();
    match (id.get(..4), id.get(id.len().saturating_sub(8)..)) {
        (Some(head), Some(tail)) if id.len() > 14 => format!("{head}…{tail}"),
        _ => words::cut(&id, 14),
    }
}

/// The value that occurs most, and how often.
fn most<T: std::hash::Hash + Eq + Ord + Clone>(values: impl Iterator<Item = T>) -> Option<(T, usize)> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts.into_iter().max_by(|(a, count_a), (b, count_b)| count_a.cmp(count_b).then_with(|| b.cmp(a)))
}

fn connections_ended<'a>(look: &Look<'a>, window: Range) -> impl Iterator<Item = (RowIx, &'a Row, u64)> {
    let ended = look.history.rows.ended_within(window.from_ms, window.to_ms);
    ended.filter_map(|(ix, row)| {
        let end = row.end.filter(|end| !end.inferred && row.parent.is_none())?;
        Some((ix, row, end.at_ms))
    })
}

/// Five or more connections that ended within 3 s for one cause.
fn ended_together(look: &Look<'_>, window: Range) -> Option<Finding> {
    const WITHIN_MS: u64 = 3_000;
    const LEAST: usize = 5;
    let mut by_cause: BTreeMap<Sym, Vec<u64>> = BTreeMap::new();
    for (_, row, at_ms) in connections_ended(look, window) {
        if let Some(cause) = row.facts.cause.some() {
            by_cause.entry(cause).or_default().push(at_ms);
        }
    }
    let most_at_once = |times: &[u64]| {
        // In order of time, as they came.
        let mut from = 0;
        let counts = times.iter().enumerate().map(|(to, at)| {
            while times[from].saturating_add(WITHIN_MS) < *at {
                from += 1;
            }
            (to + 1 - from, Reverse(times[from]))
        });
        counts.max()
    };
    let counts = by_cause.into_iter().filter_map(|(cause, times)| Some((most_at_once(&times)?, cause)));
    let ((many, Reverse(at_ms)), cause) = counts.max()?;
    let (cause, _) = words::cause(&look.history.interner.text(cause));
    (many >= LEAST).then(|| Finding {
        rule: "ended-together".into(),
        severity: Severity::Error,
        title: format!("{many} connections ended within 3 s: {cause}"),
        text: "One cause for many ends at once: a network, a relay or a node that many of them share.".into(),
        at_ms: Some(at_ms),
        show: Show::Connections(format!("-status:open cause:\"{cause}\"")),
    })
}

/// Most dials of the window failed.
fn failed_dials(look: &Look<'_>, window: Range) -> Option<Finding> {
    const LEAST: usize = 5;
    let log = &look.history.events;
    let (failure, dialing) = (log.kind("DialFailure")?, log.kind("Dialing"));
    let parts: Vec<_> = log.parts(window.from_ms, window.to_ms).collect();
    let mut counts = Vec::new();
    parts.iter().for_each(|part| part.count(&mut counts));
    let of =
        |kind: u16| counts.iter().find(|(known, _)| *known == kind).map_or(0, |(_, count)| *count as usize);
    let events =
        parts.iter().rev().flat_map(|part| part.events().iter().rev().map(move |event| (event, part)));
    let failures = events.filter(|(event, _)| event.kind == failure).take(MOST_DIALS);
    let mut newest = None;
    let mut causes: Vec<(String, String)> = Vec::new();
    let mut untried = 0;
    for (event, part) in failures {
        let content = part.content(event);
        // Refused before it began, since one to that peer was on its way: no dial at all.
        if content.contains("\"DialPeerConditionFalse\"") {
            untried += 1;
            continue;
        }
        newest.get_or_insert(event.at_ms);
        causes.extend(dial_errors(content));
    }
    let failed = of(failure) - untried;
    let tried = dialing.map_or(0, of).max(failed);
    if failed < LEAST || failed * 2 < tried {
        return None;
    }
    let text = most(causes.into_iter())
        .map(|((over, error), many)| format!("{} over {over}: {error}", count(many, "address", "addresses")));
    Some(Finding {
        rule: "failed-dials".into(),
        severity: Severity::Warning,
        title: format!("{failed} of {tried} dials failed"),
        text: text.unwrap_or_else(|| "The source does not say why.".into()),
        at_ms: newest,
        show: Show::Events("DialFailure".into()),
    })
}

/// Transport and error of each address that a `DialFailure` names.
fn dial_errors(content: &str) -> Vec<(String, String)> {
    let told: Option<serde_json::Value> = serde_json::from_str(content).ok();
    let errors = told.as_ref().and_then(|told| told.get("errors")?.as_array());
    let one = |error: &serde_json::Value| {
        let text = error.get("error")?.as_str()?.trim_end_matches('.');
        let over = error.get("address").and_then(|address| address::parse(address.as_str()?).transport);
        Some((over.unwrap_or("an unknown transport").to_owned(), words::cut(text, 80)))
    };
    errors.into_iter().flatten().filter_map(one).collect()
}

/// Connections that ended before their upgrade was done, where the source tells upgrades at all.
fn ended_unfinished(look: &Look<'_>, window: Range) -> Option<Finding> {
    const LEAST: usize = 3;
    let tells = |row: &Row| row.facts.upgraded_ms > row.facts.open_ms;
    if !look.moment.connections.iter().filter_map(|at| look.history.rows.get(at.row)).any(tells) {
        return None;
    }
    let unfinished: Vec<(&Row, u64)> = connections_ended(look, window)
        .filter(|(_, row, _)| row.facts.open_ms > 0 && row.facts.upgraded_ms == 0)
        .map(|(_, row, at_ms)| (row, at_ms))
        .collect();
    let causes = unfinished.iter().filter_map(|(row, _)| end_of(look.history, row)?.cause);
    let text = most(causes).map(|(cause, many)| format!("{many} of them: {cause}"));
    (unfinished.len() >= LEAST).then(|| Finding {
        rule: "ended-unfinished".into(),
        severity: Severity::Warning,
        title: format!("{} connections ended before security and muxer were agreed", unfinished.len()),
        text: text.unwrap_or_else(|| "The source tells no cause.".into()),
        at_ms: unfinished.last().map(|(_, at_ms)| *at_ms),
        show: Show::Connections("-status:open".into()),
    })
}

/// A peer that comes and goes: four connections or more in 10 min, each short.
fn restless_peers(look: &Look<'_>) -> Option<Finding> {
    const LEAST: usize = 4;
    const WITHIN_MS: u64 = 10 * 60_000;
    const SHORT_MS: u64 = 60_000;
    let to = look.moment.at_ms;
    let from = to.saturating_sub(WITHIN_MS).max(look.history.first_ms()?);
    let mut by_peer: BTreeMap<Sym, Vec<u64>> = BTreeMap::new();
    for (_, row) in look.history.rows.begun_within(from, to) {
        let lived = row.end.map(|end| end.at_ms.saturating_sub(row.begin_ms()));
        if let (None, Some(peer), Some(lived)) = (row.parent, row.facts.name.some(), lived) {
            by_peer.entry(peer).or_default().push(lived);
        }
    }
    by_peer.retain(|_, lives| {
        lives.sort_unstable();
        lives.len() >= LEAST && lives[lives.len() / 2] < SHORT_MS
    });
    let others = by_peer.len().saturating_sub(1);
    let (peer, lives) = by_peer.into_iter().max_by_key(|(_, lives)| lives.len())?;
    let more = (others > 0).then(|| format!(", and {} likewise", count(others, "other peer", "other peers")));
    let id = look.history.interner.text(peer).into_owned();
    Some(Finding {
        rule: "restless-peers".into(),
        severity: Severity::Warning,
        title: format!(
            "{} came and went {} times in {}",
            short(look, peer),
            lives.len(),
            duration(to - from)
        ),
        text: format!(
            "It stays for {} at a time (median){}",
            duration(lives[lives.len() / 2]),
            more.unwrap_or_default()
        ),
        at_ms: None,
        show: Show::Connections(format!("peer:{id}")),
    })
}

/// Streams of one protocol that are open for long and move nothing: a leak, often.
fn silent_streams(look: &Look<'_>) -> Option<Finding> {
    const LEAST: usize = 20;
    const OLD_MS: u64 = 10 * 60_000;
    if !look.history.seen.stream_traffic {
        return None;
    }
    let is_silent = |at: &At| at.rate_in.unwrap_or(0.0) == 0.0 && at.rate_out.unwrap_or(0.0) == 0.0;
    let is_old =
        |row: &Row| row.begin_ms().saturating_add(OLD_MS) < look.moment.at_ms && !row.facts.name.is_none();
    let open = look.moment.streams.iter().filter(|at| at.is_open);
    let old = open.filter_map(|at| Some((at, look.history.rows.get(at.row).filter(|row| is_old(row))?)));
    let rows: Vec<&Row> = old
        .filter(|(at, _)| look.moment.stream(look.history, at).is_some_and(|at| is_silent(&at)))
        .map(|(_, row)| row)
        .collect();
    let (protocol, many) = most(rows.iter().map(|row| row.facts.name))?;
    let peer_of = |row: &&&Row| Some(look.history.rows.get(row.parent?)?.facts.name);
    let of_it = rows.iter().filter(|row| row.facts.name == protocol);
    let (peer, at_peer) = most(of_it.filter_map(|row| peer_of(&row)))?;
    let protocol = look.history.interner.text(protocol).into_owned();
    (many >= LEAST).then(|| Finding {
        rule: "silent-streams".into(),
        severity: Severity::Warning,
        title: format!("{many} streams of {protocol} are open for over 10 min and silent"),
        text: format!("{at_peer} of them with {}", short(look, peer)),
        at_ms: None,
        show: Show::Connections(format!("protocol:{protocol}")),
    })
}

/// Peers that are reached through a relay for over a minute, and not directly.
fn relayed_only(look: &Look<'_>) -> Option<Finding> {
    const OLD_MS: u64 = 60_000;
    let mut direct = HashSet::new();
    let mut relayed = HashSet::new();
    for at in look.moment.connections.iter().filter(|at| at.is_open) {
        let Some(facts) = look.moment.facts(look.history, at) else { continue };
        let begin_ms = look.history.rows.get(at.row).map_or(u64::MAX, Row::begin_ms);
        match transport(look, facts) {
            Some(RELAYED) if begin_ms.saturating_add(OLD_MS) < look.moment.at_ms => {
                relayed.insert(facts.name)
            }
            Some(RELAYED) => false,
            _ => direct.insert(facts.name),
        };
    }
    let only = relayed.difference(&direct).count();
    (only > 0).then(|| Finding {
        rule: "relayed-only".into(),
        severity: Severity::Note,
        title: format!(
            "{} reached through a relay only",
            if only == 1 { "1 peer is".to_owned() } else { format!("{only} peers are") }
        ),
        text: "For over a minute; no direct connection took over.".into(),
        at_ms: None,
        show: Show::Connections("transport:relayed".into()),
    })
}

/// Buckets of the routing table in which nobody answers any more.
fn stale_buckets(look: &Look<'_>) -> Option<Finding> {
    const LEAST_PEERS: usize = 2;
    let mut buckets: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for peer in dht::in_table(look) {
        let (all, missing) = buckets.entry(peer.bucket).or_default();
        *all += 1;
        *missing += usize::from(peer.status == dht::MISSING);
    }
    let stale: Vec<u32> = buckets
        .iter()
        .filter(|(_, (all, missing))| all == missing && *all >= LEAST_PEERS)
        .map(|(cpl, _)| *cpl)
        .collect();
    let named: Vec<String> = stale.iter().take(5).map(u32::to_string).collect();
    let more = if stale.len() > named.len() { ", …" } else { "" };
    (!stale.is_empty()).then(|| Finding {
        rule: "stale-buckets".into(),
        severity: Severity::Warning,
        title: format!("In {} of {} DHT buckets nobody answers", stale.len(), buckets.len()),
        text: format!("All their peers are missing: bucket {}{more}", named.join(", ")),
        at_ms: None,
        show: Show::Events("Dht".into()),
    })
}

/// One protocol takes nearly all of it.
fn dominant_protocol(look: &Look<'_>, protocols: &[ProtocolRow]) -> Option<Finding> {
    const LEAST_RATE: f64 = 50_000.0;
    const LEAST_SHARE: f64 = 0.9;
    let rate = |row: &ProtocolRow| row.flow.rate_in.unwrap_or(0.0) + row.flow.rate_out.unwrap_or(0.0);
    let listed: f64 = protocols.iter().map(rate).sum();
    let whole = (look.moment.rate_in.unwrap_or(0.0) + look.moment.rate_out.unwrap_or(0.0)).max(listed);
    let first = protocols.first()?;
    let share = rate(first) / whole;
    (protocols.len() > 2 && whole >= LEAST_RATE && share >= LEAST_SHARE).then(|| Finding {
        rule: "dominant-protocol".into(),
        severity: Severity::Note,
        title: format!("{} takes {:.0} % of the traffic", first.protocol, share * 100.0),
        text: format!("Now, over {}", count(first.streams as usize, "open stream", "open streams")),
        at_ms: None,
        show: Show::Connections(format!("protocol:{}", first.protocol)),
    })
}

/// The node dropped events: what Events shows is not all.
fn discarded_events(lost: u64) -> Option<Finding> {
    (lost > 0).then(|| Finding {
        rule: "discarded-events".into(),
        severity: Severity::Warning,
        title: format!("The node dropped {}", count(lost as usize, "event", "events")),
        text: "This viewer did not take them in time, or the node made more than its queue holds.".into(),
        at_ms: None,
        show: Show::Events(String::new()),
    })
}
