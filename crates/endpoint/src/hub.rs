//! Between the introspector and the sessions: the one subscription to its events and their fan-out, snapshots shared by
//! sessions, the Runtime, and the list of sessions.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures::StreamExt;
use peerscope_introspection::{
    EventStream, IntrospectError, Introspector, KEEP_CLOSED_DEFAULT, Told, frame,
    wire::{EventType, Runtime, server_message::Payload},
};
use tokio::time::{Instant, MissedTickBehavior};

use crate::{
    event::{EventFrame, EventTypes, encode},
    lock,
    options::{Options, Tuning},
    recording::{Ask, Copy, NoRecording, Recordings},
    session::Session,
    stats::{self, Counters, EndpointStats},
};

/// Events that are handed to the sessions under one lock.
const CHUNK: usize = 256;

/// What all sessions of an endpoint share.
pub(crate) struct Hub {
    pub(crate) introspector: Arc<dyn Introspector>,
    pub(crate) tuning: Tuning,
    pub(crate) counters: Counters,
    queue_bytes: usize,
    max_sessions: usize,
    types: Mutex<EventTypes>,
    /// The newest snapshot as a whole message, and when it was asked for.
    snapshot: tokio::sync::Mutex<Option<(Instant, Bytes)>>,
    recordings: Recordings,
    sessions: Mutex<BTreeMap<u64, Arc<Session>>>,
    next_session: AtomicU64,
    keep_closed: Mutex<Duration>,
}

impl Hub {
    pub(crate) fn new(introspector: Arc<dyn Introspector>, options: &Options) -> Self {
        Self {
            introspector,
            tuning: options.tuning,
            counters: Counters::default(),
            queue_bytes: options.queue_bytes,
            max_sessions: options.max_sessions,
            types: Mutex::default(),
            snapshot: tokio::sync::Mutex::default(),
            recordings: Recordings::default(),
            sessions: Mutex::default(),
            next_session: AtomicU64::new(0),
            keep_closed: Mutex::new(KEEP_CLOSED_DEFAULT),
        }
    }

    /// Enters a client into the list, or says that there are too many.
    pub(crate) fn enter(self: &Arc<Self>, remote: SocketAddr) -> Result<Entry, TooMany> {
        let mut sessions = lock(&self.sessions);
        if sessions.len() >= self.max_sessions {
            self.counters.refused_sessions.fetch_add(1, Relaxed);
            return Err(TooMany { max: self.max_sessions });
        }
        let id = self.next_session.fetch_add(1, Relaxed);
        let session = Arc::new(Session::new(remote, self.queue_bytes, &self.tuning));
        sessions.insert(id, Arc::clone(&session));
        drop(sessions);
        self.counters.began_sessions.fetch_add(1, Relaxed);
        Ok(Entry { id, session, hub: Arc::clone(self) })
    }

