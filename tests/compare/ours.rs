//! Our side of `cargo xtask compare`: the worker's way from a file's bytes to the history, and the page's from the history to
//! the strip of time and to the graph, for a page that has other decoders, charts and graphs beside it. No socket, no messages between the two.

use js_sys::Uint8Array;
use peerscope_app::{
    paint::{canvas::Surface, picture},
    part::size::Size,
    screen::{
        Selected,
        graph::scene::{self, Eye},
    },
    shell::timeline::{
        axis::Axis,
        paint::paint,
        scene::{Drawn, Place, scene},
    },
};
use peerscope_engine::{
    Engine, Options,
    frame::Answer,
    view::{Cursor, GraphAsk, Panel, TimelineAsk, View},
};
use peerscope_introspection::{
    recording::{Item, Reader},
    wire::{
        Connection, DataGauge, ServerMessage, State, Subsystems, Traffic, Version, server_message::Payload,
    },
};
use prost::Message;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlCanvasElement;

/// As large as the pieces that the worker reads of a file.
const PIECE: u32 = 4 << 20;
/// An age of the world with as many digits as today's.
const START_MS: u64 = 1_700_000_000_000;

/// Copies a recording in, checks it, decodes it and keeps it. How many states, events and damaged frames there were.
#[wasm_bindgen]
#[must_use]
pub fn intake(file: &Uint8Array) -> Vec<u32> {
    let mut engine = Engine::new(Options::default());
    let mut reader = Reader::new();
    let mut at = 0;
    while at < file.length() {
        let piece = file.subarray(at, (at + PIECE).min(file.length()));
        at += piece.length();
        reader.push_with(piece.length() as usize, |slot| piece.copy_to(slot));
        take(&mut reader, &mut engine);
    }
    reader.finish();
    take(&mut reader, &mut engine);
    let counters = engine.counters();
    [counters.states, counters.events, counters.bad_frames].map(|count| count as u32).to_vec()
}

fn take(reader: &mut Reader, engine: &mut Engine) {
    for item in reader {
        match item {
            Item::Frame { payload, .. } => drop(engine.take(payload)),
            Item::Problem(_) => engine.bad_frames(1),
        }
    }
}

/// A history of so many snapshots, one a second, and the strip that shows all of it.
#[wasm_bindgen]
pub struct Chart {
    engine: Engine,
    /// Seconds, bytes per second in and out, connections.
    columns: [Vec<f64>; 4],
}

#[wasm_bindgen]
impl Chart {
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(points: u32) -> Chart {
        // Room for all of it: a chart of less would be no comparison.
        let mut engine = Engine::new(Options { budget_bytes: 2 << 30 });
        let mut columns: [Vec<f64>; 4] = Default::default();
        let (mut total, mut noise) = ([0_u64; 2], 1_u32);
        for point in 0..u64::from(points) {
            let rates = [0, 1].map(|side| {
                // A generator of random numbers (xorshift), so that lines are as rough as traffic.
                noise ^= noise << 13;
                noise ^= noise >> 17;
                noise ^= noise << 5;
                u64::from(noise >> (12 + side))
            });
            total = [total[0] + rates[0], total[1] + rates[1]];
            let connections = point / 1000 % 3;
            engine.take(state(START_MS + point * 1000, total, connections).into());
            let told = [START_MS as f64 / 1000.0 + point as f64, rates[0] as f64, rates[1] as f64];
            for (column, value) in columns.iter_mut().zip(told.into_iter().chain([connections as f64])) {
                column.push(value);
            }
        }
        Chart { engine, columns }
    }

    /// What is in the history, for a chart that takes arrays.
    #[must_use]
    pub fn column(&self, index: usize) -> Vec<f64> {
        self.columns.get(index).cloned().unwrap_or_default()
    }

