//! Against a plain list of what every row moved between two snapshots.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::snapshot::{Facts, Figures, RowIn, Snapshot, Who};

/// A connection with one stream, by its number; their bytes in each snapshot that tells them.
#[derive(Clone, Debug)]
struct Told {
    peer: u8,
    protocol: u8,
    /// Snapshots that tell it.
    from: usize,
    to: usize,
    /// Bytes more in each of them.
    steps: Vec<u16>,
}

fn told() -> impl Strategy<Value = Told> {
    let steps = prop::collection::vec(prop_oneof![2 => Just(0u16), 1 => any::<u16>()], 1..40);
    (0u8..5, 0u8..4, 0usize..200, 1usize..200, steps).prop_map(|(peer, protocol, from, len, steps)| Told {
        peer,
        protocol,
        from,
        to: from + len,
        steps,
    })
}

impl Told {
    fn bytes(&self, snapshot: usize) -> u64 {
        (self.from..=snapshot).map(|at| u64::from(self.steps[at % self.steps.len()])).sum()
    }

    fn is_in(&self, snapshot: usize) -> bool {
        (self.from..self.to).contains(&snapshot)
    }
}

fn snapshot(history: &mut History, at: usize, instant_ms: u64, rows: &[Told]) -> Snapshot {
    let mut out = Snapshot { instant_ms, start_ms: 1, ..Snapshot::default() };
    for (number, told) in rows.iter().enumerate().filter(|(_, told)| told.is_in(at)) {
        let mut sym = |text: String| history.interner.sym(text.as_bytes());
        let (id, peer) = (sym(format!("c{number}")), sym(format!("peer{}", told.peer)));
        let (stream, protocol) = (sym(format!("s{number}")), sym(format!("/p/{}", told.protocol)));
        let transport = sym(if told.peer % 2 == 0 { "ip4+tcp".into() } else { "ip4+udp+quic-v1".into() });
        let bytes = told.bytes(at);
        // Each its own, so that no two connections of a peer show the same.
        let figures = |bytes_out: u64| Figures {
            bytes_in: Some(bytes + number as u64 * 7),
            bytes_out: Some(bytes_out),
            ..Figures::default()
        };
        let place = out.rows.len() as u32;
        let facts = Facts { name: peer, transport, ..Facts::default() };
        out.rows.push(RowIn {
            parent: None,
            who: Who::Told(Box::new((id, facts))),
            status: 0,
            figures: figures(bytes / 2),
        });
        let facts = Facts { name: protocol, ..Facts::default() };
        let who = Who::Told(Box::new((stream, facts)));
        out.rows.push(RowIn { parent: Some(place), who, status: 0, figures: figures(bytes / 3) });
    }
    out
}

/// By name: bytes in and out of every interval that lies in the range.
fn plain(
    history: &History,
    rows: &[Told],
    instants: &[u64],
    by: By,
    range: Range,
) -> BTreeMap<String, Moved> {
    let mut all: BTreeMap<String, Moved> = BTreeMap::new();
    let gaps: Vec<bool> = history.all_totals().map(|totals| totals.after_gap).collect();
    // What was dropped is not in the range any more.
    let first = instants.len() - gaps.len();
    for at in first + 1..instants.len() {
        let is_within = range.from_ms <= instants[at - 1] && instants[at] <= range.to_ms;
        if gaps[at - first] || !is_within {
            continue;
        }
        for (number, told) in rows.iter().enumerate().filter(|(_, told)| told.is_in(at)) {
            let name = match by {
                By::Peer => format!("peer{}", told.peer),
                By::Protocol => format!("/p/{}", told.protocol),
                By::Transport => {
                    if told.peer % 2 == 0 {
                        "tcp".into()
                    } else {
                        "quic-v1".into()
                    }
                }
            };
            let part = if by == By::Protocol { 3 } else { 2 };
            let (now, was) = (told.bytes(at), if told.is_in(at - 1) { told.bytes(at - 1) } else { 0 });
            let own = if told.is_in(at - 1) { 0 } else { number as u64 * 7 };
            let moved = Moved { bytes_in: now - was + own, bytes_out: now / part - was / part };
            all.entry(name).or_default().add(moved);
        }
    }
    all.retain(|_, moved| moved.sum() > 0);
    all
}

