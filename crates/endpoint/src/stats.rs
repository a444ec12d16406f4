//! The endpoint's own figures, as a value and as the event that tells them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use peerscope_introspection::wire::{
    Event, EventType,
    event_type::{EventProperty, event_property::PropertyType},
};

use crate::{guard::Refusal, session::queue::Gone};

/// The name of the endpoint's own event type.
pub(crate) const EVENT: &str = "EndpointStats";

/// What an endpoint says of itself. The first five are of this moment; the others count since the endpoint was made, over
/// all its starts. The event of this name carries the same figures, named as here but in `camelCase`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointStats {
    /// Sessions going on.
    pub sessions: u64,
    /// Sessions that have not greeted yet.
    pub ungreeted_sessions: u64,
    /// Sessions that are paused.
    pub paused_sessions: u64,
    /// Frames that wait in all sessions' queues.
    pub queued_frames: u64,
    /// Bytes of these frames. Frames are shared: the same one counts in each session that it waits for.
    pub queued_bytes: u64,
    /// Sessions that began.
    pub began_sessions: u64,
    /// Commands that sessions were given, carried out or not.
    pub commands: u64,
    /// Frames written to sockets.
    pub frames_sent: u64,
    /// Bytes of the messages written to sockets.
    pub bytes_sent: u64,
    /// Snapshots, Runtimes and events that were encoded, whoever they were for. One that goes to every session counts
    /// once; an event counts a second time when some session has to be told its type's properties.
    pub encoded_frames: u64,
    /// Bytes of these frames.
    pub encoded_bytes: u64,
    /// Snapshots that the introspector gave.
    pub snapshots: u64,
    /// Snapshots that it could not give, or not in time.
    pub failed_snapshots: u64,
    /// Frames that fell out of sessions' queues by slowness or bytes. Each session was told of its own.
    pub dropped_frames: u64,
    /// Snapshots that a newer one replaced before a session took them.
    pub replaced_states: u64,
    /// Events that the introspector lost, or that were too long for a frame, before any session was asked.
    pub lost_events: u64,
    /// Raw connections that were one too many.
    pub refused_connections: u64,
    /// Sessions that were one too many.
    pub refused_sessions: u64,
    /// Requests that named a host that is not this machine.
    pub refused_hosts: u64,
    /// Requests of foreign pages.
    pub refused_origins: u64,
    /// Requests without the token, or with another one.
    pub refused_tokens: u64,
    /// Requests for the node's recording while too many copies of it were being read.
    pub refused_recordings: u64,
    /// Sessions that were ended because they did not greet in time.
    pub ended_ungreeted: u64,
    /// Sessions that were ended because of what they sent: no command, too long a one, or no WebSocket frame.
    pub ended_invalid: u64,
}

impl EndpointStats {
    fn figures(&self) -> [(&'static str, u64); 24] {
        [
            ("sessions", self.sessions),
            ("ungreetedSessions", self.ungreeted_sessions),
            ("pausedSessions", self.paused_sessions),
            ("queuedFrames", self.queued_frames),
            ("queuedBytes", self.queued_bytes),
            ("beganSessions", self.began_sessions),
            ("commands", self.commands),
            ("framesSent", self.frames_sent),
            ("bytesSent", self.bytes_sent),
            ("encodedFrames", self.encoded_frames),
            ("encodedBytes", self.encoded_bytes),
            ("snapshots", self.snapshots),
            ("failedSnapshots", self.failed_snapshots),
            ("droppedFrames", self.dropped_frames),
            ("replacedStates", self.replaced_states),
            ("lostEvents", self.lost_events),
            ("refusedConnections", self.refused_connections),
            ("refusedSessions", self.refused_sessions),
            ("refusedHosts", self.refused_hosts),
            ("refusedOrigins", self.refused_origins),
            ("refusedTokens", self.refused_tokens),
            ("refusedRecordings", self.refused_recordings),
            ("endedUngreeted", self.ended_ungreeted),
            ("endedInvalid", self.ended_invalid),
        ]
    }

    /// The event that tells the figures.
    pub(crate) fn event(&self, now_ms: u64) -> Event {
        let content: serde_json::Map<_, _> =
            self.figures().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
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
    let property_types = EndpointStats::default().figures().into_iter().map(number).collect();
    EventType { name: EVENT.into(), property_types }
}

/// What is counted, each as [`EndpointStats`] tells it.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) began_sessions: AtomicU64,
    pub(crate) commands: AtomicU64,
    frames_sent: AtomicU64,
    bytes_sent: AtomicU64,
    encoded_frames: AtomicU64,
    encoded_bytes: AtomicU64,
    pub(crate) snapshots: AtomicU64,
    pub(crate) failed_snapshots: AtomicU64,
    dropped_frames: AtomicU64,
    replaced_states: AtomicU64,
    pub(crate) lost_events: AtomicU64,
    pub(crate) refused_connections: AtomicU64,
    pub(crate) refused_sessions: AtomicU64,
    refused_hosts: AtomicU64,
    refused_origins: AtomicU64,
    refused_tokens: AtomicU64,
    pub(crate) refused_recordings: AtomicU64,
    pub(crate) ended_ungreeted: AtomicU64,
    pub(crate) ended_invalid: AtomicU64,
}

impl Counters {
    pub(crate) fn gone(&self, gone: Gone) {
        self.dropped_frames.fetch_add(gone.dropped, Relaxed);
        self.replaced_states.fetch_add(gone.replaced, Relaxed);
    }

