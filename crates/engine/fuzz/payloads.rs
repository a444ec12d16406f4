//! Payloads of any kind, in any order: no panic, and every screen can be answered at any time.

use bytes::Bytes;
use peerscope_engine::{
    Engine, Options,
    view::{
        CompletionAsk, Cursor, DhtAsk, DiffAsk, EventsAsk, GraphAsk, Group, InspectorAsk, OverviewAsk, Panel,
        Range, Section, TableAsk, TimelineAsk, TrafficAsk, TrafficBy, View,
    },
};

fn panels() -> Vec<Panel> {
    vec![
        Panel::Timeline(TimelineAsk { columns: 50 }),
        Panel::Overview(OverviewAsk { spark_points: 9, peers: 5, protocols: 5, churn_bars: 9 }),
        Panel::Graph(GraphAsk { labels: 3 }),
        Panel::Connections(TableAsk { group: Some(Group::Transport), ..TableAsk::default() }),
        Panel::Events(EventsAsk {
            hidden: Vec::new(),
            first: None,
            rows: 20,
            chart_bars: 9,
            expanded: Vec::new(),
            group: None,
            unfolded: Vec::new(),
        }),
        Panel::Dht(DhtAsk { columns: 9 }),
        Panel::Node,
        Panel::Traffic(TrafficAsk { by: TrafficBy::Peer, columns: 50, parts: 3 }),
        Panel::Traffic(TrafficAsk { by: TrafficBy::Protocol, columns: 50, parts: 3 }),
        Panel::Traffic(TrafficAsk { by: TrafficBy::Transport, columns: 50, parts: 3 }),
        Panel::Inspector(InspectorAsk { chart_columns: 9 }),
        Panel::Completion(CompletionAsk { caret: 0, events: false }),
        Panel::Diff(DiffAsk {
            section: Section::Streams,
            scroll_px: 0,
            height_px: 900,
            row_px: 26,
            head_px: 28,
        }),
    ]
}

pub fn run(bytes: &[u8]) {
    let mut engine = Engine::new(Options { budget_bytes: 1 << 20 });
    let mut rest = bytes;
    let mut taken = 0u64;
    while let Some((len, after)) = rest.split_first_chunk::<2>() {
        let len = usize::from(u16::from_le_bytes(*len)).min(after.len());
        let (payload, after) = after.split_at(len);
        rest = after;
        engine.take(Bytes::copy_from_slice(payload));
        taken += 1;
        if taken.is_multiple_of(7) {
            engine.link_lost();
        }
    }
    drop(engine.snapshot_json(u64::MAX));
    let (first, last) = (engine.counters().first_ms, engine.counters().last_ms);
    let cursors = [Cursor::Live, Cursor::At(first.unwrap_or(0)), Cursor::At(last.unwrap_or(0) / 2)];
    for cursor in cursors {
        let range = first.zip(last).map(|(from_ms, to_ms)| Range { from_ms, to_ms: to_ms.midpoint(from_ms) });
        for range in [None, range] {
            let mut view = View { cursor, pinned_ms: first, range, panels: panels(), ..View::default() };
            let frame = engine.answer(&view);
            // What the screens name can be selected.
            let keys = frame.panels.iter().filter_map(|answer| match answer {
                peerscope_engine::frame::Answer::Graph(graph) => {
                    graph.nodes.first().map(|node| node.key.clone())
                }
                peerscope_engine::frame::Answer::Dht(dht) => {
                    let buckets = dht.table.as_ref().map(|table| &table.buckets);
                    buckets
                        .into_iter()
                        .flatten()
                        .flat_map(|bucket| &bucket.peers)
                        .map(|peer| peer.key.clone())
                        .next()
                }
                peerscope_engine::frame::Answer::Events(events) => {
                    events.rows.first().map(|row| row.key.clone())
                }
                _ => None,
            });
            for key in keys.collect::<Vec<_>>() {
                view.selection = Some(key);
                engine.answer(&view);
            }
        }
    }
    for screen in ["overview", "graph", "connections", "events", "dht", "node"] {
        engine.rows_json(screen, &View::default());
    }
}
