//! What the engine answers to a [`View`](crate::view::View): only what is visible, of one moment.
//!
//! None is what the source never told: shown as "–", never as 0. In series NaN is "no data here" (a gap).

mod dht;
mod diff;
mod events;
mod node;
mod overview;
mod query;
mod traffic;

use serde::{Deserialize, Serialize};

pub use dht::{Dht, DhtBucket, DhtParams, DhtPeer, DhtQueries, DhtStatus, DhtTable};
pub use diff::{CauseCount, Change, Changes, Diff, DiffFigure, DiffItem, DiffLine, Field, FieldDiff};
pub use events::{EventGroup, EventRow, Events, TypeCount};
pub use node::{ConfigurationTold, Counters, Node, PropertyTold, RuntimeTold, TypeTold};
pub use overview::{Churn, Figure, Finding, Overview, PeerRow, ProtocolRow, Severity, Share, Show};
pub use query::{Completion, Count, Proposal, QueryError, Replace, Span};
pub use traffic::{Traffic, TrafficPart};

use crate::view::{Group, Key, Range};

/// The answer to one view.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Of the view that it answers.
    pub rev: u32,
    /// Grows with everything that the history takes in.
    pub history_version: u64,
    pub head: Head,
    /// In the order of the view's panels.
    pub panels: Vec<Answer>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "three of them a frame; a box each would save nothing")]
pub enum Answer {
    Timeline(Timeline),
    Overview(Overview),
    Graph(Graph),
    Connections(Table),
    Events(Events),
    Dht(Dht),
    Node(Box<Node>),
    /// None: the selection is not known in this history.
    Inspector(Option<Box<Inspector>>),
    Traffic(Traffic),
    Completion(Completion),
    Diff(Diff),
}

/// What every screen shows: which node, where in time, how much, and what is missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub node: Option<NodeCard>,
    /// From the first to the last thing told, snapshot or event.
    pub span: Option<Range>,
    /// The moment shown: the cursor's snapshot (at the end of the history, the newest one).
    pub cursor_ms: Option<u64>,
    /// Number of the cursor's snapshot, from 1; 0 when there is none.
    pub snapshot: u32,
    pub snapshots: u32,
    /// Time of the first snapshot that is still there.
    pub first_snapshot_ms: Option<u64>,
    /// The moment before and after the cursor, for stepping.
    pub previous_ms: Option<u64>,
    pub next_ms: Option<u64>,
    /// Open at the cursor: opening, active or closing. None before the first snapshot.
    pub connections: Option<u32>,
    pub streams: Option<u32>,
    pub peers: Option<u32>,
    pub rate_in: Option<f64>,
    pub rate_out: Option<f64>,
    pub events_recorded: u64,
    pub gaps: u32,
    pub gap_ms: u64,
    pub problems: Problems,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeCard {
    pub peer_id: Option<String>,
    /// "rust-libp2p 0.57.1"
    pub agent: Option<String>,
    pub platform: Option<String>,
    pub start_ms: Option<u64>,
    /// Lives of the node in this history.
    pub runs: u32,
}

/// What is missing or was damaged, all counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Problems {
    /// Bad checksums + undecodable + a truncated tail.
    pub bad_frames: u64,
    /// Frames that say nothing this viewer knows.
    pub unknown_frames: u64,
    /// Events that the endpoint dropped for this session.
    pub lost_events: u64,
    /// It dropped some and did not say how many.
    pub lost_unknown: bool,
    /// Closed rows that the node left out of its snapshots.
    pub closed_cut: u64,
    /// Snapshots and events that left the history because the budget is full.
    pub dropped_snapshots: u64,
    pub dropped_events: u64,
}

/// Status of a connection or stream at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Status {
    Opening,
    Active,
    Closing,
    Closed,
    Error,
    /// A number that the schema does not know.
    Unknown(i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Direction {
    /// They opened it.
    In,
    /// We opened it.
    Out,
    Unknown(i32),
}

/// How something ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    pub at_ms: u64,
    /// The source only stopped telling of it.
    pub inferred: bool,
    /// In words, e.g. "closed by remote", when the source said.
    pub cause: Option<String>,
    /// The cause is an error.
    pub error: bool,
}

