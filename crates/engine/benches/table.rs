//! What it costs to sort, filter, group and complete among 100,000 connections, and to compare two moments of them. The moment is
//! decoded before; only the answers are measured.
//!
//! `cargo bench -p peerscope-engine --bench table` prints a table; as JSON it is in `target/criterion/*/new/estimates.json`.

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use peerscope_engine::{
    Engine, Options,
    view::{Column, CompletionAsk, Cursor, DiffAsk, Group, Panel, Section, Sort, TableAsk, View},
};
use peerscope_introspection::wire::{self, ServerMessage, server_message::Payload};
use prost::Message;

const CONNECTIONS: u64 = 100_000;
criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = answers
}
criterion_main!(benches);

fn answers(criterion: &mut Criterion) {
    let mut engine = Engine::new(Options { budget_bytes: 1 << 30 });
    for second in 1..=3 {
        let payload = Some(Payload::State(state(second)));
        engine.take(Bytes::from(ServerMessage { version: None, payload }.encode_to_vec()));
    }
    let table = |by, descending, group| {
        Panel::Connections(TableAsk { sort: Sort { by, descending }, group, ..TableAsk::default() })
    };
    let complete =
        |query: &str| Panel::Completion(CompletionAsk { caret: query.len() as u32, events: false });
    let section =
        |section| Panel::Diff(DiffAsk { section, scroll_px: 0, height_px: 900, row_px: 26, head_px: 28 });
    let cases = [
        ("sort by in", "", table(Column::RateIn, true, None)),
        ("sort by peer", "", table(Column::Peer, false, None)),
        ("sort by remote", "", table(Column::Remote, false, None)),
        ("filter by fields", "transport:quic status:open total-in>1kB", table(Column::RateIn, true, None)),
        ("filter by text", "kubo", table(Column::RateIn, true, None)),
        ("group by transport", "", table(Column::RateIn, true, Some(Group::Transport))),
        ("group by peer", "", table(Column::RateIn, true, Some(Group::Peer))),
        ("group by protocol", "", table(Column::RateIn, true, Some(Group::Protocol))),
        ("filter, sort, group", "transport:quic", table(Column::Peer, false, Some(Group::Agent))),
        ("complete a peer", "status:open peer:9", complete("status:open peer:9")),
        ("complete a word", "kubo pi", complete("kubo pi")),
        ("compare connections", "", section(Section::Connections)),
        ("compare peers", "", section(Section::Peers)),
    ];
    for (name, query, panel) in cases {
        let view = View {
            rev: 1,
            cursor: Cursor::Live,
            pinned_ms: Some(1_000),
            query: query.into(),
            panels: vec![panel],
            ..View::default()
        };
        // Once without being measured.
        engine.answer(&view);
        criterion.bench_function(name, |bencher| bencher.iter(|| engine.answer(&view)));
    }
}

/// Peers, hosts and agents in no order; each connection moves bytes and has a stream; a hundredth is another one each second.
fn state(second: u64) -> wire::State {
    let connection = |place: u64| {
        let n = if place.is_multiple_of(100) { place + CONNECTIONS * second } else { place };
        // No two alike, and in no order (a prime, and the golden ratio).
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let gauge = |cum_bytes| Some(wire::DataGauge { cum_bytes, ..Default::default() });
        let traffic = |bytes: u64| {
            Some(wire::Traffic { traffic_in: gauge(bytes * second), traffic_out: gauge(bytes / 3 * second) })
        };
        let [a, b, c, d, ..] = mixed.to_le_bytes();
        let remote = match mixed >> 40 & 1 {
            0 => format!("/ip4/{a}.{b}.{c}.{d}/tcp/4001"),
            _ => format!("/ip4/{a}.{b}.{c}.{d}/udp/4001/quic-v1"),
        };
        let protocol = ["/ipfs/ping/1.0.0", "/ipfs/kad/1.0.0", "/meshsub/1.1.0"][(mixed >> 20) as usize % 3];
        wire::Connection {
            id: format!("c{n}").into(),
            peer_id: format!("12D3KooW{mixed:044x}"),
            role: (mixed >> 10 & 1) as i32,
            endpoints: Some(wire::EndpointPair {
                src_multiaddr: "/ip4/10.0.0.1/tcp/4001".into(),
                dst_multiaddr: remote,
            }),
            traffic: traffic(mixed >> 44),
            latency_ns: mixed >> 38,
            streams: Some(wire::StreamList {
                streams: vec![wire::Stream {
                    id: "s".into(),
                    protocol: protocol.into(),
                    traffic: traffic(mixed >> 46),
                    ..Default::default()
                }],
                ..Default::default()
            }),
            user_provided_tags: vec![format!("agent=kubo/0.{}.0", mixed >> 32 & 15)],
            ..Default::default()
        }
    };
    wire::State {
        subsystems: Some(wire::Subsystems {
            connections: (0..CONNECTIONS).map(connection).collect(),
            dht: None,
        }),
        instant_ts: second * 1_000,
        start_ts: 1,
        ..Default::default()
    }
}
