//! What the page wants to see: one [`View`] names everything on the screen. Compared, not flagged: the page sends one
//! whenever it differs from the last.

use serde::{Deserialize, Serialize};

/// Which of the open sources. There is one for now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceId(pub u16);

/// A connection, stream, peer or event, the same in every view and in a link. Made by the engine and read by it alone.
///
/// `c~RUN~ID~GENERATION`, `s~RUN~CONNECTION~GENERATION~STREAM~GENERATION`, `p~PEER`, `e~NUMBER`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key(pub String);

/// Where in time the page looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cursor {
    /// The newest snapshot, whichever that is.
    #[default]
    Live,
    /// What was so at this time, in ms since the Unix epoch.
    At(u64),
}

/// A stretch of time, both ends in ms since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub from_ms: u64,
    pub to_ms: u64,
}

/// Everything on the screen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Counts up; the frame that answers carries it.
    pub rev: u32,
    pub source: SourceId,
    pub cursor: Cursor,
    /// None: the whole history for charts, the 5 minutes before the cursor for what ended.
    pub range: Option<Range>,
    /// Bare text and `field:value` with field one of status, peer, protocol, transport.
    pub query: String,
    pub selection: Option<Key>,
    pub panels: Vec<Panel>,
}

/// One part of the screen. The frame answers each in the same order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Panel {
    Timeline(TimelineAsk),
    Overview(OverviewAsk),
    Graph(GraphAsk),
    Connections(TableAsk),
    Events(EventsAsk),
    Dht(DhtAsk),
    Node,
    Inspector(InspectorAsk),
    Traffic(TrafficAsk),
}

/// The strip at the bottom, over the whole history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineAsk {
    /// How many columns: one for each device pixel, or fewer.
    pub columns: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverviewAsk {
    /// Points in each figure's sparkline (over the range, or the last 15 min).
    pub spark_points: u16,
    /// Rows of the peer table, with sparklines of [`ROW_SPARK_POINTS`].
    pub peers: u16,
    pub protocols: u16,
    /// Bars of the churn chart.
    pub churn_bars: u16,
}

/// The radar. The engine lays it out in the unit circle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphAsk {
    /// How many nodes get a label, those with most traffic first.
    pub labels: u16,
}

/// Points of the sparkline in a row, over 60 s.
pub const ROW_SPARK_POINTS: usize = 60;

/// A part of the connections table, with streams under the expanded ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableAsk {
    pub sort: Sort,
    /// Where the visible part begins, in px from the first row.
    pub scroll_px: u32,
    /// How much is wanted, overscan included, in px.
    pub height_px: u32,
    /// Height of a connection's row.
    pub row_px: u16,
    /// Height of a stream's row.
    pub sub_row_px: u16,
    pub expanded: Vec<Key>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    pub by: Column,
    pub descending: bool,
}

/// The columns of the connections table that can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Column {
    Status,
    Peer,
    Agent,
    Transport,
    Direction,
    Remote,
    Rtt,
    Age,
    Streams,
    RateIn,
    RateOut,
    TotalIn,
    TotalOut,
}

/// A part of the event log, oldest first, and the chart above it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventsAsk {
    /// Types that are switched off.
    pub hidden: Vec<String>,
    /// The number of the first row wanted, or None for the last rows (live tail).
    pub first: Option<u32>,
    pub rows: u16,
    pub chart_bars: u16,
    /// Events whose whole content is wanted.
    pub expanded: Vec<Key>,
}

/// The routing table at the cursor, and its size and queries over the range (or the last 15 min).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DhtAsk {
    /// Columns of the charts.
    pub columns: u16,
}

/// What is known of [`View::selection`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectorAsk {
    /// Columns of the traffic chart.
    pub chart_columns: u16,
}

/// Who or what moves the bytes, over the range (or the last 15 min).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrafficAsk {
    pub by: TrafficBy,
    /// How many columns: one for each device pixel, or fewer.
    pub columns: u16,
    /// How many parts are told apart, those with most bytes first; the others are one.
    pub parts: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrafficBy {
    Peer,
    /// Of the streams' own bytes.
    Protocol,
    Transport,
}
