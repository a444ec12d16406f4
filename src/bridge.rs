//! What page and worker say to each other. One message is one transferred buffer (postcard); what can't be in bytes (a
//! file, raw frames) travels beside it.

mod envelope;

use peerscope_engine::{
    frame::Frame,
    view::{Range, View},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;

pub use envelope::{Envelope, lend_to_worker, post_to_page, post_to_worker, raw_frame};

use crate::model::{
    Behind, KeptIn, Link, OwnRecording, Trouble,
    saving::{Preview, Replace, Saving},
};

/// Which build this is: a worker's file that a cache kept from another one is told from ours by it.
pub const BUILD: &str = env!("PEERSCOPE_BUILD");

/// From the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// The first message.
    Hello {
        build: String,
        budget_bytes: u64,
    },
    /// What is on the screen now.
    View(Box<View>),
    /// The frame that answered this view is on the screen: the next may come.
    Taken(u32),
    Open(Open),
    Close,
    Pause(bool),
    RetryNow,
    /// Leaves a lost endpoint alone.
    StopTrying,
    /// No more of the recording is read.
    CancelReading,
    /// The rows of a screen as JSON.
    Query {
        id: u32,
        screen: String,
        view: Box<View>,
    },
    /// The figures of the worker, and what is open at the view's cursor, as JSON.
    Stats {
        id: u32,
        view: Box<View>,
    },
    /// To be answered at once: a heartbeat.
    Ping(u32),
    /// Panics, to try the recovery.
    Crash,
    /// Where what comes in from now on is kept: `TAB/NUMBER`. None: the page has no lock that would say whose it is.
    Store(Option<String>),
    /// Fills a new worker: from the store, and from what the page kept of it. Beside it: frames of the live source that a
    /// worker before this one took, oldest first, as in [`FromWorker::RawFrames`].
    TakeFrames {
        /// The number of each.
        numbers: Vec<u64>,
        /// Messages that were written, and are not any more.
        dropped: u64,
    },
    /// Three rows as they are and as they would be saved. The view asks for connections and events.
    Preview {
        view: Box<View>,
        replace: Replace,
        salt: [u8; 32],
    },
    /// Beside it, of a live source: what the page keeps, with its numbers.
    Export {
        export: Export,
        numbers: Vec<u64>,
    },
    CancelExport,
}

/// What is to be saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Export {
    pub id: u32,
    /// None: all of it.
    pub range: Option<Range>,
    pub replace: Replace,
    /// What stand-ins are made from.
    pub salt: [u8; 32],
    pub packed: bool,
}

/// What was saved; the file goes beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    pub id: u32,
    pub frames: u64,
    pub bytes: u64,
    /// Damaged ones of the source: nothing of them is in the file.
    pub damaged: u64,
    /// What was not understood, and so could not be redacted.
    pub left_out: u64,
}

/// How much of a live source is written, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The page need not keep frames before this number.
    pub until: u64,
    pub kept_in: KeptIn,
    pub bytes: u64,
    pub quota: u64,
    /// How far back it reaches, in ms since the Unix epoch.
    pub from_ms: Option<u64>,
    /// Messages that went because there is no more room.
    pub dropped: u64,
}

/// The lock that a page holds as long as its tab has files.
#[must_use]
pub fn tab_lock(tab: &str) -> String {
    format!("peerscope tab {tab}")
}

