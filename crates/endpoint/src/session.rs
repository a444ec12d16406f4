//! One client: what it has asked for and what waits for it. [`link`] is its socket, [`queue`] its bounds, [`command`]
//! the table of commands, [`end`] its end.

pub(crate) mod command;
mod end;
mod held;
pub(crate) mod link;
pub(crate) mod queue;
mod rate;
mod replies;

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use peerscope_introspection::{
    frame,
    wire::{Configuration, ServerNotice, server_message::Payload, server_notice::Kind},
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use self::{
    command::Push,
    held::Held,
    queue::{Gone, Limits, Next, Queue},
    replies::Replies,
};
use crate::{event::EventFrame, lock, options::Tuning, stats::Counters};

/// One client.
pub(crate) struct Session {
    remote: SocketAddr,
    queue_bytes: usize,
    outbox: Mutex<Outbox>,
    /// Something may be sent.
    filled: Notify,
    /// An answer has been sent.
    drained: Notify,
    /// How often snapshots are due; none while their push is off.
    ticking: watch::Sender<Option<Duration>>,
}

struct Outbox {
    greeted: bool,
    config: Configuration,
    replies: Replies,
    queue: Queue<Bytes, Arc<EventFrame>>,
    states_on: bool,
    events_on: bool,
    /// Events that wait until those that a session gets first are there.
    held: Option<Held>,
    /// The event types whose properties it was told.
    told: HashSet<u32>,
}

/// How a session stands, and what waits in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) greeted: bool,
    pub(crate) paused: bool,
    pub(crate) queued_frames: usize,
    pub(crate) queued_bytes: usize,
}

/// What the socket's writer does next.
pub(crate) enum Outgoing {
    Nothing,
    At(Instant),
    /// A whole message, and the frames in it.
    Message(Bytes, u64),
}

impl Session {
    pub(crate) fn new(remote: SocketAddr, queue_bytes: usize, tuning: &Tuning) -> Self {
        let config = command::default_config();
        let limits = Limits { bytes: queue_bytes, late: tuning.late, batch: tuning.batch };
        Self {
            remote,
            queue_bytes,
            outbox: Mutex::new(Outbox {
                greeted: false,
                config,
                replies: Replies::default(),
                queue: Queue::new(limits, Duration::from_millis(config.retention_period_ms)),
                states_on: false,
                events_on: false,
                held: None,
                told: HashSet::new(),
            }),
            filled: Notify::new(),
            drained: Notify::new(),
            ticking: watch::Sender::new(None),
        }
    }

    pub(crate) fn wants_events(&self) -> bool {
        lock(&self.outbox).events_on
    }

