//! Made messages, and a short way to ask.
#![allow(dead_code, reason = "each test file uses its share")]

use bytes::Bytes;
use peerscope_engine::{
    Engine, Options,
    frame::{Answer, ConnRow, Frame, Table, TableRow},
    view::{Column, Cursor, Key, Panel, Range, Sort, TableAsk, View},
};
use peerscope_introspection::wire::{self, ServerMessage, server_message::Payload};
use prost::Message;

pub fn payload(payload: Payload) -> Bytes {
    ServerMessage { version: None, payload: Some(payload) }.encode_to_vec().into()
}

pub fn traffic(bytes_in: u64, bytes_out: u64) -> Option<wire::Traffic> {
    let gauge = |cum_bytes| Some(wire::DataGauge { cum_bytes, ..Default::default() });
    Some(wire::Traffic { traffic_in: gauge(bytes_in), traffic_out: gauge(bytes_out) })
}

#[derive(Clone)]
pub struct Conn(pub wire::Connection);

pub fn conn(id: &str, peer: &str) -> Conn {
    Conn(wire::Connection {
        id: Bytes::copy_from_slice(id.as_bytes()),
        peer_id: peer.into(),
        endpoints: Some(wire::EndpointPair {
            src_multiaddr: "/ip4/127.0.0.1/tcp/1".into(),
            dst_multiaddr: "/ip4/127.0.0.2/tcp/4001".into(),
        }),
        ..Default::default()
    })
}

impl Conn {
    pub fn open(mut self, open_ts: u64) -> Self {
        self.0.timeline.get_or_insert_default().open_ts = open_ts;
        self
    }
    pub fn closed(mut self, close_ts: u64, cause: &str) -> Self {
        self.0.timeline.get_or_insert_default().close_ts = close_ts;
        self.0.status = wire::Status::Closed as i32;
        self.0.close_cause = cause.into();
        self
    }
    pub fn bytes(mut self, bytes_in: u64, bytes_out: u64) -> Self {
        self.0.traffic = traffic(bytes_in, bytes_out);
        self
    }
    pub fn tag(mut self, tag: &str) -> Self {
        self.0.user_provided_tags.push(tag.into());
        self
    }
    pub fn rtt(mut self, latency_ns: u64) -> Self {
        self.0.latency_ns = latency_ns;
        self
    }
    pub fn remote(mut self, address: &str) -> Self {
        self.0.endpoints.get_or_insert_default().dst_multiaddr = address.into();
        self
    }
    pub fn stream(mut self, id: &str, protocol: &str, bytes_in: u64) -> Self {
        self.0.streams.get_or_insert_default().streams.push(wire::Stream {
            id: Bytes::copy_from_slice(id.as_bytes()),
            protocol: protocol.into(),
            traffic: traffic(bytes_in, 0),
            ..Default::default()
        });
        self
    }
}

pub fn state(instant_ts: u64, connections: &[Conn]) -> wire::State {
    let connections: Vec<_> = connections.iter().map(|conn| conn.0.clone()).collect();
    let sum = |read: fn(&wire::Traffic) -> u64| {
        connections.iter().filter_map(|conn| conn.traffic.as_ref()).map(read).sum::<u64>()
    };
    wire::State {
        traffic: traffic(
            sum(|t| t.traffic_in.map_or(0, |gauge| gauge.cum_bytes)),
            sum(|t| t.traffic_out.map_or(0, |gauge| gauge.cum_bytes)),
        ),
        subsystems: Some(wire::Subsystems { connections, dht: None }),
        instant_ts,
        start_ts: 1,
        ..Default::default()
    }
}

pub fn event(ts: u64, name: &str, content: &str) -> Bytes {
    let kind = wire::EventType { name: name.into(), property_types: Vec::new() };
    payload(Payload::Event(wire::Event { r#type: Some(kind), ts, content: content.into() }))
}

pub fn engine() -> Engine {
    Engine::new(Options::default())
}

pub fn tell(engine: &mut Engine, instant_ms: u64, connections: &[Conn]) {
    engine.take(payload(Payload::State(state(instant_ms, connections))));
}

pub fn table_ask() -> TableAsk {
    TableAsk {
        sort: Sort { by: Column::Peer, descending: false },
        height_px: u32::MAX,
        ..TableAsk::default()
    }
}

pub fn view(cursor: Cursor, panel: Panel) -> View {
    View { rev: 1, cursor, panels: vec![panel], ..View::default() }
}

pub fn frame(engine: &mut Engine, cursor: Cursor) -> Frame {
    engine.answer(&view(cursor, Panel::Connections(table_ask())))
}

pub fn table_of(frame: &Frame) -> &Table {
    match &frame.panels[..] {
        [Answer::Connections(table)] => table,
        other => panic!("{other:?}"),
    }
}

pub fn table(engine: &mut Engine, cursor: Cursor) -> Table {
    table_of(&frame(engine, cursor)).clone()
}

pub fn conns(table: &Table) -> Vec<&ConnRow> {
    table
        .rows
        .iter()
        .filter_map(|row| match row {
            TableRow::Connection(row) => Some(&**row),
            TableRow::Stream(_) | TableRow::Group(_) => None,
        })
        .collect()
}

pub fn row_of(table: &Table, id: &str) -> Option<ConnRow> {
    conns(table).into_iter().find(|row| row.id == id).cloned()
}

pub fn whole() -> Option<Range> {
    Some(Range { from_ms: 0, to_ms: u64::MAX })
}

pub fn key(text: &str) -> Key {
    Key(text.into())
}
