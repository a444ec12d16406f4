//! What a session tells waits until the node's own recording is taken in, which is asked for once the session's events have begun.
//! So nothing falls between the two, and what both tell is taken once.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use peerscope_introspection::{
    client::Link,
    frame::read_message,
    seam::terms::{BEGIN_MS, Lessons},
};

use super::{inbox::Incoming, own::ask};
use crate::worker::{Worker, file::stream::Stop};

/// Whether the endpoint is asked, and what ends the question that is under way.
#[derive(Default)]
pub struct Asking {
    pub lessons: Lessons,
    wait: Wait,
    /// The socket is.
    pub is_closed: bool,
    /// Asks though the session's events have not begun.
    late: Option<Timeout>,
    pub stop: Option<Stop>,
}

/// Whether what the session tells has to wait.
#[derive(Clone, Copy, Default, PartialEq)]
enum Wait {
    /// It is taken in.
    #[default]
    None,
    /// Until its events have begun, when the recording is asked for.
    ForEvents,
    /// Until the recording is there, though the socket may be closed by then.
    ForRecording,
}

impl Asking {
    /// A session begins.
    pub fn begin(&mut self) {
        self.is_closed = false;
        self.wait = if self.lessons.asks() { Wait::ForEvents } else { Wait::None };
    }

    /// Whether what the session tells has to wait.
    pub fn holds(&self) -> bool {
        self.wait != Wait::None
    }

    pub fn stop(&mut self) {
        (self.stop, self.late) = (None, None);
    }
}

/// A message that has to wait: only its answers are heard. The recording is asked for when the session's events have begun.
pub fn overhear(worker: &Rc<Worker>, message: &[u8], incoming: Incoming) {
    let epoch = worker.epoch();
    let has_begun = worker.live(|live| {
        for payload in read_message(message).flatten() {
            let mut step = live.client.overhear(payload);
            live.send(&std::mem::take(&mut step.send));
            live.refused(step);
        }
        live.inbox.hold(incoming);
        if live.own.late.is_none() && matches!(live.client.link(), Link::Live { .. }) {
            live.own.late = Some(late(worker, epoch, live.dials));
        }
        live.client.has_begun()
    });
    if has_begun == Some(true) {
        ask_once(worker);
    }
}

fn late(worker: &Rc<Worker>, epoch: u32, dial: u32) -> Timeout {
    let worker = Rc::downgrade(worker);
    Timeout::new(BEGIN_MS, move || {
        if let Some(worker) = worker.upgrade()
            && worker.epoch() == epoch
            && worker.live(|live| live.dials == dial) == Some(true)
        {
            ask_once(&worker);
        }
    })
}

fn ask_once(worker: &Rc<Worker>) {
    let asks = worker.live(|live| {
        let asks = live.own.wait == Wait::ForEvents;
        if asks {
            live.own.wait = Wait::ForRecording;
        }
        asks
    });
    if asks == Some(true) {
        ask(worker);
    }
}

/// The socket was closed while the session had to wait. The recording comes by another way: what is under way is waited for,
/// since after what the session told it would be too late for it.
pub fn closed(worker: &Rc<Worker>, incoming: Incoming) {
    let is_asking = worker.live(|live| {
        live.inbox.hold(incoming);
        live.own.is_closed = true;
        live.own.wait == Wait::ForRecording
    });
    if is_asking == Some(false) {
        release(worker);
    }
}

/// What the session told is taken in from now on, and what waited first.
pub fn release(worker: &Rc<Worker>) {
    worker.live(|live| {
        live.own.stop();
        live.own.wait = Wait::None;
        live.inbox.put_back();
    });
    worker.turn();
}
