//! The history against a plain model of what was told, and the rules of identity, ends, runs, gaps and budget.

mod kit;

use std::collections::BTreeMap;

use kit::*;
use peerscope_engine::{
    Engine, Options,
    frame::Status,
    view::{Cursor, Panel, Range, View},
};
use peerscope_introspection::wire::{self, server_message::Payload};
use proptest::prelude::*;

/// What a snapshot says, per connection id.
type Plain = BTreeMap<u8, (u64, u64)>;

fn tell_plain(engine: &mut Engine, at: u64, plain: &Plain) {
    let connections: Vec<Conn> = plain
        .iter()
        .map(|(id, (bytes, tag))| {
            conn(&format!("c{id}"), &format!("peer{}", id % 5))
                .open(10)
                .bytes(*bytes, *tag)
                .stream("s", "/p", *bytes)
        })
        .collect();
    tell(engine, at, &connections);
}

fn check(engine: &mut Engine, at: u64, plain: &Plain) -> Result<(), TestCaseError> {
    let frame = frame(engine, Cursor::At(at));
    prop_assert_eq!(frame.head.connections, Some(plain.len() as u32));
    prop_assert_eq!(frame.head.streams, Some(plain.len() as u32).filter(|_| frame.head.streams.is_some()));
    let table = table_of(&frame);
    let open: BTreeMap<String, (Option<u64>, Option<u64>)> = conns(table)
        .into_iter()
        .filter(|row| row.status == Status::Active)
        .map(|row| (row.id.clone(), (row.flow.total_in, row.flow.total_out)))
        .collect();
    let is_told = plain.values().any(|(a, b)| *a > 0 || *b > 0);
    for (id, (bytes_in, bytes_out)) in plain {
        let shown = open.get(&format!("c{id}"));
        prop_assert!(shown.is_some(), "c{} at {}", id, at);
        if is_told {
            prop_assert_eq!(shown, Some(&(Some(*bytes_in), Some(*bytes_out))), "c{} at {}", id, at);
        }
    }
    prop_assert_eq!(open.len(), plain.len());
    Ok(())
}

/// A world of few connections that come, go and move bytes.
fn worlds() -> impl Strategy<Value = Vec<Plain>> {
    let row = (0u64..1000, prop_oneof![Just(0), Just(1u64 << 40), 0u64..9]);
    proptest::collection::vec(proptest::collection::btree_map(0u8..12, row, 0..10), 1..160)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_moment_is_as_it_was_told(worlds in worlds()) {
        let mut engine = engine();
        for (at, world) in worlds.iter().enumerate() {
            tell_plain(&mut engine, 1000 + at as u64 * 1000, world);
        }
        for (at, world) in worlds.iter().enumerate() {
            check(&mut engine, 1000 + at as u64 * 1000, world)?;
        }
    }

    #[test]
    fn late_snapshots_find_their_place(worlds in worlds(), order in any::<u64>()) {
        let mut engine = engine();
        let mut told: Vec<usize> = (0..worlds.len()).collect();
        // A shuffle by a linear congruential generator: most come a little late, some very.
        let mut seed = order | 1;
        for at in (1..told.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let reach = if seed >> 60 == 0 { at } else { 3 };
            told.swap(at, at - (seed >> 33) as usize % (reach.min(at) + 1));
        }
        for at in told {
            tell_plain(&mut engine, 1000 + at as u64 * 1000, &worlds[at]);
        }
        for (at, world) in worlds.iter().enumerate() {
            check(&mut engine, 1000 + at as u64 * 1000, world)?;
        }
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..50)) {
        let mut engine = engine();
        tell(&mut engine, 1000, &[conn("a", "p").bytes(1, 1)]);
        let count = payloads.len() as u64;
        for bytes in payloads {
            engine.take(bytes.into());
        }
        let frame = frame(&mut engine, Cursor::At(1000));
        prop_assert!(frame.head.connections.is_some());
        prop_assert_eq!(engine.counters().frames, count + 1);
    }
}

