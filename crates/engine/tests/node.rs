//! The node itself and its routing table, at the end and in the past.

mod kit;

use kit::*;
use peerscope_engine::{
    Engine,
    frame::{Answer, Dht, DhtStatus, Fact, FactValue, Node},
    view::{Cursor, DhtAsk, InspectorAsk, Panel, View},
};
use peerscope_introspection::wire::{
    self,
    dht::{Bucket, PeerInDht, QueryGauge},
    server_message::Payload,
};
use serde_json::Value;

fn in_table(peer_id: &str, status: i32, age_in_bucket: u32) -> PeerInDht {
    PeerInDht { peer_id: peer_id.into(), status, age_in_bucket }
}

fn tell_dht(engine: &mut Engine, at: u64, buckets: &[(u32, &[PeerInDht])], queries: u64) {
    let buckets = buckets.iter().map(|(cpl, peers)| Bucket { cpl: *cpl, peers: peers.to_vec() });
    let mut told = state(at, &[conn("1", "near")]);
    told.subsystems.get_or_insert_default().dht = Some(wire::Dht {
        protocol: "/ipfs/kad/1.0.0".into(),
        enabled: true,
        params: Some(wire::dht::Params { k: 20, alpha: 3, disjoint_paths: 0, beta: 3 }),
        buckets: buckets.collect(),
        outgoing_queries: Some(QueryGauge { success: queries, error: 1, timeout: 0 }),
        ..wire::Dht::default()
    });
    engine.take(payload(Payload::State(told)));
}

fn dht(engine: &mut Engine, cursor: Cursor) -> Dht {
    match engine.answer(&view(cursor, Panel::Dht(DhtAsk { columns: 4 }))).panels.remove(0) {
        Answer::Dht(dht) => dht,
        other => panic!("{other:?}"),
    }
}

fn node(engine: &mut Engine, cursor: Cursor) -> Node {
    match engine.answer(&view(cursor, Panel::Node)).panels.remove(0) {
        Answer::Node(node) => *node,
        other => panic!("{other:?}"),
    }
}

/// A bucket, and each peer in it with its status and age.
type Shown<'a> = (u32, Vec<(&'a str, DhtStatus, Option<u32>)>);

#[test]
fn the_routing_table_shows_as_it_was_at_the_cursor() {
    let mut engine = engine();
    tell_dht(&mut engine, 1000, &[(0, &[in_table("far", 0, 500)])], 10);
    let near = [in_table("new", 3, 0), in_table("near", 9, 2000)];
    tell_dht(&mut engine, 3000, &[(0, &[in_table("far", 1, 2500)]), (7, &near), (8, &[])], 30);
    let now = dht(&mut engine, Cursor::Live);
    let table = now.table.expect("a table");
    let buckets: Vec<Shown<'_>> = table
        .buckets
        .iter()
        .map(|bucket| {
            let peers = bucket.peers.iter().map(|peer| (peer.peer.as_str(), peer.status, peer.age_ms));
            (bucket.cpl, peers.collect())
        })
        .collect();
    let expected = [
        (0, vec![("far", DhtStatus::Missing, Some(2500))]),
        (7, vec![("near", DhtStatus::Unknown(9), Some(2000)), ("new", DhtStatus::Candidate, Some(0))]),
        (8, vec![]),
    ];
    assert_eq!(buckets, expected);
    assert_eq!((table.peer_count, table.protocol.as_deref()), (3, Some("/ipfs/kad/1.0.0")));
    assert_eq!((table.start_ms, table.incoming), (None, None), "not told is not 0");
    let outgoing = table.outgoing.expect("told");
    assert_eq!((outgoing.success, outgoing.error, outgoing.rate), (30, 1, Some(10.0)));
    assert_eq!((now.size_min[0], now.size_max[3]), (1.0, 3.0));
    assert_eq!(now.outgoing_rate, [10.0; 4]);
    let then = dht(&mut engine, Cursor::At(2999)).table.expect("a table");
    assert_eq!((then.buckets.len(), then.peer_count), (1, 1));
    assert_eq!(then.outgoing.and_then(|queries| queries.rate), None, "one snapshot has no rate");
    let rows: Vec<Value> = serde_json::from_str(&engine.rows_json("dht", &View::default())).expect("JSON");
    assert_eq!(rows.len(), 3);
    assert_eq!(
        (&rows[1]["peer"], &rows[1]["bucket"], &rows[1]["status"]),
        (&"near".into(), &7.into(), &"unknown (9)".into())
    );
}

#[test]
fn a_peer_says_in_which_bucket_it_is() {
    let mut engine = engine();
    tell_dht(&mut engine, 1000, &[(7, &[in_table("near", 0, 500)])], 0);
    tell_dht(&mut engine, 2000, &[], 0);
    let mut of_peer = |cursor| {
        let panel = Panel::Inspector(InspectorAsk { chart_columns: 0 });
        let asked = View { selection: Some(key("p~near")), ..view(cursor, panel) };
        let Answer::Inspector(Some(told)) = engine.answer(&asked).panels.remove(0) else { panic!() };
        told.facts.into_iter().find(|fact| fact.label == "Routing table")
    };
    let fact = Fact {
        label: "Routing table".into(),
        value: FactValue::Text("bucket 7".into()),
        note: Some("active".into()),
    };
    assert_eq!(of_peer(Cursor::At(1000)), Some(fact));
    assert_eq!(of_peer(Cursor::Live), None);
}

