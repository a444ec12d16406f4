//! The live source: one socket at a time, tried again when it is lost. What it sends waits in a bounded inbox until a
//! slice takes it in.

mod inbox;
mod lost;
mod own;
mod take;
mod wait;
mod why;

use std::rc::Rc;

use bytes::Bytes;
use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, JsString, Uint8Array};
use peerscope_engine::{Engine, Taken, TakenKind};
use peerscope_introspection::{
    client::{self, Client, Config, Step},
    fields::Fields,
    frame::latin1,
    seam::Overlap,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::{Worker, pace::Pace};
use crate::{
    bridge::FromWorker,
    model::{Behind, Link},
    route::origin_of,
    worker::socket::{
        inbox::{Inbox, Incoming},
        wait::Asking,
        why::Why,
    },
};

use self::lost::{closed, fail};
pub use self::{
    lost::{retry, stop},
    take::take_in,
};

enum Phase {
    Dialling,
    /// The socket is open; how far it is, the client knows.
    Up,
    Waiting {
        cause: String,
        retry_at_ms: f64,
        #[expect(dead_code, reason = "held to be waited for")]
        timer: Timeout,
    },
    Failed {
        cause: String,
    },
}

/// Listens to a socket as long as it lives, then closes it.
struct Socket {
    socket: WebSocket,
    _on_open: Closure<dyn Fn()>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_close: Closure<dyn Fn(CloseEvent)>,
}

impl Socket {
    fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // It may be closed already.
        drop(self.socket.close());
    }
}

pub struct Live {
    /// With its token: never shown.
    url: String,
    client: Client,
    pace: Pace,
    /// The command that asked for what the pace wants, while it is not answered.
    pace_asked: Option<u64>,
    phase: Phase,
    socket: Option<Socket>,
    inbox: Inbox,
    /// Since the link was live last.
    attempt: u32,
    /// Counts sockets.
    dials: u32,
    own: Asking,
    /// The link was lost, and what was missed is not filled from the node's own recording.
    lost: bool,
    /// What of the session that recording told already.
    overlap: Overlap,
    lost_at_ms: Option<f64>,
    why: Why,
    behind_said: Option<Behind>,
    /// Raw frames for the page to keep, and the number of the first.
    raw: Vec<JsValue>,
    raw_first: u64,
}

impl Live {
    /// `lost`: there is a history of it, which ended.
    pub fn new(url: String, lost: bool) -> Self {
        Self {
            url,
            client: Client::new(Config::default()),
            pace: Pace::default(),
            pace_asked: None,
            phase: Phase::Dialling,
            socket: None,
            inbox: Inbox::default(),
            attempt: 0,
            dials: 0,
            own: Asking::default(),
            lost,
            overlap: Overlap::default(),
            lost_at_ms: None,
            why: Why::default(),
            behind_said: None,
            raw: Vec::new(),
            raw_first: 0,
        }
    }

    pub fn link(&self) -> Link {
        match &self.phase {
            Phase::Dialling => Link::Connecting,
            Phase::Up if self.own.holds() || self.own.is_closed => Link::Connecting,
            Phase::Up => match self.client.link() {
                client::Link::Live { interval_ms, paused: true, .. } => Link::Paused { interval_ms },
                // In steps of 0.1 s, so that it is not said anew with each snapshot.
                client::Link::Live { interval_ms, .. } => {
                    Link::Live { interval_ms, lag_ms: self.pace.lag_ms() / 100 * 100 }
                }
                client::Link::Down | client::Link::Greeting => Link::Connecting,
            },
            Phase::Waiting { cause, retry_at_ms, .. } => Link::Waiting {
                cause: cause.clone(),
                lost_at_ms: self.lost_at_ms,
                retry_at_ms: *retry_at_ms,
                attempt: self.attempt,
            },
            Phase::Failed { cause } => Link::Failed { cause: cause.clone() },
        }
    }

    pub fn pause(&mut self, pause: bool) {
        let messages = if pause {
            self.client.pause()
        } else {
            self.pace.resumed(js_sys::Date::now());
            self.client.resume()
        };
        self.send(&messages);
    }

