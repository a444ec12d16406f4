//! The connections table: what was open at the cursor, and what ended in the window, sorted; only the rows in view.

use std::{borrow::Cow, cmp::Ordering, collections::HashSet};

use super::{
    Look,
    row::{age_ms, agent, conn_row, matches, relay, spark, spark_max, stream_count, stream_row, transport},
};
use crate::{
    frame::{ConnRow, Direction, Status, Table, TableRow},
    history::RowIx,
    key::{self, Named},
    moment::{At, StreamAt, direction_of},
    view::{Column, Sort, TableAsk},
};

/// Rows of one answer, whatever is asked: the page takes 120 at most.
const MAX_ROWS: usize = 120;

pub fn answer(look: &Look<'_>, ask: &TableAsk) -> Table {
    let all = look.moment.connections.len();
    let rows = sorted(look, ask.sort);
    let open = rows.iter().filter(|at| at.is_open).count();
    let has_own = look.history.seen.connection_traffic && !look.history.seen.shared_traffic;
    let sum = |read: fn(&At) -> Option<f64>| {
        let open = rows.iter().filter(|at| at.is_open).filter_map(|at| read(at));
        open.fold(None, |sum: Option<f64>, rate| Some(sum.unwrap_or(0.0) + rate)).filter(|_| has_own)
    };
    let mut table = Table {
        open: open as u32,
        closed: (rows.len() - open) as u32,
        all: all as u32,
        sum_in: sum(|at| at.rate_in),
        sum_out: sum(|at| at.rate_out),
        never: look.never(),
        query_error: look.query.error(),
        ..Table::default()
    };
    let expanded: HashSet<RowIx> = ask
        .expanded
        .iter()
        .filter_map(|key| match key::find(look.history, key) {
            Some(Named::Connection(row)) => Some(row),
            _ => None,
        })
        .collect();
    let (row_px, sub_px) = (u64::from(ask.row_px.max(1)), u64::from(ask.sub_row_px.max(1)));
    let from = u64::from(ask.scroll_px);
    let to = from + u64::from(ask.height_px);
    let (mut y, mut number) = (0u64, 0u32);
    for at in rows {
        let mut place = |height: u64, table: &mut Table| {
            let is_visible = y + height > from && y < to && table.rows.len() < MAX_ROWS;
            if is_visible && table.rows.is_empty() {
                (table.offset_px, table.first) = (y as u32, number);
            }
            y += height;
            number += 1;
            is_visible
        };
        let is_expanded = expanded.contains(&at.row);
        if place(row_px, &mut table)
            && let Some(mut row) = conn_row(look, at, is_expanded)
        {
            spark(look, at.row, &mut row.flow);
            table.rows.push(TableRow::Connection(Box::new(row)));
        }
        if !is_expanded {
            continue;
        }
        let key = key::of_row(look.history, at.row);
        for stream in ordered_streams(look, at) {
            if place(sub_px, &mut table)
                && let Some(at) = look.moment.stream(look.history, stream)
                && let Some(mut row) = stream_row(look, &at, &key)
            {
                if look.history.seen.stream_traffic {
                    spark(look, stream.row, &mut row.flow);
                }
                table.rows.push(TableRow::Stream(Box::new(row)));
            }
        }
    }
    table.total_px = y.min(u64::from(u32::MAX)) as u32;
    table.row_count = number;
    table.spark_max = spark_max(table.rows.iter().map(|row| match row {
        TableRow::Connection(row) => &row.flow,
        TableRow::Stream(row) => &row.flow,
    }));
    table
}

/// Every connection of the table.
pub fn all<'a>(look: &Look<'a>) -> Vec<(&'a At, ConnRow)> {
    let rows = sorted(look, Sort { by: Column::RateIn, descending: true });
    rows.into_iter().filter_map(|at| Some((at, conn_row(look, at, false)?))).collect()
}

