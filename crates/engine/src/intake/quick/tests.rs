//! Against prost: the same values, the same complaints.

use bytes::Bytes;
use peerscope_introspection::wire::{connection, stream};
use proptest::prelude::*;

use super::{super::Told, *};
use crate::{intake::Intake, snapshot::Dht};

/// A row with its texts spelled out.
type Plain = (Option<u32>, String, i32, Figures, Vec<String>, Vec<u64>);

fn plain(interner: &Interner, row: &RowIn, before: &[Plain]) -> Plain {
    match &row.who {
        Who::Same(place) => {
            let (_, id, _, _, texts, numbers) = before[*place as usize].clone();
            (row.parent, id, row.status, row.figures, texts, numbers)
        }
        Who::Told(who) => {
            let (id, facts) = &**who;
            let mut texts = Vec::new();
            facts.each_sym(|sym| texts.push(interner.text(sym).into_owned()));
            let numbers = vec![facts.role as u64, facts.open_ms, facts.upgraded_ms, facts.close_ms];
            (row.parent, interner.id_text(*id), row.status, row.figures, texts, numbers)
        }
    }
}

/// A routing table likewise: the table without its texts, and these.
fn plain_dht(interner: &Interner, snapshot: &Snapshot) -> Option<(Dht, Vec<String>)> {
    let mut dht = Dht::clone(snapshot.dht.as_ref()?);
    let mut texts = vec![interner.text(std::mem::take(&mut dht.facts.protocol)).into_owned()];
    let peers = dht.peers.iter_mut().map(|peer| std::mem::take(&mut peer.peer));
    texts.extend(peers.map(|peer| interner.text(peer).into_owned()));
    Some((dht, texts))
}

/// Both ways of reading, and what they made of the payloads before.
#[derive(Default)]
struct Both {
    intake: Intake,
    quick: Interner,
    slow: Interner,
    newest_ms: Option<u64>,
    before: Vec<Plain>,
    same: usize,
}

impl Both {
    fn read(&mut self, payload: &Bytes) -> Result<(), TestCaseError> {
        let quick = self.intake.read(payload.clone(), &mut self.quick, self.newest_ms);
        let slow = super::super::read(payload.clone(), &mut self.slow);
        match (quick, slow) {
            (Err(_), Err(_)) => {}
            (Ok(Told::Snapshot(quick)), Ok(Told::Snapshot(slow))) => {
                let bare = |snapshot: &Snapshot| Snapshot { rows: Vec::new(), dht: None, ..snapshot.clone() };
                prop_assert_eq!(bare(&quick), bare(&slow));
                prop_assert_eq!(plain_dht(&self.quick, &quick), plain_dht(&self.slow, &slow));
                let rows: Vec<Plain> =
                    quick.rows.iter().map(|row| plain(&self.quick, row, &self.before)).collect();
                let expected: Vec<Plain> = slow.rows.iter().map(|row| plain(&self.slow, row, &[])).collect();
                prop_assert_eq!(&rows, &expected);
                self.same += quick.rows.iter().filter(|row| matches!(row.who, Who::Same(_))).count();
                if self.newest_ms.is_some_and(|newest| quick.instant_ms <= newest) {
                    self.intake.forget();
                }
                self.newest_ms = self.newest_ms.max(Some(quick.instant_ms));
                self.before = rows;
            }
            (quick, slow) => {
                let kind = |told: &Result<Told, _>| told.as_ref().map(std::mem::discriminant).ok();
                prop_assert_eq!(kind(&quick), kind(&slow));
            }
        }
        Ok(())
    }
}

fn traffic() -> impl Strategy<Value = Option<wire::Traffic>> {
    let gauge = proptest::option::of((0u64..3, 0u64..2, any::<u64>())).prop_map(|gauge| {
        gauge.map(|(cum_packets, inst_bw, cum_bytes)| wire::DataGauge { cum_bytes, cum_packets, inst_bw })
    });
    let both = (gauge.clone(), gauge);
    proptest::option::of(both.prop_map(|(traffic_in, traffic_out)| wire::Traffic { traffic_in, traffic_out }))
}

fn streams() -> impl Strategy<Value = Option<wire::StreamList>> {
    let stream = (0u8..4, 0u8..2, -1i32..4, traffic(), 0u64..2).prop_map(
        |(id, protocol, status, traffic, open_ts)| wire::Stream {
            id: vec![id; usize::from(id)].into(),
            protocol: format!("/p/{protocol}"),
            status,
            traffic,
            timeline: Some(stream::Timeline { open_ts, close_ts: 0 }),
            conn: Some(stream::ConnectionRef::default()),
            ..wire::Stream::default()
        },
    );
    let list =
        (proptest::collection::vec(stream, 0..4), 0usize..6).prop_map(|(streams, named)| wire::StreamList {
            streams,
            stream_ids: if named < 2 { vec![Bytes::from_static(b"n"); named] } else { Vec::new() },
        });
    proptest::option::of(list)
}

