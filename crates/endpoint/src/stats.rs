//! The endpoint's own figures, and the event that tells them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use peerscope_introspection::wire::{
    Event, EventType,
    event_type::{EventProperty, event_property::PropertyType},
};

use crate::session::queue::Gone;

/// The name of the endpoint's own event type.
pub(crate) const EVENT: &str = "EndpointStats";

/// Counts since the endpoint was made.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Segments written to sockets.
    pub(crate) frames_sent: AtomicU64,
    /// Bytes written to sockets.
    pub(crate) bytes_sent: AtomicU64,
    /// Frames that fell out of sessions' queues by slowness or bytes.
    pub(crate) dropped: AtomicU64,
    /// Snapshots that a newer one replaced before a session took them.
    pub(crate) replaced: AtomicU64,
    /// Events that the introspector lost, or that were too long for a frame, before any session was asked.
    pub(crate) lost: AtomicU64,
    /// Sessions that were one too many.
    pub(crate) refused_sessions: AtomicU64,
    /// Raw connections that were one too many.
    pub(crate) refused_connections: AtomicU64,
    /// Snapshots that the introspector could not give.
    pub(crate) failed_snapshots: AtomicU64,
}

/// Figures of this moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) sessions: usize,
    pub(crate) paused_sessions: usize,
    pub(crate) queued_frames: usize,
    pub(crate) queued_bytes: usize,
}

impl Counters {
    pub(crate) fn gone(&self, gone: Gone) {
        self.dropped.fetch_add(gone.dropped, Relaxed);
        self.replaced.fetch_add(gone.replaced, Relaxed);
    }

    fn figures(&self, gauges: Gauges) -> [(&'static str, u64); 12] {
        [
            ("sessions", gauges.sessions as u64),
            ("pausedSessions", gauges.paused_sessions as u64),
            ("queuedFrames", gauges.queued_frames as u64),
            ("queuedBytes", gauges.queued_bytes as u64),
            ("framesSent", self.frames_sent.load(Relaxed)),
            ("bytesSent", self.bytes_sent.load(Relaxed)),
            ("droppedFrames", self.dropped.load(Relaxed)),
            ("replacedStates", self.replaced.load(Relaxed)),
            ("lostEvents", self.lost.load(Relaxed)),
            ("refusedSessions", self.refused_sessions.load(Relaxed)),
            ("refusedConnections", self.refused_connections.load(Relaxed)),
            ("failedSnapshots", self.failed_snapshots.load(Relaxed)),
        ]
    }

    /// The event that tells the figures.
    pub(crate) fn event(&self, gauges: Gauges, now_ms: u64) -> Event {
        let content: serde_json::Map<_, _> =
            self.figures(gauges).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Event {
            r#type: Some(EventType { name: EVENT.into(), property_types: Vec::new() }),
            ts: now_ms,
            content: serde_json::Value::Object(content).to_string(),
        }
    }
}

/// What that event looks like.
pub(crate) fn event_type() -> EventType {
    let number = |(name, _): (&str, u64)| EventProperty {
        name: name.into(),
        r#type: PropertyType::Number.into(),
        has_multiple: false,
    };
    let property_types = Counters::default().figures(Gauges::default()).into_iter().map(number).collect();
    EventType { name: EVENT.into(), property_types }
}
