//! The plain model that a history is held against: a list of decoded states, and the one that is shown at a time. It knows
//! nothing of chunks, changes or identity.

use std::collections::{BTreeSet, HashSet};

use peerscope_introspection::wire::{self, ServerMessage, connection::RelayedOver, server_message::Payload};
use prost::Message;
use serde_json::{Value, json};

#[derive(Default)]
pub struct Model {
    /// In order of time, and where that is the same, in that of coming.
    told: Vec<(u64, Value)>,
}

impl Model {
    /// Takes a payload in; other than a state it changes nothing.
    pub fn take(&mut self, payload: &[u8]) {
        if let Some(state) = state_of(payload) {
            let place = self.told.partition_point(|(at, _)| *at <= state.instant_ts);
            self.told.insert(place, (state.instant_ts, snapshot(&state)));
        }
    }

    pub fn drop_oldest(&mut self, count: usize) {
        self.told.drain(..count);
    }

    pub fn first_ms(&self) -> Option<u64> {
        self.told.first().map(|(at, _)| *at)
    }

    pub fn len(&self) -> usize {
        self.told.len()
    }

    pub fn instants(&self) -> Vec<u64> {
        let mut instants: Vec<u64> = self.told.iter().map(|(at, _)| *at).collect();
        instants.dedup();
        instants
    }

    pub fn at(&self, at_ms: u64) -> Option<&Value> {
        let place = self.told.partition_point(|(at, _)| *at <= at_ms).checked_sub(1)?;
        Some(&self.told[place].1)
    }
}

pub fn state_of(payload: &[u8]) -> Option<wire::State> {
    match ServerMessage::decode(payload).ok()?.payload? {
        Payload::State(state) => Some(state),
        _ => None,
    }
}

/// What a state tells, as `Engine::snapshot_json` has it.
fn snapshot(state: &wire::State) -> Value {
    let mut connections = Vec::new();
    let mut seen = HashSet::new();
    let mut all: Vec<&wire::Connection> = state.subsystems.iter().flat_map(|all| &all.connections).collect();
    let mut at = 0;
    while let Some(told) = all.get(at) {
        // One that carries another, and is told within that alone, is a connection too.
        if let Some(RelayedOver::Conn(carrier)) = &told.relayed_over {
            all.push(carrier);
        }
        at += 1;
    }
    for told in all {
        // Told twice: the first one counts.
        if seen.insert(&told.id) {
            connections.push(connection(told));
        }
    }
    let value = json!({
        "instant_ms": state.instant_ts,
        "start_ms": state.start_ts,
        "duration_ms": u64::from(state.snapshot_duration_ms),
        "closed_cut": state.closed_cut,
        "total": figures(state.traffic.as_ref(), 0, u64::MAX),
        "connections": connections,
        "dht": state.subsystems.as_ref().and_then(|all| all.dht.as_ref()).map(dht),
    });
    sorted(value)
}

fn dht(told: &wire::Dht) -> Value {
    let queries = |told: wire::dht::QueryGauge| json!([told.success, told.error, told.timeout]);
    let params = |told: wire::dht::Params| json!([told.k, told.alpha, told.disjoint_paths, told.beta]);
    let buckets: BTreeSet<u32> = told.buckets.iter().map(|bucket| bucket.cpl).collect();
    let mut seen = HashSet::new();
    let mut peers = Vec::new();
    for bucket in &told.buckets {
        for peer in bucket.peers.iter().filter(|peer| seen.insert((bucket.cpl, peer.peer_id.clone()))) {
            peers.push(json!([bucket.cpl, peer.peer_id, peer.status, peer.age_in_bucket]));
        }
    }
    json!({
        "protocol": told.protocol, "enabled": told.enabled, "start_ms": told.start_ts,
        "params": told.params.map(params), "buckets": buckets, "incoming": told.incoming_queries.map(queries),
        "outgoing": told.outgoing_queries.map(queries), "peers": peers,
    })
}

