//! How fast a recording is taken in, what its history takes, and how fast it is sought: one table, and a line of JSON.
//!
//! `cargo bench -p peerscope-engine --bench recording -- FILE…`, with recordings made by `peerscope generate`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use peerscope_engine::{
    Engine, Options,
    view::{Column, Cursor, GraphAsk, OverviewAsk, Panel, Sort, TableAsk, TimelineAsk, View},
};
use peerscope_introspection::{
    recording::{Item, Reader},
    wire::ServerMessage,
};
use prost::Message;

fn payloads(bytes: &[u8]) -> Vec<Bytes> {
    let mut reader = Reader::new();
    reader.push(bytes);
    reader.finish();
    let mut payloads = Vec::new();
    for item in reader {
        if let Item::Frame { payload, .. } = item {
            payloads.push(payload);
        }
    }
    payloads
}

/// Median of so many runs.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = run();
    (value, start.elapsed())
}

fn view(cursor: Cursor, panel: Panel) -> View {
    let timeline = Panel::Timeline(TimelineAsk { columns: 1300 });
    View { rev: 1, cursor, panels: vec![panel, timeline], ..View::default() }
}

fn table() -> Panel {
    Panel::Connections(TableAsk {
        sort: Sort { by: Column::RateIn, descending: true },
        scroll_px: 0,
        height_px: 900,
        row_px: 26,
        sub_row_px: 22,
        expanded: Vec::new(),
    })
}

fn main() {
    for file in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        let bytes = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{file}: {error}");
                continue;
            }
        };
        let payloads = payloads(&bytes);
        let megabytes = bytes.len() as f64 / 1e6;
        let (mut decodes, mut intakes) = (Vec::new(), Vec::new());
        let mut engine = Engine::new(Options::default());
        for _ in 0..3 {
            decodes.push(
                timed(|| {
                    payloads.iter().filter(|payload| ServerMessage::decode(&payload[..]).is_ok()).count()
                })
                .1,
            );
            engine = Engine::new(Options::default());
            intakes.push(timed(|| payloads.iter().for_each(|payload| _ = engine.take(payload.clone()))).1);
        }
        let counters = engine.counters();
        let (first, last) = (counters.first_ms.unwrap_or(0), counters.last_ms.unwrap_or(0));
        let rate = |times: Vec<Duration>| megabytes / median(times).as_secs_f64();
        println!("{file}: {megabytes:.1} MB, {} states, {} events", counters.states, counters.events);
        println!("  decode alone  {:8.0} MB/s", rate(decodes));
        println!("  intake        {:8.0} MB/s", rate(intakes));
        println!(
            "  history       {:8.1} MB, 1/{:.1} of the frames, {} dropped",
            counters.history_bytes as f64 / 1e6,
            bytes.len() as f64 / counters.history_bytes as f64,
            counters.dropped
        );
        for (name, panel) in [
            ("table", table()),
            ("graph", Panel::Graph(GraphAsk { labels: 8 })),
            (
                "overview",
                Panel::Overview(OverviewAsk { spark_points: 60, peers: 8, protocols: 8, churn_bars: 60 }),
            ),
        ] {
            let (mut seeks, mut again) = (Vec::new(), Vec::new());
            for step in 0..100u64 {
                // Everywhere, in no order.
                let at = first + (last - first) * (step * 37 % 100) / 100;
                seeks.push(timed(|| engine.answer(&view(Cursor::At(at), panel.clone()))).1);
                again.push(timed(|| engine.answer(&view(Cursor::At(at), panel.clone()))).1);
            }
            again.sort_unstable();
            seeks.sort_unstable();
            println!(
                "  seek {name:9}{:8.2} ms, p99 {:.2} ms",
                seeks[50].as_secs_f64() * 1e3,
                seeks[98].as_secs_f64() * 1e3
            );
        }
    }
}
