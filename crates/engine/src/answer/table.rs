//! The connections table: what was open at the cursor, and what ended in the window, sorted; only the rows in view.

use std::{cmp::Ordering, collections::HashSet};

use super::{
    Look,
    row::{conn_row, matches, spark, spark_max, stream_row},
};
use crate::{
    frame::{ConnRow, Table, TableRow},
    moment::At,
    view::{Column, Key, Sort, TableAsk},
};

/// Rows of one answer, whatever is asked: the page takes 120 at most.
const MAX_ROWS: usize = 120;

pub fn answer(look: &Look<'_>, ask: &TableAsk) -> Table {
    let all = look.moment.connections.len();
    let rows = sorted(look, ask.sort, &ask.expanded.iter().collect());
    let open = rows.iter().filter(|(at, _)| at.is_open).count();
    let sum = |read: fn(&ConnRow) -> Option<f64>| {
        let open = rows.iter().filter(|(at, _)| at.is_open).filter_map(|(_, row)| read(row));
        open.fold(None, |sum: Option<f64>, rate| Some(sum.unwrap_or(0.0) + rate))
    };
    let is_own = !look.history.seen.shared_traffic;
    let mut table = Table {
        open: open as u32,
        closed: (rows.len() - open) as u32,
        all: all as u32,
        sum_in: sum(|row| row.flow.rate_in).filter(|_| is_own),
        sum_out: sum(|row| row.flow.rate_out).filter(|_| is_own),
        never: look.never(),
        query_error: look.query.error.clone(),
        ..Table::default()
    };
    let (row_px, sub_px) = (u64::from(ask.row_px.max(1)), u64::from(ask.sub_row_px.max(1)));
    let from = u64::from(ask.scroll_px);
    let to = from + u64::from(ask.height_px);
    let (mut y, mut number) = (0u64, 0u32);
    for (at, mut row) in rows {
        let mut place = |height: u64, table: &mut Table| {
            let is_visible = y + height > from && y < to && table.rows.len() < MAX_ROWS;
            if is_visible && table.rows.is_empty() {
                (table.offset_px, table.first) = (y as u32, number);
            }
            y += height;
            number += 1;
            is_visible
        };
        let (key, is_expanded) = (row.key.clone(), row.expanded);
        if place(row_px, &mut table) {
            spark(look, at.row, &mut row.flow);
            table.rows.push(TableRow::Connection(Box::new(row)));
        }
        if !is_expanded {
            continue;
        }
        for stream in ordered_streams(look, at) {
            if place(sub_px, &mut table)
                && let Some(mut row) = stream_row(look, stream, &key)
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
    sorted(look, Sort { by: Column::RateIn, descending: true }, &HashSet::new())
}

/// Open ones first, then oldest first.
pub fn ordered_streams<'a>(look: &'a Look<'_>, connection: &At) -> Vec<&'a At> {
    let mut streams: Vec<&At> = look.moment.streams_of(connection.row).iter().collect();
    let begin = |at: &At| look.history.rows.get(at.row).map_or(0, |row| row.begin_ms());
    streams.sort_by_key(|at| (!at.is_open, begin(at), at.row));
    streams
}

fn sorted<'a>(look: &Look<'a>, sort: Sort, expanded: &HashSet<&Key>) -> Vec<(&'a At, ConnRow)> {
    let mut rows: Vec<(&At, ConnRow)> = look
        .moment
        .connections
        .iter()
        .filter(|at| matches(look, at))
        .filter_map(|at| {
            let mut row = conn_row(look, at, false)?;
            row.expanded = expanded.contains(&row.key);
            Some((at, row))
        })
        .collect();
    rows.sort_by(|(at_a, a), (at_b, b)| {
        let by_column = compare(a, b, sort.by);
        let by_column = if sort.descending { by_column.reverse() } else { by_column };
        // What is open comes first, except where the status itself is sorted by; what is not told comes last.
        let openness =
            if sort.by == Column::Status { Ordering::Equal } else { at_b.is_open.cmp(&at_a.is_open) };
        let told = told(b, sort.by).cmp(&told(a, sort.by));
        let newest_end = || {
            let end = |row: &ConnRow| row.end.as_ref().map_or(0, |end| end.at_ms);
            end(b).cmp(&end(a))
        };
        openness.then(told).then(by_column).then_with(newest_end).then_with(|| at_a.row.cmp(&at_b.row))
    });
    rows
}

fn told(row: &ConnRow, by: Column) -> bool {
    match by {
        Column::Agent => row.agent.is_some(),
        Column::Transport => row.transport.is_some(),
        Column::Remote => row.remote.is_some() || row.relay.is_some(),
        Column::Rtt => row.rtt_ns.is_some(),
        Column::Age => row.age_ms.is_some(),
        Column::Streams => row.streams.is_some(),
        Column::RateIn => row.flow.rate_in.is_some(),
        Column::RateOut => row.flow.rate_out.is_some(),
        Column::TotalIn => row.flow.total_in.is_some(),
        Column::TotalOut => row.flow.total_out.is_some(),
        Column::Status | Column::Peer | Column::Direction => true,
    }
}

fn compare(a: &ConnRow, b: &ConnRow, by: Column) -> Ordering {
    let rates = |a: Option<f64>, b: Option<f64>| a.unwrap_or(0.0).total_cmp(&b.unwrap_or(0.0));
    match by {
        Column::Status => a.status.cmp(&b.status),
        Column::Peer => a.peer.cmp(&b.peer),
        Column::Agent => a.agent.cmp(&b.agent),
        Column::Transport => a.transport.cmp(&b.transport),
        Column::Direction => a.direction.cmp(&b.direction),
        Column::Remote => (&a.remote, &a.relay).cmp(&(&b.remote, &b.relay)),
        Column::Rtt => a.rtt_ns.cmp(&b.rtt_ns),
        Column::Age => a.age_ms.cmp(&b.age_ms),
        Column::Streams => a.streams.cmp(&b.streams),
        Column::RateIn => rates(a.flow.rate_in, b.flow.rate_in),
        Column::RateOut => rates(a.flow.rate_out, b.flow.rate_out),
        Column::TotalIn => a.flow.total_in.cmp(&b.flow.total_in),
        Column::TotalOut => a.flow.total_out.cmp(&b.flow.total_out),
    }
}
