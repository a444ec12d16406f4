//! What waits for one session: its order, its bounds, and the count of what fell out. Time is an argument; no IO.
//!
//! * Paused, everything waits in order; what is older than the retention falls out, uncounted.
//! * Not paused, what is not taken in time falls out, oldest first. Of states only the newest waits; what it
//!   replaces is counted apart and not told, since it is no gap among the events.
//! * Both are bounded in bytes. What fell out by slowness or bytes is counted and told ahead of what is left.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Bytes of events that share a message at most.
pub(crate) const BATCH_BYTES: usize = 64 << 10;

/// The bounds of a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes that may wait. A single frame that is longer may wait alone: otherwise it could never be sent.
    pub bytes: usize,
    /// How long something may wait after it was due while the session is not paused.
    pub late: Duration,
    /// How long events gather for one message.
    pub batch: Duration,
}

/// What to send next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<S, E> {
    /// Nothing, until something is pushed.
    Idle,
    /// Nothing before this time: events are gathering.
    At(Instant),
    /// That so many frames were lost here.
    Lost(u64),
    /// A snapshot.
    State(S),
    /// Events for one message: at least one, and more only while they fit [`BATCH_BYTES`].
    Events(Vec<E>),
}

/// What will not be sent, for the endpoint's own figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gone {
    /// Frames that fell out by slowness or bytes. The session is told of them.
    pub dropped: u64,
    /// Snapshots that a newer one replaced before they were taken.
    pub replaced: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Instant,
    bytes: usize,
    item: T,
}

#[derive(Debug)]
enum Item<S, E> {
    State(S),
    Event(E),
}

/// States `S` and events `E` on their way to one session.
#[derive(Debug)]
pub(crate) struct Queue<S, E> {
    limits: Limits,
    retention: Duration,
    /// In the order they came. Holds states only from a pause.
    waiting: VecDeque<Entry<Item<S, E>>>,
    /// The newest state, and how many entries of `waiting` go before it.
    newest_state: Option<(Entry<S>, usize)>,
    bytes: usize,
    paused: bool,
    /// What was queued in a pause is due from here on.
    resumed: Option<Instant>,
    /// When events were sent last: later ones gather from there.
    events_sent: Option<Instant>,
    /// To be told to the session.
    lost: u64,
    /// To be counted by the endpoint.
    gone: Gone,
}

impl<S, E> Queue<S, E> {
    pub(crate) fn new(limits: Limits, retention: Duration) -> Self {
        Self {
            limits,
            retention,
            waiting: VecDeque::new(),
            newest_state: None,
            bytes: 0,
            paused: false,
            resumed: None,
            events_sent: None,
            lost: 0,
            gone: Gone::default(),
        }
    }

    /// Frames that wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len() + usize::from(self.newest_state.is_some())
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(crate) fn set_retention(&mut self, retention: Duration) {
        self.retention = retention;
    }

    /// Queues a snapshot of `bytes`.
    pub(crate) fn push_state(&mut self, now: Instant, bytes: usize, state: S) {
        if self.paused {
            return self.push(now, bytes, Item::State(state));
        }
        if let Some((older, _)) = self.newest_state.take() {
            self.bytes -= older.bytes;
            self.gone.replaced += 1;
        }
        self.newest_state = Some((Entry { at: now, bytes, item: state }, self.waiting.len()));
        self.bytes += bytes;
        self.prune(now);
    }

    /// Queues an event of `bytes`.
    pub(crate) fn push_event(&mut self, now: Instant, bytes: usize, event: E) {
        self.push(now, bytes, Item::Event(event));
    }

    /// Notes that so many events were lost before they came here.
    pub(crate) fn note_lost(&mut self, count: u64) {
        self.lost = self.lost.saturating_add(count);
    }

    /// What has gone since the last call, whatever made room or noticed that it was late.
    pub(crate) fn take_gone(&mut self) -> Gone {
        std::mem::take(&mut self.gone)
    }

    /// From now on everything waits.
    pub(crate) fn pause(&mut self) {
        if self.paused {
            return;
        }
        self.paused = true;
        if let Some((Entry { at, bytes, item }, before)) = self.newest_state.take() {
            self.waiting.insert(before.min(self.waiting.len()), Entry { at, bytes, item: Item::State(item) });
        }
    }