/// Open ones first, then oldest first.
pub fn ordered_streams<'a>(look: &'a Look<'_>, connection: &At) -> Vec<&'a StreamAt> {
    let mut streams: Vec<&StreamAt> = look.moment.streams_of(connection.row).iter().collect();
    let begin = |at: &StreamAt| look.history.rows.get(at.row).map_or(0, |row| row.begin_ms());
    streams.sort_by_key(|at| (!at.is_open, begin(at), at.row));
    streams
}

/// Characters that the page shows of a peer's id, at its end.
const SHOWN_OF_ID: usize = 8;

/// What a row is sorted by; None: not told.
#[derive(PartialEq)]
enum By<'a> {
    Status(Status),
    Direction(Direction),
    Number(u64),
    Rate(f64),
    Text(Cow<'a, str>),
}

impl By<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (By::Status(a), By::Status(b)) => a.cmp(b),
            (By::Direction(a), By::Direction(b)) => a.cmp(b),
            (By::Number(a), By::Number(b)) => a.cmp(b),
            (By::Rate(a), By::Rate(b)) => a.total_cmp(b),
            (By::Text(a), By::Text(b)) => a.cmp(b),
            // Of one column all are alike.
            _ => Ordering::Equal,
        }
    }
}

fn by<'a>(look: &Look<'a>, at: &At, column: Column) -> Option<By<'a>> {
    let history = look.history;
    let facts = look.moment.facts(history, at)?;
    let flow = history.seen.connection_traffic.then_some(at);
    Some(match column {
        Column::Status => By::Status(at.status),
        Column::Direction => By::Direction(direction_of(facts.role)),
        // By the end, which tells peers apart: it is what the page shows of an id.
        Column::Peer => By::Text(tail_first(&history.interner.text(facts.name)).into()),
        Column::Agent => By::Text(agent(look, facts)?.into()),
        Column::Transport => By::Text(transport(look, facts)?.into()),
        Column::Remote => By::Text(match relay(look, at, facts) {
            // Relayed ones after those that have an address.
            Some(relay) => format!("\u{10ffff}{relay}").into(),
            None => history.addresses.get(facts.remote).host.clone()?.into(),
        }),
        Column::Rtt => By::Number(at.figures.latency_ns?),
        Column::Age => By::Number(age_ms(look, at.row)?),
        Column::Streams => By::Number(u64::from(stream_count(look, at)?)),
        Column::RateIn => By::Rate(flow?.rate_in?),
        Column::RateOut => By::Rate(flow?.rate_out?),
        Column::TotalIn => By::Number(flow?.figures.bytes_in?),
        Column::TotalOut => By::Number(flow?.figures.bytes_out?),
    })
}

fn tail_first(id: &str) -> String {
    let at = id.char_indices().rev().nth(SHOWN_OF_ID - 1).map_or(0, |(at, _)| at);
    format!("{} {}", &id[at..], &id[..at])
}

/// The connections that match, in order.
fn sorted<'a>(look: &Look<'a>, sort: Sort) -> Vec<&'a At> {
    let end = |at: &At| look.history.rows.get(at.row).and_then(|row| row.end).filter(|_| !at.is_open);
    let mut rows: Vec<(&At, Option<By<'_>>, u64)> = (look.moment.connections.iter())
        .filter(|at| matches(look, at))
        .map(|at| (at, by(look, at, sort.by), end(at).map_or(0, |end| end.at_ms)))
        .collect();
    rows.sort_unstable_by(|(at_a, a, end_a), (at_b, b, end_b)| {
        // What is open comes first, except where the status itself is sorted by; what is not told comes last.
        let openness =
            if sort.by == Column::Status { Ordering::Equal } else { at_b.is_open.cmp(&at_a.is_open) };
        let by_column = match (a, b) {
            (Some(a), Some(b)) if sort.descending => b.compare(a),
            (Some(a), Some(b)) => a.compare(b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        openness.then(by_column).then_with(|| end_b.cmp(end_a)).then_with(|| at_a.row.cmp(&at_b.row))
    });
    rows.into_iter().map(|(at, ..)| at).collect()
}
