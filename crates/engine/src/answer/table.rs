//! The connections table: what was open at the cursor, and what ended in the window, sorted and grouped; only the rows in
//! view.

mod group;
mod order;

use std::collections::HashSet;

use super::{
    Look,
    row::{conn_row, matches, spark, spark_max, stream_row},
    window::Window,
};
use crate::{
    frame::{ConnRow, GroupRow, Table, TableRow},
    history::RowIx,
    key::{self, Named},
    moment::{At, StreamAt},
    view::{Column, Group, Sort, TableAsk},
};

/// A row before it is shown: a connection, or a stream of one.
#[derive(Clone, Copy)]
struct Line<'a> {
    at: &'a At,
    of: Option<&'a At>,
}

pub fn answer(look: &Look<'_>, ask: &TableAsk) -> Table {
    let matching: Vec<&At> = look.moment.connections.iter().filter(|at| matches(look, at)).collect();
    let open = matching.iter().filter(|at| at.is_open).count();
    let has_own = look.history.seen.connection_traffic && !look.history.seen.shared_traffic;
    let sum = |read: fn(&At) -> Option<f64>| {
        let open = matching.iter().filter(|at| at.is_open).filter_map(|at| read(at));
        open.fold(None, |sum: Option<f64>, rate| Some(sum.unwrap_or(0.0) + rate)).filter(|_| has_own)
    };
    let table = Table {
        open: open as u32,
        closed: (matching.len() - open) as u32,
        all: look.moment.connections.len() as u32,
        sum_in: sum(|at| at.rate_in),
        sum_out: sum(|at| at.rate_out),
        never: look.never(),
        query_error: look.query.error(),
        ..Table::default()
    };
    let expanded = ask.expanded.iter().filter_map(|key| match key::find(look.history, key) {
        Some(Named::Connection(row)) => Some(row),
        _ => None,
    });
    let mut page = Page::new(look, ask, table, expanded.collect());
    let by = ask.group.filter(|by| *by != Group::Type);
    let streams: Vec<(At, &At)> = match by {
        Some(Group::Protocol) => matching.iter().flat_map(|at| streams(look, at)).collect(),
        _ => Vec::new(),
    };
    let mut lines: Vec<Line<'_>> = match by {
        Some(Group::Protocol) => streams.iter().map(|(at, of)| Line { at, of: Some(of) }).collect(),
        _ => matching.iter().map(|at| Line { at, of: None }).collect(),
    };
    order::sort(look, &mut lines, ask.sort);
    match by {
        None => lines.iter().for_each(|line| page.line(line)),
        Some(by) => {
            let groups = group::group(look, &lines, by, ask.sort);
            page.table.groups = groups.len() as u32;
            for (head, is_folded, lines) in groups.each(look, &ask.folds) {
                page.head(head);
                lines.iter().filter(|_| !is_folded).for_each(|line| page.line(line));
            }
        }
    }
    page.end()
}

/// The streams of a connection that the query asks for.
fn streams<'a>(look: &'a Look<'_>, connection: &'a At) -> impl Iterator<Item = (At, &'a At)> {
    look.moment.streams_of(connection.row).iter().filter_map(move |stream| {
        let name = look.moment.stream_facts(look.history, stream)?.name;
        let is_wanted = look.query.matches_protocol(&look.history.interner.text(name));
        let at = is_wanted.then(|| look.moment.stream(look.history, stream)).flatten()?;
        Some((at, connection))
    })
}

/// The part in view, filled from the first row on.
struct Page<'a> {
    look: &'a Look<'a>,
    ask: &'a TableAsk,
    table: Table,
    expanded: HashSet<RowIx>,
    window: Window,
}

impl<'a> Page<'a> {
    fn new(look: &'a Look<'a>, ask: &'a TableAsk, table: Table, expanded: HashSet<RowIx>) -> Self {
        Page { look, ask, table, expanded, window: Window::new(ask.scroll_px, ask.height_px) }
    }

    fn head(&mut self, head: impl Fn() -> GroupRow) {
        if self.window.place(self.ask.head_px) {
            self.table.rows.push(TableRow::Group(Box::new(head())));
        }
    }

    fn line(&mut self, line: &Line<'_>) {
        let (look, at) = (self.look, line.at);
        let is_in_view = self.window.place(self.ask.row_px);
        if let Some(connection) = line.of {
            if is_in_view {
                self.stream(at, connection);
            }
            return;
        }
        let is_expanded = self.expanded.contains(&at.row);
        if is_in_view && let Some(mut row) = conn_row(look, at, is_expanded) {
            spark(look, at.row, &mut row.flow);
            self.table.rows.push(TableRow::Connection(Box::new(row)));
        }
        if !is_expanded {
            return;
        }
        for stream in ordered_streams(look, at) {
            if self.window.place(self.ask.sub_row_px)
                && let Some(stream) = look.moment.stream(look.history, stream)
            {
                self.stream(&stream, at);
            }
        }
    }

    fn stream(&mut self, at: &At, connection: &At) {
        let look = self.look;
        if let Some(mut row) = stream_row(look, at, &key::of_row(look.history, connection.row)) {
            if look.history.seen.stream_traffic {
                spark(look, at.row, &mut row.flow);
            }
            self.table.rows.push(TableRow::Stream(Box::new(row)));
        }
    }

    fn end(mut self) -> Table {
        (self.table.offset_px, self.table.first) = self.window.first();
        self.table.total_px = self.window.total_px();
        self.table.row_count = self.window.count();
        self.table.spark_max = spark_max(self.table.rows.iter().filter_map(|row| match row {
            TableRow::Group(_) => None,
            TableRow::Connection(row) => Some(&row.flow),
            TableRow::Stream(row) => Some(&row.flow),
        }));
        self.table
    }
}

/// Every connection of the table.
pub fn all<'a>(look: &'a Look<'a>) -> Vec<(&'a At, ConnRow)> {
    let matching = look.moment.connections.iter().filter(|at| matches(look, at));
    let mut lines: Vec<Line<'_>> = matching.map(|at| Line { at, of: None }).collect();
    order::sort(look, &mut lines, Sort { by: Column::RateIn, descending: true });
    lines.into_iter().filter_map(|line| Some((line.at, conn_row(look, line.at, false)?))).collect()
}

/// Open ones first, then oldest first.
pub fn ordered_streams<'a>(look: &'a Look<'_>, connection: &At) -> Vec<&'a StreamAt> {
    let mut streams: Vec<&StreamAt> = look.moment.streams_of(connection.row).iter().collect();
    let begin = |at: &StreamAt| look.history.rows.get(at.row).map_or(0, |row| row.begin_ms());
    streams.sort_by_key(|at| (!at.is_open, begin(at), at.row));
    streams
}
