//! The page's state: plain data, changed only by an [`Action`]. It holds no history; what the engine answered last is
//! kept to be painted. Focus, hover, scroll and what is folded open are each screen's own state.

mod reading;
pub mod saving;

use std::rc::Rc;

use peerscope_engine::{
    frame::Frame,
    view::{Cursor, Group, Key, Range, Sort},
};
use serde::{Deserialize, Serialize};

pub use reading::{End, Reading};

use crate::{
    screen::{connections, diff, events, graph, inspector, overview},
    search,
};

/// The screens there are. Others of the contract come with their features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    #[default]
    Overview,
    Graph,
    Connections,
    Events,
    Diff,
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
    pub group: Option<Group>,
    /// Moment A of a comparison, ms since the Unix epoch; B is the cursor.
    pub pinned_ms: Option<u64>,
    pub budget: Budget,
}

/// Memory that the history may take, in MiB. A page has the one that its address named when it was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(u16);

impl Budget {
    pub const LEAST: u16 = 16;
    pub const MOST: u16 = 2048;

    /// The nearest that is allowed.
    #[must_use]
    pub fn of_mib(mib: u64) -> Self {
        let mib = u16::try_from(mib).unwrap_or(u16::MAX);
        Self(mib.clamp(Self::LEAST, Self::MOST))
    }

    #[must_use]
    pub fn mib(self) -> u16 {
        self.0
    }

    #[must_use]
    pub fn bytes(self) -> u64 {
        u64::from(self.0) << 20
    }
}

impl Default for Budget {
    /// docs/performance.md has how far back it reaches.
    fn default() -> Self {
        Self(256)
    }
}

/// What to open. A token is never in here: it lies in the tab's session storage, by endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Link {
    /// Nothing is open.
    #[default]
    Idle,
    Connecting,
    Live {
        interval_ms: u64,
        lag_ms: u64,
    },
    /// The node holds its frames back because the user said so.
    Paused {
        interval_ms: u64,
    },
    /// Lost; tried again at `retry_at_ms` (page clock, ms since the Unix epoch). `lost_at_ms` is None when it never was
    /// live.
    Waiting {
        cause: String,
        lost_at_ms: Option<f64>,
        retry_at_ms: f64,
        attempt: u32,
    },
    /// It makes no sense to try again.
    Failed {
        cause: String,
    },
    /// A recording: how much of it is in.
    File(Reading),
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

/// Something that was opened before, kept in the browser; never with a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recent {
    pub source: SourceRef,
    /// When it was opened last, ms since the Unix epoch.
    pub at_ms: f64,
}

/// The page could not keep up, so the worker asked for fewer snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Behind {
    /// What it would be if the page kept up.
    pub wanted_ms: u64,
    /// What was asked for instead.
    pub interval_ms: u64,
    pub lag_ms: u64,
    /// Messages that this page threw away because its own queue was full.
    pub dropped: u64,
}

/// Where the frames of a live source are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeptIn {
    /// It is being found out.
    #[default]
    Opening,
    /// In private files of the browser, until the tab is closed.
    Files,
    /// In the page's memory: why not in files.
    Page(String),
}

/// What is kept of a live source, to be saved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    pub kept_in: KeptIn,
    pub bytes: u64,
    /// More is not kept: the oldest goes.
    pub quota: u64,
    /// How far back it reaches, in ms since the Unix epoch. None: to the beginning.
    pub from_ms: Option<u64>,
    /// Messages that went.
    pub dropped: u64,
}

/// What a live source had from before: the node's own recording, as far as it was new.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRecording {
    pub frames: u64,
    /// Time of the oldest of them, in ms since the Unix epoch.
    pub from_ms: Option<u64>,
    /// Nothing is missing between what was known and what came.
    pub fills: bool,
    /// Why it is not there, or not whole: in a sentence.
    pub trouble: Option<String>,
}

/// Nothing of the source could be read, or it can't be reached for good: what happened, and what to look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// "Cannot reach ws://127.0.0.1:9090"
    pub title: String,
    /// What is known, in a sentence.
    pub text: String,
    /// What to look at, in this order.
    pub checks: Vec<String>,
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
    pub error: Option<Trouble>,
    /// The engine was lost and is being filled again, or had to be: in words.
    pub notice: Option<String>,
    pub behind: Option<Behind>,
    /// Of a live source.
    pub recording: Recording,
    /// Of a live source, all times together that it was asked for.
    pub own: OwnRecording,
    /// The link was live, is lost since then, and is not back.
    pub lost_at_ms: Option<f64>,
    /// The notice of lost events was closed when there were so many.
    pub lost_seen: u64,
    pub recents: Vec<Recent>,
    /// The panel under the source's button is open.
    pub source_panel: bool,
    /// The panel under the recording's button is open.
    pub record_panel: bool,
    /// The dialog that saves, while it is open.
    pub saving: Option<saving::State>,
    /// The page's clock, ms since the Unix epoch; it moves once a second, and only while something on the screen counts.
    pub now_ms: f64,
    /// Minutes east of UTC, for times of the clock.
    pub zone_minutes: i32,
    /// What the system wants when no theme is chosen.
    pub system_dark: bool,
    pub search: search::State,
    pub overview: overview::State,
    pub graph: graph::State,
    pub connections: connections::State,
    pub events: events::State,
    pub diff: diff::State,
    pub inspector: inspector::State,
}

/// Whatever a user does, and whatever the worker says.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Go(Screen),
    Open(SourceRef),
    /// Closes the source.
    Close,
    SourcePanel(bool),
    RecordPanel(bool),
    Saving(saving::Action),
    Cursor(Cursor),
    /// Steps by so many snapshots.
    Step(i32),
    /// Holds the view at the moment that it shows, or follows the newest again.
    Hold,
    Range(Option<Range>),
    Select(Option<Key>),
    Query(String),
    /// Selects the next (1) or previous (-1) row that matches.
    NextMatch(i32),
    Sort(Sort),
    Group(Option<Group>),
    Search(search::Action),
    /// Pins the moment shown as A, or this one.
    PinHere,
    Pin(Option<u64>),
    /// A is then B, and B is A.
    Swap,
    Theme(Theme),
    Pause(bool),
    RetryNow,
    /// A lost endpoint is left alone.
    StopTrying,
    /// No more of a recording is read.
    CancelReading,
    /// Closes what is open above the view, else ends the selection, else the range.
    Escape,
    DismissToast(u32),
    DismissNotice,
    DismissBehind,
    Overview(overview::Action),
    Graph(graph::Action),
    Connections(connections::Action),
    Events(events::Action),
    Diff(diff::Action),
    Inspector(inspector::Action),
    /// The address changed by other hands: back, forward, or a link pasted.
    Route(Box<Route>),
    Window(Window),
    SystemDark(bool),
    Tick(f64),
    Said(Box<Said>),
    Toast {
        error: bool,
        text: String,
    },
}

/// What came from the worker, or was seen of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Frame(Rc<Frame>),
    Link(Link),
    Trouble(Trouble),
    Note(String),
    Behind(Option<Behind>),
    Recording(Recording),
    Own(OwnRecording),
    Preview(saving::Preview),
    Saving(saving::Saving),
    /// A file was handed to the user.
    Saved(saving::Saved),
    /// The worker is gone: why, in words.
    Lost(String),
    /// It is back, and filled again: with what, in words.
    Recovered(String),
}
