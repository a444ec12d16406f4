//! Who moved the bytes, as a page asks for it.

mod kit;

use kit::{conn, engine, tell, view};
use peerscope_engine::{
    Engine,
    frame::{Answer, Traffic},
    view::{Cursor, Panel, Range, TrafficAsk, TrafficBy, View},
};

fn ask(engine: &mut Engine, by: TrafficBy, range: Option<Range>, columns: u16) -> Traffic {
    let asked = View { range, ..view(Cursor::Live, Panel::Traffic(TrafficAsk { by, columns, parts: 2 })) };
    match engine.answer(&asked).panels.pop() {
        Some(Answer::Traffic(traffic)) => traffic,
        other => panic!("{other:?}"),
    }
}

/// A node of three peers for 200 s: A moves 100 B/s, B 20 B/s until it goes at 100 s, C comes at 50 s and moves 5 B/s.
fn node() -> Engine {
    let mut engine = engine();
    for second in 0..=200u64 {
        let a = conn("a", "A").bytes(1000 + second * 100, second * 10).remote("/ip4/127.0.0.2/udp/1/quic-v1");
        let mut conns = vec![a.stream("s", "/big/1", second * 90)];
        if second <= 100 {
            conns.push(conn("b", "B").bytes(second * 20, 0).stream("s", "/small/1", second * 15));
        }
        if second >= 50 {
            conns.push(conn("c", "C").bytes((second - 49) * 5, 0));
        }
        tell(&mut engine, 1_000_000 + second * 1000, &conns);
    }
    engine
}

#[test]
fn the_busiest_are_told_apart_and_the_rest_is_one() {
    let mut engine = node();
    let by_peer = ask(&mut engine, TrafficBy::Peer, None, 4);
    let names: Vec<_> = by_peer.parts.iter().map(|part| part.name.as_deref()).collect();
    assert_eq!(names, [Some("A"), Some("B")]);
    assert_eq!((by_peer.parts[0].bytes_in, by_peer.parts[0].bytes_out), (20_000, 2_000));
    assert_eq!(by_peer.parts[1].bytes_in, 2_000);
    assert_eq!((by_peer.others.bytes_in, by_peer.other_count), (151 * 5, 1));
    assert!(by_peer.parts[0].rate_in.iter().all(|rate| (rate - 100.0).abs() < 0.1), "{by_peer:?}");
    let b = &by_peer.parts[1].rate_in;
    assert!((b[0] - 20.0).abs() < 0.1 && (b[1] - 20.0).abs() < 0.1 && b[2..] == [0.0, 0.0], "{b:?}");
    let by_protocol = ask(&mut engine, TrafficBy::Protocol, None, 1);
    let told: Vec<_> = by_protocol.parts.iter().map(|part| (part.name.as_deref(), part.bytes_in)).collect();
    assert_eq!(told, [(Some("/big/1"), 18_000), (Some("/small/1"), 1_500)]);
    let by_transport = ask(&mut engine, TrafficBy::Transport, None, 1);
    let told: Vec<_> = by_transport.parts.iter().map(|part| (part.name.as_deref(), part.bytes_in)).collect();
    assert_eq!(told, [(Some("quic-v1"), 20_000), (Some("tcp"), 2_755)]);
}

#[test]
fn a_range_counts_what_moved_within_it() {
    let mut engine = node();
    let range = Range { from_ms: 1_010_000, to_ms: 1_040_000 };
    let by_peer = ask(&mut engine, TrafficBy::Peer, Some(range), 3);
    let told: Vec<_> = by_peer.parts.iter().map(|part| (part.name.as_deref(), part.bytes_in)).collect();
    assert_eq!(told, [(Some("A"), 3_000), (Some("B"), 600)]);
    assert_eq!(by_peer.other_count, 0);
}

#[test]
fn a_source_that_tells_no_streams_figures_says_so() {
    let mut engine = engine();
    for second in 0..5u64 {
        tell(&mut engine, 1_000 + second * 1000, &[conn("a", "A").bytes(second, 0)]);
    }
    assert!(ask(&mut engine, TrafficBy::Protocol, None, 1).never);
    assert!(!ask(&mut engine, TrafficBy::Peer, None, 1).never);
}
