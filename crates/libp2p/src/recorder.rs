//! The flight recorder: the node's own frames of the last minutes, kept though nobody is attached. Bounded in bytes; how
//! far back it reaches follows from that. Snapshots are taken by a thread of its own, events are added as they are told.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::executor::block_on;
use parking_lot::{Condvar, Mutex};
use peerscope_introspection::{
    frame,
    wire::{Event, Runtime, server_message::Payload},
};
use prost::Message;

use crate::{
    Introspector,
    node::{Node, Reader},
    snapshot,
};

/// Between two snapshots of a small node.
const SHORTEST: Duration = Duration::from_secs(1);
/// And of one whose snapshots are large.
const LONGEST: Duration = Duration::from_secs(30);
/// How far back snapshots should reach at least. With 8 MiB, half of them for snapshots, one of 14 kB is taken every second,
/// one of 400 kB every 30 s; larger ones reach less far.
const REACH: Duration = Duration::from_secs(300);
/// What only events tell is told again so often, so that the oldest part is never without.
const FACTS_EVERY: Duration = Duration::from_secs(60);
/// A frame takes this besides its bytes: its place in the list and what allocates it.
const OVERHEAD: usize = 64;

/// Belongs to a node. Ends its thread when it is dropped.
pub(crate) struct Recorder {
    shared: Arc<Shared>,
    started: AtomicBool,
}

struct Shared {
    max_bytes: usize,
    frames: Mutex<Frames>,
    pause_ms: AtomicU64,
    /// The node is gone, or was closed.
    over: Mutex<bool>,
    wake: Condvar,
}

/// What is kept. Snapshots and events have half of the bytes each, so that no flood of the ones leaves none of the others.
#[derive(Default)]
struct Frames {
    states: List,
    events: List,
    /// Gives each frame its place among all.
    next: u64,
}

/// Oldest first, each a whole segment.
#[derive(Default)]
struct List {
    frames: VecDeque<(u64, Bytes)>,
    bytes: usize,
}

impl List {
    /// Lets the oldest go, but for so many of the newest.
    fn trim(&mut self, max_bytes: usize, least: usize) {
        while self.bytes > max_bytes && self.frames.len() > least {
            let Some((_, oldest)) = self.frames.pop_front() else { break };
            self.bytes -= oldest.len() + OVERHEAD;
        }
    }
}

impl Frames {
    fn push(&mut self, is_state: bool, segment: Bytes, max_bytes: usize) {
        self.next += 1;
        let list = if is_state { &mut self.states } else { &mut self.events };
        list.bytes += segment.len() + OVERHEAD;
        list.frames.push_back((self.next, segment));
        // A snapshot larger than its half takes from the other one.
        let half = max_bytes / 2;
        self.states.trim(half, 1);
        self.events.trim(max_bytes - self.states.bytes.max(half), 0);
    }

    /// All of them, in the order in which they came.
    fn in_order(&self) -> Vec<Bytes> {
        let mut all = self.states.frames.iter().chain(&self.events.frames).collect::<Vec<_>>();
        all.sort_unstable_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, segment)| segment.clone()).collect()
    }
}

impl Recorder {
    pub(crate) fn new(max_bytes: usize) -> Self {
        let shared = Shared {
            max_bytes,
            frames: Mutex::default(),
            pause_ms: AtomicU64::new(SHORTEST.as_millis() as u64),
            over: Mutex::new(false),
            wake: Condvar::new(),
        };
        Self { shared: Arc::new(shared), started: AtomicBool::new(false) }
    }

    /// Starts to take snapshots, once. Where there can be no thread, events alone are kept.
    pub(crate) fn start(&self, node: &Arc<Node>) {
        if self.started.swap(true, Relaxed) {
            return;
        }
        let (shared, node) = (self.shared.clone(), Arc::downgrade(node));
        let thread = std::thread::Builder::new().name("peerscope-recorder".to_owned());
        thread.spawn(move || shared.run(&node)).ok();
    }

    /// Something happened. It is encoded at once, so that a frame has the bytes it takes.
    pub(crate) fn event(&self, event: Event) {
        self.shared.push(false, Payload::Event(event));
    }

    /// A recording of what is kept, with `runtime` at its head.
    pub(crate) fn recording(&self, runtime: Runtime) -> Bytes {
        // The frames are shared, so the lock is short; the copy is made without it.
        let frames = self.shared.frames.lock().in_order();
        let runtime = frame::segment(Payload::Runtime(runtime));
        let segments = std::iter::once(&runtime).chain(&frames).collect::<Vec<_>>();
        frame::message(segments)
    }

    /// The time between two snapshots, by the size of the last one.
    pub(crate) fn pause(&self) -> Duration {
        Duration::from_millis(self.shared.pause_ms.load(Relaxed))
    }

