//! An introspector that says what a test tells it to.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use peerscope_introspection::{BoxFuture, EventStream, IntrospectError, Introspector, Told};

use super::{Event, EventProperty, EventType, PropertyType, Runtime, State};

#[derive(Default)]
pub struct Script {
    events: Mutex<Option<UnboundedSender<Told>>>,
    /// How often events were subscribed to.
    pub subscriptions: AtomicU64,
    /// Snapshots taken; each says its number as `instant_ts`.
    pub snapshots: AtomicU64,
    /// Bytes that a snapshot is made longer by.
    pub padding: AtomicU64,
    /// What each session gets first.
    pub first: Mutex<Vec<Event>>,
    /// What it was told about closed ones.
    pub keep: Mutex<Vec<Duration>>,
    pub recording: Mutex<Option<Bytes>>,
    /// How often it was asked for its recording.
    pub recordings: AtomicU64,
    /// How long that takes it.
    pub slow_ms: AtomicU64,
    /// Every question is answered by "unavailable".
    pub broken: AtomicBool,
    /// No question is ever answered.
    pub stuck: AtomicBool,
    pub closed: AtomicBool,
}

impl Script {
    /// Emits an event of type `Seen` with a number.
    pub fn emit(&self, number: u64) {
        self.tell(Told::Event(event(number)));
    }

    pub fn tell(&self, told: Told) {
        let events = self.events.lock().expect("no panic");
        events.as_ref().expect("subscribed").unbounded_send(told).expect("the endpoint listens");
    }

    async fn ready(&self) -> Result<(), IntrospectError> {
        if self.stuck.load(SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.broken.load(SeqCst) {
            Err(IntrospectError::Unavailable("out of order".into()))
        } else {
            Ok(())
        }
    }
}

/// An event of type `Seen`.
pub fn event(number: u64) -> Event {
    event_of("Seen", number)
}

/// An event of any type.
pub fn event_of(name: &str, number: u64) -> Event {
    let kind = EventType { name: name.into(), property_types: Vec::new() };
    Event { r#type: Some(kind), ts: number, content: format!("{{\"number\":{number}}}") }
}

impl Introspector for Script {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        Box::pin(async {
            self.ready().await?;
            let seen = self.event_metadata();
            Ok(Runtime {
                implementation: "script".into(),
                peer_id: "me".into(),
                event_types: seen,
                ..Runtime::default()
            })
        })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        Box::pin(async {
            self.ready().await?;
            let padding = self.padding.load(SeqCst) as usize;
            let connections = (padding > 0).then(|| peerscope_introspection::wire::Connection {
                peer_id: "x".repeat(padding),
                ..Default::default()
            });
            let subsystems = peerscope_introspection::wire::Subsystems {
                connections: connections.into_iter().collect(),
                ..Default::default()
            };
            let instant_ts = self.snapshots.fetch_add(1, SeqCst) + 1;
            Ok(State { instant_ts, subsystems: Some(subsystems), ..State::default() })
        })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        #[expect(clippy::disallowed_methods, reason = "a test tells as many as it likes")]
        let (sender, receiver) = unbounded();
        self.subscriptions.fetch_add(1, SeqCst);
        *self.events.lock().expect("no panic") = Some(sender);
        Ok(Box::pin(receiver))
    }

    fn event_metadata(&self) -> Vec<EventType> {
        let number =
            EventProperty { name: "number".into(), r#type: PropertyType::Number.into(), has_multiple: false };
        vec![EventType { name: "Seen".into(), property_types: vec![number] }]
    }

    fn close(&self) {
        self.closed.store(true, SeqCst);
        *self.events.lock().expect("no panic") = None;
    }

    fn session_events(&self) -> BoxFuture<'_, Vec<Event>> {
        Box::pin(async {
            if self.stuck.load(SeqCst) {
                std::future::pending::<()>().await;
            }
            self.first.lock().expect("no panic").clone()
        })
    }

    fn keep_closed(&self, at_least: Duration) {
        self.keep.lock().expect("no panic").push(at_least);
    }

    fn recording(&self) -> BoxFuture<'_, Option<Bytes>> {
        self.recordings.fetch_add(1, SeqCst);
        Box::pin(async {
            if self.stuck.load(SeqCst) {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(self.slow_ms.load(SeqCst))).await;
            self.recording.lock().expect("no panic").clone()
        })
    }
}
