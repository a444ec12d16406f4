use peerscope_engine::frame::{Direction, Ring, Sector};

use super::*;

fn node(name: &str) -> GraphNode {
    GraphNode {
        key: Key(format!("p~{name}")),
        peer: format!("12D3KooWabcdefgh{name}"),
        agent: None,
        transport: Some("tcp".into()),
        direction: Direction::Out,
        status: Status::Active,
        end: None,
        rtt_ns: Some(38_000_000),
        rate_in: Some(1e6),
        rate_out: None,
        streams: None,
        connections: 1,
        via: None,
        relayed: false,
        relays: false,
        labelled: true,
        matches: true,
    }
}

fn graph() -> Graph {
    let relayed =
        GraphNode { via: Some(0), relayed: true, transport: Some("relayed".into()), ..node("bbbbbbbb") };
    let faded = GraphNode { matches: false, labelled: false, ..node("cccccccc") };
    Graph {
        me: None,
        nodes: vec![node("aaaaaaaa"), relayed, faded],
        positions: vec![0.5, 0.0, -0.5, 0.0, 0.0, 0.8],
        rings: vec![Ring { millis: 10.0, radius: 0.3 }, Ring { millis: 30.0, radius: 0.6 }],
        sectors: vec![Sector { name: Some("tcp".into()), count: 3, from: 0.0, to: 3.0 }],
        untold_radius: Some(0.95),
        peer_count: 3,
        query_error: None,
        matching: 2,
    }
}

const EYE: Eye = Eye { width: 900.0, height: 600.0, zoom: 1.0, pan: (0.0, 0.0), phone: false };
/// Of the unit circle in [`EYE`]: 300 − 36.
const RADIUS: f64 = 264.0;

#[test]
fn peers_lie_where_the_engine_put_them() {
    let scene = build(&graph(), EYE, Selected::default(), None);
    assert_eq!(scene.spots[0].at, (450.0 + 0.5 * RADIUS, 300.0));
    assert_eq!(scene.spots[2].at.0, 450.0);
    let moved = build(&graph(), Eye { zoom: 2.0, pan: (10.0, 20.0), ..EYE }, Selected::default(), None);
    assert_eq!(moved.spots[0].at, (460.0 + RADIUS, 320.0));
}

#[test]
fn the_nearest_is_picked_and_nothing_far_off() {
    let scene = build(&graph(), EYE, Selected::default(), None);
    let at = scene.spots[1].at;
    assert_eq!(scene.pick((at.0 + 5.0, at.1 - 3.0)).map(|spot| spot.node), Some(1));
    assert_eq!(scene.pick((5.0, 5.0)), None);
}

#[test]
fn a_relayed_peer_hangs_on_its_relay_and_is_dashed() {
    let scene = build(&graph(), EYE, Selected::default(), None);
    let relay = scene.spots[0].at;
    let dashed = scene.marks.iter().find_map(|mark| match mark {
        Mark::Line { from, dash: Some(_), .. } => Some(*from),
        _ => None,
    });
    assert_eq!(dashed, Some(relay));
}

#[test]
fn what_does_not_match_fades() {
    let scene = build(&graph(), EYE, Selected::default(), None);
    let alphas: Vec<f64> = scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Disc { fill, .. } if fill.token == "--c1" => Some(fill.alpha),
            _ => None,
        })
        .collect();
    assert_eq!(alphas, [1.0, 0.22]);
}

#[test]
fn a_closed_peer_is_a_ring_and_an_opening_one_is_dashed() {
    let mut graph = graph();
    graph.nodes[0].status = Status::Opening;
    graph.nodes[1].status = Status::Closed;
    let scene = build(&graph, EYE, Selected::default(), None);
    let rings: Vec<_> = scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Ring { ink, dash, radius, .. } if *radius == 4.5 => Some((ink.token, dash.is_some())),
            _ => None,
        })
        .collect();
    assert_eq!(rings, [("--opening", true), ("--closed", false)]);
}

