//! The columns, each one value: its head, width, sort key, and what a row shows and copies there.

use peerscope_engine::{
    frame::{ConnRow, StreamRow, TableRow},
    view::Column as By,
};
use yew::prelude::*;

use super::cell;
use crate::format::{self, Clock, NONE};

/// What cells need besides their row.
#[derive(Clone, Copy, PartialEq)]
pub struct Around<'a> {
    pub spark_max: f32,
    pub zone_minutes: i32,
    pub query: &'a str,
}

pub struct Column {
    /// `cell-ID` of the contract.
    pub id: &'static str,
    pub head: &'static str,
    pub hint: Option<&'static str>,
    /// Its head is for readers alone.
    pub silent: bool,
    /// None: it takes what is left.
    pub width: Option<u16>,
    pub class: &'static str,
    pub by: Option<By>,
    /// Numbers begin with the greatest.
    pub descends: bool,
    pub connection: fn(&ConnRow, Around) -> Html,
    pub copied: fn(&ConnRow, Around) -> String,
}

const fn column(id: &'static str, head: &'static str, by: Option<By>) -> Column {
    Column {
        id,
        head,
        hint: None,
        silent: false,
        width: None,
        class: "",
        by,
        descends: false,
        connection: |_, _| Html::default(),
        copied: |_, _| String::new(),
    }
}

pub const COLUMNS: [Column; 12] = [
    Column {
        width: Some(44),
        silent: true,
        connection: cell::status,
        copied: cell::status_text,
        ..column("status", "Status", Some(By::Status))
    },
    Column {
        width: Some(134),
        connection: cell::peer,
        copied: |row, _| row.peer.clone(),
        ..column("peer", "Peer", Some(By::Peer))
    },
    Column {
        width: Some(114),
        connection: cell::agent,
        copied: |row, _| row.agent.clone().unwrap_or(NONE.into()),
        ..column("agent", "Agent", Some(By::Agent))
    },
    Column {
        width: Some(78),
        connection: cell::transport,
        copied: |row, _| row.transport.clone().unwrap_or(NONE.into()),
        ..column("transport", "Transport", Some(By::Transport))
    },
    Column {
        width: Some(24),
        silent: true,
        class: "c",
        connection: cell::direction,
        copied: |row, _| crate::part::glyph::direction_word(row.direction),
        ..column("direction", "Direction", Some(By::Direction))
    },
    Column {
        class: "mono",
        connection: cell::remote,
        copied: |row, _| cell::remote_text(row),
        ..column("remote", "Remote", Some(By::Remote))
    },
    Column {
        width: Some(58),
        class: "r",
        descends: true,
        connection: |row, _| crate::part::figure::round_trip(row.rtt_ns),
        copied: |row, _| row.rtt_ns.map_or(NONE.into(), |ns| format::nanos(ns).text()),
        ..column("rtt", "RTT", Some(By::Rtt))
    },
    Column {
        width: Some(66),
        class: "r",
        descends: true,
        connection: |row, _| crate::part::figure::age(row.age_ms),
        copied: |row, _| row.age_ms.map_or(NONE.into(), format::duration_ms),
        ..column("age", "Age", Some(By::Age))
    },
    Column {
        width: Some(62),
        class: "r",
        descends: true,
        connection: |row, _| crate::part::figure::count(row.streams.map(u64::from)),
        copied: |row, _| row.streams.map_or(NONE.into(), |n| n.to_string()),
        ..column("streams", "Streams", Some(By::Streams))
    },
    Column {
        width: Some(92),
        hint: Some("In above, out below; cube-root scale, shared by all rows"),
        connection: |row, around| crate::part::spark::flow(&row.flow, around.spark_max, 80, 20),
        copied: cell::spark_text,
        ..column("spark", "Last 60 s", None)
    },
    Column {
        width: Some(74),
        class: "r",
        descends: true,
        connection: |row, _| cell::rate(row, row.flow.rate_in),
        copied: |row, _| crate::part::figure::rate_text(row.flow.rate_in),
        ..column("in", "In /s", Some(By::RateIn))
    },
    Column {
        width: Some(80),
        class: "r",
        descends: true,
        connection: |row, _| cell::rate(row, row.flow.rate_out),
        copied: |row, _| crate::part::figure::rate_text(row.flow.rate_out),
        ..column("out", "Out /s", Some(By::RateOut))
    },
];

