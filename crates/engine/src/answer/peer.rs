//! Peers: connections of the moment by who is at their other end, and what they move together.

use std::cmp::Ordering;

use super::{
    Look,
    row::{agent, matches, spark, transport},
};
use crate::{
    frame::{Flow, PeerRow},
    intern::Sym,
    key,
    moment::At,
};

/// What several rows move together. None: none of them tells it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    pub rate_in: Option<f64>,
    pub rate_out: Option<f64>,
    total_in: Option<u64>,
    total_out: Option<u64>,
}

impl Sum {
    fn of(at: &At) -> Sum {
        let (total_in, total_out) = (at.figures.bytes_in, at.figures.bytes_out);
        Sum { rate_in: at.rate_in, rate_out: at.rate_out, total_in, total_out }
    }

    /// Over the whole of the rates' window, also where the row is younger or gone.
    pub fn of_window(look: &Look<'_>, at: &At) -> Sum {
        let (rate_in, rate_out) = look.moment.window_rates(look.history, at);
        Sum { rate_in, rate_out, ..Sum::of(at) }
    }

    pub fn and(self, more: Sum) -> Sum {
        let rate = |a: Option<f64>, b: Option<f64>| a.map_or(b, |a| Some(a + b.unwrap_or(0.0)));
        let total = |a: Option<u64>, b: Option<u64>| a.map_or(b, |a| Some(a.saturating_add(b.unwrap_or(0))));
        Sum {
            rate_in: rate(self.rate_in, more.rate_in),
            rate_out: rate(self.rate_out, more.rate_out),
            total_in: total(self.total_in, more.total_in),
            total_out: total(self.total_out, more.total_out),
        }
    }

    /// Both ways together.
    pub fn rate(&self) -> Option<f64> {
        [self.rate_in, self.rate_out].into_iter().flatten().reduce(|a, b| a + b)
    }

    pub fn flow(self) -> Flow {
        let Sum { rate_in, rate_out, total_in, total_out } = self;
        Flow { rate_in, rate_out, total_in, total_out, ..Flow::default() }
    }
}

/// A peer's traffic is the sum of its connections', unless they all show the peer's.
pub fn sum(look: &Look<'_>, connections: &[&At]) -> Sum {
    let seen = &look.history.seen;
    let all = connections.iter().map(|at| Sum::of(at));
    match (seen.connection_traffic, seen.shared_traffic) {
        (false, _) => Sum::default(),
        (true, true) => all.max_by_key(|sum| (sum.total_in, sum.total_out)).unwrap_or_default(),
        (true, false) => all.fold(Sum::default(), Sum::and),
    }
}

/// What a peer's connections moved over the rates' window.
fn window_sum(look: &Look<'_>, connections: &[&At]) -> Sum {
    if look.history.seen.shared_traffic || !look.history.seen.connection_traffic {
        return sum(look, connections);
    }
    connections.iter().map(|at| Sum::of_window(look, at)).fold(Sum::default(), Sum::and)
}

/// Connections one after the other, those of one peer together; peers in order of their symbols.
pub fn grouped<'a>(look: &Look<'_>, connections: impl Iterator<Item = &'a At>) -> Vec<(Sym, &'a At)> {
    let name = |at: &'a At| Some((look.moment.facts(look.history, at)?.name, at));
    let mut all: Vec<(Sym, &At)> = connections.filter_map(name).collect();
    all.sort_by_key(|(peer, _)| *peer);
    all
}

struct Peer<'a> {
    sym: Sym,
    connections: Vec<&'a At>,
    open: u32,
    sum: Sum,
}

/// The peers with most traffic, at most so many, and how many there are in all.
pub fn busiest(look: &Look<'_>, open: &[&At], ended: &[At], most: usize) -> (Vec<PeerRow>, u32) {
    let (peers, count, total) = peers(look, open, ended, most);
    let rows = peers.into_iter().map(|peer| {
        let mut row = row(look, &peer, total);
        add_spark(look, &peer.connections, &mut row.flow);
        row
    });
    (rows.collect(), count)
}