    /// Asks the history for a column a pixel and paints them.
    ///
    /// # Panics
    /// Never: the engine answers a timeline by a timeline.
    pub fn draw(&mut self, canvas: &HtmlCanvasElement, width: f64, height: f64) {
        let panels = vec![Panel::Timeline(TimelineAsk { columns: width as u16 })];
        let frame = self.engine.answer(&View { panels, ..View::default() });
        let Some(Answer::Timeline(answer)) = frame.panels.first() else { panic!("no timeline") };
        let place = Place { width, height, phone: false, zone_minutes: 0, now_ms: None };
        let axis = Axis::new(answer.span, None, place.plot_width());
        let scene = axis.map(|axis| scene(answer, axis, place, Drawn::default()));
        paint(canvas, place, scene.as_ref());
    }
}

fn state(instant_ts: u64, total: [u64; 2], connections: u64) -> Vec<u8> {
    let [traffic_in, traffic_out] =
        total.map(|cum_bytes| Some(DataGauge { cum_bytes, ..DataGauge::default() }));
    let connections = (0..connections)
        .map(|id| Connection { id: vec![id as u8].into(), ..Connection::default() })
        .collect();
    let state = State {
        subsystems: Some(Subsystems { connections, ..Subsystems::default() }),
        traffic: Some(Traffic { traffic_in, traffic_out }),
        instant_ts,
        start_ts: START_MS,
        ..State::default()
    };
    let payload = Some(Payload::State(state));
    ServerMessage { version: Some(Version { version: 1 }), payload }.encode_to_vec()
}

/// A moment with so many connections, each to another peer, and the graph that shows it.
#[wasm_bindgen]
pub struct Graph {
    engine: Engine,
    rev: u32,
}

#[wasm_bindgen]
impl Graph {
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(nodes: u32) -> Graph {
        let mut engine = Engine::new(Options { budget_bytes: 2 << 30 });
        for second in 1..=2 {
            engine.take(crowd(nodes, second).into());
        }
        Graph { engine, rev: 0 }
    }

    /// Places every node anew and paints them, as a change of the moment does. How many were placed.
    ///
    /// # Panics
    /// Never: the engine answers a graph by a graph.
    pub fn draw(&mut self, canvas: &HtmlCanvasElement, width: f64, height: f64) -> usize {
        // Each time another moment, so that nothing is answered again.
        self.rev += 1;
        let cursor = Cursor::At(START_MS + 1000 + u64::from(self.rev % 2) * 1000);
        let view = View {
            rev: self.rev,
            cursor,
            panels: vec![Panel::Graph(GraphAsk { labels: 8 })],
            ..View::default()
        };
        let frame = self.engine.answer(&view);
        let Some(Answer::Graph(graph)) = frame.panels.first() else { panic!("no graph") };
        let eye = Eye { width, height, zoom: 1.0, pan: (0.0, 0.0), phone: false };
        let scene = scene::build(graph, eye, Selected::default(), None);
        if let Some(surface) = Surface::prepare(canvas.clone(), Size { width, height }) {
            picture::paint(&surface, "--bg-0", &scene.marks);
        }
        scene.spots.len()
    }
}

fn crowd(nodes: u32, second: u64) -> Vec<u8> {
    let gauge = |cum_bytes| Some(DataGauge { cum_bytes, ..DataGauge::default() });
    let connections = (0..nodes)
        .map(|number| Connection {
            id: number.to_le_bytes().to_vec().into(),
            peer_id: format!("12D3KooW{:044x}", u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            latency_ns: u64::from(number % 300 + 1) * 1_000_000,
            traffic: Some(Traffic {
                traffic_in: gauge(u64::from(number % 97) * 100 * second),
                traffic_out: gauge(u64::from(number % 89) * 100 * second),
            }),
            ..Connection::default()
        })
        .collect();
    let state = State {
        subsystems: Some(Subsystems { connections, ..Subsystems::default() }),
        instant_ts: START_MS + second * 1000,
        start_ts: START_MS,
        ..State::default()
    };
    let payload = Some(Payload::State(state));
    ServerMessage { version: Some(Version { version: 1 }), payload }.encode_to_vec()
}
