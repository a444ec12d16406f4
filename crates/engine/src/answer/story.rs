//! The story of a connection or peer: one dated line for each thing that happened, from history and events.

use std::collections::HashSet;

use super::{Look, row::transport};
use crate::{
    frame::{Story, Tone},
    history::{Row, RowIx},
    intern::Sym,
    key,
    moment::end_of,
    words,
};

/// Lines that are kept: the oldest half and the newest half of them.
const MAX_LINES: usize = 200;
/// Events so long before the opening (dials) and after the end belong to a connection.
const BEFORE_MS: u64 = 30_000;
const AFTER_MS: u64 = 5_000;

/// Lines of one type of event in a row: of more than this only the first and the last are told.
const MAX_ALIKE: usize = 3;

/// A line, and of which type its event is.
type Line = (Story, Option<u16>);

/// Events that repeat what the figures say, or what the story's own lines say of a connection that the history has.
fn is_noise(look: &Look<'_>, name: &str, connection: Sym, content: &str) -> bool {
    match name {
        "PingResult" => !words::is_error(name, content),
        "Dialing" | "IncomingConnection" | "PeerConnected" | "PeerDisconnected" => {
            let run = look.moment.run;
            !connection.is_none() && !look.history.rows.generations(run, None, connection).is_empty()
        }
        _ => false,
    }
}

pub fn of_connection(look: &Look<'_>, ix: RowIx) -> (Vec<Story>, u32) {
    let Some(row) = look.history.rows.get(ix) else { return (Vec::new(), 0) };
    let mut lines = plain(connection_lines(look, ix, row));
    lines.extend(plain(stream_lines(look, ix)));
    let from = row.begin_ms().saturating_sub(BEFORE_MS);
    let to = row.end.map_or(u64::MAX, |end| end.at_ms.saturating_add(AFTER_MS));
    let ours = |connection: Sym| connection.is_none() || connection == row.id;
    lines.extend(event_lines(look, from, to, |peer, connection| {
        (connection == row.id && !row.id.is_none())
            || (!peer.is_none() && peer == row.facts.name && ours(connection))
    }));
    finish(lines)
}

pub fn of_stream(look: &Look<'_>, ix: RowIx) -> (Vec<Story>, u32) {
    let Some(row) = look.history.rows.get(ix) else { return (Vec::new(), 0) };
    let mut lines = Vec::new();
    if row.facts.open_ms > 0 || !row.from_start {
        let by = if row.facts.role == 1 { "they opened it" } else { "we opened it" };
        lines.push(line(look, row.begin_ms(), by.into(), Tone::Good, Some(ix), row.facts.open_ms == 0));
    }
    lines.extend(end_line(look, ix, row));
    finish(plain(lines))
}

pub fn of_peer(look: &Look<'_>, peer: Sym) -> (Vec<Story>, u32) {
    let connections: Vec<(RowIx, &Row)> =
        look.history.rows.iter().filter(|(_, row)| row.parent.is_none() && row.facts.name == peer).collect();
    let mut lines: Vec<Line> =
        connections.iter().flat_map(|(ix, row)| plain(connection_lines(look, *ix, row))).collect();
    lines.extend(event_lines(look, 0, u64::MAX, |of, _| of == peer && !peer.is_none()));
    finish(lines)
}

fn connection_lines(look: &Look<'_>, ix: RowIx, row: &Row) -> Vec<Story> {
    let facts = &row.facts;
    let interner = &look.history.interner;
    let mut lines = Vec::new();
    let over = transport(look, facts).map_or(String::new(), |transport| format!(" over {transport}"));
    if facts.open_ms > 0 || !row.from_start {
        let by = match facts.role {
            0 => "we dialled",
            1 => "they dialled",
            _ => "opened",
        };
        lines.push(line(
            look,
            row.begin_ms(),
            format!("{by}{over}"),
            Tone::Plain,
            Some(ix),
            facts.open_ms == 0,
        ));
    } else {
        lines.push(line(
            look,
            row.first_seen_ms,
            "open when the recording began".into(),
            Tone::Plain,
            Some(ix),
            true,
        ));
    }
    if facts.upgraded_ms > facts.open_ms && facts.open_ms > 0 {
        let parts: Vec<String> =
            [facts.security, facts.muxer].iter().filter_map(|sym| interner.told(*sym)).collect();
        let took = facts.upgraded_ms - facts.open_ms;
        let with = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(" → ")) };
        lines.push(line(
            look,
            facts.upgraded_ms,
            format!("upgraded in {took} ms{with}"),
            Tone::Good,
            Some(ix),
            false,
        ));
    }
    lines.extend(end_line(look, ix, row));
    lines
}

