//! What is known of the node itself and of this session with it.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// As it was known at the cursor.
    pub runtime: Option<RuntimeTold>,
    /// All that was told in this life of the node, oldest first.
    pub runtimes: Vec<RuntimeTold>,
    pub start_ms: Option<u64>,
    /// Which life of the node this is, from 0, and how many there are in this history.
    pub run: u32,
    pub runs: u32,
    /// Event types with what was declared of them, most frequent first; at most 512.
    pub types: Vec<TypeTold>,
    pub type_count: u32,
    /// As it was in effect at the cursor.
    pub configuration: Option<ConfigurationTold>,
    /// Every change of it, oldest first.
    pub configurations: Vec<ConfigurationTold>,
    pub counted: Counters,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuntimeTold {
    /// The newest time that was told when it came; 0: it came first.
    pub at_ms: u64,
    pub implementation: Option<String>,
    pub version: Option<String>,
    pub platform: Option<String>,
    pub peer_id: Option<String>,
}

/// The session's configuration, as the endpoint answered it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationTold {
    pub at_ms: u64,
    /// How long the endpoint queues for a paused session.
    pub retention_ms: u64,
    /// Between two snapshots.
    pub interval_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeTold {
    pub name: String,
    /// Empty: nothing was declared.
    pub properties: Vec<PropertyTold>,
    /// Events of this type in the history.
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PropertyTold {
    pub name: String,
    /// "text", "number", "time", "peer", "address" or "JSON".
    pub kind: String,
    pub multiple: bool,
}

/// What came in so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Payloads whose checksum held.
    pub frames: u64,
    pub bytes: u64,
    pub states: u64,
    pub events: u64,
    pub runtimes: u64,
    pub responses: u64,
    pub notices: u64,
    pub unknown: u64,
    /// Bad checksums, undecodable payloads, a truncated tail.
    pub bad_frames: u64,
    /// Events the endpoint dropped (as far as it said how many), and what left the history.
    pub dropped: u64,
    pub history_bytes: usize,
    pub first_ms: Option<u64>,
    pub last_ms: Option<u64>,
}