    /// How often it wants snapshots.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_millis(lock(&self.outbox).config.state_snapshot_interval_ms)
    }

    pub(crate) fn standing(&self) -> Standing {
        let outbox = lock(&self.outbox);
        let (held, held_bytes) = outbox.held.as_ref().map_or((0, 0), |held| (held.len(), held.bytes()));
        Standing {
            greeted: outbox.greeted,
            paused: outbox.queue.is_paused(),
            queued_frames: outbox.queue.len() + outbox.replies.len() + held,
            queued_bytes: outbox.queue.bytes() + held_bytes + outbox.replies.bytes(),
        }
    }

    /// Queues events, after `lost` others were lost. Returns what has gone by that.
    pub(crate) fn push_events(&self, events: &[Arc<EventFrame>], lost: u64) -> Gone {
        let now = Instant::now().into_std();
        let mut outbox = lock(&self.outbox);
        if !outbox.events_on {
            return Gone::default();
        }
        outbox.queue.note_lost(lost);
        let mut not_held = 0;
        match &mut outbox.held {
            Some(held) => {
                not_held = held.push(events, self.queue_bytes);
                outbox.queue.note_lost(not_held);
            }
            None => {
                for event in events {
                    outbox.queue.push_event(now, event.weight(), Arc::clone(event));
                }
            }
        }
        let mut gone = outbox.queue.take_gone();
        gone.dropped += not_held;
        drop(outbox);
        self.filled.notify_one();
        gone
    }

    /// Queues a snapshot. Returns what has gone by that.
    pub(crate) fn push_state(&self, state: Bytes) -> Gone {
        let now = Instant::now().into_std();
        let mut outbox = lock(&self.outbox);
        if outbox.states_on {
            outbox.queue.push_state(now, state.len(), state);
        }
        let gone = outbox.queue.take_gone();
        drop(outbox);
        self.filled.notify_one();
        gone
    }

    /// Answers, ahead of everything that is queued.
    fn reply(&self, message: Bytes) {
        lock(&self.outbox).replies.push(message);
        self.filled.notify_one();
    }

    /// Waits until the client has taken enough of its answers for another one.
    async fn room(&self) {
        loop {
            let drained = self.drained.notified();
            if !lock(&self.outbox).replies.is_full(self.queue_bytes) {
                return;
            }
            drained.await;
        }
    }

    fn greet(&self, config: Configuration) {
        lock(&self.outbox).greeted = true;
        self.configure(config);
    }

    fn greeted_with(&self) -> (bool, Configuration) {
        let outbox = lock(&self.outbox);
        (outbox.greeted, outbox.config)
    }

    fn configure(&self, config: Configuration) {
        let mut outbox = lock(&self.outbox);
        outbox.config = config;
        outbox.queue.set_retention(Duration::from_millis(config.retention_period_ms));
        drop(outbox);
        self.tick_as_configured();
    }

    /// Turns a push on. True when that is events and they were off: then [`Self::begin_events`] has to follow.
    pub(crate) fn enable(&self, push: Push) -> bool {
        let mut outbox = lock(&self.outbox);
        let begins = push == Push::Events && !outbox.events_on;
        match push {
            Push::State => outbox.states_on = true,
            Push::Events => outbox.events_on = true,
        }
        if begins {
            outbox.held = Some(Held::default());
        }
        drop(outbox);
        self.tick_as_configured();
        begins
    }

    /// Queues what a session gets first, then what happened meanwhile. Returns what has gone by that.
    pub(crate) fn begin_events(&self, first: Vec<Arc<EventFrame>>) -> Gone {
        let now = Instant::now().into_std();
        let mut outbox = lock(&self.outbox);
        let held = outbox.held.take().unwrap_or_default().into_events();
        for event in first.into_iter().chain(held) {
            outbox.queue.push_event(now, event.weight(), event);
        }
        let gone = outbox.queue.take_gone();
        drop(outbox);
        self.filled.notify_one();
        gone
    }

    fn disable(&self, push: Push) {
        let mut outbox = lock(&self.outbox);
        match push {
            Push::State => outbox.states_on = false,
            Push::Events => outbox.events_on = false,
        }
        if !outbox.states_on && !outbox.events_on {
            outbox.queue.drop_all();
        }
        drop(outbox);
        self.tick_as_configured();
    }

    fn pause(&self) {
        lock(&self.outbox).queue.pause();
    }

    fn resume(&self) {
        lock(&self.outbox).queue.resume(Instant::now().into_std());
        self.filled.notify_one();
    }

    /// Tells the ticker, if something changed for it: a ticker that is told begins a new interval.
    fn tick_as_configured(&self) {
        let outbox = lock(&self.outbox);
        let interval =
            outbox.states_on.then(|| Duration::from_millis(outbox.config.state_snapshot_interval_ms));
        drop(outbox);
        self.ticking.send_if_modified(|ticking| std::mem::replace(ticking, interval) != interval);
    }

    /// What goes out next. What has gone by then, and what had to be encoded for it, is counted.
    pub(crate) fn outgoing(&self, counters: &Counters) -> Outgoing {
        let mut outbox = lock(&self.outbox);
        if let Some(reply) = outbox.replies.pop() {
            self.drained.notify_one();
            return Outgoing::Message(reply, 1);
        }
        let next = outbox.queue.next(Instant::now().into_std());
        counters.gone(outbox.queue.take_gone());
        match next {
            Next::Idle => Outgoing::Nothing,
            Next::At(time) => Outgoing::At(Instant::from_std(time)),
            Next::Lost(count) => Outgoing::Message(notice(count), 1),
            Next::State(message) => Outgoing::Message(message, 1),
            Next::Events(events) => {
                let told = &mut outbox.told;
                let segments: Vec<&Bytes> = events
                    .iter()
                    .map(|event| match event.kind {
                        Some(kind) if !told.insert(kind) => event.bare(),
                        _ => event.inline(counters),
                    })
                    .collect();
                Outgoing::Message(frame::message(segments.iter().copied()), segments.len() as u64)
            }
        }
    }
}

fn notice(lost: u64) -> Bytes {
    let notice = ServerNotice { kind: Kind::DiscardingEvents.into(), discarded_events: lost };
    frame::message([&frame::segment(Payload::Notice(notice))])
}

impl peerscope_introspection::Session for Session {
    fn remote_addr(&self) -> SocketAddr {
        self.remote
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

    use peerscope_introspection::{
        BoxFuture, EventStream, IntrospectError, Introspector,
        wire::{EventType, Runtime, State},
    };

    use super::*;
    use crate::{hub::Hub, options::Options};

    /// Knows nothing but how long it was told to keep what closed, in milliseconds.
    #[derive(Default)]
    struct Keeper(AtomicU64);

    impl Introspector for Keeper {
        fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
            Box::pin(async { Err(IntrospectError::Closed) })
        }
        fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
            Box::pin(async { Err(IntrospectError::Closed) })
        }
        fn event_stream(&self) -> Result<EventStream, IntrospectError> {
            Err(IntrospectError::Closed)
        }
        fn event_metadata(&self) -> Vec<EventType> {
            Vec::new()
        }
        fn close(&self) {}
        fn keep_closed(&self, at_least: Duration) {
            self.0.store(at_least.as_millis() as u64, SeqCst);
        }
    }

    #[test]
    fn the_node_is_told_the_interval_of_now_however_many_tell_it() {
        let keeper = Arc::new(Keeper::default());
        let introspector: Arc<dyn Introspector> = keeper.clone();
        let hub = Arc::new(Hub::new(introspector, &Options::default()));
        let entry = hub.enter(([127, 0, 0, 1], 1).into()).expect("there is room");
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(SeqCst) {
                    hub.intervals_changed();
                }
            });
            let wrong = (0..50_000_u64).find_map(|round| {
                let interval = 10_000 + round % 2 * 10_000;
                entry.session.configure(Configuration {
                    state_snapshot_interval_ms: interval,
                    ..command::default_config()
                });
                hub.intervals_changed();
                // Long enough for one who began before to be through.
                (0..100).map(|_| keeper.0.load(SeqCst)).find(|told| *told != 2 * interval)
            });
            over.store(true, SeqCst);
            assert_eq!(wrong, None, "an older interval was told last");
        });
    }
}