    /// The introspector is closed: nothing more is recorded. What is there stays.
    pub(crate) fn stop(&self) {
        *self.shared.over.lock() = true;
        self.shared.wake.notify_all();
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        let frames = self.shared.frames.lock();
        frames.states.bytes + frames.events.bytes
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn run(&self, node: &Weak<Node>) {
        let mut since_facts = FACTS_EVERY;
        loop {
            let Some(node) = node.upgrade() else { return };
            block_on(node.inside.look());
            if since_facts >= FACTS_EVERY
                && let Some(facts) = Introspector::of_node(node.clone()).node_snapshot()
            {
                // Among the snapshots, whose fate it shares.
                self.push(true, Payload::Event(facts));
                since_facts = Duration::ZERO;
            }
            let len = self.push(true, Payload::State(snapshot::state(&node, Reader::Recorder)));
            drop(node);
            let pause = next_pause(len, self.max_bytes);
            self.pause_ms.store(pause.as_millis() as u64, Relaxed);
            since_facts += pause;
            let mut over = self.over.lock();
            if !*over {
                self.wake.wait_for(&mut over, pause);
            }
            if *over {
                return;
            }
        }
    }

    /// Adds a frame; one that does not fit at all stays out. Its length.
    fn push(&self, is_state: bool, payload: Payload) -> usize {
        let len = match &payload {
            Payload::State(state) => state.encoded_len(),
            Payload::Event(event) => event.encoded_len(),
            _ => 0,
        };
        let most = if is_state { self.max_bytes } else { self.max_bytes / 2 };
        if len + OVERHEAD <= most.min(frame::MAX_SEGMENT_LEN - OVERHEAD) {
            let segment = frame::segment(payload);
            self.frames.lock().push(is_state, segment, self.max_bytes);
        }
        len
    }
}

/// How long to wait after a snapshot of this many bytes.
fn next_pause(len: usize, max_bytes: usize) -> Duration {
    let share = (max_bytes / 2).max(1) as f64;
    let pause = REACH.as_secs_f64() * (len + OVERHEAD) as f64 / share;
    Duration::from_secs_f64(pause.clamp(SHORTEST.as_secs_f64(), LONGEST.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerscope_introspection::{
        frame::read_message,
        wire::{Connection, EventType, ServerMessage, State, Subsystems},
    };

    fn event(ts: u64, len: usize) -> Event {
        let kind = EventType { name: "Made".to_owned(), property_types: Vec::new() };
        Event { r#type: Some(kind), ts, content: "x".repeat(len) }
    }

    fn payloads(recording: &Bytes) -> Vec<Payload> {
        read_message(recording)
            .map(|segment| ServerMessage::decode(segment.expect("whole")).expect("a message"))
            .filter_map(|message| message.payload)
            .collect()
    }

    fn times(payloads: &[Payload]) -> Vec<u64> {
        let time = |payload: &Payload| match payload {
            Payload::Event(event) => event.ts,
            Payload::State(state) => state.instant_ts,
            other => panic!("{other:?}"),
        };
        payloads.iter().map(time).collect()
    }

    #[test]
    fn the_newest_frames_stay_within_the_bytes() {
        let recorder = Recorder::new(20_000);
        for ts in 0..1000 {
            recorder.event(event(ts, 100));
            assert!(recorder.bytes() <= 10_000);
        }
        let runtime = Runtime { peer_id: "me".to_owned(), ..Runtime::default() };
        let payloads = payloads(&recorder.recording(runtime.clone()));
        assert_eq!(payloads[0], Payload::Runtime(runtime));
        let times = times(&payloads[1..]);
        assert!(times.len() > 40 && times.iter().copied().eq(1000 - times.len() as u64..1000), "{times:?}");
        // One that would push out all others stays out.
        let before = recorder.bytes();
        recorder.event(event(1, 12_000));
        assert_eq!(recorder.bytes(), before);
    }

    #[test]
    fn a_flood_of_events_leaves_the_snapshots_and_their_order() {
        let recorder = Recorder::new(20_000);
        let state = |instant_ts| State { instant_ts, ..State::default() };
        for ts in 0..100 {
            recorder.shared.push(true, Payload::State(state(ts * 100)));
            for after in 1..100 {
                recorder.event(event(ts * 100 + after, 100));
            }
        }
        let payloads = payloads(&recorder.recording(Runtime::default()));
        let states = payloads.iter().filter(|payload| matches!(payload, Payload::State(_))).count();
        assert_eq!(states, 100);
        assert!(times(&payloads[1..]).is_sorted());
        assert!(payloads.len() > 140, "{} events", payloads.len() - 101);
    }

    #[test]
    fn a_snapshot_of_more_than_its_half_is_there_alone() {
        let recorder = Recorder::new(20_000);
        let connection = Connection { peer_id: "x".repeat(15_000), ..Connection::default() };
        let subsystems = Some(Subsystems { connections: vec![connection], dht: None });
        for instant_ts in 0..3 {
            let state = State { instant_ts, subsystems: subsystems.clone(), ..State::default() };
            recorder.shared.push(true, Payload::State(state));
        }
        assert_eq!(times(&payloads(&recorder.recording(Runtime::default()))[1..]), [2]);
        // Events have what it leaves.
        for ts in 3..1000 {
            recorder.event(event(ts, 100));
            assert!(recorder.bytes() <= 20_000);
        }
        assert_eq!(times(&payloads(&recorder.recording(Runtime::default()))[1..2]), [2]);
    }

    #[test]
    fn large_snapshots_are_taken_less_often() {
        let bytes = 8 << 20;
        assert_eq!(next_pause(1000, bytes), SHORTEST);
        assert_eq!(next_pause(1 << 30, bytes), LONGEST);
        let pause = next_pause(100_000, bytes).as_secs_f64();
        assert!((7.0..7.5).contains(&pause), "{pause}");
        assert_eq!(next_pause(0, 0), LONGEST);
    }
}