    /// A message of so many frames and bytes was written.
    pub(crate) fn sent(&self, frames: u64, bytes: usize) {
        self.frames_sent.fetch_add(frames, Relaxed);
        self.bytes_sent.fetch_add(bytes as u64, Relaxed);
    }

    /// A frame was encoded.
    pub(crate) fn encoded(&self, bytes: usize) {
        self.encoded_frames.fetch_add(1, Relaxed);
        self.encoded_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::Host => &self.refused_hosts,
            Refusal::Origin => &self.refused_origins,
            Refusal::NoToken | Refusal::WrongToken => &self.refused_tokens,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Writes the counts into figures whose gauges are there already.
    pub(crate) fn fill(&self, gauges: EndpointStats) -> EndpointStats {
        EndpointStats {
            began_sessions: self.began_sessions.load(Relaxed),
            commands: self.commands.load(Relaxed),
            frames_sent: self.frames_sent.load(Relaxed),
            bytes_sent: self.bytes_sent.load(Relaxed),
            encoded_frames: self.encoded_frames.load(Relaxed),
            encoded_bytes: self.encoded_bytes.load(Relaxed),
            snapshots: self.snapshots.load(Relaxed),
            failed_snapshots: self.failed_snapshots.load(Relaxed),
            dropped_frames: self.dropped_frames.load(Relaxed),
            replaced_states: self.replaced_states.load(Relaxed),
            lost_events: self.lost_events.load(Relaxed),
            refused_connections: self.refused_connections.load(Relaxed),
            refused_sessions: self.refused_sessions.load(Relaxed),
            refused_hosts: self.refused_hosts.load(Relaxed),
            refused_origins: self.refused_origins.load(Relaxed),
            refused_tokens: self.refused_tokens.load(Relaxed),
            refused_recordings: self.refused_recordings.load(Relaxed),
            ended_ungreeted: self.ended_ungreeted.load(Relaxed),
            ended_invalid: self.ended_invalid.load(Relaxed),
            ..gauges
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `queued_bytes` as `queuedBytes`.
    fn camel(name: &str) -> String {
        let mut words = name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| {
            let (head, tail) = word.split_at(1);
            name + &head.to_uppercase() + tail
        })
    }

    #[test]
    fn the_event_has_every_figure_by_its_own_name_and_the_protocol_names_them() {
        // Each its own value, so that none is told in another's place.
        let counters = Counters { commands: 7.into(), refused_tokens: 8.into(), ..Counters::default() };
        let stats = counters.fill(EndpointStats { queued_bytes: 9, ..EndpointStats::default() });
        let shown = format!("{stats:?}");
        let fields: Vec<(String, u64)> = shown
            .trim_start_matches("EndpointStats { ")
            .trim_end_matches(" }")
            .split(", ")
            .filter_map(|field| field.split_once(": "))
            .map(|(name, value)| (camel(name), value.parse().expect("a number")))
            .collect();
        let told: Vec<_> = stats.figures().map(|(name, value)| (name.to_owned(), value)).to_vec();
        assert_eq!(told, fields);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md");
        let protocol = std::fs::read_to_string(path).expect("the protocol's description");
        for (name, _) in told {
            assert!(protocol.contains(&format!("`{name}`")), "docs/protocol.md does not name {name}");
        }
    }
}
