//! The dialog that saves a recording or copies a link: what is chosen in it, and how far saving is.

use peerscope_engine::view::Range;
use serde::{Deserialize, Serialize};

/// What is replaced before saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replace {
    pub addresses: bool,
    pub peer_ids: bool,
    pub event_content: bool,
    pub agents: bool,
}

impl Default for Replace {
    /// What tells who and where; what a program is seldom does.
    fn default() -> Self {
        Self { addresses: true, peer_ids: true, event_content: true, agents: false }
    }
}

impl Replace {
    /// Frames as they came.
    pub fn none() -> Self {
        Self { addresses: false, peer_ids: false, event_content: false, agents: false }
    }

    pub fn any(self) -> bool {
        self != Self::none()
    }

    /// How many of the four.
    pub fn count(self) -> usize {
        [self.addresses, self.peer_ids, self.event_content, self.agents].into_iter().filter(|on| *on).count()
    }
}

/// A file was handed to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub name: String,
    pub frames: u64,
    /// Frames of the source that were damaged, and what redaction left out: neither is in the file.
    pub damaged: u64,
    pub left_out: u64,
}

/// One of the four switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    Addresses,
    PeerIds,
    EventContent,
    Agents,
}

/// Which part of the recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stretch {
    #[default]
    All,
    /// The range of the timeline.
    Selection,
    /// The last 5 minutes.
    Last,
}

/// Milliseconds of [`Stretch::Last`].
pub const LAST_MS: u64 = 5 * 60 * 1000;

/// What a link to this view carries besides the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Source,
    Instant,
    Range,
    Selection,
    Query,
    Sort,
}

impl Part {
    pub const ALL: [Part; 6] =
        [Part::Source, Part::Instant, Part::Range, Part::Selection, Part::Query, Part::Sort];
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    File,
    Link,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Saving {
    #[default]
    Idle,
    /// 0 to 1.
    Running(f32),
    Failed(String),
}

/// Texts of a row, as they are or as they would be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells {
    pub peer: String,
    pub agent: String,
    pub what: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewRow {
    /// The type, if it is an event.
    pub event: Option<String>,
    pub now: Cells,
    pub saved: Cells,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Bytes of all frames.
    pub bytes: u64,
    pub rows: Vec<PreviewRow>,
}

/// The dialog, while it is open.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub tab: Tab,
    pub stretch: Stretch,
    pub replace: Replace,
    /// By gzip.
    pub packed: bool,
    /// What stand-ins are made from: random, for this dialog alone.
    pub salt: [u8; 32],
    pub preview: Option<Preview>,
    pub saving: Saving,
    /// Parts that are left out of the link.
    pub without: Vec<Part>,
}

impl State {
    pub fn new(tab: Tab, range: Option<Range>, salt: [u8; 32]) -> Self {
        Self {
            tab,
            stretch: if range.is_some() { Stretch::Selection } else { Stretch::All },
            replace: Replace::default(),
            packed: false,
            salt,
            preview: None,
            saving: Saving::Idle,
            without: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Opens the dialog; random bytes come with it.
    Open(Tab, [u8; 32]),
    Close,
    Tab(Tab),
    Stretch(Stretch),
    Switch(Switch),
    Pack(bool),
    Save,
    Cancel,
    /// Takes a part into the link, or out of it.
    Carry(Part),
}
