//! The recordings of other implementations, where they are at hand: skipped loudly elsewhere.

mod kit;

use std::{collections::BTreeSet, path::PathBuf};

use kit::*;
use peerscope_engine::{
    Engine, Options,
    frame::Answer,
    view::{Cursor, GraphAsk, OverviewAsk, Panel, TimelineAsk, View},
};

fn recording(name: &str) -> Option<Engine> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("SKIPPED: {} is not here", path.display());
        return None;
    };
    let mut engine = Engine::new(Options::default());
    let mut rest = &bytes[4..];
    while rest.len() >= 8 {
        let len = u32::from_le_bytes(rest[4..8].try_into().ok()?) as usize;
        engine.take(rest[8..8 + len].to_vec().into());
        rest = &rest[8 + len..];
    }
    Some(engine)
}

/// Distinct ids of connections and streams, and distinct peers, over the whole; generations of an id aside.
fn distinct(engine: &mut Engine) -> (usize, usize, usize) {
    let rows = engine.rows_json("connections", &View { range: whole(), ..View::default() });
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).expect("JSON");
    let texts = |name: &str| rows.iter().map(|row| row[name].to_string()).collect::<BTreeSet<_>>();
    let streams: BTreeSet<_> = rows
        .iter()
        .flat_map(|row| {
            row["stream_rows"].as_array().into_iter().flatten().map(|stream| (&row["id"], &stream["id"]))
        })
        .map(|(connection, stream)| (connection.to_string(), stream.to_string()))
        .collect();
    (texts("id").len(), streams.len(), texts("peer").len())
}

#[test]
fn the_react_viewers_sample() {
    let Some(mut engine) = recording("observer-sample-1min.mock") else { return };
    let counters = engine.counters();
    assert_eq!((counters.frames, counters.states, counters.events), (969, 30, 937));
    assert_eq!((counters.runtimes, counters.responses, counters.bad_frames), (1, 1, 0));
    let (connections, streams, _) = distinct(&mut engine);
    assert_eq!((connections, streams), (10, 96));
    let frame = frame(&mut engine, Cursor::Live);
    assert_eq!(frame.head.connections, Some(4));
    assert_eq!(frame.head.node.map(|node| node.runs), Some(1), "the start is the window's begin");
    let last = table(&mut engine, Cursor::Live);
    assert_eq!((last.open, last.open + last.closed), (4, 10));
}

#[test]
fn the_go_endpoints_frames() {
    let Some(mut engine) = recording("go-libp2p-short.libp2p.trace") else { return };
    let counters = engine.counters();
    assert_eq!((counters.frames, counters.states, counters.events), (100, 25, 70));
    assert_eq!((counters.runtimes, counters.responses), (2, 3));
    assert_eq!(distinct(&mut engine), (14, 65, 6));
    let all = engine.answer(&View { range: whole(), ..view(Cursor::Live, Panel::Connections(table_ask())) });
    let table = table_of(&all);
    assert!(table.never.latency && table.never.stream_traffic && table.never.agent);
    for row in conns(table) {
        assert_eq!((row.rtt_ns, &row.agent), (None, &None), "never filled: never shown");
        assert!(row.shared_flow);
        assert!(row.end.iter().all(|end| end.inferred), "Go tells no end");
    }
    assert_eq!((table.sum_in, table.sum_out), (None, None), "figures of one peer are not summed");
}

#[test]
fn the_go_endpoint_paused_has_a_hole() {
    let Some(mut engine) = recording("go-libp2p-pause.libp2p.trace") else { return };
    let counters = engine.counters();
    assert_eq!((counters.frames, counters.states, counters.events), (116, 44, 63));
    assert_eq!(distinct(&mut engine), (18, 77, 5));
    let frame = engine.answer(&view(Cursor::Live, Panel::Timeline(TimelineAsk { columns: 200 })));
    let [Answer::Timeline(timeline)] = &frame.panels[..] else { panic!() };
    let longest = timeline.gaps.iter().map(|gap| gap.to_ms - gap.from_ms).max();
    assert!(longest.is_some_and(|ms| (4000..6000).contains(&ms)), "{:?}", timeline.gaps);
    let panels = vec![
        Panel::Overview(OverviewAsk { spark_points: 60, peers: 20, protocols: 10, churn_bars: 60 }),
        Panel::Graph(GraphAsk { labels: 8 }),
    ];
    let frame = engine.answer(&View { panels, ..View::default() });
    let [Answer::Overview(overview), Answer::Graph(graph)] = &frame.panels[..] else { panic!() };
    assert!(!overview.top_peers.is_empty() && graph.nodes.len() == overview.peer_count as usize);
    assert!(graph.untold_radius.is_some(), "Go tells no round trip");
}
