use std::collections::{BTreeMap, BTreeSet, HashSet};

use peerscope_introspection::wire::{
    Connection, Event, State, Status, event_type::event_property::PropertyType,
};
use proptest::prelude::*;
use prost::Message;

use super::*;

const START: u64 = 1_700_000_000_000;

fn figures() -> Figures {
    Figures { connections: 40, streams: 3, event_rate: 50, churn: 0.0, interval: 1_000 }
}

/// States at each interval, and all events.
fn run(figures: &Figures, seed: u64, intervals: u64) -> (Vec<State>, Vec<Event>) {
    let mut world = World::new(figures, seed, START);
    let (mut states, mut events) = (vec![world.state(START)], Vec::new());
    for step in 1..=intervals {
        let now = START + step * figures.interval;
        world.advance(now, &mut events);
        states.push(world.state(now));
    }
    (states, events)
}

fn connections(state: &State) -> &[Connection] {
    &state.subsystems.as_ref().expect("subsystems").connections
}

fn open(state: &State) -> Vec<&Connection> {
    connections(state).iter().filter(|one| one.status() != Status::Closed).collect()
}

fn bytes_in(state: &State) -> u64 {
    state.traffic.and_then(|traffic| traffic.traffic_in).map_or(0, |gauge| gauge.cum_bytes)
}

#[test]
fn without_churn_all_are_there_from_the_first_snapshot_and_stay() {
    let (states, events) = run(&figures(), 1, 10);
    let first: Vec<_> = connections(&states[0]).iter().map(|one| one.id.clone()).collect();
    for state in &states {
        let ids: Vec<_> = connections(state).iter().map(|one| one.id.clone()).collect();
        assert_eq!(ids, first);
        for connection in connections(state) {
            assert_eq!(connection.status(), Status::Active);
            assert!(!connection.peer_id.is_empty());
            let streams = &connection.streams.as_ref().expect("streams").streams;
            assert_eq!(streams.len(), 3);
            assert!(
                streams.iter().all(|stream| stream.status() == Status::Active && !stream.protocol.is_empty())
            );
        }
    }
    assert_eq!(events.len(), 500, "exactly the rate");
    assert!(events.is_sorted_by_key(|event| event.ts));
    assert!(events.iter().all(|event| (START..=START + 10_000).contains(&event.ts)));
}

#[test]
fn traffic_grows_and_sums_up() {
    let (states, _) = run(&Figures { churn: 5.0, ..figures() }, 3, 30);
    for pair in states.windows(2) {
        assert!(bytes_in(&pair[1]) > bytes_in(&pair[0]));
    }
    let last = states.last().expect("states");
    let sum: u64 =
        connections(last).iter().filter_map(|one| one.traffic?.traffic_in).map(|gauge| gauge.cum_bytes).sum();
    assert!(sum <= bytes_in(last), "the total holds what is gone too");
    for connection in connections(last) {
        let streams = &connection.streams.as_ref().expect("streams").streams;
        let of_streams: u64 =
            streams.iter().filter_map(|one| one.traffic?.traffic_in).map(|gauge| gauge.cum_bytes).sum();
        let own = connection.traffic.and_then(|traffic| traffic.traffic_in).expect("a gauge").cum_bytes;
        assert!(of_streams <= own);
    }
}