    /// The socket is gone. When to try again.
    fn down(&mut self, now_ms: f64) -> f64 {
        let retry_at_ms = self.client.disconnected(now_ms as u64);
        if self.pace.wanted_ms() > 0 {
            // The next session begins as this one did, and not as slow as it became. Nothing is sent: there is no link.
            let unsent = self.client.set_interval(self.pace.wanted_ms());
            debug_assert!(unsent.is_empty());
        }
        retry_at_ms as f64
    }

    fn send(&self, messages: &[Vec<u8>]) {
        // One that is closing refuses, and writes that to the console: its close is on the way to us.
        let Some(socket) = self.socket.as_ref().filter(|socket| socket.is_open()) else { return };
        for message in messages {
            // It may be closing by now.
            drop(socket.socket.send_with_u8_array(message));
        }
    }

    /// Whether the socket is closed, or about to be.
    fn is_gone(&self) -> bool {
        self.own.is_closed || !self.socket.as_ref().is_some_and(Socket::is_open)
    }

    /// A session that is not greeted is over.
    fn refused(&mut self, step: Step) {
        if let Some(refused) = step.refused.filter(|refused| refused.greeting) {
            self.inbox.push(Incoming::Closed { code: 0, reason: refused.to_string() });
        }
    }

    /// What a taken frame means for the session.
    fn taken(&mut self, engine: &mut Engine, taken: &Taken, unpainted_ms: f64) {
        let now_ms = js_sys::Date::now();
        let mut send = Vec::new();
        match &taken.kind {
            TakenKind::Response(response) => {
                let mut step = self.client.response(response);
                send = std::mem::take(&mut step.send);
                let answers = self.pace_asked.take_if(|asked| *asked == response.id).is_some();
                if let client::Link::Live { interval_ms, .. } = self.client.link()
                    && (answers || interval_ms != self.pace.interval_ms())
                {
                    if answers {
                        self.pace.answered(interval_ms, now_ms);
                    } else {
                        self.pace.effective(interval_ms);
                    }
                    engine.expect_interval(interval_ms);
                    self.attempt = 0;
                    self.lost_at_ms = None;
                    self.why = Why::default();
                }
                self.refused(step);
            }
            TakenKind::State { instant_ms } => {
                if let Some(ask) = self.pace.taken(*instant_ms, now_ms, unpainted_ms) {
                    send = self.client.set_interval(ask);
                    self.pace_asked = send.first().and_then(|command| command_id(command));
                    if self.pace_asked.is_none() {
                        // Nobody will answer.
                        self.pace.answered(self.pace.interval_ms(), now_ms);
                    }
                }
            }
            TakenKind::Event if taken.unknown_event_type => send = self.client.runtime_again(now_ms as u64),
            _ => {}
        }
        send.extend(self.client.tick(now_ms as u64));
        self.send(&send);
    }
}

/// The number of a command, which comes back in its answer.
fn command_id(command: &[u8]) -> Option<u64> {
    let mut fields = Fields::of(command);
    while let Ok(Some(field)) = fields.next() {
        if field.number == 2 {
            return field.value.varint().ok();
        }
    }
    None
}

/// Opens a socket.
pub fn dial(worker: &Rc<Worker>, epoch: u32) {
    let Some(url) = worker.live(|live| {
        live.phase = Phase::Dialling;
        live.socket = None;
        live.own.stop();
        live.attempt += 1;
        live.dials = live.dials.wrapping_add(1);
        live.url.clone()
    }) else {
        return;
    };
    let socket = match WebSocket::new(&url) {
        Ok(socket) => socket,
        Err(_) => {
            let cause = format!(
                "The browser refuses this address: {} is no ws:// or wss:// address, or this page came over https and \
                 the address is plain ws://.",
                origin_of(&url)
            );
            fail(worker, why::refused_by_browser(origin_of(&url), cause));
            return;
        }
    };
    socket.set_binary_type(BinaryType::Arraybuffer);
    let hear = |worker: &Rc<Worker>| {
        let worker = Rc::downgrade(worker);
        move |incoming: Incoming| {
            let Some(worker) = worker.upgrade() else { return };
            if worker.epoch() == epoch {
                worker.live(|live| live.inbox.push(incoming));
                worker.turn();
            }
        }
    };
    let heard = hear(worker);
    let on_open = Closure::<dyn Fn()>::new(move || heard(Incoming::Opened));
    let heard = hear(worker);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data();
        match data.dyn_into::<ArrayBuffer>() {
            Ok(buffer) => heard(Incoming::Binary(buffer)),
            Err(other) => {
                if let Ok(text) = other.dyn_into::<JsString>() {
                    heard(Incoming::Text(text));
                }
            }
        }
    });
    let heard = hear(worker);
    let on_close = Closure::<dyn Fn(CloseEvent)>::new(move |event: CloseEvent| {
        heard(Incoming::Closed { code: event.code(), reason: event.reason() });
    });
    socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
    let socket = Socket { socket, _on_open: on_open, _on_message: on_message, _on_close: on_close };
    worker.live(|live| live.socket = Some(socket));
    worker.say_link();
}