#[test]
fn a_source_without_a_table_and_one_without_ages_say_so() {
    let mut engine = engine();
    tell(&mut engine, 1000, &[]);
    let none = dht(&mut engine, Cursor::Live);
    assert!(none.never && none.table.is_none() && none.size_max.is_empty());
    tell_dht(&mut engine, 2000, &[(1, &[in_table("a", 0, 0)])], 0);
    let some = dht(&mut engine, Cursor::Live);
    assert!(!some.never);
    assert_eq!(some.table.expect("a table").buckets[0].peers[0].age_ms, None);
    assert!(dht(&mut engine, Cursor::At(1000)).table.is_none());
}

fn tell_runtime(engine: &mut Engine, version: &str) {
    let string = wire::event_type::event_property::PropertyType::Peerid as i32;
    let property = wire::event_type::EventProperty { name: "who".into(), r#type: string, has_multiple: true };
    engine.take(payload(Payload::Runtime(wire::Runtime {
        implementation: "rust-libp2p".into(),
        version: version.into(),
        peer_id: "me".into(),
        event_types: vec![wire::EventType { name: "Seen".into(), property_types: vec![property] }],
        ..wire::Runtime::default()
    })));
}

fn tell_configuration(engine: &mut Engine, interval_ms: u64) {
    let effective_config =
        Some(wire::Configuration { retention_period_ms: 120_000, state_snapshot_interval_ms: interval_ms });
    engine.take(payload(Payload::Response(wire::CommandResponse { effective_config, ..Default::default() })));
}

#[test]
fn the_node_and_the_configuration_are_as_they_were_known_at_the_cursor() {
    let mut engine = engine();
    tell_configuration(&mut engine, 1000);
    tell_runtime(&mut engine, "1");
    tell(&mut engine, 1000, &[]);
    engine.take(event(1500, "Seen", "{}"));
    engine.take(event(1600, "Other", "{}"));
    engine.take(event(1700, "Seen", "{}"));
    tell_runtime(&mut engine, "2");
    tell_configuration(&mut engine, 5000);
    // An answer that says nothing of it.
    engine.take(payload(Payload::Response(wire::CommandResponse::default())));
    tell(&mut engine, 6000, &[]);
    let mut at = |cursor| {
        let node = node(&mut engine, cursor);
        let version = node.runtime.clone().and_then(|told| told.version);
        (version, node.configuration.map(|told| (told.at_ms, told.interval_ms)), node)
    };
    let (version, configuration, _) = at(Cursor::At(1699));
    assert_eq!((version.as_deref(), configuration), (Some("1"), Some((0, 1000))));
    let (version, configuration, now) = at(Cursor::Live);
    assert_eq!((version.as_deref(), configuration), (Some("2"), Some((1700, 5000))));
    assert_eq!((now.runtimes.len(), now.configurations.len(), now.runs), (2, 2, 1));
    assert_eq!(now.runtimes[1].platform, None);
    let types: Vec<_> = now.types.iter().map(|kind| (kind.name.as_str(), kind.count)).collect();
    assert_eq!((types, now.type_count), (vec![("Seen", 2), ("Other", 1)], 2));
    let who = &now.types[0].properties[0];
    assert_eq!((who.name.as_str(), who.kind.as_str(), who.multiple), ("who", "peer", true));
    let counted = (now.counted.states, now.counted.events, now.counted.runtimes, now.counted.responses);
    assert_eq!(counted, (2, 3, 2, 3));
    let agent = |cursor| kit::frame(&mut engine, cursor).head.node.and_then(|node| node.agent);
    assert_eq!(
        [Cursor::At(1000), Cursor::Live].map(agent),
        ["rust-libp2p 1", "rust-libp2p 2"].map(|a| Some(a.into()))
    );
    let rows: Vec<Value> = serde_json::from_str(&engine.rows_json("node", &View::default())).expect("JSON");
    assert_eq!(rows[0]["runtime"]["version"], "2");
}

#[test]
fn packets_show_where_a_source_counts_them() {
    let mut engine = engine();
    let mut counting = conn("1", "p").bytes(900, 0);
    if let Some(gauge) = counting.0.traffic.as_mut().and_then(|traffic| traffic.traffic_in.as_mut()) {
        gauge.cum_packets = 3;
    }
    tell(&mut engine, 1000, &[counting, conn("2", "p").bytes(1, 1)]);
    let table = table(&mut engine, Cursor::Live);
    let packets = |id| row_of(&table, id).map(|row| (row.flow.packets_in, row.flow.packets_out));
    assert_eq!([packets("1"), packets("2")], [Some((Some(3), None)), Some((None, None))]);
    let rows: Vec<Value> =
        serde_json::from_str(&engine.rows_json("connections", &View::default())).expect("JSON");
    assert!(
        rows.iter().any(|row| row["packets_in"] == 3) && rows.iter().any(|row| row["packets_in"].is_null())
    );
    let panel = Panel::Inspector(InspectorAsk { chart_columns: 0 });
    let asked = View { selection: Some(key("c~0~1~0")), ..view(Cursor::Live, panel) };
    let Answer::Inspector(Some(told)) = engine.answer(&asked).panels.remove(0) else { panic!() };
    let facts: Vec<_> = told.facts.iter().filter(|fact| fact.label.starts_with("Packets")).collect();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].value, FactValue::Count(3));
}