fn end_line(look: &Look<'_>, ix: RowIx, row: &Row) -> Option<Story> {
    let end = end_of(look.history, row)?;
    let text = match (end.cause, end.inferred) {
        (Some(cause), _) => cause,
        (None, true) => "gone from the next snapshot".into(),
        (None, false) => "closed".into(),
    };
    let tone = if end.error { Tone::Error } else { Tone::Change };
    Some(line(look, end.at_ms, text, tone, Some(ix), end.inferred))
}

/// The first stream of each protocol.
fn stream_lines(look: &Look<'_>, connection: RowIx) -> Vec<Story> {
    let mut streams: Vec<(RowIx, &Row)> =
        look.history.rows.iter().filter(|(_, row)| row.parent == Some(connection)).collect();
    streams.sort_by_key(|(ix, row)| (row.begin_ms(), *ix));
    let mut seen = HashSet::new();
    streams
        .into_iter()
        .filter(|(_, row)| !row.facts.name.is_none() && (row.facts.open_ms > 0 || !row.from_start))
        .filter(|(_, row)| seen.insert(row.facts.name))
        .map(|(ix, row)| {
            let way = if row.facts.role == 1 { "in" } else { "out" };
            let text = format!("first stream {} {way}", look.history.interner.text(row.facts.name));
            line(look, row.begin_ms(), text, Tone::Good, Some(ix), row.facts.open_ms == 0)
        })
        .collect()
}

fn plain(lines: Vec<Story>) -> Vec<Line> {
    lines.into_iter().map(|line| (line, None)).collect()
}

fn event_lines(look: &Look<'_>, from: u64, to: u64, is_ours: impl Fn(Sym, Sym) -> bool) -> Vec<Line> {
    let log = &look.history.events;
    log.within(from, to)
        .filter(|(event, content)| {
            is_ours(event.peer, event.connection)
                && !is_noise(look, log.name(event.kind), event.connection, content)
        })
        .map(|(event, content)| {
            let name = log.name(event.kind);
            let text = words::cut(&format!("{name}: {}", words::event(name, content)), 160);
            let text = text.trim_end_matches(": ").to_owned();
            let tone = if words::is_error(name, content) { Tone::Warning } else { Tone::Plain };
            let key = Some(key::of_event(event.number));
            (Story { at_ms: event.at_ms, text, tone, key, inferred: false }, Some(event.kind))
        })
        .collect()
}

fn line(look: &Look<'_>, at_ms: u64, text: String, tone: Tone, row: Option<RowIx>, inferred: bool) -> Story {
    Story { at_ms, text, tone, key: row.map(|row| key::of_row(look.history, row)), inferred }
}

fn finish(mut lines: Vec<Line>) -> (Vec<Story>, u32) {
    lines.sort_by_key(|(line, _)| line.at_ms);
    let mut told = Vec::new();
    for alike in lines.chunk_by(|(_, a), (_, b)| a.is_some() && a == b) {
        match alike {
            [(first, _), between @ .., (last, _)] if alike.len() > MAX_ALIKE => {
                let mut more = between[0].0.clone();
                let name = more.text.split(':').next().unwrap_or_default();
                more.text = format!("{} more {name}", between.len());
                told.extend([first.clone(), more, last.clone()]);
            }
            few => told.extend(few.iter().map(|(line, _)| line.clone())),
        }
    }
    let cut = told.len().saturating_sub(MAX_LINES);
    if cut > 0 {
        told.drain(MAX_LINES / 2..MAX_LINES / 2 + cut);
    }
    (told, cut as u32)
}
