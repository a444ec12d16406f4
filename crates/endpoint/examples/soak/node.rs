//! A made-up node for load: so many connections of two streams whose bytes grow, numbered events, and a recording that is
//! made anew for each who asks. It never waits for the endpoint: what that does not take is counted and told.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures::channel::mpsc;
use peerscope_endpoint::Introspector;
use peerscope_introspection::{
    BoxFuture, EventStream, IntrospectError, Told,
    wire::{
        Connection, DataGauge, EndpointPair, Event, EventType, Runtime, State, Stream, StreamList,
        Subsystems, Traffic,
        event_type::{EventProperty, event_property::PropertyType},
    },
};

/// The event type of the numbered events.
pub const NUMBERED: &str = "Numbered";
/// Events that wait for the endpoint.
const WAITING: usize = 4096;

pub struct Node {
    connections: u64,
    recording_bytes: usize,
    snapshots: AtomicU64,
    events: Mutex<Emitter>,
}

#[derive(Default)]
struct Emitter {
    sender: Option<mpsc::Sender<Told>>,
    next: u64,
    lost: u64,
}

impl Node {
    pub fn new(connections: u64, recording_bytes: usize) -> Self {
        Self { connections, recording_bytes, snapshots: AtomicU64::new(0), events: Mutex::default() }
    }

    /// Emits so many events; each says its number. Whether all of them were taken.
    pub fn emit(&self, count: u64) -> bool {
        let mut emitter = self.events.lock().expect("no panic");
        let mut all = true;
        for _ in 0..count {
            let number = emitter.next;
            emitter.next += 1;
            let lost = emitter.lost;
            if lost > 0 && emitter.tell(Told::Lost(lost)) {
                emitter.lost = 0;
            }
            if emitter.lost > 0 || !emitter.tell(Told::Event(event(number))) {
                emitter.lost += 1;
                all = false;
            }
        }
        all
    }
}

impl Emitter {
    fn tell(&mut self, told: Told) -> bool {
        self.sender.as_mut().is_some_and(|sender| sender.try_send(told).is_ok())
    }
}

fn event(number: u64) -> Event {
    let kind = EventType { name: NUMBERED.into(), property_types: Vec::new() };
    let content = format!(
        "{{\"number\":{number},\"peer\":\"12D3KooWEndpointUnderLoad{number:020}\",\"rttNs\":1234567}}"
    );
    Event { r#type: Some(kind), ts: number, content }
}

impl Introspector for Node {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        let event_types = self.event_metadata();
        Box::pin(async {
            Ok(Runtime { implementation: "made up".into(), event_types, ..Runtime::default() })
        })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        let snapshot = self.snapshots.fetch_add(1, Relaxed) + 1;
        let connections = (0..self.connections).map(|number| connection(number, snapshot)).collect();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let state = State {
            instant_ts: since.as_millis() as u64,
            subsystems: Some(Subsystems { connections, dht: None }),
            ..State::default()
        };
        Box::pin(async { Ok(state) })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.events.lock().expect("no panic").sender = Some(sender);
        Ok(Box::pin(receiver))
    }

    fn event_metadata(&self) -> Vec<EventType> {
        let property = |(name, kind): (&str, PropertyType)| EventProperty {
            name: name.into(),
            r#type: kind.into(),
            has_multiple: false,
        };
        let properties = [
            ("number", PropertyType::Number),
            ("peer", PropertyType::Peerid),
            ("rttNs", PropertyType::Number),
        ];
        vec![EventType {
            name: NUMBERED.into(),
            property_types: properties.into_iter().map(property).collect(),
        }]
    }

    fn close(&self) {}

    fn recording(&self) -> BoxFuture<'_, Option<Bytes>> {
        let bytes = Bytes::from(vec![7; self.recording_bytes]);
        Box::pin(async { Some(bytes) })
    }
}

fn connection(number: u64, snapshot: u64) -> Connection {
    let traffic = |factor: u64| {
        let gauge =
            |bytes| Some(DataGauge { cum_bytes: bytes, cum_packets: bytes / 900, inst_bw: factor * number });
        Some(Traffic {
            traffic_in: gauge(snapshot * (number + 1) * factor),
            traffic_out: gauge(snapshot * (number + 7)),
        })
    };
    let stream = |index: u64| Stream {
        id: Bytes::from(format!("c{number}s{index}")),
        protocol: ["/ipfs/kad/1.0.0", "/meshsub/1.1.0"][index as usize % 2].into(),
        traffic: traffic(index + 1),
        ..Stream::default()
    };
    Connection {
        id: Bytes::from(format!("c{number}")),
        peer_id: format!("12D3KooWPeerOfTheEndpointUnderLoad{number:018}"),
        endpoints: Some(EndpointPair {
            src_multiaddr: "/ip4/10.0.0.1/tcp/4001".into(),
            dst_multiaddr: format!(
                "/ip4/10.{}.{}.{}/tcp/4001",
                number >> 16,
                number >> 8 & 255,
                number & 255
            ),
        }),
        traffic: traffic(3),
        latency_ns: 1_000_000 + number,
        streams: Some(StreamList { streams: (0..2).map(stream).collect(), stream_ids: Vec::new() }),
        ..Connection::default()
    }
}
