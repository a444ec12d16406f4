//! Any instant is as it was told: the history against a plain list of decoded states, for random sequences of encoded ones.

#[path = "../kit/mod.rs"]
mod kit;
mod model;
mod table;
mod world;

use std::collections::BTreeSet;

use bytes::Bytes;
use kit::frame;
use model::{Model, differences, sorted};
use peerscope_engine::{
    Engine, Options,
    view::{Cursor, View},
};
use proptest::prelude::*;
use serde_json::Value;
use world::{Knobs, worlds};

fn told_at(engine: &Engine, at_ms: u64) -> Option<Value> {
    let whole = engine.snapshot_json(at_ms)?;
    Some(sorted(serde_json::from_str(&whole).expect("the engine gives JSON")))
}

/// What the history shows at each instant, and between, is what the model shows.
fn check(engine: &mut Engine, model: &Model) -> Result<(), TestCaseError> {
    for at_ms in model.instants() {
        // Between two snapshots, the first one is shown.
        for shown_ms in at_ms..=at_ms + u64::from(at_ms % 3 == 0) {
            let told = told_at(engine, shown_ms).unwrap_or_default();
            let differ = differences("", &told, model.at(shown_ms).unwrap_or(&Value::Null));
            prop_assert!(differ.is_empty(), "at {}: {:#?}", shown_ms, differ);
        }
    }
    prop_assert_eq!(told_at(engine, model.first_ms().unwrap_or(1) - 1), None);
    Ok(())
}

/// What screens show at some instants agrees with the model too.
fn check_screens(engine: &mut Engine, model: &Model) -> Result<(), TestCaseError> {
    for at_ms in model.instants().into_iter().step_by(7) {
        let Some(shown) = model.at(at_ms) else { continue };
        let rows = shown["connections"].as_array().map_or(&[][..], Vec::as_slice);
        let is_open = |row: &&Value| row["status"] != 1 && row["status"] != 4;
        let streams =
            |row: &Value| row["streams"].as_array().map_or(0, |all| all.iter().filter(is_open).count());
        let open = rows.iter().filter(is_open);
        let head = frame(engine, Cursor::At(at_ms)).head;
        prop_assert_eq!(head.connections, Some(open.clone().count() as u32));
        if let Some(told) = head.streams {
            prop_assert_eq!(told as usize, open.map(streams).sum::<usize>());
        }
    }
    Ok(())
}

/// Rows that ended, each as (id, end, whether it is inferred): what the screens show.
fn ended(engine: &mut Engine) -> Vec<(String, u64, bool)> {
    let view = View { range: kit::whole(), ..View::default() };
    let rows: Vec<Value> = serde_json::from_str(&engine.rows_json("connections", &view)).expect("JSON");
    let ended = rows.iter().filter(|row| row["end_ms"].is_u64()).map(|row| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        (text("id"), row["end_ms"].as_u64().unwrap_or(0), row["end_inferred"] == true)
    });
    let mut ended: Vec<_> = ended.collect();
    ended.sort();
    ended
}

/// The same of the model: what a state tells and the next one does not, ended between the two.
fn ended_in(model: &Model) -> Vec<(String, u64, bool)> {
    let mut ended = Vec::new();
    let ids = |at_ms: &u64| -> BTreeSet<String> {
        let rows = model.at(*at_ms).and_then(|shown| shown["connections"].as_array());
        rows.into_iter().flatten().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    for pair in model.instants().windows(2) {
        let (before, now) = (ids(&pair[0]), ids(&pair[1]));
        for id in before.difference(&now) {
            let shown = if id.is_empty() { String::new() } else { format!("0x{id}") };
            ended.push((shown, pair[1], true));
        }
    }
    ended.sort();
    ended
}

fn take_all(engine: &mut Engine, payloads: &[Bytes]) -> Model {
    let mut model = Model::default();
    for payload in payloads {
        engine.take(payload.clone());
        model.take(payload);
    }
    model
}

fn is_exact(payloads: &[Bytes]) -> Result<(), TestCaseError> {
    let mut engine = kit::engine();
    let model = take_all(&mut engine, payloads);
    check(&mut engine, &model)?;
    check_screens(&mut engine, &model)
}

const PLAIN: Knobs = Knobs {
    late: false,
    same_time: false,
    missing: false,
    restarts: false,
    odd_numbers: false,
    by_reference: false,
    relayed: false,
    twice: false,
    go: false,
    dht: false,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn in_order(world in worlds(PLAIN)) {
        is_exact(&world.0)?;
    }

    #[test]
    fn late_and_missing(world in worlds(Knobs { late: true, missing: true, ..PLAIN })) {
        is_exact(&world.0)?;
    }

    #[test]
    fn of_the_same_time_and_told_twice(world in worlds(Knobs { same_time: true, twice: true, ..PLAIN })) {
        is_exact(&world.0)?;
    }

    #[test]
    fn over_restarts(world in worlds(Knobs { restarts: true, late: true, ..PLAIN })) {
        is_exact(&world.0)?;
    }

    #[test]
    fn with_numbers_nobody_knows(world in worlds(Knobs { odd_numbers: true, ..PLAIN })) {
        is_exact(&world.0)?;
    }

    #[test]
    fn with_streams_by_reference_and_connections_over_others(
        world in worlds(Knobs { by_reference: true, relayed: true, ..PLAIN }),
    ) {
        is_exact(&world.0)?;
    }

    #[test]
    fn as_the_go_endpoint_tells_it(world in worlds(Knobs { go: true, missing: true, ..PLAIN })) {
        is_exact(&world.0)?;
        let mut engine = kit::engine();
        let model = take_all(&mut engine, &world.0);
        prop_assert_eq!(ended(&mut engine), ended_in(&model));
    }

    #[test]
    fn with_a_routing_table(world in worlds(Knobs { dht: true, late: true, same_time: true, ..PLAIN })) {
        is_exact(&world.0)?;
    }

    #[test]
    fn all_of_it(world in worlds(Knobs {
        late: true, same_time: true, missing: true, restarts: true, odd_numbers: true, by_reference: true,
        relayed: true, twice: true, go: false, dht: true,
    })) {
        is_exact(&world.0)?;
    }

    #[test]
    fn within_a_budget_what_is_left_is_exact_and_what_went_is_counted(
        world in worlds(Knobs { late: true, restarts: true, dht: true, ..PLAIN }), budget_kib in 20usize..120,
    ) {
        let mut engine = Engine::new(Options { budget_bytes: budget_kib << 10 });
        let mut model = Model::default();
        let mut dropped = 0;
        for payload in &world.0 {
            engine.take(payload.clone());
            let now_dropped = engine.counters().dropped as usize;
            let mut gone = now_dropped - std::mem::replace(&mut dropped, now_dropped);
            let instant_ms = model::state_of(payload).map(|state| state.instant_ts);
            // Older than all that is left once the oldest went: it goes at once.
            let is_too_late = dropped > gone && instant_ms.zip(model.first_ms()).is_some_and(|(at, first)| at < first);
            if is_too_late {
                gone -= 1;
            } else {
                model.take(payload);
            }
            model.drop_oldest(gone);
        }
        let snapshots = frame(&mut engine, Cursor::Live).head.snapshots as usize;
        prop_assert_eq!(snapshots, model.len());
        check(&mut engine, &model)?;
    }
}