/// Bytes of something, both ways.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Bytes per second, averaged over the last [`RATE_WINDOW_MS`].
    pub rate_in: Option<f64>,
    pub rate_out: Option<f64>,
    /// Bytes since the beginning.
    pub total_in: Option<u64>,
    pub total_out: Option<u64>,
    /// Packets since the beginning, where the source counts them.
    pub packets_in: Option<u64>,
    pub packets_out: Option<u64>,
    /// The last 60 s, bytes per second, evenly spaced, oldest first. Empty when never told.
    pub spark_in: Vec<f32>,
    pub spark_out: Vec<f32>,
}

/// Rates are averaged over this long before the cursor.
pub const RATE_WINDOW_MS: u64 = 10_000;

/// A connection at the cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnRow {
    pub key: Key,
    /// The id as text, or as hex where it is none.
    pub id: String,
    pub status: Status,
    pub end: Option<End>,
    pub peer: String,
    pub peer_key: Key,
    pub agent: Option<String>,
    /// "tcp", "quic-v1", "ws", "relayed", …; None where neither address nor transport id tells.
    pub transport: Option<String>,
    pub direction: Direction,
    /// `host:port`; None where a relay stands in for it.
    pub remote: Option<String>,
    pub relay: Option<String>,
    pub rtt_ns: Option<u64>,
    pub age_ms: Option<u64>,
    /// Open streams. None when the source tells none at all.
    pub streams: Option<u32>,
    pub flow: Flow,
    /// The figures are those of its peer, not its own (the Go endpoint).
    pub shared_flow: bool,
    pub expanded: bool,
}

/// A stream at the cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamRow {
    pub key: Key,
    pub connection: Key,
    pub id: String,
    pub status: Status,
    pub end: Option<End>,
    /// None while it negotiates.
    pub protocol: Option<String>,
    /// Of its connection.
    pub peer: String,
    pub peer_key: Key,
    pub direction: Direction,
    pub age_ms: Option<u64>,
    pub flow: Flow,
}

/// The head of a group, with the sums of its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    pub key: Key,
    pub by: Group,
    /// None: those of which it is not told.
    pub name: Option<String>,
    /// Connections, or streams where it is grouped by protocol.
    pub open: u32,
    pub closed: u32,
    /// Open streams of its connections. None: not told, or they are the rows.
    pub streams: Option<u32>,
    /// Sums, of what is open for rates. Not of figures that rows share.
    pub flow: Flow,
    pub folded: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TableRow {
    Group(Box<GroupRow>),
    Connection(Box<ConnRow>),
    Stream(Box<StreamRow>),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub rows: Vec<TableRow>,
    /// Where the first of `rows` begins, and how high all rows are together, in px.
    pub offset_px: u32,
    pub total_px: u32,
    /// Number of the first of `rows` among all rows (heads of groups, connections and expanded streams).
    pub first: u32,
    pub row_count: u32,
    /// 0: it is not grouped.
    pub groups: u32,
    /// Connections that match the query, open and ended.
    pub open: u32,
    pub closed: u32,
    /// Connections in all, matching or not.
    pub all: u32,
    pub sum_in: Option<f64>,
    pub sum_out: Option<f64>,
    /// The greatest rate of all sparklines, for their common scale.
    pub spark_max: f32,
    /// The source fills no traffic, no latency, no streams in the whole history.
    pub never: Never,
    /// What is wrong with the query, if anything; that part of it is left out.
    pub query_error: Option<QueryError>,
}

/// What this source has never told so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Never {
    pub stream_traffic: bool,
    pub latency: bool,
    pub agent: bool,
    pub transport: bool,
    pub remote: bool,
}