#[test]
fn an_end_is_told_or_inferred_and_says_which() {
    let mut engine = engine();
    let (a, b) = (conn("a", "p1").open(500).bytes(10, 0), conn("b", "p2").open(600).bytes(10, 0));
    tell(&mut engine, 1000, &[a.clone(), b.clone()]);
    tell(&mut engine, 2000, &[a.clone().closed(1700, "closedByRemote"), b]);
    tell(&mut engine, 3000, &[a.closed(1700, "closedByRemote")]);
    let table = table(&mut engine, Cursor::Live);
    let told = row_of(&table, "a").and_then(|row| row.end).expect("a ended");
    assert_eq!((told.at_ms, told.inferred, told.cause.as_deref()), (1700, false, Some("closed by remote")));
    let inferred = row_of(&table, "b").and_then(|row| row.end).expect("b ended");
    assert_eq!((inferred.at_ms, inferred.inferred, inferred.cause), (3000, true, None));
    assert_eq!((table.open, table.closed), (0, 2));
    // At the snapshot's own instant it counts as it says.
    let before = frame(&mut engine, Cursor::At(1000));
    assert_eq!(before.head.connections, Some(2));
}

#[test]
fn what_ended_shows_for_five_minutes_or_within_the_range() {
    let mut engine = engine();
    tell(&mut engine, 1000, &[conn("a", "p"), conn("b", "p")]);
    tell(&mut engine, 2000, &[conn("b", "p")]);
    for second in 3..=400 {
        tell(&mut engine, second * 1000, &[conn("b", "p")]);
    }
    assert!(row_of(&table(&mut engine, Cursor::At(301_000)), "a").is_some());
    assert!(row_of(&table(&mut engine, Cursor::At(303_000)), "a").is_none());
    let ranged = View {
        range: Some(Range { from_ms: 1500, to_ms: 400_000 }),
        ..view(Cursor::Live, Panel::Connections(table_ask()))
    };
    assert!(row_of(table_of(&engine.answer(&ranged)), "a").is_some());
}

#[test]
fn an_id_that_comes_back_is_another_generation_and_a_late_opening_time_is_not() {
    let mut engine = engine();
    tell(&mut engine, 1000, &[conn("a", "p")]);
    tell(&mut engine, 2000, &[conn("a", "p").open(900)]);
    let first = row_of(&table(&mut engine, Cursor::Live), "a").expect("a");
    assert_eq!(first.key, key("c~0~a~0"), "0 to set is the same one");
    tell(&mut engine, 3000, &[conn("a", "p").open(2900)]);
    assert!(row_of(&table(&mut engine, Cursor::Live), "a").is_some());
    let keys: Vec<_> = conns(&table(&mut engine, Cursor::Live)).iter().map(|row| row.key.0.clone()).collect();
    assert_eq!(keys, ["c~0~a~1", "c~0~a~0"], "another opening time");
    tell(&mut engine, 4000, &[]);
    tell(&mut engine, 5000, &[conn("a", "p")]);
    let table = table(&mut engine, Cursor::Live);
    assert!(conns(&table).iter().any(|row| row.key == key("c~0~a~2") && row.status == Status::Active));
}

#[test]
fn another_start_of_the_node_is_another_run_in_the_same_history() {
    let mut engine = engine();
    tell(&mut engine, 1000, &[conn("1", "p").bytes(900, 0)]);
    let mut second = state(9000, &[conn("1", "p").bytes(5, 0)]);
    second.start_ts = 8000;
    engine.take(payload(Payload::State(second)));
    let frame = frame(&mut engine, Cursor::Live);
    let keys: Vec<_> = conns(table_of(&frame)).iter().map(|row| row.key.0.clone()).collect();
    assert_eq!(keys, ["c~1~1~0", "c~0~1~0"]);
    assert_eq!(frame.head.node.map(|node| node.runs), Some(2));
    assert_eq!(frame.head.rate_in, None, "no rate from one life to the next");
}

#[test]
fn another_peer_is_another_run_also_for_rows_that_stay_as_they_were() {
    let mut engine = engine();
    for (at, peer_id) in [(1000, "one"), (3000, "two")] {
        let runtime = wire::Runtime { peer_id: peer_id.into(), ..Default::default() };
        engine.take(payload(Payload::Runtime(runtime)));
        for at in [at, at + 1000] {
            tell(&mut engine, at, &[conn("1", "p").stream("s", "/p", 1)]);
        }
    }
    let keys: Vec<_> =
        conns(&table(&mut engine, Cursor::Live)).iter().map(|row| (row.key.0.clone(), row.status)).collect();
    assert_eq!(keys, [("c~1~1~0".into(), Status::Active), ("c~0~1~0".into(), Status::Closed)]);
}

