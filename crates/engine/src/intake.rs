//! The one door between the wire and the engine: a payload's bytes become domain values. The only reader of wire types.

use bytes::Bytes;
use peerscope_introspection::wire::{
    self, CommandResponse, ServerMessage, connection::RelayedOver, server_message::Payload,
};
use prost::Message;

use crate::{
    event::{EventIn, EventType, Property, PropertyKind},
    intern::{Interner, Sym},
    snapshot::{Connection, Facts, Figures, Snapshot, Stream},
};

/// What a payload says.
#[derive(Debug)]
pub enum Told {
    Snapshot(Box<Snapshot>),
    Runtime(Runtime),
    Event(EventIn),
    Response(CommandResponse),
    /// Events were dropped for this session; None: the source does not say how many.
    Discarding(Option<u64>),
    /// A notice or payload that this version does not know.
    Unknown,
}

#[derive(Debug, Default)]
pub struct Runtime {
    pub implementation: String,
    pub version: String,
    pub platform: String,
    pub peer_id: String,
    pub types: Vec<EventType>,
}

/// The payload is no `ServerMessage`.
#[derive(Debug)]
pub struct Undecodable;

/// Connections that one snapshot may tell: beyond it the rest is left out and counted as cut.
const MAX_CONNECTIONS: usize = 200_000;
/// Streams of one connection, likewise.
const MAX_STREAMS: usize = 200_000;
/// Tags kept of one connection.
const MAX_TAGS: usize = 32;
/// Properties kept of one event type.
const MAX_PROPERTIES: usize = 256;
/// Bytes kept of one text (addresses, protocols, agents); the frame store has the whole.
const MAX_TEXT: usize = 4096;

pub fn read(payload: Bytes, interner: &mut Interner) -> Result<Told, Undecodable> {
    let message = ServerMessage::decode(payload).map_err(|_| Undecodable)?;
    Ok(match message.payload {
        None => Told::Unknown,
        Some(Payload::State(state)) => Told::Snapshot(Box::new(Reader(interner).snapshot(state))),
        Some(Payload::Runtime(runtime)) => Told::Runtime(Runtime {
            implementation: cut(runtime.implementation),
            version: cut(runtime.version),
            platform: cut(runtime.platform),
            peer_id: cut(runtime.peer_id),
            types: runtime.event_types.into_iter().map(event_type).collect(),
        }),
        Some(Payload::Event(event)) => {
            let declared = event.r#type.map(event_type).unwrap_or_default();
            Told::Event(EventIn { declared, at_ms: event.ts, content: event.content })
        }
        Some(Payload::Response(response)) => Told::Response(response),
        Some(Payload::Notice(notice))
            if notice.kind == wire::server_notice::Kind::DiscardingEvents as i32 =>
        {
            Told::Discarding((notice.discarded_events > 0).then_some(notice.discarded_events))
        }
        Some(Payload::Notice(_)) => Told::Unknown,
    })
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate((0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
    }
    text
}

fn event_type(wire: wire::EventType) -> EventType {
    let properties = wire
        .property_types
        .into_iter()
        .take(MAX_PROPERTIES)
        .map(|property| Property {
            name: cut(property.name),
            kind: match property.r#type {
                1 => PropertyKind::Number,
                10 => PropertyKind::Time,
                11 => PropertyKind::PeerId,
                12 => PropertyKind::Multiaddr,
                90 => PropertyKind::Json,
                _ => PropertyKind::Text,
            },
            multiple: property.has_multiple,
        })
        .collect();
    EventType { name: cut(wire.name), properties }
}

struct Reader<'a>(&'a mut Interner);

