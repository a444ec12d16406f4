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
    /// The moment that the cursor's is compared with, in ms since the Unix epoch.
    pub pinned_ms: Option<u64>,
    /// None: the whole history for charts, the 5 minutes before the cursor for what ended.
    pub range: Option<Range>,
    /// As typed; `docs/search.md` says what it may hold.
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
    Completion(CompletionAsk),
    Diff(DiffAsk),
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
    /// Height of a connection's row, and of a group's head.
    pub row_px: u16,
    pub head_px: u16,
    /// Height of a stream's row.
    pub sub_row_px: u16,
    pub expanded: Vec<Key>,
    pub group: Option<Group>,
    pub folds: Folds,
}

/// What rows are put together by: of the connections table, and of the event log (by type or peer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Group {
    Peer,
    /// The rows are streams then, each once.
    Protocol,
    Transport,
    Direction,
    Agent,
    Status,
    Security,
    Muxer,
    /// Of events alone.
    Type,
}

/// Which groups show their head alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Folds {
    /// All do, but those named; else only those do.
    pub all: bool,
    pub but: Vec<Key>,
}

impl Default for TableAsk {
    /// The top of the table, the busiest first, on a screen with a mouse.
    fn default() -> Self {
        TableAsk {
            sort: Sort { by: Column::RateIn, descending: true },
            scroll_px: 0,
            height_px: 900,
            row_px: 26,
            head_px: 32,
            sub_row_px: 22,
            expanded: Vec::new(),
            group: None,
            folds: Folds::default(),
        }
    }
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
    /// By type or peer; then there are groups in place of rows.
    pub group: Option<Group>,
    /// Groups whose newest events are wanted.
    pub unfolded: Vec<Key>,
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

/// What may be typed into the query box, at its caret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompletionAsk {
    /// In bytes of [`View::query`].
    pub caret: u32,
    /// It asks events, else connections.
    pub events: bool,
}

/// What became of things between [`View::pinned_ms`] and the cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiffAsk {
    pub section: Section,
    pub scroll_px: u32,
    pub height_px: u32,
    pub row_px: u16,
    pub head_px: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Section {
    #[default]
    Connections,
    Streams,
    Peers,
    Protocols,
}

impl Section {
    pub const ALL: [Section; 4] =
        [Section::Connections, Section::Streams, Section::Peers, Section::Protocols];
}
