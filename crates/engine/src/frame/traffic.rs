//! Who or what moved the bytes of a stretch of time.

use serde::{Deserialize, Serialize};

use crate::view::{Key, Range};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// What the columns cover.
    pub span: Option<Range>,
    pub gaps: Vec<Range>,
    /// Most bytes first.
    pub parts: Vec<TrafficPart>,
    /// All others together; by peer, what the node's totals have beyond the parts.
    pub others: TrafficPart,
    pub other_count: u32,
    /// The node's own totals, bytes per second, averaged over each column.
    pub total_in: Vec<f32>,
    pub total_out: Vec<f32>,
    /// The source tells no such figures, or connections show their peer's: nothing can be told apart like this.
    pub never: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrafficPart {
    /// None: what the source does not name.
    pub name: Option<String>,
    /// A peer's.
    pub key: Option<Key>,
    /// Within the range.
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// Bytes per second, averaged over each column.
    pub rate_in: Vec<f32>,
    pub rate_out: Vec<f32>,
}
