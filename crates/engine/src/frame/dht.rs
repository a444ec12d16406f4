//! The routing table at the cursor, and its size and queries over the range.

use serde::{Deserialize, Serialize};

use crate::view::{Key, Range};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dht {
    /// The source has told no table in the whole history.
    pub never: bool,
    /// None: the moment shown has no table.
    pub table: Option<DhtTable>,
    /// The stretch of the series, which have one value for each column of it.
    pub span: Option<Range>,
    /// The least and greatest number of peers in the table.
    pub size_min: Vec<f32>,
    pub size_max: Vec<f32>,
    /// The greatest rate of queries, per second.
    pub incoming_rate: Vec<f32>,
    pub outgoing_rate: Vec<f32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DhtTable {
    pub protocol: Option<String>,
    pub enabled: bool,
    pub start_ms: Option<u64>,
    pub params: Option<DhtParams>,
    /// By common prefix length; one without peers is there when the source told it.
    pub buckets: Vec<DhtBucket>,
    pub peer_count: u32,
    pub incoming: Option<DhtQueries>,
    pub outgoing: Option<DhtQueries>,
}

/// Of the Kademlia paper and its variants: bucket size, queries at a time, disjoint paths, replies that end a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DhtParams {
    pub k: u64,
    pub alpha: u64,
    pub disjoint_paths: u64,
    pub beta: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DhtBucket {
    /// Length of the prefix, in bits, that its peers' ids have in common with the node's own.
    pub cpl: u32,
    /// Longest in it first.
    pub peers: Vec<DhtPeer>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DhtPeer {
    pub key: Key,
    pub peer: String,
    pub status: DhtStatus,
    /// How long it has been in the bucket; None when the source tells no ages.
    pub age_ms: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DhtStatus {
    Active,
    /// It does not answer, and keeps its place until somebody wants it.
    Missing,
    /// The bucket was full.
    Rejected,
    /// It waits for a place.
    Candidate,
    /// A number that the schema does not know.
    Unknown(i32),
}

/// Queries since the beginning, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DhtQueries {
    pub success: u64,
    pub error: u64,
    pub timeout: u64,
    /// All of them, per second, over the last [`RATE_WINDOW_MS`](super::RATE_WINDOW_MS).
    pub rate: Option<f64>,
}