#[test]
fn a_connection_that_is_told_within_another_one_alone_is_a_connection_too() {
    let mut engine = engine();
    for at in [1000, 2000] {
        let mut relayed = conn("a", "far").remote("").bytes(at, 0);
        let carrier = Box::new(conn("r", "relay").bytes(at, at).0);
        relayed.0.relayed_over = Some(wire::connection::RelayedOver::Conn(carrier));
        tell(&mut engine, at, &[relayed]);
    }
    let frame = frame(&mut engine, Cursor::Live);
    assert_eq!(frame.head.connections, Some(2));
    let table = table_of(&frame);
    assert_eq!(row_of(table, "a").and_then(|row| row.relay).as_deref(), Some("relay"));
    assert_eq!(row_of(table, "r").and_then(|row| row.flow.total_out), Some(2000));
}

#[test]
fn a_lost_link_and_a_long_silence_are_gaps() {
    let mut engine = engine();
    for second in 1..=5u64 {
        tell(&mut engine, second * 1000, &[]);
    }
    tell(&mut engine, 20_000, &[]);
    engine.link_lost();
    tell(&mut engine, 21_000, &[]);
    let timeline = engine
        .answer(&view(Cursor::Live, Panel::Timeline(peerscope_engine::view::TimelineAsk { columns: 100 })));
    let peerscope_engine::frame::Answer::Timeline(timeline) = &timeline.panels[0] else { panic!() };
    assert_eq!(
        timeline.gaps,
        [Range { from_ms: 5000, to_ms: 20_000 }, Range { from_ms: 20_000, to_ms: 21_000 }]
    );
}

#[test]
fn what_the_node_recorded_itself_has_a_pace_of_its_own() {
    let gaps = |told: &[(u64, Option<bool>)]| {
        let mut engine = engine();
        engine.expect_interval(1000);
        for (second, is_own) in told {
            if let Some(is_own) = is_own {
                engine.own_recording(*is_own);
            }
            tell(&mut engine, second * 1000, &[]);
        }
        let frame = engine.answer(&view(
            Cursor::Live,
            Panel::Timeline(peerscope_engine::view::TimelineAsk { columns: 100 }),
        ));
        let peerscope_engine::frame::Answer::Timeline(timeline) = &frame.panels[0] else { panic!() };
        timeline.gaps.iter().map(|gap| (gap.from_ms / 1000, gap.to_ms / 1000)).collect::<Vec<_>>()
    };
    // A snapshot each 5 s between those of each second, and one that took it much longer.
    let (own, live) = (Some(true), Some(false));
    let filled =
        [(1, None), (2, None), (3, None), (4, None), (8, own), (13, own), (18, own), (23, own), (28, own)];
    assert_eq!(gaps(&[&filled[..], &[(33, live), (34, live), (35, live)]].concat()), []);
    assert_eq!(gaps(&[&filled[..], &[(53, own), (58, own), (59, live)]].concat()), [(28, 53)]);
    // Only the first live one follows at that pace.
    assert_eq!(gaps(&[&filled[..], &[(30, live), (34, live)]].concat()), [(30, 34)]);
    // Of few snapshots the pace is the longest between two, of one the session's.
    let few = [(1, None), (2, None), (3, None), (4, None), (8, own), (13, own)];
    assert_eq!(gaps(&[&few[..], &[(18, live)]].concat()), []);
    assert_eq!(gaps(&[&few[..], &[(30, live)]].concat()), [(13, 30)]);
    assert_eq!(gaps(&[(3, None), (4, None), (5, own), (14, live)]), [(5, 14)]);
    // Unless it was told before: each 5 s.
    assert_eq!(gaps(&[&filled[..], &[(29, live), (36, own), (44, live)]].concat()), []);
    assert_eq!(gaps(&[&filled[..], &[(29, live), (36, own), (64, live)]].concat()), [(36, 64)]);
}