    /// The sessions going on, oldest first.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        lock(&self.sessions).values().cloned().collect()
    }

    /// Hands the introspector's events to the sessions until the endpoint is closed. When the introspector ends them,
    /// the endpoint's own go on.
    pub(crate) async fn pump(&self, events: EventStream) {
        let mut events = events.ready_chunks(CHUNK).fuse();
        let mut stats =
            tokio::time::interval_at(Instant::now() + self.tuning.stats_every, self.tuning.stats_every);
        stats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(told) = events.next() => self.fan_out(told),
                _ = stats.tick() => {
                    let event = self.stats().event(now_ms());
                    self.fan_out(vec![Told::Event(event)]);
                }
            }
            // A flood must not keep the other tasks of this thread from their turn.
            tokio::task::yield_now().await;
        }
    }

    fn fan_out(&self, told: Vec<Told>) {
        let sessions: Vec<_> = self.sessions().into_iter().filter(|session| session.wants_events()).collect();
        let mut frames = Vec::with_capacity(told.len());
        let mut lost = 0;
        for told in told {
            match told {
                Told::Lost(count) => lost += count,
                Told::Event(event) if sessions.is_empty() => {
                    lock(&self.types).note(event, || self.event_types())
                }
                Told::Event(event) => match self.encode_event(event) {
                    Some(frame) => frames.push(Arc::new(frame)),
                    None => lost += 1,
                },
            }
        }
        self.counters.lost_events.fetch_add(lost, Relaxed);
        for session in sessions {
            self.counters.gone(session.push_events(&frames, lost));
        }
    }

    /// Encodes an event for any session.
    pub(crate) fn encode_event(&self, event: peerscope_introspection::wire::Event) -> Option<EventFrame> {
        let frame = lock(&self.types).encode(event, || self.event_types())?;
        self.counters.encoded(frame.bare().len());
        Some(frame)
    }

    fn event_types(&self) -> Vec<EventType> {
        let mut types = self.introspector.event_metadata();
        types.push(stats::event_type());
        types
    }

    /// A snapshot as a whole message: a new one, or one that is younger than a quarter of a second.
    pub(crate) async fn snapshot(&self) -> Result<Bytes, String> {
        let answer = tokio::time::timeout(self.tuning.answer, self.shared_snapshot()).await;
        let answer = answer.unwrap_or_else(|_| Err("the node did not answer in time".into()));
        if answer.is_err() {
            self.counters.failed_snapshots.fetch_add(1, Relaxed);
        }
        answer
    }

    async fn shared_snapshot(&self) -> Result<Bytes, String> {
        // Before the lock: who waits for a snapshot that takes long must not find it too old for that.
        let asked = Instant::now();
        let mut shared = self.snapshot.lock().await;
        if let Some((at, message)) = &*shared
            && asked.saturating_duration_since(*at) < self.tuning.snapshot_age
        {
            return Ok(message.clone());
        }
        let now = Instant::now();
        let state = self.introspector.fetch_full_state().await.map_err(|error| error.to_string())?;
        self.counters.snapshots.fetch_add(1, Relaxed);
        let segment =
            encode(Payload::State(state)).ok_or("the node's state is longer than a frame may be")?;
        self.counters.encoded(segment.len());
        let message = frame::message([&segment]);
        *shared = Some((now, message.clone()));
        Ok(message)
    }

    /// Forgets the shared snapshot: the next life of the endpoint must not show the one before.
    pub(crate) async fn forget_snapshot(&self) {
        *self.snapshot.lock().await = None;
    }

    /// The Runtime with every event type known so far.
    pub(crate) async fn runtime(&self) -> Result<Runtime, String> {
        let fetched = tokio::time::timeout(self.tuning.answer, self.introspector.fetch_runtime()).await;
        let fetched = fetched.map_err(|_| "the node did not answer in time".to_owned())?;
        let mut runtime = fetched.map_err(|error: IntrospectError| error.to_string())?;
        for known in self.event_types() {
            if !runtime.event_types.iter().any(|told| told.name == known.name) {
                runtime.event_types.push(known);
            }
        }
        lock(&self.types).complete(&mut runtime.event_types);
        Ok(runtime)
    }

    /// What a session gets first when its events are turned on.
    pub(crate) async fn session_events(&self) -> Vec<Arc<EventFrame>> {
        let events = tokio::time::timeout(self.tuning.answer, self.introspector.session_events()).await;
        let events = events.unwrap_or_else(|_| {
            tracing::warn!("the introspector gave no session events in time");
            Vec::new()
        });
        events.into_iter().filter_map(|event| self.encode_event(event)).map(Arc::new).collect()
    }

    /// Tells the introspector how long to keep what closed, if that changed.
    pub(crate) fn intervals_changed(&self) {
        // First the lock: of two who tell it at once, the one who looked first must not have the last word.
        let mut told = lock(&self.keep_closed);
        let longest = self.sessions().iter().map(|session| session.interval()).max().unwrap_or_default();
        let wanted = KEEP_CLOSED_DEFAULT.max(longest * 2);
        if *told != wanted {
            *told = wanted;
            self.introspector.keep_closed(wanted);
        }
    }

    /// The node's recording.
    pub(crate) async fn recording(&self, ask: Ask) -> Result<Copy, NoRecording> {
        let recording = self.recordings.get(&*self.introspector, &self.tuning, ask).await;
        if let Err(NoRecording::Busy) = recording {
            self.counters.refused_recordings.fetch_add(1, Relaxed);
        }
        recording
    }

    /// The endpoint's own figures.
    pub(crate) fn stats(&self) -> EndpointStats {
        let gauges = self.sessions().iter().fold(EndpointStats::default(), |sum, session| {
            let standing = session.standing();
            EndpointStats {
                sessions: sum.sessions + 1,
                ungreeted_sessions: sum.ungreeted_sessions + u64::from(!standing.greeted),
                paused_sessions: sum.paused_sessions + u64::from(standing.paused),
                queued_frames: sum.queued_frames + standing.queued_frames as u64,
                queued_bytes: sum.queued_bytes + standing.queued_bytes as u64,
                ..sum
            }
        });
        self.counters.fill(gauges)
    }
}

/// A session's place in the list; it leaves when this is dropped.
pub(crate) struct Entry {
    pub(crate) id: u64,
    pub(crate) session: Arc<Session>,
    pub(crate) hub: Arc<Hub>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.hub.sessions).remove(&self.id);
        self.hub.intervals_changed();
    }
}

/// There are as many sessions as are allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMany {
    pub(crate) max: usize,
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
