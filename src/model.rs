//! The page's state: plain data, changed only by an [`Action`]. It holds no history; what the engine answered last is
//! kept to be painted. Focus, hover, scroll and what is folded open are each screen's own state.

use std::rc::Rc;

use peerscope_engine::{
    frame::Frame,
    view::{Cursor, Key, Range, Sort},
};

use crate::screen::{connections, events, graph, inspector, overview};

/// The screens there are. Others of the contract come with their features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    #[default]
    Overview,
    Graph,
    Connections,
    Events,
}

/// What a link reproduces: the part of the state that lives in the address, after `#`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    pub screen: Screen,
    pub source: Option<SourceRef>,
    pub cursor: Cursor,
    pub range: Option<Range>,
    pub selection: Option<Key>,
    pub query: String,
    pub sort: Option<Sort>,
}

/// What to open. A token is never in here: it lies in the tab's session storage, by endpoint.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceRef {
    /// `ws=`: an endpoint, without its token.
    Endpoint(String),
    /// `url=`: a recording to fetch.
    Url(String),
    /// `sample`: the recording that comes with the page.
    Sample,
    /// A file that was dropped or chosen; a link can't reproduce it. Its name.
    File(String),
}

/// How it stands with the source. One state, with its cause.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Link {
    /// Nothing is open.
    #[default]
    Idle,
    Connecting,
    Live { interval_ms: u64, lag_ms: u64 },
    /// The node holds its frames back because the user said so.
    Paused { interval_ms: u64 },
    /// Lost; tried again at `retry_at_ms` (page clock, ms since the Unix epoch).
    Waiting { cause: String, retry_at_ms: f64 },
    /// It makes no sense to try again.
    Failed { cause: String },
    /// A recording: how much of it is in, 0 to 1; 1 = whole.
    File { done: f32 },
}

impl Link {
    /// The one word of `link-state`.
    pub fn word(&self) -> &'static str {
        match self {
            Link::Idle => "idle",
            Link::Connecting => "connecting",
            Link::Live { .. } => "live",
            Link::Paused { .. } => "paused",
            Link::Waiting { .. } => "waiting",
            Link::Failed { .. } => "failed",
            Link::File { .. } => "file",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Dark,
    Light,
}

/// A message that stays until it is closed, or leaves after 5 s.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub id: u32,
    pub error: bool,
    pub text: String,
}

/// The size class that the layout follows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Window {
    pub width: f64,
    pub height: f64,
    /// Device pixels per CSS pixel.
    pub scale: f64,
}

impl Window {
    /// One column, bottom tabs, rows of two lines.
    pub fn phone(self) -> bool {
        self.width <= 640.0
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub route: Route,
    pub link: Link,
    /// The newest answer of the engine.
    pub frame: Option<Rc<Frame>>,
    pub theme: Theme,
    pub window: Window,
    pub toasts: Vec<Toast>,
    /// Nothing of the source could be read: what happened, where, what to do.
    pub error: Option<String>,
    /// The engine was lost and is being filled again, or had to be: in words.
    pub notice: Option<String>,
    pub overview: overview::State,
    pub graph: graph::State,
    pub connections: connections::State,
    pub events: events::State,
    pub inspector: inspector::State,
}

/// Whatever a user does, and whatever the worker says.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Go(Screen),
    Open(SourceRef),
    Cursor(Cursor),
    /// Steps by so many snapshots.
    Step(i32),
    Range(Option<Range>),
    Select(Option<Key>),
    Query(String),
    Sort(Sort),
    Theme(Theme),
    Pause(bool),
    RetryNow,
    DismissToast(u32),
    Overview(overview::Action),
    Graph(graph::Action),
    Connections(connections::Action),
    Events(events::Action),
    Inspector(inspector::Action),
}
