//! The event log in view, its types, and the chart above it.

use serde::{Deserialize, Serialize};

use super::QueryError;
use crate::view::{Key, Range};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Events {
    pub rows: Vec<EventRow>,
    /// Number of the first of `rows` among all that match.
    pub first: u32,
    pub matching: u32,
    /// In the range, whatever their type and text.
    pub in_range: u32,
    pub recorded: u64,
    /// Every type in the range, most frequent first, switched off or not.
    pub types: Vec<TypeCount>,
    /// The stretch of the chart.
    pub span: Option<Range>,
    /// Events of each bar and type: `chart[bar * chart_types.len() + type]`.
    pub chart: Vec<u32>,
    /// Names of the chart's stacks, at most 8 and then "other".
    pub chart_types: Vec<String>,
    pub bars: u32,
    pub gaps: Vec<Range>,
    /// The number of the row at or just before the cursor.
    pub at_cursor: Option<u32>,
    /// Of what matches, most events first; at most 100.
    pub groups: Vec<EventGroup>,
    pub group_count: u32,
    pub query_error: Option<QueryError>,
}

/// Events that have their type or their peer in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventGroup {
    pub key: Key,
    /// None: those that name no peer.
    pub name: Option<String>,
    pub peer_key: Option<Key>,
    pub count: u32,
    pub first_ms: u64,
    pub last_ms: u64,
    /// The newest, oldest first, where it is unfolded.
    pub rows: Vec<EventRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeCount {
    pub name: String,
    pub count: u32,
    pub hidden: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    pub key: Key,
    pub at_ms: u64,
    /// Since the row before, in the order shown.
    pub since_ms: Option<u64>,
    pub kind: String,
    pub peer: Option<String>,
    pub peer_key: Option<Key>,
    /// What happened, in words, at most 200 characters.
    pub text: String,
    /// The event tells of a failure.
    pub error: bool,
    /// The content as told (JSON, usually), for expanded rows.
    pub content: Option<String>,
    /// The content is longer than what is given.
    pub cut: bool,
}