#[test]
fn churn_replaces_its_percentage_and_what_closed_stays_five_seconds() {
    let figures = Figures { connections: 200, churn: 2.0, ..figures() };
    let (states, events) = run(&figures, 5, 60);
    let mut closed = BTreeMap::new();
    for state in &states {
        assert_eq!(open(state).len(), 200, "as many as ever");
        for connection in connections(state).iter().filter(|one| one.status() == Status::Closed) {
            let closed_ms = connection.timeline.expect("a timeline").close_ts;
            assert!(closed_ms > 0 && closed_ms <= state.instant_ts && closed_ms + 5_000 >= state.instant_ts);
            assert!(!connection.close_cause.is_empty());
            let streams = &connection.streams.as_ref().expect("streams").streams;
            assert!(streams.iter().all(|stream| stream.status() == Status::Closed));
            closed.insert(connection.id.clone(), closed_ms);
        }
    }
    // 4 a second, of which some meet one that is leaving already.
    assert!((180..=240).contains(&closed.len()), "{}", closed.len());
    let told = events
        .iter()
        .filter(|event| event.r#type.as_ref().is_some_and(|kind| kind.name == "PeerDisconnected"));
    assert_eq!(told.count(), closed.len());
    // Events of churn are within the rate, but for the last ones, which nothing had time to make room for.
    assert!((3_000..3_020).contains(&events.len()), "{}", events.len());
    let statuses: BTreeSet<i32> = states.iter().flat_map(connections).map(|one| one.status).collect();
    assert!(statuses.contains(&Status::Closing.into()));
    let streams: BTreeSet<i32> = states
        .iter()
        .flat_map(connections)
        .flat_map(|one| &one.streams.as_ref().expect("streams").streams)
        .map(|stream| stream.status)
        .collect();
    assert!(streams.contains(&Status::Opening.into()) && streams.contains(&Status::Closed.into()));
}

#[test]
fn the_kinds_of_a_real_node_are_there() {
    let (states, _) = run(&Figures { connections: 400, ..figures() }, 2, 1);
    let transports: BTreeSet<_> =
        connections(&states[1]).iter().map(|one| one.transport_id.clone()).collect();
    for transport in ["ip4+tcp", "ip4+udp+quic-v1", "ip4+tcp+ws", "ip4+tcp+p2p+p2p-circuit", "ip6+tcp"] {
        assert!(transports.contains(transport.as_bytes()), "{transport} in {transports:?}");
    }
    let ids: HashSet<_> = connections(&states[1]).iter().map(|one| &one.id).collect();
    for connection in connections(&states[1]) {
        let relayed = connection.transport_id.ends_with(b"p2p-circuit");
        assert_eq!(relayed, connection.relayed_over.is_some());
        if let Some(peerscope_introspection::wire::connection::RelayedOver::ConnId(id)) =
            &connection.relayed_over
        {
            assert!(ids.contains(id), "the relay's connection is there");
        }
    }
    let dht = states[1].subsystems.as_ref().and_then(|subsystems| subsystems.dht.as_ref()).expect("a DHT");
    assert!(dht.buckets.len() > 5);
    let placed = |bucket: &&peerscope_introspection::wire::dht::Bucket| bucket.peers.len() <= 22;
    assert_eq!(dht.buckets.iter().filter(placed).count(), dht.buckets.len());
}

#[test]
fn event_contents_have_just_the_properties_of_their_types() {
    let (_, events) = run(&Figures { event_rate: 400, churn: 5.0, ..figures() }, 4, 20);
    let types: BTreeMap<String, BTreeSet<String>> = World::event_types()
        .into_iter()
        .map(|kind| (kind.name, kind.property_types.into_iter().map(|property| property.name).collect()))
        .collect();
    let mut seen = BTreeSet::new();
    for event in &events {
        let name = &event.r#type.as_ref().expect("a type").name;
        let content: serde_json::Value = serde_json::from_str(&event.content).expect("JSON");
        let keys: BTreeSet<String> = content.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(Some(&keys), types.get(name), "{name}");
        seen.insert(name.clone());
    }
    assert_eq!(seen, types.keys().cloned().collect(), "each type happens");
    let kinds: BTreeSet<i32> =
        World::event_types().iter().flat_map(|kind| &kind.property_types).map(|one| one.r#type).collect();
    for kind in [
        PropertyType::String,
        PropertyType::Number,
        PropertyType::Time,
        PropertyType::Peerid,
        PropertyType::Multiaddr,
        PropertyType::Json,
    ] {
        assert!(kinds.contains(&kind.into()), "{kind:?}");
    }
}

#[test]
fn peer_ids_are_such() {
    let (states, _) = run(&Figures { connections: 300, ..figures() }, 9, 1);
    for connection in connections(&states[0]) {
        let bytes = bs58::decode(&connection.peer_id).into_vec().expect("base58");
        let expected = match connection.peer_id.as_bytes() {
            [b'Q', b'm', ..] => 34,
            [b'1', b'2', b'D', b'3', b'K', b'o', b'o', b'W', ..] => 38,
            [b'1', b'6', b'U', b'i', b'u', b'2', ..] => 39,
            other => panic!("{other:?}"),
        };
        assert_eq!(bytes.len(), expected);
    }
}

#[test]
fn none_of_anything_is_a_world_too() {
    let figures = Figures { connections: 0, streams: 0, event_rate: 10, churn: 100.0, interval: 10 };
    let (states, events) = run(&figures, 0, 100);
    assert!(connections(&states[100]).is_empty());
    assert_eq!(events.len(), 10);
    let (_, events) = run(&Figures { event_rate: 0, connections: 10, ..figures }, 0, 100);
    assert!(events.is_empty());
}

#[test]
fn a_sleep_is_no_storm_of_events() {
    let mut world = World::new(&figures(), 1, START);
    world.sleep_until(START + 3_600_000);
    let mut events = Vec::new();
    world.advance(START + 3_601_000, &mut events);
    assert_eq!(events.len(), 50);
    assert!(events[0].ts >= START + 3_600_000);
}

#[test]
fn what_closed_is_bounded_and_the_cut_is_counted() {
    let figures = Figures { connections: 3_000, streams: 6, churn: 100.0, event_rate: 0, interval: 1_000 };
    let mut world = World::new(&figures, 1, START);
    world.keep_closed(60_000);
    world.advance(START + 6_000, &mut Vec::new());
    let state = world.state(START + 6_000);
    let closed = connections(&state).iter().filter(|one| one.status() == Status::Closed).count();
    assert!(closed <= 10_000);
    let streams = open(&state)
        .iter()
        .flat_map(|one| &one.streams.as_ref().expect("streams").streams)
        .filter(|one| one.status() == Status::Closed)
        .count();
    assert!(streams <= 10_000 && state.closed_cut > 0, "{streams} {}", state.closed_cut);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_same_seed_gives_the_same_bytes(seed: u64, churn in 0.0..30.0_f64, connections in 0_u32..60) {
        let figures = Figures { connections, churn, ..figures() };
        let encode = |(states, events): (Vec<State>, Vec<Event>)| {
            let states: Vec<_> = states.iter().map(Message::encode_to_vec).collect();
            let events: Vec<_> = events.iter().map(Message::encode_to_vec).collect();
            (states, events)
        };
        let once = encode(run(&figures, seed, 8));
        prop_assert_eq!(&once, &encode(run(&figures, seed, 8)));
        if connections > 0 {
            prop_assert_ne!(once, encode(run(&figures, seed ^ 1, 8)));
        }
    }

    #[test]
    fn how_time_passes_makes_no_difference(seed: u64, steps in prop::collection::vec(1_u64..700, 1..30)) {
        let figures = Figures { churn: 10.0, ..figures() };
        let mut world = World::new(&figures, seed, START);
        let (mut now, mut events) = (START, Vec::new());
        for step in steps {
            now += step;
            world.advance(now, &mut events);
        }
        let mut other = World::new(&figures, seed, START);
        let mut at_once = Vec::new();
        other.advance(now, &mut at_once);
        prop_assert_eq!(events, at_once);
        prop_assert_eq!(world.state(now), other.state(now));
    }
}