fn connection(told: &wire::Connection) -> Value {
    let timeline = told.timeline.unwrap_or_default();
    let ends = told.endpoints.clone().unwrap_or_default();
    let attributes = told.attribs.clone().unwrap_or_default();
    let carrier = match &told.relayed_over {
        None => Vec::new(),
        Some(RelayedOver::ConnId(id)) => id.to_vec(),
        Some(RelayedOver::Conn(carrier)) => carrier.id.to_vec(),
    };
    let list = told.streams.clone().unwrap_or_default();
    let mut seen = HashSet::new();
    let mut streams: Vec<Value> =
        list.streams.iter().filter(|told| seen.insert(told.id.clone())).map(stream).collect();
    if streams.is_empty() {
        let by_reference = |id: &bytes::Bytes| stream(&wire::Stream { id: id.clone(), ..Default::default() });
        streams = list.stream_ids.iter().filter(|id| seen.insert((*id).clone())).map(by_reference).collect();
    }
    json!({
        "id": hex(&told.id), "status": told.status, "role": told.role, "name": told.peer_id,
        "transport": hex(&told.transport_id), "local": ends.src_multiaddr, "remote": ends.dst_multiaddr,
        "muxer": attributes.multiplexer, "security": attributes.encryption, "carrier": hex(&carrier),
        "tags": told.user_provided_tags, "open_ms": timeline.open_ts, "upgraded_ms": timeline.upgraded_ts,
        "close_ms": timeline.close_ts, "cause": told.close_cause,
        "figures": figures(told.traffic.as_ref(), told.latency_ns, LAST), "streams": streams,
    })
}

fn stream(told: &wire::Stream) -> Value {
    let timeline = told.timeline.unwrap_or_default();
    json!({
        "id": hex(&told.id), "status": told.status, "role": told.role, "name": told.protocol, "transport": "",
        "local": "", "remote": "", "muxer": "", "security": "", "carrier": "", "tags": told.user_provided_tags,
        "open_ms": timeline.open_ts, "upgraded_ms": 0, "close_ms": timeline.close_ts, "cause": told.close_cause,
        "figures": figures(told.traffic.as_ref(), told.latency_ns, LAST),
    })
}

/// Of a row's figures the last of all numbers is kept as the one before it.
const LAST: u64 = u64::MAX - 1;

fn figures(traffic: Option<&wire::Traffic>, latency_ns: u64, last: u64) -> Value {
    let gauge_in = traffic.and_then(|traffic| traffic.traffic_in);
    let gauge_out = traffic.and_then(|traffic| traffic.traffic_out);
    // Bytes may be 0; of the rest 0 is not told.
    let bytes = |gauge: Option<wire::DataGauge>| gauge.map(|gauge| gauge.cum_bytes.min(last));
    let some = |number: u64| (number > 0).then(|| number.min(last));
    json!({
        "bytes_in": bytes(gauge_in), "bytes_out": bytes(gauge_out),
        "packets_in": gauge_in.and_then(|gauge| some(gauge.cum_packets)),
        "packets_out": gauge_out.and_then(|gauge| some(gauge.cum_packets)),
        "now_in": gauge_in.and_then(|gauge| some(gauge.inst_bw)),
        "now_out": gauge_out.and_then(|gauge| some(gauge.inst_bw)),
        "latency_ns": some(latency_ns),
    })
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The order of rows is not told: both sides are put in the same one.
pub fn sorted(mut snapshot: Value) -> Value {
    let sort = |rows: &mut Value| {
        if let Some(rows) = rows.as_array_mut() {
            rows.sort_by_cached_key(Value::to_string);
        }
    };
    if let Some(connections) = snapshot["connections"].as_array_mut() {
        connections.iter_mut().for_each(|connection| sort(&mut connection["streams"]));
    }
    sort(&mut snapshot["connections"]);
    if snapshot["dht"].is_object() {
        sort(&mut snapshot["dht"]["peers"]);
    }
    snapshot
}

/// Where two values differ, in words.
pub fn differences(path: &str, left: &Value, right: &Value) -> Vec<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let inner = |key: &String| differences(&format!("{path}.{key}"), &left[key], &right[key]);
            keys.into_iter().flat_map(inner).collect()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let inner = |at: usize| differences(&format!("{path}[{at}]"), &a[at], &b[at]);
            (0..a.len()).flat_map(inner).collect()
        }
        _ if left == right => Vec::new(),
        _ => vec![format!("{path}: {left} is not {right}")],
    }
}
