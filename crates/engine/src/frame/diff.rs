//! Two moments compared: what appeared, what vanished, and what changed.

use serde::{Deserialize, Serialize};

use super::{Direction, End, FactValue, QueryError};
use crate::view::{Key, Section};

/// B, the cursor, against A, the moment that is pinned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diff {
    /// Instants of the snapshots compared. None: there is none at that time, or nothing is pinned.
    pub a_ms: Option<u64>,
    pub b_ms: Option<u64>,
    pub section: Section,
    pub changes: Changes,
    pub lines: Vec<DiffLine>,
    /// Where the first of `lines` begins, and how high all are together, px.
    pub offset_px: u32,
    pub total_px: u32,
    /// Number of the first of `lines` among all.
    pub first: u32,
    pub line_count: u32,
    /// The node as a whole, then and now.
    pub figures: Vec<DiffFigure>,
    /// Why connections and streams vanished, most frequent first.
    pub causes: Vec<CauseCount>,
    pub query_error: Option<QueryError>,
}

/// How many of a section match the query in A or in B, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    pub in_a: u32,
    pub in_b: u32,
    pub vanished: u32,
    pub appeared: u32,
    pub changed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Change {
    /// In A, not in B.
    Vanished,
    /// In B, not in A.
    Appeared,
    /// In both, and something differs.
    Changed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DiffLine {
    Head(Change, u32),
    Item(Box<DiffItem>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiffItem {
    pub key: Key,
    pub change: Change,
    /// The peer, or the protocol.
    pub name: Option<String>,
    /// Of a stream: its peer.
    pub peer: Option<String>,
    pub transport: Option<String>,
    pub direction: Option<Direction>,
    /// When it came, or went.
    pub at_ms: Option<u64>,
    /// How it ended, where it did between the two.
    pub end: Option<End>,
    /// What differs; of what is in one alone, all that is told of it.
    pub fields: Vec<FieldDiff>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDiff {
    pub field: Field,
    pub a: FactValue,
    pub b: FactValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Field {
    Status,
    Protocol,
    Direction,
    Agent,
    Transport,
    Remote,
    Local,
    Security,
    Muxer,
    Connections,
    Streams,
    BytesIn,
    BytesOut,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiffFigure {
    pub label: String,
    /// A part of the figure above.
    pub part: bool,
    pub a: FactValue,
    pub b: FactValue,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseCount {
    /// None: the source did not say.
    pub cause: Option<String>,
    pub error: bool,
    pub count: u32,
}
