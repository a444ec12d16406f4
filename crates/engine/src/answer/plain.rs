//! Rows as plain objects, for scripts: flat, in words, null where the source never told.

use serde_json::{Map, Value, json};

use super::{
    Look, dht, diff, events, graph, node, peer,
    row::stream_row,
    table::{self, ordered_streams},
    traffic,
};
use crate::{
    frame::{
        Change, ConnRow, DiffItem, Direction, End, EventRow, FactValue, Field, FieldDiff, Flow, GraphNode,
        PeerRow, Status, StreamRow, TrafficPart,
    },
    moment::{At, status_word},
    view::Section,
};

pub fn rows(look: &Look<'_>, screen: &str) -> Value {
    Value::Array(match screen {
        "connections" => table::all(look).into_iter().map(|(at, row)| connection(look, at, &row)).collect(),
        "dht" => dht::rows(look),
        "events" => events::all(look).iter().map(event).collect(),
        "graph" => {
            graph::nodes_with_places(look).iter().map(|(node, x, y)| graph_node(node, *x, *y)).collect()
        }
        "node" => node::rows(look),
        "overview" => peer::all(look).iter().map(peer).collect(),
        "traffic" => traffic::rows(look).into_iter().map(|(by, part)| traffic_part(by, &part)).collect(),
        "diff" => diff::all(look).iter().map(|(section, item)| difference(*section, item)).collect(),
        _ => Vec::new(),
    })
}

fn traffic_part(by: &str, part: &TrafficPart) -> Value {
    json!({
        "by": by, "name": part.name, "key": part.key, "bytes_in": part.bytes_in, "bytes_out": part.bytes_out,
    })
}

fn status(status: Status) -> Value {
    match status {
        Status::Unknown(number) => format!("unknown ({number})").into(),
        known => status_word(known).into(),
    }
}

pub fn direction(direction: Direction) -> Value {
    match direction {
        Direction::In => "in".into(),
        Direction::Out => "out".into(),
        Direction::Unknown(number) => format!("unknown ({number})").into(),
    }
}

fn add(object: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
}

fn flow(flow: &Flow) -> Value {
    json!({
        "rate_in": flow.rate_in, "rate_out": flow.rate_out, "total_in": flow.total_in, "total_out": flow.total_out,
        "packets_in": flow.packets_in, "packets_out": flow.packets_out,
    })
}

fn end(end: Option<&End>) -> Value {
    json!({
        "end_ms": end.map(|end| end.at_ms),
        "end_inferred": end.map(|end| end.inferred),
        "end_cause": end.and_then(|end| end.cause.clone()),
        "end_error": end.map(|end| end.error),
    })
}

fn connection(look: &Look<'_>, at: &At, row: &ConnRow) -> Value {
    let streams = ordered_streams(look, at).into_iter().filter_map(|at| {
        let at = look.moment.stream(look.history, at)?;
        stream_row(look, &at, &row.key)
    });
    let mut object = json!({
        "key": row.key, "id": row.id, "status": status(row.status), "peer": row.peer, "agent": row.agent,
        "transport": row.transport, "direction": direction(row.direction), "remote": row.remote, "relay": row.relay,
        "rtt_ns": row.rtt_ns, "age_ms": row.age_ms, "streams": row.streams,
        "stream_rows": streams.map(|row| stream(&row)).collect::<Vec<_>>(),
    });
    add(&mut object, flow(&row.flow));
    add(&mut object, end(row.end.as_ref()));
    object
}

pub fn stream(row: &StreamRow) -> Value {
    let mut object = json!({
        "key": row.key, "id": row.id, "connection": row.connection, "status": status(row.status),
        "protocol": row.protocol, "direction": direction(row.direction), "age_ms": row.age_ms,
    });
    add(&mut object, flow(&row.flow));
    add(&mut object, end(row.end.as_ref()));
    object
}