    /// Sends again: first what waited.
    pub(crate) fn resume(&mut self, now: Instant) {
        if self.paused {
            self.drop_old(now);
            self.paused = false;
            self.resumed = Some(now);
        }
    }

    /// Drops all that waits, uncounted: the session wanted it no more.
    pub(crate) fn drop_all(&mut self) {
        self.waiting.clear();
        self.newest_state = None;
        self.bytes = 0;
    }

    /// Takes what goes out next.
    pub(crate) fn next(&mut self, now: Instant) -> Next<S, E> {
        self.prune(now);
        if self.paused {
            return Next::Idle;
        }
        if self.lost > 0 {
            return Next::Lost(std::mem::take(&mut self.lost));
        }
        if self.newest_state.as_ref().is_some_and(|(_, before)| *before == 0)
            && let Some((state, _)) = self.newest_state.take()
        {
            self.bytes -= state.bytes;
            return Next::State(state.item);
        }
        match self.waiting.front() {
            None => Next::Idle,
            Some(Entry { item: Item::State(_), .. }) => match self.pop_front() {
                Some(Entry { item: Item::State(state), .. }) => Next::State(state),
                _ => Next::Idle,
            },
            Some(Entry { at, .. }) => self.next_events(now, *at),
        }
    }

    fn next_events(&mut self, now: Instant, oldest: Instant) -> Next<S, E> {
        let batch = self.limits.batch;
        // The first one after a silence goes at once; then they gather, none longer than `batch`.
        let ready = self.events_sent.map_or(oldest, |sent| (sent + batch).min(oldest + batch));
        if now < ready && self.event_run_bytes() < BATCH_BYTES {
            return Next::At(ready);
        }
        let mut events = Vec::new();
        let mut bytes = 0;
        let most = self.newest_state.as_ref().map_or(usize::MAX, |(_, before)| *before);
        while events.len() < most
            && let Some(Entry { bytes: more, item: Item::Event(_), .. }) = self.waiting.front()
            && (events.is_empty() || bytes + more <= BATCH_BYTES)
            && let Some(Entry { bytes: taken, item: Item::Event(event), .. }) = self.pop_front()
        {
            bytes += taken;
            events.push(event);
        }
        self.events_sent = Some(now);
        Next::Events(events)
    }

    /// Bytes of the events at the front, as far as it matters; as much as it takes when a state ends the run.
    fn event_run_bytes(&self) -> usize {
        let most = self.newest_state.as_ref().map_or(usize::MAX, |(_, before)| *before);
        let mut bytes = 0;
        for (index, entry) in self.waiting.iter().enumerate() {
            if index == most || matches!(entry.item, Item::State(_)) {
                return BATCH_BYTES;
            }
            bytes += entry.bytes;
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        if most == self.waiting.len() { BATCH_BYTES } else { bytes }
    }

    fn push(&mut self, now: Instant, bytes: usize, item: Item<S, E>) {
        self.waiting.push_back(Entry { at: now, bytes, item });
        self.bytes += bytes;
        self.prune(now);
    }

    fn pop_front(&mut self) -> Option<Entry<Item<S, E>>> {
        let entry = self.waiting.pop_front()?;
        self.bytes -= entry.bytes;
        if let Some((_, before)) = &mut self.newest_state {
            *before = before.saturating_sub(1);
        }
        Some(entry)
    }

    /// Lets fall out what is too old or too much.
    fn prune(&mut self, now: Instant) {
        let mut lost = 0;
        if self.paused {
            self.drop_old(now);
        } else {
            while let Some(front) = self.waiting.front() {
                let due = self.resumed.map_or(front.at, |resumed| resumed.max(front.at));
                if now.saturating_duration_since(due) <= self.limits.late {
                    break;
                }
                self.pop_front();
                lost += 1;
            }
        }
        while self.bytes > self.limits.bytes && self.len() > 1 && self.pop_front().is_some() {
            lost += 1;
        }
        self.note_lost(lost);
        self.gone.dropped += lost;
    }

    fn drop_old(&mut self, now: Instant) {
        while self
            .waiting
            .front()
            .is_some_and(|entry| now.saturating_duration_since(entry.at) > self.retention)
        {
            self.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