/// The socket is open: the session begins.
fn opened(worker: &Rc<Worker>) {
    worker.live(|live| {
        live.phase = Phase::Up;
        live.pace.reset();
        live.pace_asked = None;
        live.overlap = Overlap::default();
        live.own.begin();
        let hello = live.client.connected(js_sys::Date::now() as u64);
        live.send(&hello);
    });
}

/// Takes in a message, or holds it back.
fn message(worker: &Rc<Worker>, bytes: Bytes, buffer: ArrayBuffer) {
    if worker.live(|live| live.own.holds()) == Some(true) {
        wait::overhear(worker, &bytes, Incoming::Binary(buffer));
    } else {
        take::message(worker, bytes, buffer);
    }
}

/// Takes in what came, until the time is over. True: there is more.
pub fn work(worker: &Rc<Worker>, over: impl Fn() -> bool) -> bool {
    loop {
        let Some(Some(incoming)) = worker.live(|live| live.inbox.pop()) else { break };
        match incoming {
            Incoming::Opened => opened(worker),
            Incoming::Binary(buffer) => {
                let bytes = Uint8Array::new(&buffer).to_vec();
                message(worker, bytes.into(), buffer);
            }
            Incoming::Text(text) => match latin1(&String::from(text)) {
                Ok(bytes) => {
                    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
                    message(worker, bytes.into(), buffer);
                }
                Err(_) => worker.engine(|engine, _| engine.bad_frames(1)),
            },
            // What waits is taken in first.
            closed @ Incoming::Closed { .. } if worker.live(|live| live.own.holds()) == Some(true) => {
                wait::closed(worker, closed);
            }
            Incoming::Closed { code, reason } => closed(worker, code, &reason),
        }
        if over() {
            break;
        }
    }
    worker.keep_store();
    let Some((more, raw, first, behind)) = worker.live(|live| {
        let behind = live.pace.behind(live.inbox.dropped());
        let same = |a: &Behind, b: &Behind| (a.interval_ms, a.dropped) == (b.interval_ms, b.dropped);
        let changed = match (&behind, &live.behind_said) {
            (Some(now), Some(said)) => !same(now, said),
            (now, said) => now.is_some() != said.is_some(),
        };
        if changed {
            live.behind_said = behind;
        }
        (!live.inbox.is_empty(), std::mem::take(&mut live.raw), live.raw_first, changed.then_some(behind))
    }) else {
        return false;
    };
    if !raw.is_empty() {
        worker.post_with(&FromWorker::RawFrames { first }, raw);
    }
    if let Some(behind) = behind {
        worker.post(&FromWorker::Behind(behind));
    }
    more
}

#[cfg(test)]
mod tests {
    use peerscope_introspection::wire::ClientCommand;
    use prost::Message;

    use super::*;

    #[test]
    fn a_command_is_known_by_its_number() {
        let mut client = Client::new(Config::default());
        let commands = [client.connected(0), client.connected(1)].concat();
        for command in &commands {
            let id = ClientCommand::decode(&command[..]).ok().map(|command| command.id);
            assert!(id.is_some());
            assert_eq!(command_id(command), id);
        }
        assert!(commands.len() > 1);
        assert_eq!(command_id(&[]), None);
        assert_eq!(command_id(&[0xff; 3]), None);
    }
}
