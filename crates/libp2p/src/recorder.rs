//! The flight recorder: the node's own frames of the last minutes, kept though nobody is attached. Bounded in bytes; how
//! far back it reaches follows from that. Snapshots are taken by a thread of its own, events are added as they are told.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
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

use crate::{Introspector, node::Node, snapshot};

/// Between two snapshots of a small node.
const SHORTEST: Duration = Duration::from_secs(1);
/// And of one whose snapshots are large.
const LONGEST: Duration = Duration::from_secs(30);
/// How far back snapshots should reach at least. With 8 MiB, half of them for snapshots, a node whose snapshot has 14 kB
/// is told every second, and one of 400 kB every 30 s.
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
    /// The node is gone.
    over: Mutex<bool>,
    wake: Condvar,
}

#[derive(Default)]
struct Frames {
    /// Oldest first, each a whole segment.
    list: VecDeque<Bytes>,
    bytes: usize,
}

impl Frames {
    fn push(&mut self, segment: Bytes, max_bytes: usize) {
        self.bytes += segment.len() + OVERHEAD;
        self.list.push_back(segment);
        while self.bytes > max_bytes {
            let Some(oldest) = self.list.pop_front() else { break };
            self.bytes -= oldest.len() + OVERHEAD;
        }
    }
}

impl Recorder {
    pub(crate) fn new(max_bytes: usize) -> Self {
        let shared =
            Shared { max_bytes, frames: Mutex::default(), over: Mutex::new(false), wake: Condvar::new() };
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
        self.shared.push(Payload::Event(event));
    }

    /// A recording of what is kept, with `runtime` at its head.
    pub(crate) fn recording(&self, runtime: Runtime) -> Bytes {
        // The frames are shared, so the lock is short; the copy is made without it.
        let frames = self.shared.frames.lock().list.iter().cloned().collect::<Vec<_>>();
        let runtime = frame::segment(Payload::Runtime(runtime));
        let segments = std::iter::once(&runtime).chain(&frames).collect::<Vec<_>>();
        frame::message(segments)
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.shared.frames.lock().bytes
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        *self.shared.over.lock() = true;
        self.shared.wake.notify_all();
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
                self.push(Payload::Event(facts));
                since_facts = Duration::ZERO;
            }
            let len = self.push(Payload::State(snapshot::state(&node)));
            drop(node);
            let pause = next_pause(len, self.max_bytes);
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

    /// Adds a frame; one that would push out all others stays out itself. Its length.
    fn push(&self, payload: Payload) -> usize {
        let len = match &payload {
            Payload::State(state) => state.encoded_len(),
            Payload::Event(event) => event.encoded_len(),
            _ => 0,
        };
        if len <= (self.max_bytes / 2).min(frame::MAX_SEGMENT_LEN / 2) {
            let segment = frame::segment(payload);
            self.frames.lock().push(segment, self.max_bytes);
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
        wire::{EventType, ServerMessage},
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

    #[test]
    fn the_newest_frames_stay_within_the_bytes() {
        let recorder = Recorder::new(10_000);
        for ts in 0..1000 {
            recorder.event(event(ts, 100));
            assert!(recorder.bytes() <= 10_000);
        }
        let runtime = Runtime { peer_id: "me".to_owned(), ..Runtime::default() };
        let payloads = payloads(&recorder.recording(runtime.clone()));
        assert_eq!(payloads[0], Payload::Runtime(runtime));
        let times = payloads[1..].iter().map(|payload| match payload {
            Payload::Event(event) => event.ts,
            other => panic!("{other:?}"),
        });
        let times = times.collect::<Vec<_>>();
        assert!(times.len() > 40 && times.iter().copied().eq(1000 - times.len() as u64..1000), "{times:?}");
        // One that would push out the others stays out.
        let before = recorder.bytes();
        recorder.event(event(1, 6000));
        assert_eq!(recorder.bytes(), before);
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
