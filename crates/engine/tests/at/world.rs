//! Made-up worlds: payloads in the order in which they come. Each of the [`Knobs`] switches one kind of oddness on.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use peerscope_introspection::wire::{self, connection, server_message::Payload, stream};
use proptest::{collection, option, prelude::*};

use crate::{kit::payload, model::state_of, table};

/// What a source does besides telling one state a second.
#[derive(Clone, Copy, Default)]
pub struct Knobs {
    /// States come later than newer ones.
    pub late: bool,
    /// States of the same instant, and states that come twice.
    pub same_time: bool,
    /// Some never come, and some after a long silence.
    pub missing: bool,
    /// The node starts anew: another start, or a Runtime with another peer.
    pub restarts: bool,
    /// Numbers of enums that the schema does not know, and figures up to the last.
    pub odd_numbers: bool,
    /// Streams by their ids alone.
    pub by_reference: bool,
    /// Connections over others, by id and inlined.
    pub relayed: bool,
    /// An id twice in one state.
    pub twice: bool,
    /// As the Go endpoint: always active, no times, and a peer's connections with the same figures.
    pub go: bool,
    /// A routing table.
    pub dht: bool,
}

/// What comes between two states of a world, and how the second one comes.
#[derive(Clone, Debug)]
struct Step {
    /// None: all is as in the state before, but so many bytes more have passed.
    connections: Result<Vec<wire::Connection>, u64>,
    /// None: as before, but older.
    dht: Option<Option<wire::Dht>>,
    total: Option<wire::Traffic>,
    duration_ms: u32,
    closed_cut: u64,
    /// 0 to 99: what of the knobs' oddness happens here.
    dice: [u8; 4],
}

pub struct World(pub Vec<Bytes>);

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} payloads", self.0.len())?;
        // More of it than a screen says less.
        let states = self.0.iter().filter_map(|payload| state_of(payload));
        states.take(3).try_for_each(|state| write!(f, "\n{state:?}"))
    }
}

pub fn worlds(knobs: Knobs) -> impl Strategy<Value = World> {
    collection::vec(step(knobs), 1..150).prop_map(move |steps| World(tell(knobs, steps)))
}

fn tell(knobs: Knobs, steps: Vec<Step>) -> Vec<Bytes> {
    let (mut now_ms, mut start_ms) = (1_000_000u64, 1_000u64);
    let mut connections: Vec<wire::Connection> = Vec::new();
    let mut dht = None;
    let mut told: Vec<(u64, Bytes)> = Vec::new();
    for (place, step) in steps.into_iter().enumerate() {
        let [time, coming, restart, again] = step.dice;
        let passed_ms = match time {
            0..20 if knobs.same_time => 0,
            20..25 if knobs.missing => 60_000,
            _ => 1000,
        };
        now_ms += passed_ms;
        match step.dht.filter(|_| knobs.dht) {
            Some(other) => dht = other,
            None => dht.iter_mut().for_each(|dht| table::move_on(dht, passed_ms as u32)),
        }
        match step.connections {
            Ok(others) => connections = others,
            Err(more) => connections.iter_mut().for_each(|connection| move_on(connection, more)),
        }
        let due = place as u64 * 10;
        match restart {
            0..4 if knobs.restarts => start_ms = now_ms - 500,
            4..8 if knobs.restarts => {
                let peer_id = format!("node{restart}");
                let runtime = wire::Runtime { peer_id, ..wire::Runtime::default() };
                told.push((due, payload(Payload::Runtime(runtime))));
            }
            _ => {}
        }
        let state = payload(Payload::State(wire::State {
            subsystems: Some(wire::Subsystems { connections: connections.clone(), dht: dht.clone() }),
            traffic: step.total,
            instant_ts: now_ms,
            start_ts: start_ms,
            snapshot_duration_ms: step.duration_ms,
            closed_cut: step.closed_cut,
        }));
        if knobs.missing && coming >= 90 {
            continue;
        }
        let late = match coming {
            0..15 if knobs.late => u64::from(coming) * 4,
            15..18 if knobs.late => u64::from(coming) * 60,
            _ => 0,
        };
        if knobs.same_time && again < 10 {
            told.push((due + late + u64::from(again) * 10, state.clone()));
        }
        told.push((due + late, state));
    }
    told.sort_by_key(|(due, _)| *due);
    told.into_iter().map(|(_, payload)| payload).collect()
}

fn move_on(connection: &mut wire::Connection, more: u64) {
    let streams = connection.streams.iter_mut().flat_map(|list| &mut list.streams);
    let traffics = streams.map(|stream| &mut stream.traffic).chain([&mut connection.traffic]);
    let gauges = traffics.flatten().flat_map(|traffic| {
        let wire::Traffic { traffic_in, traffic_out } = traffic;
        [traffic_in, traffic_out]
    });
    for gauge in gauges.flatten() {
        gauge.cum_bytes = gauge.cum_bytes.wrapping_add(more);
    }
}

fn step(knobs: Knobs) -> impl Strategy<Value = Step> {
    let rows = collection::btree_map(0u8..7, connection(knobs), 0..6);
    let rows = (rows, any::<u8>()).prop_map(move |(rows, pick)| all(knobs, rows, pick));
    let connections = prop_oneof![3 => rows.prop_map(Ok), 2 => (0u64..100).prop_map(Err)];
    let dht = if knobs.dht { option::weighted(0.4, table::tables()).boxed() } else { Just(None).boxed() };
    (connections, dht, traffic(knobs), 0u32..2000, 0u64..3, any::<[u8; 4]>()).prop_map(
        |(connections, dht, total, duration_ms, closed_cut, dice)| {
            let dice = dice.map(|die| die % 100);
            Step { connections, dht, total, duration_ms, closed_cut, dice }
        },
    )
}

