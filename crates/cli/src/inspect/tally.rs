//! Counting: what the frames of a recording hold, and its problems.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use peerscope_introspection::{
    recording::{GzipProblem, Problem},
    wire::{
        Connection, Event, Runtime, ServerMessage, State, StreamList, connection::RelayedOver,
        server_message::Payload,
    },
};
use prost::Message;

/// Connections within connections that are followed; decoding has its own bound, which is greater.
const MAX_DEPTH: usize = 8;

#[derive(Debug, Default)]
pub struct Tally {
    /// Of the file as it lies there.
    pub bytes: u64,
    pub frames: u64,
    pub states: u64,
    pub events: u64,
    pub runtimes: u64,
    pub responses: u64,
    pub notices: u64,
    pub unknown: u64,
    pub bad_checksums: u64,
    pub undecodable: u64,
    pub truncated_bytes: u64,
    /// Passed over because not even the length was sound.
    pub skipped_bytes: u64,
    pub packing: Option<GzipProblem>,
    /// Over the times of states and events.
    pub span_ms: Option<(u64, u64)>,
    pub peers: HashSet<String>,
    pub connections: HashSet<Box<[u8]>>,
    pub streams: HashSet<Box<[u8]>>,
    pub dht_peers: HashSet<String>,
    pub event_types: BTreeMap<String, u64>,
    /// Of the newest Runtime.
    pub implementation: String,
    pub version: String,
    pub peer_id: String,
}

impl Tally {
    /// Whether there is anything that could be read.
    pub fn has_content(&self) -> bool {
        self.frames > self.undecodable
    }

    /// Why there is nothing.
    pub fn why_empty(&self) -> String {
        if self.undecodable > 0 {
            return format!("it holds {} frames, and none is a message of the protocol", self.undecodable);
        }
        if self.bad_checksums > 0 {
            return format!("no frame's checksum holds ({} are damaged)", self.bad_checksums);
        }
        if self.truncated_bytes > 0 {
            return format!("its {} bytes are not a whole frame", self.truncated_bytes);
        }
        "it holds no frame".to_owned()
    }

    pub fn problem(&mut self, problem: &Problem) {
        self.bad_checksums += u64::from(problem.is_bad_checksum());
        match problem {
            Problem::Skipped { bytes, .. } => self.skipped_bytes += bytes,
            Problem::Truncated { bytes, .. } => self.truncated_bytes += bytes,
            Problem::Gzip { cause, .. } => self.packing = Some(*cause),
            Problem::Checksum { .. } | Problem::Version(_) | Problem::TooShort(_) => {}
        }
    }

    pub fn frame(&mut self, payload: Bytes) {
        self.frames += 1;
        let Ok(message) = ServerMessage::decode(payload) else {
            self.undecodable += 1;
            return;
        };
        match message.payload {
            Some(Payload::State(state)) => self.state(&state),
            Some(Payload::Event(event)) => self.event(&event),
            Some(Payload::Runtime(runtime)) => self.runtime(runtime),
            Some(Payload::Response(_)) => self.responses += 1,
            Some(Payload::Notice(_)) => self.notices += 1,
            None => self.unknown += 1,
        }
    }

    fn state(&mut self, state: &State) {
        self.states += 1;
        self.at(state.instant_ts);
        let Some(subsystems) = &state.subsystems else { return };
        for connection in &subsystems.connections {
            self.connection(connection, MAX_DEPTH);
        }
        for peer in subsystems.dht.iter().flat_map(|dht| &dht.buckets).flat_map(|bucket| &bucket.peers) {
            note_text(&mut self.dht_peers, &peer.peer_id);
        }
    }

    fn connection(&mut self, connection: &Connection, depth: usize) {
        note(&mut self.connections, &connection.id);
        note_text(&mut self.peers, &connection.peer_id);
        if let Some(streams) = &connection.streams {
            self.streams(streams);
        }
        if let (Some(RelayedOver::Conn(relay)), Some(depth)) =
            (&connection.relayed_over, depth.checked_sub(1))
        {
            self.connection(relay, depth);
        }
    }

    fn streams(&mut self, list: &StreamList) {
        for id in &list.stream_ids {
            note(&mut self.streams, id);
        }
        for stream in &list.streams {
            note(&mut self.streams, &stream.id);
        }
    }

    fn event(&mut self, event: &Event) {
        self.events += 1;
        self.at(event.ts);
        let name = event.r#type.as_ref().map_or("", |kind| kind.name.as_str());
        match self.event_types.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                self.event_types.insert(name.to_owned(), 1);
            }
        }
    }

    fn runtime(&mut self, runtime: Runtime) {
        self.runtimes += 1;
        self.implementation = runtime.implementation;
        self.version = runtime.version;
        self.peer_id = runtime.peer_id;
    }

    /// 0 is no time.
    fn at(&mut self, ms: u64) {
        if ms > 0 {
            let (first, last) = self.span_ms.unwrap_or((ms, ms));
            self.span_ms = Some((first.min(ms), last.max(ms)));
        }
    }
}

/// Copies what is new: an id decoded from a frame shares the memory of all frames around it.
fn note(set: &mut HashSet<Box<[u8]>>, id: &[u8]) {
    if !id.is_empty() && !set.contains(id) {
        set.insert(id.into());
    }
}

fn note_text(set: &mut HashSet<String>, text: &str) {
    if !text.is_empty() && !set.contains(text) {
        set.insert(text.to_owned());
    }
}