/// A source, with all that is needed to open it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Open {
    /// The address, its token included.
    Endpoint { url: String },
    /// A recording to fetch, by its absolute address.
    Url { url: String },
    /// Beside it: the file.
    File { name: String },
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// It runs, and waits for [`ToWorker::Hello`].
    Ready {
        build: String,
    },
    Frame(Box<Frame>),
    Link(Link),
    Answer {
        id: u32,
        json: String,
    },
    Trouble(Trouble),
    /// A part went wrong: in words, for a message that stays.
    Note(String),
    Behind(Option<Behind>),
    /// What came of the node's own recording, each time it was asked for.
    Own(OwnRecording),
    /// Beside it: frames of the live source, for the page to keep: buffers, arrays of bytes where they are of the node's own
    /// recording, and null where the link was lost. They are numbered.
    RawFrames {
        first: u64,
    },
    Stored(Stored),
    /// The store and the frames that the page kept are in.
    Refilled {
        frames: u64,
        /// Parts of the store that could not be read to their end.
        unread: u32,
    },
    Preview(Preview),
    Saving {
        id: u32,
        saving: Saving,
    },
    /// Beside it: the file.
    Saved(Saved),
    Pong(u32),
    /// It panicked, and says no more after this.
    Crashed(String),
}

/// What the browser says of an error, or of the event of one.
#[must_use]
pub fn reason(error: &JsValue) -> String {
    let text = |key: &str| js_sys::Reflect::get(error, &key.into()).ok().and_then(|text| text.as_string());
    let told = text("message").filter(|text| !text.is_empty()).or_else(|| text("name"));
    told.unwrap_or_else(|| "no reason given".to_owned())
}

/// # Panics
/// Never for the messages above: postcard refuses only sequences of unknown length.
#[must_use]
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_stdvec(message).expect("a message of known length")
}

/// None: not such a message; the two sides are of different builds.
#[must_use]
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use peerscope_engine::{
        frame::{Answer, Head, Timeline},
        view::{Cursor, Key, Panel, Range, TimelineAsk},
    };

    use super::*;
    use crate::model::{End, Reading};

    #[test]
    fn a_view_survives_the_way_to_the_worker() {
        let view = View {
            rev: 7,
            cursor: Cursor::At(1_700_000_000_123),
            range: Some(Range { from_ms: 1, to_ms: 2 }),
            query: "peer:<b> ∆".to_owned(),
            selection: Some(Key("c~0~id~0".to_owned())),
            panels: vec![Panel::Timeline(TimelineAsk { columns: 900 })],
            ..View::default()
        };
        let message = ToWorker::View(Box::new(view));
        assert_eq!(decode(&encode(&message)), Some(message));
    }

    #[test]
    fn a_frame_survives_the_way_to_the_page_with_its_gaps() {
        let timeline = Timeline { rate_in: vec![1.0, f32::NAN, 3.0], ..Timeline::default() };
        let frame = Frame {
            rev: 3,
            history_version: 9,
            head: Head { connections: Some(0), ..Head::default() },
            panels: vec![Answer::Timeline(timeline)],
        };
        let Some(FromWorker::Frame(back)) = decode(&encode(&FromWorker::Frame(Box::new(frame)))) else {
            panic!("not a frame");
        };
        assert_eq!((back.rev, back.history_version, back.head.connections), (3, 9, Some(0)));
        let Some(Answer::Timeline(timeline)) = back.panels.first() else { panic!("no timeline") };
        assert_eq!(
            timeline.rate_in.iter().map(|rate| rate.is_nan()).collect::<Vec<_>>(),
            [false, true, false]
        );
    }

    #[test]
    fn every_link_state_survives() {
        for link in [
            Link::Idle,
            Link::Connecting,
            Link::Live { interval_ms: 500, lag_ms: 3 },
            Link::Paused { interval_ms: 500 },
            Link::Waiting { cause: "gone".into(), lost_at_ms: Some(1.5), retry_at_ms: 2.5, attempt: 4 },
            Link::Failed { cause: "no".into() },
            Link::File(Reading { bytes: 5, total: Some(10), bytes_per_sec: 3, end: None }),
            Link::File(Reading { end: Some(End::Broken("gone".into())), ..Reading::default() }),
        ] {
            let message = FromWorker::Link(link);
            assert_eq!(decode(&encode(&message)), Some(message));
        }
    }

    #[test]
    fn bytes_of_another_build_are_told_from_a_message() {
        assert_eq!(decode::<ToWorker>(&[250, 1, 2, 3]), None);
        assert_eq!(decode::<FromWorker>(&[]), None);
    }
}