/// Every peer, most traffic first, without sparklines.
pub fn all(look: &Look<'_>) -> Vec<PeerRow> {
    let open: Vec<&At> = look.moment.connections.iter().filter(|at| at.is_open).collect();
    let ended = look.moment.ended_in_window(look.history);
    let (peers, _, total) = peers(look, &open, &ended, usize::MAX);
    peers.iter().map(|peer| row(look, peer, total)).collect()
}

fn peers<'a>(look: &Look<'_>, open: &[&'a At], ended: &'a [At], most: usize) -> (Vec<Peer<'a>>, u32, f64) {
    // What moved bytes within the rates' window counts, also where it is gone by now.
    let is_connection = |at: &&At| look.history.rows.get(at.row).is_some_and(|row| row.parent.is_none());
    let all = open.iter().copied().chain(ended.iter().filter(is_connection));
    let all = grouped(look, all.filter(|at| matches(look, at)));
    let mut peers: Vec<Peer<'_>> = all
        .chunk_by(|(a, _), (b, _)| a == b)
        .map(|group| {
            let connections: Vec<&At> = group.iter().map(|(_, at)| *at).collect();
            let open = connections.iter().filter(|at| at.is_open).count() as u32;
            Peer { sym: group[0].0, open, sum: window_sum(look, &connections), connections }
        })
        .filter(|peer| peer.open > 0 || peer.sum.rate().is_some_and(|rate| rate > 0.0))
        .collect();
    // Of the node's whole traffic, if that is told; streams without a connection's figures are in it too.
    let listed: f64 = peers.iter().filter_map(|peer| peer.sum.rate()).sum();
    let whole = look.moment.rate_in.unwrap_or(0.0) + look.moment.rate_out.unwrap_or(0.0);
    let count = peers.len() as u32;
    if let Some(last) = most.checked_sub(1).filter(|last| *last < peers.len()) {
        peers.select_nth_unstable_by(last, |a, b| by_traffic(look, a, b));
    }
    peers.truncate(most);
    peers.sort_by(|a, b| by_traffic(look, a, b));
    (peers, count, whole.max(listed))
}

fn by_traffic(look: &Look<'_>, a: &Peer<'_>, b: &Peer<'_>) -> Ordering {
    let (rate_a, rate_b) = (a.sum.rate(), b.sum.rate());
    rate_b
        .is_some()
        .cmp(&rate_a.is_some())
        .then(rate_b.unwrap_or(0.0).total_cmp(&rate_a.unwrap_or(0.0)))
        .then(b.open.cmp(&a.open))
        .then_with(|| look.history.interner.text(a.sym).cmp(&look.history.interner.text(b.sym)))
}

fn row(look: &Look<'_>, peer: &Peer<'_>, total: f64) -> PeerRow {
    let facts = || peer.connections.iter().filter_map(|at| look.moment.facts(look.history, at));
    PeerRow {
        key: key::of_peer(look.history, peer.sym),
        peer: look.history.interner.text(peer.sym).into_owned(),
        agent: facts().find_map(|facts| agent(look, facts)),
        transport: facts().find_map(|facts| transport(look, facts)).map(str::to_owned),
        connections: peer.open,
        flow: peer.sum.flow(),
        share: peer.sum.rate().filter(|_| total > 0.0).map(|rate| (rate / total) as f32),
    }
}

pub fn add_spark(look: &Look<'_>, connections: &[&At], flow: &mut Flow) {
    let count = if look.history.seen.shared_traffic { 1 } else { connections.len() };
    for at in connections.iter().take(count) {
        let mut one = Flow::default();
        spark(look, at.row, &mut one);
        merge(&mut flow.spark_in, one.spark_in);
        merge(&mut flow.spark_out, one.spark_out);
    }
}

fn merge(sum: &mut Vec<f32>, more: Vec<f32>) {
    if sum.is_empty() {
        *sum = more;
        return;
    }
    for (sum, more) in sum.iter_mut().zip(more) {
        if !more.is_nan() {
            *sum = if sum.is_nan() { more } else { *sum + more };
        }
    }
}