impl Reader<'_> {
    fn sym(&mut self, text: &[u8]) -> Sym {
        self.0.sym(&text[..text.len().min(MAX_TEXT)])
    }

    fn snapshot(&mut self, state: wire::State) -> Snapshot {
        let connections = state.subsystems.map(|all| all.connections).unwrap_or_default();
        let over = connections.len().saturating_sub(MAX_CONNECTIONS) as u64;
        Snapshot {
            instant_ms: state.instant_ts,
            start_ms: state.start_ts,
            duration_ms: u64::from(state.snapshot_duration_ms),
            closed_cut: state.closed_cut.saturating_add(over),
            total: figures(state.traffic.as_ref(), 0),
            connections: connections.into_iter().take(MAX_CONNECTIONS).map(|c| self.connection(c)).collect(),
        }
    }

    fn connection(&mut self, wire: wire::Connection) -> Connection {
        let timeline = wire.timeline.unwrap_or_default();
        let ends = wire.endpoints.unwrap_or_default();
        let attributes = wire.attribs.unwrap_or_default();
        let carrier = match wire.relayed_over {
            Some(RelayedOver::ConnId(id)) => id,
            Some(RelayedOver::Conn(carrier)) => carrier.id,
            None => Bytes::new(),
        };
        let facts = Facts {
            name: self.sym(wire.peer_id.as_bytes()),
            role: wire.role,
            transport: self.sym(&wire.transport_id),
            local: self.sym(ends.src_multiaddr.as_bytes()),
            remote: self.sym(ends.dst_multiaddr.as_bytes()),
            muxer: self.sym(attributes.multiplexer.as_bytes()),
            security: self.sym(attributes.encryption.as_bytes()),
            carrier: self.sym(&carrier),
            tags: wire.user_provided_tags.iter().take(MAX_TAGS).map(|tag| self.sym(tag.as_bytes())).collect(),
            open_ms: timeline.open_ts,
            upgraded_ms: timeline.upgraded_ts,
            close_ms: timeline.close_ts,
            cause: self.sym(wire.close_cause.as_bytes()),
        };
        let list = wire.streams.unwrap_or_default();
        let streams = if list.streams.is_empty() {
            let named = list.stream_ids.into_iter().take(MAX_STREAMS);
            named.map(|id| Stream { id: self.sym(&id), ..Stream::default() }).collect()
        } else {
            list.streams.into_iter().take(MAX_STREAMS).map(|stream| self.stream(stream)).collect()
        };
        Connection {
            id: self.sym(&wire.id),
            status: wire.status,
            facts,
            figures: figures(wire.traffic.as_ref(), wire.latency_ns),
            streams,
        }
    }

    fn stream(&mut self, wire: wire::Stream) -> Stream {
        let timeline = wire.timeline.unwrap_or_default();
        Stream {
            id: self.sym(&wire.id),
            status: wire.status,
            facts: Facts {
                name: self.sym(wire.protocol.as_bytes()),
                role: wire.role,
                open_ms: timeline.open_ts,
                close_ms: timeline.close_ts,
                cause: self.sym(wire.close_cause.as_bytes()),
                tags: wire
                    .user_provided_tags
                    .iter()
                    .take(MAX_TAGS)
                    .map(|tag| self.sym(tag.as_bytes()))
                    .collect(),
                ..Facts::default()
            },
            figures: figures(wire.traffic.as_ref(), wire.latency_ns),
        }
    }
}

fn figures(traffic: Option<&wire::Traffic>, latency_ns: u64) -> Figures {
    let gauge_in = traffic.and_then(|traffic| traffic.traffic_in.as_ref());
    let gauge_out = traffic.and_then(|traffic| traffic.traffic_out.as_ref());
    let packets = |gauge: Option<&wire::DataGauge>| gauge.map(|g| g.cum_packets).filter(|n| *n > 0);
    let now = |gauge: Option<&wire::DataGauge>| gauge.map(|g| g.inst_bw).filter(|n| *n > 0);
    Figures {
        bytes_in: gauge_in.map(|gauge| gauge.cum_bytes),
        bytes_out: gauge_out.map(|gauge| gauge.cum_bytes),
        packets_in: packets(gauge_in),
        packets_out: packets(gauge_out),
        now_in: now(gauge_in),
        now_out: now(gauge_out),
        latency_ns: (latency_ns > 0).then_some(latency_ns),
    }
}