fn all(knobs: Knobs, rows: BTreeMap<u8, wire::Connection>, pick: u8) -> Vec<wire::Connection> {
    let id = |id: u8| vec![id; usize::from(id)].into();
    let mut all: Vec<_> = rows.into_iter().map(|(at, row)| wire::Connection { id: id(at), ..row }).collect();
    if knobs.go {
        let mut of_peer: BTreeMap<String, Option<wire::Traffic>> = BTreeMap::new();
        for row in &mut all {
            row.traffic = *of_peer.entry(row.peer_id.clone()).or_insert(row.traffic);
        }
    }
    if !all.is_empty() {
        // A node tells its connections in no stable order.
        let len = all.len();
        all.rotate_left(usize::from(pick) % len);
        if knobs.twice && pick.is_multiple_of(4) {
            let mut again = all[usize::from(pick) % len].clone();
            again.peer_id.push_str(" again");
            again.streams = None;
            all.push(again);
        }
    }
    all
}

fn number(knobs: Knobs) -> impl Strategy<Value = u64> {
    let last = if knobs.odd_numbers { u64::MAX } else { 1 << 40 };
    prop_oneof![Just(0), 0u64..9, any::<u64>().prop_map(move |number| number % last), (last - 3)..=last]
}

fn gauge(knobs: Knobs) -> impl Strategy<Value = Option<wire::DataGauge>> {
    let told = (number(knobs), 0u64..3, number(knobs))
        .prop_map(|(cum_bytes, cum_packets, inst_bw)| wire::DataGauge { cum_bytes, cum_packets, inst_bw });
    option::of(told)
}

fn traffic(knobs: Knobs) -> impl Strategy<Value = Option<wire::Traffic>> {
    let both = (gauge(knobs), gauge(knobs));
    option::of(both.prop_map(|(traffic_in, traffic_out)| wire::Traffic { traffic_in, traffic_out }))
}

fn status(knobs: Knobs) -> BoxedStrategy<i32> {
    match knobs {
        Knobs { go: true, .. } => Just(0).boxed(),
        Knobs { odd_numbers: true, .. } => prop_oneof![-1..6, Just(i32::MIN), Just(i32::MAX)].boxed(),
        _ => prop_oneof![4 => Just(0), 2 => 1..5].boxed(),
    }
}

fn times(knobs: Knobs) -> impl Strategy<Value = [u64; 3]> {
    let time = if knobs.go { Just(0).boxed() } else { prop_oneof![Just(0), 999_000u64..1_100_000].boxed() };
    [time.clone(), time.clone(), time]
}

fn streams(knobs: Knobs) -> impl Strategy<Value = Option<wire::StreamList>> {
    let told = (0u8..3, -1i32..3, traffic(knobs), times(knobs), status(knobs), tags()).prop_map(
        |(protocol, role, traffic, [open_ts, close_ts, latency_ns], status, user_provided_tags)| {
            let protocol = if protocol == 0 { String::new() } else { format!("/p/{protocol}") };
            let timeline = Some(stream::Timeline { open_ts, close_ts });
            wire::Stream {
                protocol,
                role,
                traffic,
                timeline,
                status,
                latency_ns,
                user_provided_tags,
                ..Default::default()
            }
        },
    );
    let list =
        (collection::btree_map(0u8..4, told, 0..4), any::<bool>()).prop_map(move |(streams, named)| {
            let id = |id: u8| Bytes::from(vec![b's', id]);
            if knobs.by_reference && named {
                let stream_ids = streams.keys().map(|at| id(*at)).collect();
                return wire::StreamList { stream_ids, streams: Vec::new() };
            }
            let streams = streams.into_iter().map(|(at, told)| wire::Stream { id: id(at), ..told }).collect();
            wire::StreamList { stream_ids: Vec::new(), streams }
        });
    option::of(list)
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    collection::vec((0u8..3).prop_map(|tag| format!("agent={tag}")), 0..3)
}

fn connection(knobs: Knobs) -> impl Strategy<Value = wire::Connection> {
    let who = (0u8..3, status(knobs), prop_oneof![Just(0), Just(1), Just(99)], 0u8..3, tags());
    let more = (traffic(knobs), number(knobs), streams(knobs), times(knobs), 0u8..8);
    (who, more).prop_map(move |((peer, status, role, place, user_provided_tags), more)| {
        let (traffic, latency_ns, streams, [open_ts, upgraded_ts, close_ts], carrier) = more;
        wire::Connection {
            peer_id: format!("peer{peer}"),
            status,
            transport_id: vec![0xff; usize::from(place)].into(),
            endpoints: (place > 0).then(|| wire::EndpointPair {
                src_multiaddr: "/ip4/10.0.0.1/tcp/1".into(),
                dst_multiaddr: format!("/ip4/10.0.0.2/tcp/{place}"),
            }),
            timeline: Some(connection::Timeline { open_ts, upgraded_ts, close_ts }),
            role,
            traffic,
            attribs: (place > 1).then(|| connection::Attributes {
                multiplexer: "/yamux".into(),
                encryption: "/noise".into(),
            }),
            latency_ns,
            streams,
            user_provided_tags,
            relayed_over: match carrier {
                0 if knobs.relayed => Some(connection::RelayedOver::ConnId(Bytes::from_static(&[1]))),
                1 if knobs.relayed => Some(connection::RelayedOver::Conn(Box::new(wire::Connection {
                    id: Bytes::from_static(&[2, 2]),
                    peer_id: "relay".into(),
                    latency_ns,
                    ..Default::default()
                }))),
                _ => None,
            },
            close_cause: if close_ts > 0 { "io: gone".into() } else { String::new() },
            ..Default::default()
        }
    })
}
