//! What a chunk keeps of each row, as numbers, one for each column.

use crate::snapshot::{Facts, Figures};

/// What a chunk keeps of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Column {
    /// 0: not in the snapshot; else the schema's number + 1.
    Status,
    /// Index into the chunk's facts.
    Facts,
    BytesIn,
    BytesOut,
    PacketsIn,
    PacketsOut,
    NowIn,
    NowOut,
    Latency,
}

pub const COLUMNS: [Column; 9] = [
    Column::Status,
    Column::Facts,
    Column::BytesIn,
    Column::BytesOut,
    Column::PacketsIn,
    Column::PacketsOut,
    Column::NowIn,
    Column::NowOut,
    Column::Latency,
];

/// Columns to be read of a row besides its status: what is not wanted costs nothing, and reads as "not told".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want(u16);

impl Want {
    pub const STATUS: Want = Want(0);
    pub const BYTES: Want = Want(1 << Column::BytesIn as u16 | 1 << Column::BytesOut as u16);
    pub const FACTS: Want = Want(1 << Column::Facts as u16);
    pub const STREAM: Want = Want(Self::BYTES.0 | Self::FACTS.0);
    pub const CONNECTION: Want = Want(Self::STREAM.0 | 1 << Column::Latency as u16);
    pub const PACKETS: Want = Want(1 << Column::PacketsIn as u16 | 1 << Column::PacketsOut as u16);
    pub const ALL: Want = Want(u16::MAX);

    /// And the rates as the node measured them.
    pub const fn and_rates(self) -> Want {
        Want(self.0 | 1 << Column::NowIn as u16 | 1 << Column::NowOut as u16)
    }

    pub(super) const fn without_bytes(self) -> Want {
        Want(self.0 & !(1 << Column::BytesIn as u16 | 1 << Column::BytesOut as u16))
    }

    pub(super) fn has(self, column: usize) -> bool {
        self.0 & 1 << column != 0
    }
}

/// What a row is at one snapshot, by column; as in the columns, 0 is "not told".
pub type Values = [u64; COLUMNS.len()];

/// A row in a snapshot, as it comes in.
pub struct Told<'a> {
    pub status: i32,
    pub facts: &'a Facts,
    pub figures: &'a Figures,
}

/// A row in a snapshot, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    pub status: i32,
    /// Index for [`Chunk::facts`].
    pub facts: u32,
    pub figures: Figures,
}

impl Told<'_> {
    pub(super) fn values(&self, facts: u32) -> Values {
        let figures = self.figures;
        [
            u64::from(self.status as u32) + 1,
            u64::from(facts),
            some(figures.bytes_in),
            some(figures.bytes_out),
            some(figures.packets_in),
            some(figures.packets_out),
            some(figures.now_in),
            some(figures.now_out),
            some(figures.latency_ns),
        ]
    }
}

impl Kept {
    /// None: the row is not in the snapshot.
    pub(super) fn of(values: &Values) -> Option<Kept> {
        let figure = |column: Column| values[column as usize].checked_sub(1);
        Some(Kept {
            status: values[Column::Status as usize].checked_sub(1)? as u32 as i32,
            facts: values[Column::Facts as usize] as u32,
            figures: Figures {
                bytes_in: figure(Column::BytesIn),
                bytes_out: figure(Column::BytesOut),
                packets_in: figure(Column::PacketsIn),
                packets_out: figure(Column::PacketsOut),
                now_in: figure(Column::NowIn),
                now_out: figure(Column::NowOut),
                latency_ns: figure(Column::Latency),
            },
        })
    }
}

/// A figure of 2^64 - 1 is kept as one less: the last number stands for the one before it.
fn some(value: Option<u64>) -> u64 {
    value.map_or(0, |value| value.saturating_add(1))
}
