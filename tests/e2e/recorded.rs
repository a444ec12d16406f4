//! A node of a test's own that records itself, with a clock of its own, so that what it tells is known to the frame.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{StreamExt, channel::mpsc, stream};
use peerscope_introspection::{
    BoxFuture, EventStream, IntrospectError, Introspector, Told,
    frame::segment,
    recording::Writer,
    wire::{Connection, Event, EventType, Runtime, State, Subsystems, server_message::Payload},
};

/// When the first node of these tests began, by its own clock.
pub const START_MS: u64 = 1_700_000_000_000;

/// What a node answers who asks for its recording.
#[derive(Clone, Copy, PartialEq)]
pub enum Answers {
    Recording,
    Damaged,
    Nothing,
    Never,
}

/// A node with a clock of its own: a state each second of it, an event whenever the test says so. It records both.
pub struct Node {
    answers: Mutex<Answers>,
    pub life: Mutex<Life>,
    told: Mutex<Vec<mpsc::Sender<Told>>>,
}

pub struct Life {
    start_ms: u64,
    pub clock_ms: u64,
    pub events: u32,
    /// Of this second.
    events_now: u64,
    /// Payloads, oldest first.
    recorded: Vec<Payload>,
}

impl Life {
    /// As a process that starts.
    pub fn begin(start_ms: u64, events: u32) -> Self {
        let runtime = Runtime { peer_id: "recorded".into(), ..Runtime::default() };
        Self {
            start_ms,
            clock_ms: start_ms,
            events,
            events_now: 0,
            recorded: vec![Payload::Runtime(runtime)],
        }
    }

    fn state(&mut self) -> State {
        self.clock_ms += 1000;
        self.events_now = 0;
        let connection = Connection { id: "c".into(), peer_id: "other".into(), ..Connection::default() };
        let state = State {
            subsystems: Some(Subsystems { connections: vec![connection], dht: None }),
            instant_ts: self.clock_ms,
            start_ts: self.start_ms,
            ..State::default()
        };
        self.recorded.push(Payload::State(state.clone()));
        state
    }

    /// Several share a millisecond.
    fn event(&mut self) -> Event {
        let name = EventType { name: "Happened".into(), ..EventType::default() };
        let ts = self.clock_ms + self.events_now / 3;
        self.events_now += 1;
        let event = Event { r#type: Some(name), ts, content: format!("{{\"n\":{}}}", self.events) };
        self.events += 1;
        self.recorded.push(Payload::Event(event.clone()));
        event
    }
}

impl Node {
    pub fn new() -> Arc<Self> {
        let node = Self {
            answers: Mutex::new(Answers::Recording),
            life: Mutex::new(Life::begin(START_MS, 0)),
            told: Mutex::default(),
        };
        Arc::new(node)
    }

    /// So many seconds go by in which something happens and nobody watches.
    pub fn live(&self, seconds: u32) {
        let mut life = self.life.lock().expect("no panic");
        for _ in 0..seconds {
            life.state();
            (0..4).for_each(|_| _ = life.event());
        }
    }

    /// Something happens before those who watch.
    pub fn happen(&self) {
        let event = self.life.lock().expect("no panic").event();
        // Those that an endpoint left behind are gone.
        let mut told = self.told.lock().expect("no panic");
        told.retain_mut(|told| told.try_send(Told::Event(event.clone())).is_ok());
    }

    pub fn events(&self) -> u32 {
        self.life.lock().expect("no panic").events
    }

    pub fn answer(&self, answers: Answers) {
        *self.answers.lock().expect("no panic") = answers;
    }

    /// What it recorded, and how many frames that is.
    pub fn recorded(&self) -> (Vec<u8>, usize) {
        let life = self.life.lock().expect("no panic");
        let mut writer = Writer::new();
        life.recorded.iter().for_each(|payload| writer.put_segment(&segment(payload.clone())));
        (writer.take().to_vec(), life.recorded.len())
    }
}

impl Introspector for Node {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        Box::pin(async { Ok(Runtime { peer_id: "recorded".into(), ..Runtime::default() }) })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        Box::pin(async { Ok(self.life.lock().expect("no panic").state()) })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        // More than a test tells while the endpoint is busy with something else.
        let (told, events) = mpsc::channel(4096);
        self.told.lock().expect("no panic").push(told);
        Ok(Box::pin(events.chain(stream::pending())))
    }

    fn event_metadata(&self) -> Vec<EventType> {
        Vec::new()
    }

    fn close(&self) {}

    fn recording(&self) -> BoxFuture<'_, Option<Bytes>> {
        let answers = *self.answers.lock().expect("no panic");
        Box::pin(async move {
            let (mut bytes, _) = self.recorded();
            match answers {
                Answers::Recording => Some(bytes.into()),
                Answers::Damaged => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 1;
                    bytes.truncate(bytes.len() - 3);
                    Some(bytes.into())
                }
                Answers::Nothing => None,
                Answers::Never => std::future::pending().await,
            }
        })
    }
}