#[test]
fn rings_and_sectors_are_labelled() {
    let scene = build(&graph(), EYE, Selected::default(), None);
    let texts: Vec<&str> = scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    for wanted in ["10", "30 ms", "not told", "tcp", "3", "aaaaaaaa", "1.00 MB/s", "me"] {
        assert!(texts.contains(&wanted), "{wanted} is missing in {texts:?}");
    }
    assert!(!texts.contains(&"cccccccc"));
}

/// What each word covers: left, right, and the height of its middle. Letters are taken for narrow ones.
fn words(scene: &Scene) -> Vec<(String, f64, f64, f64)> {
    let words = scene.marks.iter().filter_map(|mark| match mark {
        Mark::Text { at, text, size, align: Align::Start, .. } => {
            Some((text.clone(), at.0, at.0 + text.chars().count() as f64 * size * 0.4, at.1))
        }
        _ => None,
    });
    words.collect()
}

#[test]
fn no_word_lies_on_another() {
    let mut graph = graph();
    // A crowd in one place, and peers on the ring of those that are not told.
    graph.nodes = (0..8).map(|i| node(&format!("peer{i}xxx"))).collect();
    graph.positions = (0..8u8).flat_map(|i| [0.5 + 0.01 * f32::from(i), 0.1]).collect();
    graph.nodes.extend((0..4).map(|i| GraphNode { rtt_ns: None, ..node(&format!("far{i}yyyy")) }));
    graph.positions.extend([0.95, 0.0, -0.95, 0.0, 0.0, 0.95, 0.0, -0.95]);
    graph.sectors = vec![
        Sector { name: None, count: 6, from: -1.0, to: 1.0 },
        Sector { name: Some("quic-v1".into()), count: 6, from: 1.1, to: 5.2 },
    ];
    graph.rings = (0..6u8).map(|i| Ring { millis: 1.0, radius: 0.3 + 0.1 * f32::from(i) }).collect();
    for eye in [EYE, Eye { width: 390.0, height: 560.0, phone: true, ..EYE }] {
        let words = words(&build(&graph, eye, Selected::default(), None));
        assert!(
            words.iter().filter(|word| word.0.starts_with("peer") || word.0.starts_with("far")).count() >= 10
        );
        for (i, a) in words.iter().enumerate() {
            for b in &words[i + 1..] {
                let apart = a.2 <= b.1 || b.2 <= a.1 || (a.3 - b.3).abs() >= 11.0;
                assert!(apart, "{a:?} lies on {b:?}");
            }
        }
        assert!(words.iter().any(|word| word.0.contains("transport")), "{words:?}");
        assert!(words.iter().any(|word| word.0 == "not told"), "{words:?}");
    }
}

#[test]
fn an_odd_answer_draws_what_it_can() {
    let mut graph = graph();
    graph.positions.truncate(3);
    graph.nodes[0].via = Some(99);
    graph.sectors[0].to = f32::NAN;
    let scene = build(&graph, EYE, Selected::default(), None);
    assert_eq!(scene.spots.len(), 1);
    assert!(build(&graph, Eye { width: 0.0, ..EYE }, Selected::default(), None).marks.is_empty());
}

#[test]
fn a_crowd_is_painted_in_few_strokes() {
    let nodes: Vec<GraphNode> = (0..1000u32)
        .map(|at| GraphNode {
            rate_in: Some(f64::from(at * 7919 % 100_000)),
            transport: Some(["tcp", "quic-v1", "relayed"][at as usize % 3].into()),
            labelled: false,
            ..node(&format!("peer{at:04}"))
        })
        .collect();
    let positions = (0..2000).map(|at| (at as f32 / 2000.0).sin() * 0.9).collect();
    let crowd = Graph { nodes, positions, peer_count: 1000, matching: 1000, ..graph() };
    let scene = build(&crowd, EYE, Selected::default(), None);
    assert_eq!(scene.spots.len(), 1000);
    let strokes = |marks: &[Mark]| marks.chunk_by(|a, b| a.look() == b.look()).count();
    let lines: Vec<Mark> = scene
        .marks
        .iter()
        .filter(|mark| matches!(mark, Mark::Line { .. } | Mark::Disc { .. }))
        .cloned()
        .collect();
    assert!(lines.len() >= 2000 && strokes(&lines) < 120, "{} in {}", lines.len(), strokes(&lines));
}