pub const PEER: usize = 1;
const AGENT: usize = 2;
pub const DIRECTION: usize = 4;
const RTT: usize = 6;
pub const STREAMS: usize = 8;
const SPARK: usize = 9;

/// The cause of an ended row stands in place of the last columns, so many.
pub const END: usize = 3;
/// What goes where there is no room for all, first to last; the inspector has it too.
const LEAST: [usize; 4] = [AGENT, SPARK, STREAMS, RTT];
/// Room for `127.0.0.1:60891`.
const REMOTE_PX: f64 = 120.0;

/// The numbers of the columns that fit into a width, px.
pub fn shown(width: f64) -> Vec<usize> {
    let mut shown: Vec<usize> = (0..COLUMNS.len()).collect();
    for least in LEAST {
        let taken: f64 = shown.iter().map(|i| COLUMNS[*i].width.map_or(REMOTE_PX, f64::from)).sum();
        if taken <= width {
            break;
        }
        shown.retain(|i| *i != least);
    }
    shown
}

/// Where the cause begins among the columns shown.
pub fn end_at(shown: &[usize]) -> usize {
    shown.len().saturating_sub(END)
}

/// Whether the cause stands in place of the figures.
pub fn ended(row: &ConnRow) -> bool {
    row.end.is_some()
}

/// What C copies.
pub fn copied(row: &TableRow, column: usize, shown: &[usize], around: Around) -> String {
    let at_end = shown.get(end_at(shown)).is_some_and(|first| column >= *first);
    match row {
        TableRow::Connection(row) => match &row.end {
            Some(end) if at_end => cell::end_text(end, around.zone_minutes),
            _ => COLUMNS.get(column).map_or(String::new(), |column| (column.copied)(row, around)),
        },
        TableRow::Stream(row) => match &row.end {
            Some(end) if at_end => cell::end_text(end, around.zone_minutes),
            _ => stream_copied(row, column),
        },
        TableRow::Group(row) => super::group::copied(row),
    }
}

fn stream_copied(row: &StreamRow, column: usize) -> String {
    match COLUMNS.get(column).map(|column| column.id) {
        Some("status") => crate::part::glyph::status_word(row.status),
        Some("peer" | "agent" | "transport") => row.protocol.clone().unwrap_or("negotiating".into()),
        Some("direction") => crate::part::glyph::direction_word(row.direction),
        Some("remote") => format!("stream {}", row.id),
        Some("age") => row.age_ms.map_or(NONE.into(), format::duration_ms),
        Some("in") => crate::part::figure::rate_text(row.flow.rate_in),
        Some("out") => crate::part::figure::rate_text(row.flow.rate_out),
        _ => String::new(),
    }
}

/// When something ended, for a cell.
pub fn clock(at_ms: u64, zone_minutes: i32) -> String {
    format::clock(at_ms, zone_minutes, Clock::Seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_needed_columns_go_first() {
        let ids = |width| shown(width).into_iter().map(|i| COLUMNS[i].id).collect::<Vec<_>>().join(" ");
        assert_eq!(shown(1292.0).len(), 12);
        assert_eq!(shown(948.0).len(), 12, "the inspector beside a window of 1440");
        assert_eq!(ids(756.0), "status peer transport direction remote rtt age streams in out");
        assert_eq!(ids(636.0), "status peer transport direction remote age in out");
        assert_eq!(shown(0.0).len(), 8);
    }
}
