//! The event log in view, against a plain list.

mod kit;

use kit::*;
use peerscope_engine::{
    Engine,
    frame::{Answer, Events},
    view::{Cursor, EventsAsk, Group, Panel, Range, View},
};
use proptest::prelude::*;

const KINDS: [&str; 3] = ["Dialing", "PeerConnected", "Other"];

fn ask(engine: &mut Engine, ask: EventsAsk, query: &str, range: Option<Range>) -> Events {
    let view = View { query: query.into(), range, ..view(Cursor::Live, Panel::Events(ask)) };
    match engine.answer(&view).panels.pop() {
        Some(Answer::Events(events)) => events,
        other => panic!("{other:?}"),
    }
}

/// (ms, kind, word in the content), in the order in which they come.
fn logs() -> impl Strategy<Value = Vec<(u64, usize, u8)>> {
    // Enough for several chunks, some of it late.
    proptest::collection::vec((0u64..4, 0..KINDS.len(), 0u8..3), 1..4000).prop_map(|steps| {
        let mut now = 1_000u64;
        let place = |now: &mut u64, (step, kind, word): (u64, usize, u8)| {
            *now += step;
            (if step == 3 { now.saturating_sub(500) } else { *now }, kind, word)
        };
        steps.into_iter().map(|told| place(&mut now, told)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_log_in_view_is_what_a_plain_list_has(
        log in logs(),
        hidden in proptest::sample::subsequence(&KINDS[..], 0..3),
        query in proptest::sample::select(&["", "word1", "nothing"][..]),
        range in proptest::option::of((0u64..9000, 1u64..9000)),
        first in proptest::option::of(0u32..5000),
    ) {
        let mut engine = engine();
        let mut plain = Vec::new();
        for (at, (ms, kind, word)) in log.iter().enumerate() {
            engine.take(event(*ms, KINDS[*kind], &format!("{{\"word\":\"word{word}\"}}")));
            plain.push((*ms, at, KINDS[*kind], *word));
        }
        plain.sort_by_key(|(ms, at, ..)| (*ms, *at));
        let range = range.map(|(from_ms, len)| Range { from_ms, to_ms: from_ms + len });
        let is_within = |ms: u64| range.is_none_or(|range| range.from_ms <= ms && ms <= range.to_ms);
        let in_range: Vec<_> = plain.iter().filter(|(ms, ..)| is_within(*ms)).collect();
        let matching: Vec<_> = in_range
            .iter()
            .filter(|(_, _, kind, word)| !hidden.contains(kind) && (query.is_empty() || format!("word{word}") == query))
            .collect();
        // Twice: the second answer remembers what the first one found.
        for _ in 0..2 {
            let wanted = EventsAsk {
                hidden: hidden.iter().map(|kind| (*kind).to_owned()).collect(),
                first,
                rows: 40,
                chart_bars: 17,
                expanded: Vec::new(), group: None, unfolded: Vec::new()
            };
            let events = ask(&mut engine, wanted, query, range);
            prop_assert_eq!(events.in_range as usize, in_range.len());
            prop_assert_eq!(events.matching as usize, matching.len());
            let last_first = matching.len().saturating_sub(40);
            let expected_first = first.map_or(last_first, |first| (first as usize).min(last_first));
            prop_assert_eq!(events.first as usize, expected_first);
            let rows: Vec<_> =
                events.rows.iter().map(|row| (row.at_ms, row.key.0.clone(), row.since_ms)).collect();
            let expected: Vec<_> = (expected_first..matching.len().min(expected_first + 40))
                .map(|at| {
                    let (ms, number, ..) = **matching[at];
                    let before = at.checked_sub(1).map(|before| ms - matching[before].0);
                    (ms, format!("e~{number}"), before)
                })
                .collect();
            prop_assert_eq!(rows, expected);
            for (kind, stack) in KINDS.iter().map(|kind| (kind, events.chart_types.iter().position(|name| name == kind))) {
                let drawn: u32 = stack.map_or(0, |stack| {
                    events.chart.iter().skip(stack).step_by(events.chart_types.len()).sum()
                });
                prop_assert_eq!(drawn as usize, matching.iter().filter(|(_, _, name, _)| name == kind).count());
            }
        }
    }
}

#[test]
fn events_are_grouped_most_first_with_the_newest_of_those_unfolded() {
    let mut engine = engine();
    for at in 0..90u64 {
        let content = format!(r#"{{"peer":"peer{}","word":"w{at}"}}"#, at % 2);
        engine.take(event(1_000 + at, if at % 3 == 0 { "Dialing" } else { "PeerConnected" }, &content));
    }
    engine.take(event(2_000, "Dialing", "{}"));
    let mut of = |group, unfolded: &[&str], query| {
        let unfolded = unfolded.iter().map(|name| key(name)).collect();
        let wanted = EventsAsk {
            hidden: Vec::new(),
            first: None,
            rows: 40,
            chart_bars: 5,
            expanded: Vec::new(),
            group: Some(group),
            unfolded,
        };
        ask(&mut engine, wanted, query, None)
    };
    let plain = |events: &Events| -> Vec<(String, u32, usize)> {
        let name = |group: &peerscope_engine::frame::EventGroup| group.name.clone().unwrap_or("?".into());
        events.groups.iter().map(|group| (name(group), group.count, group.rows.len())).collect()
    };
    let types = of(Group::Type, &["g~Dialing"], "");
    assert_eq!(plain(&types), [("PeerConnected".into(), 60, 0), ("Dialing".into(), 31, 20)]);
    assert!(types.rows.is_empty() && types.group_count == 2);
    let newest = &types.groups[1].rows;
    assert_eq!(newest.last().map(|row| row.at_ms), Some(2_000));
    assert!(newest.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms));
    assert!(newest.iter().all(|row| row.kind == "Dialing"));
    let peers = of(Group::Peer, &["g", "g~peer1"], "");
    assert_eq!(plain(&peers), [("peer0".into(), 45, 0), ("peer1".into(), 45, 20), ("?".into(), 1, 1)]);
    assert_eq!(
        plain(&of(Group::Peer, &[], "w7 type:dial")),
        [("peer0".into(), 2, 0), ("peer1".into(), 1, 0)]
    );
    assert!(of(Group::Transport, &[], "").groups.is_empty(), "events have none");
}
