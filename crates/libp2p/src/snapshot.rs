//! The records as the schema has them: one state.

use std::{collections::HashMap, sync::Arc};

use libp2p::swarm::ConnectionId;
use peerscope_introspection::wire::{
    Connection, DataGauge, EndpointPair, State, Status, Stream, StreamList, Subsystems, Traffic,
    connection::{Attributes, RelayedOver, Timeline},
    stream::{self, ConnectionRef, connection_ref},
};

use crate::{
    cause::Cause,
    clock,
    node::{Node, Reader},
    record::{Bytes, ConnectionRecord, LinkLook, StreamEnd, StreamRecord},
};

/// One whole snapshot, now.
pub(crate) fn state(node: &Node, reader: Reader) -> State {
    let mut look = node.look(reader);
    look.connections.sort_by_key(|(record, _)| record.id);
    let mut closed: HashMap<ConnectionId, Vec<Arc<StreamRecord>>> = HashMap::new();
    for one in look.closed_streams {
        closed.entry(one.connection).or_default().push(one.stream);
    }
    let connections = look
        .connections
        .into_iter()
        .map(|(record, side)| connection(node, &record, side, closed.remove(&record.id).unwrap_or_default()))
        .collect();
    State {
        subsystems: Some(Subsystems { connections, dht: node.wire_dht() }),
        traffic: Some(traffic(look.total)),
        instant_ts: clock::now_ms(),
        start_ts: node.start_ms,
        snapshot_duration_ms: 0,
        closed_cut: look.cut,
    }
}

fn connection(
    node: &Node,
    record: &ConnectionRecord,
    side: Option<LinkLook>,
    closed: Vec<Arc<StreamRecord>>,
) -> Connection {
    let ends = record.ends();
    let closed_ms = record.closed_ms();
    let link = record.link();
    // Security and muxer of a QUIC connection are known even where its muxer is not wrapped.
    let security = link.and_then(|link| link.security()).or(ends.built_in.map(|(security, _)| security));
    let muxer = link.and_then(|link| link.muxer()).or(ends.built_in.map(|(_, muxer)| muxer));
    let relay = link.and_then(|link| link.relay());
    Connection {
        id: record.names.id.clone(),
        peer_id: record.names.peer.clone(),
        status: if closed_ms > 0 { Status::Closed } else { Status::Active }.into(),
        transport_id: ends.transport,
        endpoints: Some(EndpointPair { src_multiaddr: ends.local, dst_multiaddr: ends.remote }),
        timeline: Some(Timeline {
            open_ts: record.started_ms,
            upgraded_ts: record.upgraded_ms,
            close_ts: closed_ms,
        }),
        role: record.role.into(),
        traffic: side.as_ref().map(|side| traffic(side.bytes)),
        attribs: Some(Attributes {
            multiplexer: muxer.unwrap_or_default().to_owned(),
            encryption: security.unwrap_or_default().to_owned(),
        }),
        latency_ns: record.latency_ns(),
        streams: side
            .map(|side| StreamList { stream_ids: Vec::new(), streams: streams(record, side.open, closed) }),
        user_provided_tags: tags(record),
        close_cause: record.cause().map(Cause::to_string).unwrap_or_default(),
        relayed_over: relay.map(|relay| RelayedOver::ConnId(node.id(relay).0.into())),
    }
}

fn tags(record: &ConnectionRecord) -> Vec<String> {
    let agent = record.agent().map(|agent| format!("agent={agent}"));
    let attempts = Some(record.attempts()).filter(|attempts| *attempts > 0);
    agent.into_iter().chain(attempts.map(|attempts| format!("attempts={attempts}"))).collect()
}

/// In the order in which they were opened. One that closed while the look was taken is in both lists.
fn streams(
    connection: &ConnectionRecord,
    open: Vec<Arc<StreamRecord>>,
    closed: Vec<Arc<StreamRecord>>,
) -> Vec<Stream> {
    let mut records = closed;
    records.extend(open);
    records.sort_by_key(|record| record.number);
    records.dedup_by_key(|record| record.number);
    // A connection's id is text.
    let id = String::from_utf8_lossy(&connection.names.id);
    records.iter().map(|record| stream(&id, connection, record)).collect()
}

fn stream(id: &str, connection: &ConnectionRecord, record: &StreamRecord) -> Stream {
    Stream {
        id: format!("{id}-{}", record.number).into(),
        protocol: record.protocol(),
        role: record.role.into(),
        traffic: Some(traffic(record.bytes())),
        conn: Some(ConnectionRef {
            connection: Some(connection_ref::Connection::ConnId(connection.names.id.clone())),
        }),
        timeline: Some(stream::Timeline { open_ts: record.opened_ms, close_ts: record.closed_ms() }),
        status: record.status(),
        latency_ns: 0,
        user_provided_tags: Vec::new(),
        close_cause: end_cause(connection, record).map(|cause| cause.to_string()).unwrap_or_default(),
    }
}

fn end_cause(connection: &ConnectionRecord, record: &StreamRecord) -> Option<Cause> {
    match record.end()? {
        StreamEnd::Own(cause) => Some(cause.clone()),
        StreamEnd::WithConnection => connection.cause().cloned(),
        StreamEnd::Dropped { polls } => {
            let polled_since = connection.link().is_none_or(|link| link.polls() > *polls);
            match connection.cause() {
                Some(cause) if !polled_since => Some(cause.clone()),
                _ => Some(Cause::Reset),
            }
        }
    }
}

/// Packets and the speed of this moment are not counted: a muxer's frames are not the network's packets.
fn traffic(bytes: Bytes) -> Traffic {
    let gauge = |cum_bytes| Some(DataGauge { cum_bytes, cum_packets: 0, inst_bw: 0 });
    Traffic { traffic_in: gauge(bytes.read), traffic_out: gauge(bytes.written) }
}