/// A connection as the inspector shows it: without its streams, which stand beside it.
pub fn connection_alone(row: &ConnRow) -> Value {
    let mut object = json!({
        "key": row.key, "id": row.id, "status": status(row.status), "peer": row.peer, "agent": row.agent,
        "transport": row.transport, "direction": direction(row.direction), "remote": row.remote, "relay": row.relay,
        "rtt_ns": row.rtt_ns, "age_ms": row.age_ms, "streams": row.streams,
    });
    add(&mut object, flow(&row.flow));
    add(&mut object, end(row.end.as_ref()));
    object
}

fn event(row: &EventRow) -> Value {
    let mut object = Map::new();
    object.insert("key".into(), row.key.0.clone().into());
    object.insert("ts".into(), row.at_ms.into());
    object.insert("type".into(), row.kind.clone().into());
    object.insert("peer".into(), row.peer.clone().into());
    object.insert("text".into(), row.text.clone().into());
    object.insert("content".into(), row.content.clone().into());
    Value::Object(object)
}

fn graph_node(node: &GraphNode, x: f32, y: f32) -> Value {
    json!({
        "key": node.key, "peer": node.peer, "agent": node.agent, "transport": node.transport,
        "direction": direction(node.direction), "status": status(node.status), "rtt_ns": node.rtt_ns,
        "rate_in": node.rate_in, "rate_out": node.rate_out, "streams": node.streams,
        "connections": node.connections, "relayed": node.relayed, "matches": node.matches, "x": x, "y": y,
    })
}

fn difference(section: Section, item: &DiffItem) -> Value {
    let section = match section {
        Section::Connections => "connections",
        Section::Streams => "streams",
        Section::Peers => "peers",
        Section::Protocols => "protocols",
    };
    let change = match item.change {
        Change::Vanished => "vanished",
        Change::Appeared => "appeared",
        Change::Changed => "changed",
    };
    let values = |read: fn(&FieldDiff) -> &FactValue| -> Map<String, Value> {
        item.fields.iter().map(|field| (field_word(field.field).to_owned(), fact(read(field)))).collect()
    };
    let mut object = json!({
        "section": section, "change": change, "key": item.key, "name": item.name, "peer": item.peer,
        "at_ms": item.at_ms, "a": values(|field| &field.a), "b": values(|field| &field.b),
    });
    add(&mut object, end(item.end.as_ref()));
    object
}

fn field_word(field: Field) -> &'static str {
    match field {
        Field::Status => "status",
        Field::Protocol => "protocol",
        Field::Direction => "direction",
        Field::Agent => "agent",
        Field::Transport => "transport",
        Field::Remote => "remote",
        Field::Local => "local",
        Field::Security => "security",
        Field::Muxer => "muxer",
        Field::Connections => "connections",
        Field::Streams => "streams",
        Field::BytesIn => "total_in",
        Field::BytesOut => "total_out",
    }
}

fn fact(value: &FactValue) -> Value {
    match value {
        FactValue::Untold => Value::Null,
        FactValue::Status(told) => status(*told),
        FactValue::Direction(told) => direction(*told),
        FactValue::Text(text) | FactValue::Mono(text) | FactValue::Transport(text) => text.clone().into(),
        FactValue::Peer(text, _) | FactValue::Connection(text, _) => text.clone().into(),
        FactValue::Time(number)
        | FactValue::Millis(number)
        | FactValue::Nanos(number)
        | FactValue::Count(number)
        | FactValue::Bytes(number) => (*number).into(),
        FactValue::Rate(rate) => (*rate).into(),
        FactValue::End(told) => end(Some(told)),
    }
}

fn peer(row: &PeerRow) -> Value {
    let mut object = json!({
        "key": row.key, "peer": row.peer, "agent": row.agent, "transport": row.transport,
        "connections": row.connections, "share": row.share,
    });
    add(&mut object, flow(&row.flow));
    object
}