/// One column of each for every step of the width; rates in bytes/s.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    pub span: Option<Range>,
    /// The greatest rate in each column.
    pub rate_in: Vec<f32>,
    pub rate_out: Vec<f32>,
    pub connections_min: Vec<f32>,
    pub connections_max: Vec<f32>,
    /// Events per second, averaged over the column.
    pub events: Vec<f32>,
    /// Stretches that nobody recorded.
    pub gaps: Vec<Range>,
    /// Figures at the cursor.
    pub at_rate_in: Option<f64>,
    pub at_rate_out: Option<f64>,
    pub at_connections: Option<u32>,
    pub at_events: Option<f64>,
}

/// The radar, in a circle of radius 1 around (0, 0), y down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    pub me: Option<String>,
    pub nodes: Vec<GraphNode>,
    /// x, y of each node, in their order.
    pub positions: Vec<f32>,
    pub rings: Vec<Ring>,
    pub sectors: Vec<Sector>,
    /// Radius of the ring for peers without a round trip, when there are any.
    pub untold_radius: Option<f32>,
    pub peer_count: u32,
    /// How many of them match the query.
    pub matching: u32,
    pub query_error: Option<QueryError>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphNode {
    pub key: Key,
    pub peer: String,
    pub agent: Option<String>,
    pub transport: Option<String>,
    pub direction: Direction,
    pub status: Status,
    pub end: Option<End>,
    pub rtt_ns: Option<u64>,
    pub rate_in: Option<f64>,
    pub rate_out: Option<f64>,
    pub streams: Option<u32>,
    pub connections: u32,
    /// The node in `nodes` that relays it; None: direct, or the relay is not a peer here.
    pub via: Option<u32>,
    pub relayed: bool,
    /// It relays others.
    pub relays: bool,
    pub labelled: bool,
    /// It matches the query (all do, when there is none).
    pub matches: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ring {
    pub millis: f32,
    pub radius: f32,
}

/// A part of the circle for one transport; angles in radians, clockwise from the top.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sector {
    pub name: Option<String>,
    pub count: u32,
    pub from: f32,
    pub to: f32,
}

/// What is selected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspector {
    pub key: Key,
    pub kind: Kind,
    /// The peer id, in full, where there is one; else the id.
    pub title: String,
    /// "kubo/0.36.0 · connection 1041"
    pub subtitle: String,
    pub facts: Vec<Fact>,
    pub traffic: Option<TrafficChart>,
    pub story: Vec<Story>,
    /// Lines of the story left out (the oldest and newest are kept).
    pub story_cut: u32,
    /// Its streams (of a connection) or connections' streams (of a peer), open ones first; at most 100.
    pub streams: Vec<StreamRow>,
    pub stream_count: u32,
    /// Its connections (of a peer).
    pub connections: Vec<ConnRow>,
    pub spark_max: f32,
    /// Everything known, as pretty JSON.
    pub json: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Connection,
    Stream,
    Peer,
    Event,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    pub label: String,
    pub value: FactValue,
    /// Grey, behind the value.
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FactValue {
    /// Not told: "–".
    Untold,
    Text(String),
    /// Addresses, ids, protocols: mono.
    Mono(String),
    Status(Status),
    Direction(Direction),
    /// A point in time, ms since the Unix epoch.
    Time(u64),
    Millis(u64),
    Nanos(u64),
    Count(u64),
    Bytes(u64),
    /// Bytes per second.
    Rate(f64),
    Transport(String),
    Peer(String, Key),
    Connection(String, Key),
    End(End),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrafficChart {
    pub span: Option<Range>,
    pub rate_in: Vec<f32>,
    pub rate_out: Vec<f32>,
    pub flow: Flow,
    /// The figures are those of its peer.
    pub shared: bool,
}

/// One line of a story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Story {
    pub at_ms: u64,
    pub text: String,
    pub tone: Tone,
    pub key: Option<Key>,
    /// Placed by the engine between two snapshots, not told.
    pub inferred: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    Plain,
    Good,
    Change,
    Warning,
    Error,
}