#[test]
fn what_is_missing_after_a_few_snapshots_of_the_nodes_own_is_a_gap() {
    let mut engine = engine();
    engine.expect_interval(1000);
    (1..=10).for_each(|second| tell(&mut engine, second * 1000, &[]));
    engine.own_recording(true);
    (11..=13).for_each(|second| tell(&mut engine, second * 1000, &[]));
    engine.own_recording(false);
    [22_500, 23_500].into_iter().for_each(|at_ms| tell(&mut engine, at_ms, &[]));
    let frame = engine
        .answer(&view(Cursor::Live, Panel::Timeline(peerscope_engine::view::TimelineAsk { columns: 100 })));
    let peerscope_engine::frame::Answer::Timeline(timeline) = &frame.panels[0] else { panic!() };
    assert_eq!(timeline.gaps, [Range { from_ms: 13_000, to_ms: 22_500 }]);
}

#[test]
fn rates_are_differences_and_never_made_up() {
    let mut engine = engine();
    for second in 1..=20u64 {
        tell(&mut engine, second * 1000, &[conn("a", "p").open(1).bytes(second * 500, 7)]);
    }
    let row = row_of(&table(&mut engine, Cursor::Live), "a").expect("a");
    assert_eq!((row.flow.rate_in, row.flow.rate_out), (Some(500.0), Some(0.0)));
    assert_eq!(row.flow.total_in, Some(10_000));
    assert!(row.flow.spark_in.iter().any(|v| (*v - 500.0).abs() < 1.0));
    assert!(row.flow.spark_in[0].is_nan(), "nothing is known of the time before");
    let first = row_of(&table(&mut engine, Cursor::At(1000)), "a").expect("a");
    assert_eq!(first.flow.rate_in, None, "one snapshot has no rate");
}

#[test]
fn the_history_stays_within_its_budget_and_counts_what_it_drops() {
    let budget = 512 << 10;
    let mut engine = Engine::new(Options { budget_bytes: budget });
    for second in 1..=3000u64 {
        let rows: Vec<Conn> = (0..40)
            .map(|id| {
                let peer = format!("peer-{}-{id}", second / 50);
                conn(&format!("{}-{id}", second / 50), &peer).bytes(second * id * 977, second)
            })
            .collect();
        tell(&mut engine, second * 1000, &rows);
        engine.take(event(second * 1000, "Tick", &format!("{{\"n\":{second}}}")));
        assert!(
            engine.counters().history_bytes <= budget,
            "at {second}: {}",
            engine.counters().history_bytes
        );
    }
    let frame = frame(&mut engine, Cursor::Live);
    assert_eq!(frame.head.connections, Some(40));
    let problems = &frame.head.problems;
    assert_eq!(problems.dropped_snapshots + u64::from(frame.head.snapshots), 3000);
    assert_eq!(problems.dropped_events + frame.head.events_recorded, 3000);
    assert!(problems.dropped_snapshots > 0 && frame.head.snapshots >= 20);
}

#[test]
fn events_that_name_ever_new_peers_stay_within_the_budget_too() {
    let budget = 1 << 20;
    let mut engine = Engine::new(Options { budget_bytes: budget });
    for number in 0..40_000u64 {
        engine.take(event(
            number,
            "Seen",
            &format!("{{\"peer\":\"12D3KooW-{number}\",\"connection\":{number}}}"),
        ));
        let used = engine.counters().history_bytes;
        assert!(used <= budget, "at {number}: {used}");
    }
    let problems = frame(&mut engine, Cursor::Live).head.problems;
    assert!(problems.dropped_events > 30_000);
}

#[test]
fn a_state_of_ten_thousand_connections_fits_and_only_what_is_in_view_is_answered() {
    let mut engine = engine();
    for second in 1..=3u64 {
        let rows: Vec<Conn> = (0..10_000)
            .map(|id| {
                conn(&format!("{id}"), &format!("peer{id:05}"))
                    .bytes(second * id, 1)
                    .stream("s", "/x", second)
            })
            .collect();
        tell(&mut engine, second * 1000, &rows);
    }
    let mut ask = table_ask();
    (ask.scroll_px, ask.height_px) = (26 * 5000, 26 * 40);
    let frame = engine.answer(&view(Cursor::Live, Panel::Connections(ask)));
    let table = table_of(&frame);
    assert_eq!((table.rows.len(), table.first, table.offset_px), (40, 5000, 26 * 5000));
    assert_eq!((table.open, table.total_px), (10_000, 260_000));
    assert_eq!(conns(table)[0].peer, "peer05000");
}

