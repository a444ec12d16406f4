//! The one door between the wire and the engine: a payload's bytes become domain values. The only reader of wire types.
//!
//! Of a state most is as it was in the state before. [`quick`] reads the figures straight from the bytes and compares the rest
//! with what it was; what is new, and whatever is odd, prost reads.

mod dht;
mod quick;

use std::collections::HashSet;

use bytes::Bytes;
use peerscope_introspection::wire::{
    self, CommandResponse, ServerMessage, connection::RelayedOver, server_message::Payload,
};
use prost::Message;

use crate::{
    event::{EventIn, EventType, Property, PropertyKind},
    history::Configuration,
    intern::{Interner, Sym},
    snapshot::{Facts, Figures, RowIn, Snapshot, Who},
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

/// Reads payloads in the order in which they come.
#[derive(Debug, Default)]
pub struct Intake {
    quick: quick::Reader,
}

impl Intake {
    /// `newest_ms`: the newest snapshot in the history. A state that is not newer is told in full.
    pub fn read(
        &mut self,
        payload: Bytes,
        interner: &mut Interner,
        newest_ms: Option<u64>,
    ) -> Result<Told, Undecodable> {
        if let Ok(snapshot) = self.quick.read(&payload, interner, newest_ms) {
            return Ok(Told::Snapshot(Box::new(snapshot)));
        }
        let told = read(payload, interner)?;
        if matches!(told, Told::Snapshot(_)) {
            self.forget();
        }
        Ok(told)
    }

    /// The next state is told in full.
    pub fn forget(&mut self) {
        self.quick = quick::Reader::default();
    }

    /// Bytes that it takes.
    pub fn memory(&self) -> usize {
        self.quick.memory()
    }
}

fn read(payload: Bytes, interner: &mut Interner) -> Result<Told, Undecodable> {
    let message = ServerMessage::decode(payload).map_err(|_| Undecodable)?;
    Ok(match message.payload {
        None => Told::Unknown,
        Some(Payload::State(state)) => Told::Snapshot(Box::new(Texts(interner).snapshot(&state))),
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

/// What the session is set to from this answer on, if it says so.
pub fn configuration(response: &CommandResponse) -> Option<Configuration> {
    let told = response.effective_config?;
    Some(Configuration {
        retention_ms: told.retention_period_ms,
        interval_ms: told.state_snapshot_interval_ms,
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

/// Wire messages with their texts interned.
struct Texts<'a>(&'a mut Interner);

impl Texts<'_> {
    fn sym(&mut self, text: &[u8]) -> Sym {
        self.0.sym(&text[..text.len().min(MAX_TEXT)])
    }

    fn tags(&mut self, tags: &[String]) -> Vec<Sym> {
        tags.iter().take(MAX_TAGS).map(|tag| self.sym(tag.as_bytes())).collect()
    }

    fn snapshot(&mut self, state: &wire::State) -> Snapshot {
        let connections = state.subsystems.as_ref().map_or(&[][..], |all| &all.connections);
        let connections = with_carriers(connections);
        let over = connections.len().saturating_sub(MAX_CONNECTIONS) as u64;
        let mut rows = Vec::new();
        for connection in connections.into_iter().take(MAX_CONNECTIONS) {
            let parent = Some(rows.len() as u32);
            let who = (self.sym(&connection.id), self.connection(connection));
            rows.push(RowIn {
                parent: None,
                who: Who::Told(who.into()),
                status: connection.status,
                figures: figures(connection.traffic.as_ref(), connection.latency_ns),
            });
            let Some(list) = &connection.streams else { continue };
            for stream in list.streams.iter().take(MAX_STREAMS) {
                let who = (self.sym(&stream.id), self.stream(stream));
                rows.push(RowIn {
                    parent,
                    who: Who::Told(who.into()),
                    status: stream.status,
                    figures: figures(stream.traffic.as_ref(), stream.latency_ns),
                });
            }
            let named: &[Bytes] = if list.streams.is_empty() { &list.stream_ids } else { &[] };
            rows.extend(named.iter().take(MAX_STREAMS).map(|id| RowIn {
                parent,
                who: Who::Told((self.sym(id), Facts::default()).into()),
                status: 0,
                figures: Figures::default(),
            }));
        }
        let dht = state.subsystems.as_ref().and_then(|all| all.dht.as_ref());
        let over_dht = dht.map_or(0, dht::over);
        Snapshot {
            instant_ms: state.instant_ts,
            start_ms: state.start_ts,
            duration_ms: u64::from(state.snapshot_duration_ms),
            closed_cut: state.closed_cut.saturating_add(over).saturating_add(over_dht),
            total: figures(state.traffic.as_ref(), 0),
            rows,
            dht: dht.map(|dht| Box::new(self.dht(dht))),
        }
    }

    fn connection(&mut self, wire: &wire::Connection) -> Facts {
        let timeline = wire.timeline.unwrap_or_default();
        let ends = wire.endpoints.as_ref();
        let attributes = wire.attribs.as_ref();
        let carrier = match &wire.relayed_over {
            Some(RelayedOver::ConnId(id)) => &id[..],
            Some(RelayedOver::Conn(carrier)) => &carrier.id[..],
            None => &[],
        };
        Facts {
            name: self.sym(wire.peer_id.as_bytes()),
            role: wire.role,
            transport: self.sym(&wire.transport_id),
            local: self.sym(ends.map_or(&[], |ends| ends.src_multiaddr.as_bytes())),
            remote: self.sym(ends.map_or(&[], |ends| ends.dst_multiaddr.as_bytes())),
            muxer: self.sym(attributes.map_or(&[], |attributes| attributes.multiplexer.as_bytes())),
            security: self.sym(attributes.map_or(&[], |attributes| attributes.encryption.as_bytes())),
            carrier: self.sym(carrier),
            tags: self.tags(&wire.user_provided_tags),
            open_ms: timeline.open_ts,
            upgraded_ms: timeline.upgraded_ts,
            close_ms: timeline.close_ts,
            cause: self.sym(wire.close_cause.as_bytes()),
        }
    }

    fn stream(&mut self, wire: &wire::Stream) -> Facts {
        let timeline = wire.timeline.unwrap_or_default();
        Facts {
            name: self.sym(wire.protocol.as_bytes()),
            role: wire.role,
            open_ms: timeline.open_ts,
            close_ms: timeline.close_ts,
            cause: self.sym(wire.close_cause.as_bytes()),
            tags: self.tags(&wire.user_provided_tags),
            ..Facts::default()
        }
    }
}

/// The connections told, and after them those that carry others and are told within these alone.
fn with_carriers(told: &[wire::Connection]) -> Vec<&wire::Connection> {
    let mut all: Vec<&wire::Connection> = told.iter().collect();
    let carrier =
        |connection: &wire::Connection| matches!(connection.relayed_over, Some(RelayedOver::Conn(_)));
    if !told.iter().any(carrier) {
        return all;
    }
    let mut known: HashSet<&Bytes> = told.iter().map(|connection| &connection.id).collect();
    let mut at = 0;
    while let Some(connection) = all.get(at) {
        if let Some(RelayedOver::Conn(carrier)) = &connection.relayed_over
            && known.insert(&carrier.id)
        {
            all.push(carrier);
        }
        at += 1;
    }
    all
}

fn figures(traffic: Option<&wire::Traffic>, latency_ns: u64) -> Figures {
    let gauge = |gauge: Option<&wire::DataGauge>| gauge.copied();
    told_figures(
        traffic.and_then(|traffic| gauge(traffic.traffic_in.as_ref())),
        traffic.and_then(|traffic| gauge(traffic.traffic_out.as_ref())),
        latency_ns,
    )
}

/// A gauge that is there tells its bytes, also none; packets, rates and latency of 0 are not told.
fn told_figures(
    gauge_in: Option<wire::DataGauge>,
    gauge_out: Option<wire::DataGauge>,
    latency_ns: u64,
) -> Figures {
    let some = |number: u64| (number > 0).then_some(number);
    Figures {
        bytes_in: gauge_in.map(|gauge| gauge.cum_bytes),
        bytes_out: gauge_out.map(|gauge| gauge.cum_bytes),
        packets_in: gauge_in.and_then(|gauge| some(gauge.cum_packets)),
        packets_out: gauge_out.and_then(|gauge| some(gauge.cum_packets)),
        now_in: gauge_in.and_then(|gauge| some(gauge.inst_bw)),
        now_out: gauge_out.and_then(|gauge| some(gauge.inst_bw)),
        latency_ns: some(latency_ns),
    }
}
