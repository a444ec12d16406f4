//! How fast a recording is taken in, what its history takes, and how fast it is sought: one table, and a line of JSON.
//!
//! `cargo bench -p peerscope-engine --bench recording -- FILE…`, with recordings made by `peerscope generate`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use peerscope_engine::{
    Engine, Options,
    view::{
        Cursor, EventsAsk, GraphAsk, OverviewAsk, Panel, TableAsk, TimelineAsk, TrafficAsk, TrafficBy, View,
    },
};
use peerscope_introspection::{
    recording::{Item, Reader},
    wire::ServerMessage,
};
use prost::Message;

/// No multiple of 37.
const SEEKS: u64 = 100;

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
    Panel::Connections(TableAsk::default())
}

fn panels() -> [(&'static str, Panel); 5] {
    let overview = OverviewAsk { spark_points: 60, peers: 8, protocols: 8, churn_bars: 60 };
    let events = EventsAsk {
        hidden: Vec::new(),
        first: None,
        rows: 60,
        chart_bars: 120,
        expanded: Vec::new(),
        group: None,
        unfolded: Vec::new(),
    };
    [
        ("table", table()),
        ("graph", Panel::Graph(GraphAsk { labels: 8 })),
        ("overview", Panel::Overview(overview)),
        ("events", Panel::Events(events)),
        ("traffic", Panel::Traffic(TrafficAsk { by: TrafficBy::Peer, columns: 1300, parts: 8 })),
    ]
}

fn main() {
    for file in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        match std::fs::read(&file) {
            Ok(bytes) => measure(&file, &bytes),
            Err(error) => eprintln!("{file}: {error}"),
        }
    }
}

fn measure(file: &str, bytes: &[u8]) {
    let payloads = payloads(bytes);
    let megabytes = bytes.len() as f64 / 1e6;
    let (mut decodes, mut intakes) = (Vec::new(), Vec::new());
    let mut engine = Engine::new(Options::default());
    // Turn by turn, so that both meet the same machine.
    for _ in 0..3 {
        let decode = || payloads.iter().filter(|payload| ServerMessage::decode(&payload[..]).is_ok()).count();
        decodes.push(timed(decode).1);
        engine = Engine::new(Options::default());
        intakes.push(timed(|| payloads.iter().for_each(|payload| _ = engine.take(payload.clone()))).1);
    }
    let counters = engine.counters();
    let rate = |times: Vec<Duration>| megabytes / median(times).as_secs_f64();
    let (decode, intake) = (rate(decodes), rate(intakes));
    let of_frames = counters.history_bytes as f64 / bytes.len() as f64;
    println!("{file}: {megabytes:.1} MB, {} states, {} events", counters.states, counters.events);
    println!("  decode alone  {decode:8.0} MB/s");
    println!("  intake        {intake:8.0} MB/s, {:.2} of decoding alone", intake / decode);
    println!(
        "  history       {:8.1} MB, {of_frames:.2} of the frames; {} dropped",
        counters.history_bytes as f64 / 1e6,
        counters.dropped
    );
    let mut json = serde_json::json!({
        "file": file, "bytes": bytes.len(), "states": counters.states, "events": counters.events,
        "decode_mb_per_s": decode, "intake_mb_per_s": intake,
        "history_bytes": counters.history_bytes, "dropped": counters.dropped,
    });
    let (first, last) = (counters.first_ms.unwrap_or(0), counters.last_ms.unwrap_or(0));
    for (name, panel) in panels() {
        let mut times: Vec<f64> = (0..SEEKS)
            .map(|step| {
                // Everywhere, in no order.
                let at = first + (last - first) * (step * 37 % SEEKS) / SEEKS;
                timed(|| engine.answer(&view(Cursor::At(at), panel.clone()))).1.as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        println!("  seek {name:9}{p50:8.2} ms, p99 {p99:.2} ms");
        json[format!("seek_{name}_ms")] = serde_json::json!([p50, p99]);
    }
    println!("{json}");
}
