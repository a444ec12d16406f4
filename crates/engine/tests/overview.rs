//! Who and what takes the traffic: the same whatever range is set, and nothing is left out that moved bytes.

mod kit;

use kit::*;
use peerscope_engine::{
    Engine,
    frame::{Answer, Overview},
    view::{Cursor, InspectorAsk, Panel, Range, View},
};

fn overview(engine: &mut Engine, cursor: Cursor, range: Option<Range>) -> Overview {
    let ask =
        peerscope_engine::view::OverviewAsk { spark_points: 10, peers: 9, protocols: 9, churn_bars: 10 };
    let view = View { range, ..view(cursor, Panel::Overview(ask)) };
    match engine.answer(&view).panels.pop() {
        Some(Answer::Overview(overview)) => overview,
        other => panic!("{other:?}"),
    }
}

/// Every second: `busy` moves 1 kB in on `/p`, until it closes at 57 s; `idle` stays, and moves 10 B on `/q`.
fn engine_of_a_minute() -> Engine {
    let mut engine = engine();
    for second in 0..=60u64 {
        let at = 1_000_000 + second * 1000;
        let idle = conn("i", "idle").open(900_000).bytes(second * 10, 0).stream("s", "/q", second * 10);
        let busy = conn("b", "busy").open(900_000).stream("s", "/p", second.min(57) * 1000);
        let busy = busy.bytes(second.min(57) * 1000, 0);
        let busy = if second < 57 { busy } else { busy.closed(1_057_000, "closedByRemote") };
        let mut all = state(at, &[idle, busy]);
        if second >= 57
            && let Some(list) = all.subsystems.as_mut().and_then(|all| all.connections[1].streams.as_mut())
        {
            list.streams[0].status = 1;
        }
        engine.take(payload(peerscope_introspection::wire::server_message::Payload::State(all)));
    }
    engine
}

#[test]
fn what_closed_within_the_rates_window_is_in_the_tables() {
    let mut engine = engine_of_a_minute();
    let now = overview(&mut engine, Cursor::Live, None);
    assert_eq!(now.rate_in.value, Some(710.0));
    let peers: Vec<_> =
        now.top_peers.iter().map(|row| (row.peer.as_str(), row.connections, row.flow.rate_in)).collect();
    assert_eq!(peers, [("busy", 0, Some(700.0)), ("idle", 1, Some(10.0))]);
    let shares: f32 = now.top_peers.iter().filter_map(|row| row.share).sum();
    assert!((shares - 1.0).abs() < 0.001, "{shares}");
    let protocols: Vec<_> =
        now.top_protocols.iter().map(|row| (row.protocol.as_str(), row.streams, row.flow.rate_in)).collect();
    assert_eq!(protocols, [("/p", 0, Some(700.0)), ("/q", 1, Some(10.0))]);
}

#[test]
fn a_range_changes_no_rate_of_the_cursor() {
    let mut engine = engine_of_a_minute();
    for cursor in [Cursor::Live, Cursor::At(1_030_000)] {
        let free = overview(&mut engine, cursor, None);
        for (from_ms, to_ms) in [(1_005_000, 1_015_000), (1_028_000, 1_060_000)] {
            let ranged = overview(&mut engine, cursor, Some(Range { from_ms, to_ms }));
            assert_eq!(ranged.top_protocols, free.top_protocols);
            let rates = |overview: &Overview| -> Vec<_> {
                overview.top_peers.iter().map(|row| (row.peer.clone(), row.flow.rate_in, row.share)).collect()
            };
            assert_eq!(rates(&ranged), rates(&free));
        }
    }
}

#[test]
fn a_peer_that_only_failed_to_be_dialled_never_connected() {
    let mut engine = engine();
    tell(&mut engine, 1_000, &[]);
    engine.take(event(1_500, "DialFailure", r#"{"peer":"12D3KooWNever","reason":"Transport","errors":[]}"#));
    let view = View {
        selection: Some(key("p~12D3KooWNever")),
        ..view(Cursor::Live, Panel::Inspector(InspectorAsk { chart_columns: 10 }))
    };
    let answer = engine.answer(&view).panels.pop();
    let Some(Answer::Inspector(Some(inspector))) = answer else { panic!("{answer:?}") };
    assert!(inspector.json.contains("\"Status\": \"never connected\""), "{}", inspector.json);
    assert_eq!(inspector.story.len(), 1);
}