#[test]
fn twice_the_same_id_and_no_id_at_all_are_taken() {
    let mut engine = engine();
    tell(&mut engine, 1000, &[conn("a", "p"), conn("a", "q"), conn("", ""), conn("", "")]);
    tell(&mut engine, 1000, &[conn("a", "p")]);
    tell(&mut engine, 0, &[conn("a", "p")]);
    assert!(frame(&mut engine, Cursor::Live).head.connections.is_some());
    engine.take(payload(Payload::State(wire::State::default())));
    engine.take(payload(Payload::State(wire::State { instant_ts: u64::MAX, ..Default::default() })));
    engine.answer(&view(Cursor::Live, Panel::Timeline(peerscope_engine::view::TimelineAsk { columns: 500 })));
}

#[test]
fn what_a_snapshot_tells_a_second_time_changes_nothing_and_is_not_counted() {
    let both = [conn("a", "first"), conn("a", "second").stream("s", "/p", 1)];
    let mut engine = engine();
    tell(&mut engine, 1000, &both);
    // Another life of the node: who it is has to be found out again.
    let mut again = state(2000, &both);
    again.start_ts = 1500;
    engine.take(payload(Payload::State(again)));
    // And late.
    tell(&mut engine, 1500, &both);
    for at in [1000, 1500, 2000] {
        let frame = frame(&mut engine, Cursor::At(at));
        let head = (frame.head.connections, frame.head.peers, frame.head.streams);
        assert_eq!(head, (Some(1), Some(1), Some(0)), "at {at}");
        let open = conns(table_of(&frame)).into_iter().filter(|row| row.status == Status::Active);
        assert_eq!(open.map(|row| row.peer.as_str()).collect::<Vec<_>>(), ["first"], "at {at}");
    }
}

#[test]
fn figures_that_are_alike_for_a_moment_are_not_the_peers() {
    let mut engine = engine();
    let both = |a: u64, b: u64| [conn("a", "p").bytes(a, a), conn("b", "p").bytes(b, b)];
    tell(&mut engine, 1_000, &both(500, 500));
    for at in 2..10 {
        tell(&mut engine, at * 1_000, &both(500 + at, 500 + at * 2));
    }
    assert!(conns(&table(&mut engine, Cursor::Live)).iter().all(|row| !row.shared_flow));
    for at in 10..30 {
        tell(&mut engine, at * 1_000, &both(600 + at, 600 + at));
    }
    assert!(conns(&table(&mut engine, Cursor::Live)).iter().all(|row| row.shared_flow));
}

#[test]
fn numbers_at_their_limits_are_only_numbers() {
    let mut engine = engine();
    for instant in [1, 1 << 62, 2 << 62, 3 << 62, u64::MAX, u64::MAX - 1, 5] {
        tell(&mut engine, instant, &[conn("a", "p").open(u64::MAX).bytes(u64::MAX, u64::MAX)]);
    }
    for _ in 0..2 {
        let kind = wire::server_notice::Kind::DiscardingEvents as i32;
        engine.take(payload(Payload::Notice(wire::ServerNotice { kind, discarded_events: u64::MAX })));
    }
    engine.take(event(u64::MAX, "E", "{}"));
    assert_eq!(engine.counters().dropped, u64::MAX);
    for cursor in [Cursor::Live, Cursor::At(0), Cursor::At(u64::MAX)] {
        assert!(frame(&mut engine, cursor).head.span.is_some());
    }
}

#[test]
fn what_was_answered_before_the_first_snapshot_is_not_answered_after_it() {
    for events in 0..6 {
        let mut engine = engine();
        for at in 0..events {
            engine.take(event(at, "E", "{}"));
        }
        assert_eq!(conns(&table(&mut engine, Cursor::Live)).len(), 0);
        for at in 1..5 {
            tell(&mut engine, at * 1_000, &[conn("a", "p")]);
            assert_eq!(conns(&table(&mut engine, Cursor::Live)).len(), 1, "{events} events, {at} snapshots");
        }
    }
}
