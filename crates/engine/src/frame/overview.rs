//! The first screen: figures, churn, who and what takes the traffic, findings.

use serde::{Deserialize, Serialize};

use super::{Flow, Never, QueryError};
use crate::view::{Key, Range};

/// One of the six figures on top of Overview.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub value: Option<f64>,
    pub spark: Vec<f32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub connections: Figure,
    pub peers: Figure,
    pub streams: Figure,
    /// Bytes per second.
    pub rate_in: Figure,
    pub rate_out: Figure,
    /// Per second.
    pub events: Figure,
    pub inbound: u32,
    pub outbound: u32,
    pub opening: u32,
    /// Peers that came and went within the last 10 min (or the range).
    pub peers_came: u32,
    pub peers_left: u32,
    /// Streams opened and closed per second over the last minute. None when never told.
    pub streams_opened: Option<f64>,
    pub streams_closed: Option<f64>,
    pub total_in: Option<u64>,
    pub total_out: Option<u64>,
    /// The stretch of the sparklines and of churn.
    pub span: Option<Range>,
    pub churn: Vec<Churn>,
    pub top_peers: Vec<PeerRow>,
    pub peer_count: u32,
    pub top_protocols: Vec<ProtocolRow>,
    pub protocol_count: u32,
    pub spark_max: f32,
    /// Shares of the open connections, most first.
    pub transports: Vec<Share>,
    pub securities: Vec<Share>,
    pub muxers: Vec<Share>,
    pub directions: Vec<Share>,
    pub never: Never,
    pub query_error: Option<QueryError>,
    /// What the rules found, gravest first.
    pub findings: Vec<Finding>,
}

/// A problem in words, and where the rows are that show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's name, for tests and scripts.
    pub rule: String,
    pub severity: Severity,
    pub title: String,
    pub text: String,
    /// When it happened; None: now, or over the whole window.
    pub at_ms: Option<u64>,
    pub show: Show,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// The rows that show a finding: a query for a screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Show {
    Connections(String),
    Events(String),
}

/// Connections in one bar of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Churn {
    pub from_ms: u64,
    pub opened: u32,
    pub closed: u32,
    pub failed: u32,
    /// Nothing was recorded here.
    pub gap: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerRow {
    pub key: Key,
    pub peer: String,
    pub agent: Option<String>,
    pub transport: Option<String>,
    pub connections: u32,
    pub flow: Flow,
    /// Of all bytes now, 0 to 1. None when no rate is known.
    pub share: Option<f32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProtocolRow {
    pub protocol: String,
    pub streams: u32,
    pub flow: Flow,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// None: not told.
    pub name: Option<String>,
    pub count: u32,
}
