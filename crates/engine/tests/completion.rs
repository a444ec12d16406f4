//! What is proposed while a query is typed: it comes from the history, it parses, and its counts are those of the table.

mod kit;

use kit::*;
use peerscope_engine::{
    Engine,
    frame::{Answer, Completion, Proposal, QueryError},
    view::{CompletionAsk, Cursor, EventsAsk, Panel, View},
};
use proptest::prelude::*;

fn world() -> Engine {
    let mut engine = engine();
    let peer = |n: u64| format!("12D3KooWeyE6kLDbUkApz5YFJyyWgw4woEA6vctSsAvVWWD6rC{n}z");
    let quic = |n: u64| format!("/ip4/203.0.113.{n}/udp/4001/quic-v1");
    let mut all: Vec<Conn> = (0..6u64)
        .map(|n| {
            let conn = conn(&format!("c{n}"), &peer(n)).open(1000 * n + 1).bytes(n * 1_000_000, 5);
            let conn = conn.tag(if n < 4 { "agent=kubo/0.36.0" } else { "agent=my own agent" });
            if n % 2 == 0 { conn.remote(&quic(n)) } else { conn.rtt(5_000_000 * n) }
        })
        .collect();
    all[0] = all[0].clone().stream("s", "/ipfs/ping/1.0.0", 5);
    all[1] = all[1].clone().stream("s", "/ipfs/kad/1.0.0", 5).stream("t", "/ipfs/ping/1.0.0", 1);
    tell(&mut engine, 10_000, &all);
    all[5] = all[5].clone().closed(10_500, "reset");
    tell(&mut engine, 11_000, &all);
    for n in 0..9u64 {
        let content = format!(r#"{{"peer":"{}","rttNs":{},"reason":"cause {}"}}"#, peer(n), n * 1000, n % 3);
        let name = if n % 2 == 0 { "PingResult" } else { "DialFailure" };
        engine.take(event(10_000 + n, name, &content));
    }
    engine
}

fn answered(engine: &mut Engine, query: &str, panels: Vec<Panel>) -> Vec<Answer> {
    engine
        .answer(&View { query: query.into(), panels, ..view(Cursor::Live, Panel::Connections(table_ask())) })
        .panels
}

fn complete(engine: &mut Engine, query: &str, caret: usize, events: bool) -> Completion {
    let ask = CompletionAsk { caret: caret as u32, events };
    match answered(engine, query, vec![Panel::Completion(ask)]).pop() {
        Some(Answer::Completion(completion)) => completion,
        other => panic!("{other:?}"),
    }
}

fn at_end(engine: &mut Engine, query: &str) -> Completion {
    complete(engine, query, query.len(), false)
}

fn values(proposals: &[Proposal]) -> Vec<(&str, u32)> {
    let count = |proposal: &Proposal| proposal.count.map_or(u32::MAX, |count| count.rows);
    proposals.iter().map(|proposal| (proposal.value.as_str(), count(proposal))).collect()
}

/// Rows that the screen shows for a query, and what is wrong with it.
fn shown(engine: &mut Engine, query: &str, events: bool) -> (u32, Option<QueryError>) {
    let log = EventsAsk {
        hidden: Vec::new(),
        first: None,
        rows: 1,
        chart_bars: 1,
        expanded: Vec::new(),
        group: None,
        unfolded: Vec::new(),
    };
    let panel = if events { Panel::Events(log) } else { Panel::Connections(table_ask()) };
    match answered(engine, query, vec![panel]).pop() {
        Some(Answer::Connections(table)) => (table.open + table.closed, table.query_error),
        Some(Answer::Events(events)) => (events.matching, events.query_error),
        other => panic!("{other:?}"),
    }
}

#[test]
fn values_are_those_of_the_history_with_the_rows_left() {
    let mut engine = world();
    let agents = at_end(&mut engine, "agent:");
    assert_eq!(agents.field.as_deref(), Some("agent"));
    assert_eq!(values(&agents.values), [("kubo/0.36.0", 4), ("my own agent", 2)]);
    assert_eq!(agents.values[1].replace.insert, "agent:\"my own agent\"");
    assert_eq!(values(&at_end(&mut engine, "agent:ku").values), [("ku", 4), ("kubo/0.36.0", 4)]);
    let protocols = at_end(&mut engine, "agent:kubo protocol:");
    assert_eq!(values(&protocols.values), [("/ipfs/ping/1.0.0", 2), ("/ipfs/kad/1.0.0", 1)]);
    let status = at_end(&mut engine, "status:cl");
    assert_eq!(values(&status.values), [("cl", 1), ("closing", 0), ("closed", 1)]);
    assert_eq!(values(&at_end(&mut engine, "cause:").values), [("reset by remote", 1)]);
    let peers = at_end(&mut engine, "transport:quic peer:");
    assert_eq!(values(&peers.values).len(), 3);
    assert!(peers.values.iter().all(|peer| peer.value.starts_with("12D3…WWD6rC")));
}

#[test]
fn operators_keep_the_value_and_say_what_they_would_leave() {
    let mut engine = world();
    let typed = at_end(&mut engine, "total-in>2MB");
    let signs: Vec<(&str, u32)> = typed
        .operators
        .iter()
        .map(|sign| (sign.sign.as_str(), sign.count.map_or(9, |count| count.rows)))
        .collect();
    assert_eq!(signs, [("<", 2), ("<=", 3), (">", 3), (">=", 4), ("=", 1), ("", 3)]);
    assert_eq!(typed.operators[5].replace.insert, "-total-in>2MB");
    assert_eq!(values(&at_end(&mut engine, "age<1").values)[0].0, "1", "as typed, in ms");
    assert!(values(&at_end(&mut engine, "age<1").values).contains(&("1m", 6)));
    assert!(at_end(&mut engine, "agent:x").operators.iter().all(|sign| sign.replace.insert == "-agent:x"));
}

#[test]
fn further_fields_are_those_that_have_values() {
    let mut engine = world();
    let names = |completion: &Completion| -> Vec<String> {
        completion.fields.iter().map(|field| field.replace.insert.clone()).collect()
    };
    let empty = complete(&mut engine, "", 0, false);
    assert!(names(&empty).contains(&"status:".into()) && empty.values.is_empty());
    assert_eq!((empty.left.rows, empty.left.at_least, empty.all), (6, false, 6));
    assert!(!names(&empty).contains(&"muxer:".into()), "no muxer was ever told");
    assert_eq!(names(&at_end(&mut engine, "tr")), ["transport:"]);
    assert_eq!(names(&at_end(&mut engine, "-ag")), ["-agent:", "-age<"]);
    let after = at_end(&mut engine, "agent:kubo");
    assert!(names(&after).iter().all(|field| field.starts_with(' ')), "{after:?}");
    let text = after.fields[0].replace.apply("agent:kubo").map(|(text, _)| text);
    assert!(text.is_some_and(|text| text.starts_with("agent:kubo ")));
    let wide = at_end(&mut engine, "kad");
    assert_eq!(wide.values[0].replace.insert, "protocol:/ipfs/kad/1.0.0");
    for closed in ["\"", "\"sta", "x\"\""] {
        let none = at_end(&mut engine, closed);
        assert!(none.values.is_empty() && none.fields.is_empty(), "{closed}: {none:?}");
    }
}

#[test]
fn in_events_properties_are_the_fields() {
    let mut engine = world();
    let kinds = complete(&mut engine, "type:", 5, true);
    assert_eq!(values(&kinds.values), [("PingResult", 5), ("DialFailure", 4)]);
    let reasons = complete(&mut engine, "type:dial reason:", 17, true);
    assert_eq!(values(&reasons.values), [("cause 1", 2), ("cause 0", 1), ("cause 2", 1)]);
    // A short number behind a colon would be a port.
    let rtts = complete(&mut engine, "rttNs:", 6, true);
    assert!(rtts.values.iter().all(|value| value.replace.insert.starts_with("rttNs=")), "{rtts:?}");
}

#[test]
fn beyond_what_typing_has_time_for_a_count_is_at_least() {
    let mut engine = engine();
    let many: Vec<Conn> = (0..6_000).map(|n| conn(&format!("c{n}"), &format!("peer-number-{n}"))).collect();
    tell(&mut engine, 1_000, &many);
    let all = at_end(&mut engine, "status:active");
    let count = all.values[0].count.expect("counted");
    assert!(count.at_least && count.rows >= 1_000 && count.rows <= 6_000, "{count:?}");
    // A rare value is found all the same.
    let rare = at_end(&mut engine, "peer:r-5999");
    assert!(rare.values.iter().any(|value| value.value == "peer…ber-5999"), "{rare:?}");
}

fn queries() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "\\PC{0,12}",
        "-?(status|agent|peer|in|age|total-in|rtt|streams|cause|type|reason|x)[:<>=]{1,2}(open|kubo|1|10s|1M|\"a b|)",
        "-?(sta|age|in|proto|r)",
    ];
    proptest::collection::vec(word, 0..4).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_proposed_parses_and_leaves_what_it_says(query in queries(), caret in 0usize..60, events: bool) {
        thread_local!(static WORLD: std::cell::RefCell<Engine> = std::cell::RefCell::new(world()));
        WORLD.with_borrow_mut(|engine| {
            let completion = complete(engine, &query, caret, events);
            let before = shown(engine, &query, events).1;
            let all = [&completion.values, &completion.operators, &completion.fields];
            for (group, proposals) in all.into_iter().enumerate() {
                for proposal in proposals {
                    let (text, caret) = proposal.replace.apply(&query).expect("meant for this text");
                    prop_assert!(text.is_char_boundary(caret), "{}", text);
                    let (rows, error) = shown(engine, &text, events);
                    // What was wrong elsewhere stays wrong; a field alone waits for its value.
                    let elsewhere = before.is_some();
                    let waits = error.as_ref().is_some_and(|error| error.unfinished);
                    prop_assert!(error.is_none() || elsewhere || group == 2 && waits, "{:?}: {:?}", text, error);
                    if let (Some(count), true) = (proposal.count, group < 2 && !elsewhere) {
                        prop_assert_eq!((count.rows, count.at_least), (rows, false), "{}", text);
                    }
                }
            }
            Ok(())
        })?;
    }
}
