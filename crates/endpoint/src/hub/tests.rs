//! What sessions share is the same memory, not a copy of it.

use peerscope_introspection::{BoxFuture, wire::State};

use super::*;
use crate::session::Outgoing;

/// Tells a new state each time, after a while.
#[derive(Default)]
struct Node {
    told: AtomicU64,
    takes: Duration,
}

impl Introspector for Node {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        Box::pin(async { Ok(Runtime::default()) })
    }
    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        let instant_ts = self.told.fetch_add(1, Relaxed);
        Box::pin(async move {
            tokio::time::sleep(self.takes).await;
            Ok(State { instant_ts, ..State::default() })
        })
    }
    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        Err(IntrospectError::Closed)
    }
    fn event_metadata(&self) -> Vec<EventType> {
        Vec::new()
    }
    fn close(&self) {}
}

fn hub() -> Arc<Hub> {
    Arc::new(Hub::new(Arc::new(Node::default()), &Options::default()))
}

#[tokio::test]
async fn a_young_snapshot_is_the_same_bytes_for_all_sessions() {
    let hub = hub();
    let entries: Vec<_> =
        (0..64).map(|port| hub.enter(([127, 0, 0, 1], port).into()).expect("there is room")).collect();
    let mut places = Vec::new();
    for entry in &entries {
        entry.session.enable(crate::session::command::Push::State);
        let state = hub.snapshot().await.expect("a snapshot");
        entry.session.push_state(state);
        let Outgoing::Message(message, 1) = entry.session.outgoing(&hub.counters) else { panic!("a state") };
        places.push(message.as_ptr());
    }
    assert!(places.iter().all(|place| *place == places[0]));
    assert_eq!((hub.stats().snapshots, hub.stats().encoded_frames), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_node_is_asked_once_for_all_who_ask_together() {
    let node = Node { takes: Duration::from_millis(700), ..Node::default() };
    let hub = Arc::new(Hub::new(Arc::new(node), &Options::default()));
    let answers = futures::future::join_all((0..64).map(|_| hub.snapshot())).await;
    let places: Vec<_> = answers.iter().map(|answer| answer.as_ref().expect("a snapshot").as_ptr()).collect();
    assert!(places.iter().all(|place| *place == places[0]));
    assert_eq!((hub.stats().snapshots, hub.stats().failed_snapshots), (1, 0));
    // Who asks later gets a new one.
    assert_ne!(hub.snapshot().await.expect("a snapshot").as_ptr(), places[0]);
}

#[tokio::test]
async fn an_event_waits_in_64_queues_as_one() {
    let hub = hub();
    let entries: Vec<_> =
        (0..64).map(|port| hub.enter(([127, 0, 0, 1], port).into()).expect("there is room")).collect();
    let event = peerscope_introspection::wire::Event { content: "{}".into(), ..Default::default() };
    let frame = Arc::new(hub.encode_event(event).expect("short"));
    for entry in &entries {
        assert!(entry.session.enable(crate::session::command::Push::Events));
        entry.session.begin_events(Vec::new());
        entry.session.push_events(std::slice::from_ref(&frame), 0);
    }
    assert_eq!(Arc::strong_count(&frame), 65);
    let stats = hub.stats();
    assert_eq!((stats.queued_frames, stats.encoded_frames), (64, 1));
    assert_eq!(stats.queued_bytes, 64 * frame.weight() as u64, "each queue accounts for what it holds");
}