fn dht() -> impl Strategy<Value = wire::Dht> {
    let peer = (0u8..4, -1i32..5, any::<u32>()).prop_map(|(id, status, age_in_bucket)| {
        wire::dht::PeerInDht { peer_id: format!("peer{id}"), status, age_in_bucket }
    });
    let bucket = (any::<u32>(), proptest::collection::vec(peer, 0..4))
        .prop_map(|(cpl, peers)| wire::dht::Bucket { cpl, peers });
    let queries = || {
        let told = (0u64..3, any::<u64>());
        proptest::option::of(told.prop_map(|(error, success)| wire::dht::QueryGauge {
            success,
            error,
            timeout: error,
        }))
    };
    (0u64..2, proptest::collection::vec(bucket, 0..4), queries(), queries()).prop_map(
        |(start_ts, buckets, incoming_queries, outgoing_queries)| wire::Dht {
            protocol: format!("/kad/{start_ts}"),
            enabled: start_ts > 0,
            start_ts,
            params: (start_ts > 0).then(|| wire::dht::Params {
                k: 20,
                alpha: start_ts,
                ..Default::default()
            }),
            buckets,
            incoming_queries,
            outgoing_queries,
        },
    )
}

fn states() -> impl Strategy<Value = wire::State> {
    let connection = (0u8..6, 0u8..2, -1i32..4, traffic(), streams(), 0u64..2).prop_map(
        |(id, peer, status, traffic, streams, open_ts)| wire::Connection {
            id: vec![b'c', id].into(),
            peer_id: format!("peer{peer}"),
            status,
            traffic,
            streams,
            latency_ns: open_ts,
            timeline: Some(connection::Timeline { open_ts, ..connection::Timeline::default() }),
            relayed_over: (id == 5).then(|| connection::RelayedOver::ConnId(b"r".to_vec().into())),
            user_provided_tags: vec![format!("tag{peer}")],
            ..wire::Connection::default()
        },
    );
    let connections = proptest::collection::vec(connection, 0..6);
    let inline = proptest::bool::weighted(0.1);
    let subsystems =
        (connections, proptest::option::of(dht()), inline).prop_map(|(mut connections, dht, inline)| {
            if let Some(first) = connections.first_mut().filter(|_| inline) {
                let carrier = wire::Connection { id: b"r".to_vec().into(), ..wire::Connection::default() };
                first.relayed_over = Some(connection::RelayedOver::Conn(Box::new(carrier)));
            }
            wire::Subsystems { connections, dht }
        });
    (subsystems, traffic(), any::<u32>()).prop_map(|(subsystems, traffic, snapshot_duration_ms)| {
        wire::State {
            subsystems: Some(subsystems),
            traffic,
            start_ts: 1,
            snapshot_duration_ms,
            ..wire::State::default()
        }
    })
}

fn payload(mut state: wire::State, instant_ts: u64) -> Vec<u8> {
    state.instant_ts = instant_ts;
    ServerMessage { version: None, payload: Some(Payload::State(state)) }.encode_to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn states_are_read_as_prost_reads_them(states in proptest::collection::vec((states(), 0u64..20), 1..12)) {
        let mut both = Both::default();
        for (state, instant) in &states {
            // Twice: of the second all is as it was.
            both.read(&payload(state.clone(), instant * 2).into())?;
            both.read(&payload(state.clone(), instant * 2 + 1).into())?;
        }
    }

    #[test]
    fn damaged_states_are_read_as_prost_reads_them(
        states in proptest::collection::vec(states(), 1..6),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..4),
    ) {
        let mut both = Both::default();
        for (at, state) in states.iter().enumerate() {
            both.read(&payload(state.clone(), at as u64 * 2).into())?;
            let mut bytes = payload(state.clone(), at as u64 * 2 + 1);
            for (place, byte, how) in &damage {
                let place = place.index(bytes.len());
                match how {
                    0 => bytes[place] = *byte,
                    1 => bytes.insert(place, *byte),
                    _ => _ = bytes.remove(place),
                }
            }
            both.read(&bytes.into())?;
        }
    }
}

#[test]
fn what_stays_is_compared_and_not_decoded() {
    let stream = |id: u32| wire::Stream { id: id.to_string().into(), ..wire::Stream::default() };
    let connection = |id: u32| wire::Connection {
        id: id.to_string().into(),
        streams: Some(wire::StreamList { streams: (0..3).map(stream).collect(), stream_ids: Vec::new() }),
        ..wire::Connection::default()
    };
    let state = |ids: &[u32]| wire::State {
        subsystems: Some(wire::Subsystems {
            connections: ids.iter().map(|id| connection(*id)).collect(),
            // A table that is another one each time leaves the rest to be compared.
            dht: Some(wire::Dht {
                buckets: vec![wire::dht::Bucket { cpl: ids.len() as u32, peers: Vec::new() }],
                ..wire::Dht::default()
            }),
        }),
        ..wire::State::default()
    };
    let mut both = Both::default();
    let all: Vec<u32> = (0..100).collect();
    let backwards: Vec<u32> = (0..100).rev().collect();
    for (at, ids) in [&all[..], &all[..], &all[50..], &backwards[..]].into_iter().enumerate() {
        both.same = 0;
        both.read(&payload(state(ids), at as u64).into()).expect("both agree");
        assert_eq!(both.same, [0, 400, 200, 200][at], "state {at}");
    }
}