fn named(history: &History, parts: &Parts) -> BTreeMap<String, Moved> {
    let name = |part: &Part| (history.interner.text(part.name).into_owned(), part.moved);
    parts.parts.iter().map(name).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn parts_are_the_sums_of_what_every_row_moved(
        rows in prop::collection::vec(told(), 1..12),
        steps in prop::collection::vec(1u64..2000, 2..200),
        late in any::<prop::sample::Index>(),
        lost in prop::option::of(any::<prop::sample::Index>()),
        is_late in any::<bool>(),
        dropped in 0usize..2,
        (from, to) in (0u32..1200, 0u32..1200),
        count in 1usize..50,
    ) {
        let mut history = History::new(usize::MAX);
        let mut now = 1000;
        let instants: Vec<u64> = steps.iter().map(|step| { now += step; now }).collect();
        // The first is never late: what it tells was there before.
        let late = (is_late && instants.len() > 2).then(|| 1 + late.index(instants.len() - 2));
        let lost = lost.map(|lost| lost.index(instants.len()));
        for (at, instant) in instants.iter().enumerate().filter(|(at, _)| Some(*at) != late) {
            if Some(at) == lost {
                history.link_lost();
            }
            let snapshot = snapshot(&mut history, at, *instant, &rows);
            history.snapshot(&snapshot);
        }
        if let Some(at) = late {
            let snapshot = snapshot(&mut history, at, instants[at], &rows);
            history.snapshot(&snapshot);
        }
        (0..dropped).for_each(|_| if history.snapshot_count() > 130 { history.drop_chunk() });
        prop_assert!(!history.seen.shared_traffic);
        let place = |per_mille: u32| 1000 + (now - 1000) * u64::from(per_mille) / 1000;
        let range = Range { from_ms: place(from.min(to)), to_ms: place(from.max(to)) };
        let columns = Columns { range, count };
        for by in [By::Peer, By::Protocol, By::Transport] {
            let parts = history.traffic(by, columns, 100);
            prop_assert_eq!(named(&history, &parts), plain(&history, &rows, &instants, by, range), "by {:?}", by);
            for part in &parts.parts {
                let painted = |bytes: &[f64]| bytes.iter().sum::<f64>();
                prop_assert!((painted(&part.bytes_in) - part.moved.bytes_in as f64).abs() < 0.5, "{:?}", part);
                prop_assert!((painted(&part.bytes_out) - part.moved.bytes_out as f64).abs() < 0.5, "{:?}", part);
            }
            // Fewer parts: the others have the rest.
            let few = history.traffic(by, columns, 1);
            prop_assert_eq!(few.parts.first().map(|part| part.moved), parts.parts.first().map(|part| part.moved));
            let rest: u64 = parts.parts.iter().skip(1).map(|part| part.moved.sum()).sum();
            prop_assert_eq!(few.others.moved.sum(), rest);
            prop_assert_eq!(few.other_count, parts.parts.len().saturating_sub(1));
            if by != By::Peer {
                let painted: f64 = few.others.bytes_in.iter().chain(&few.others.bytes_out).sum();
                prop_assert!((painted - rest as f64).abs() < 0.5);
            }
        }
    }
}

#[test]
fn connections_that_show_their_peers_figures_count_once() {
    let mut history = History::new(usize::MAX);
    for at in 0..200u64 {
        let mut out = Snapshot { instant_ms: 1000 + at * 1000, start_ms: 1, ..Snapshot::default() };
        for id in ["a", "b"] {
            let facts = Facts { name: history.interner.sym(b"peer"), ..Facts::default() };
            let who = Who::Told(Box::new((history.interner.sym(id.as_bytes()), facts)));
            let figures = Figures { bytes_in: Some(500 + at * 10), bytes_out: Some(1), ..Figures::default() };
            out.rows.push(RowIn { parent: None, who, status: 0, figures });
        }
        history.snapshot(&out);
    }
    let range = Range { from_ms: 0, to_ms: 1_000_000 };
    let parts = history.traffic(By::Peer, Columns { range, count: 3 }, 5);
    assert_eq!(parts.parts.len(), 1);
    assert_eq!(parts.parts[0].moved, Moved { bytes_in: 1990, bytes_out: 0 });
    let by_transport = history.traffic(By::Transport, Columns { range, count: 3 }, 5);
    assert_eq!(by_transport.parts, [], "nobody knows how they came");
}

#[test]
fn what_was_counted_before_figures_were_known_to_be_the_peers_stays() {
    let mut history = History::new(usize::MAX);
    for at in 0..200u64 {
        let ids: &[&str] = if at < 190 { &["a"] } else { &["a", "b"] };
        let mut out = Snapshot { instant_ms: 1000 + at * 1000, start_ms: 1, ..Snapshot::default() };
        for id in ids {
            let facts = Facts { name: history.interner.sym(b"peer"), ..Facts::default() };
            let who = Who::Told(Box::new((history.interner.sym(id.as_bytes()), facts)));
            let figures = Figures { bytes_in: Some(500 + at * 10), bytes_out: Some(1), ..Figures::default() };
            out.rows.push(RowIn { parent: None, who, status: 0, figures });
        }
        history.snapshot(&out);
    }
    assert!(history.seen.shared_traffic);
    let range = Range { from_ms: 0, to_ms: 1_000_000 };
    let parts = history.traffic(By::Peer, Columns { range, count: 1 }, 5);
    assert_eq!(parts.parts[0].moved.bytes_in, 1990);
    assert!((parts.parts[0].bytes_in[0] - 1990.0).abs() < 0.1);
}

#[test]
fn bytes_between_two_snapshots_of_one_instant_are_in_the_chart() {
    let mut history = History::new(usize::MAX);
    for (instant_ms, bytes) in [(1000, 0), (2000, 10), (2000, 50), (3000, 60)] {
        let mut out = Snapshot { instant_ms, start_ms: 1, ..Snapshot::default() };
        let facts = Facts { name: history.interner.sym(b"peer"), ..Facts::default() };
        let who = Who::Told(Box::new((history.interner.sym(b"a"), facts)));
        let figures = Figures { bytes_in: Some(bytes), bytes_out: Some(1), ..Figures::default() };
        out.rows.push(RowIn { parent: None, who, status: 0, figures });
        history.snapshot(&out);
    }
    let range = Range { from_ms: 1000, to_ms: 3000 };
    let parts = history.traffic(By::Peer, Columns { range, count: 2 }, 5);
    assert_eq!(parts.parts[0].bytes_in.iter().sum::<f64>(), parts.parts[0].moved.bytes_in as f64);
}
