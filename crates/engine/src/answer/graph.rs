//! The radar: our node in the middle, peers in sectors by transport, radius by round trip.

use std::{
    collections::BTreeMap,
    f32::consts::{PI, TAU},
};

use super::{
    Look, peer,
    row::{agent, matches, relay, transport},
};
use crate::{
    address::RELAYED,
    frame::{Graph, GraphNode, Ring, Sector},
    intern::Sym,
    key,
    moment::{At, direction_of},
    snapshot::Facts,
    view::GraphAsk,
};

/// Radii of the least and greatest round trip, and of those that are not told; the sectors' arcs lie at 1.
const INNER: f32 = 0.24;
const OUTER: f32 = 0.82;
const UNTOLD: f32 = 0.92;
/// Between two sectors, in radians.
const SECTOR_GAP: f32 = 0.06;
/// A sector of few peers is as wide as one of so many.
const LEAST_WEIGHT: f32 = 1.5;

struct Laid {
    node: GraphNode,
    sym: Sym,
    /// Of its id: neighbours in an order by it have nothing in common.
    spread: u32,
    relay: Option<Sym>,
}

pub fn answer(look: &Look<'_>, ask: &GraphAsk) -> Graph {
    let mut laid = nodes(look);
    let peer_count = laid.len() as u32;
    let matching = laid.iter().filter(|laid| laid.node.matches).count() as u32;
    label(&mut laid, usize::from(ask.labels));
    let sectors = sectors(&laid);
    let scale = Scale::over(laid.iter().filter_map(|laid| laid.node.rtt_ns));
    let mut positions = vec![0.0; laid.len() * 2];
    for sector in &sectors {
        let members: Vec<usize> =
            (0..laid.len()).filter(|at| laid[*at].node.transport == sector.name).collect();
        let step = (sector.to - sector.from) / members.len() as f32;
        for (place, at) in members.into_iter().enumerate() {
            let angle = sector.from + step * (place as f32 + 0.5);
            let radius = laid[at].node.rtt_ns.map_or(UNTOLD, |rtt| scale.radius(rtt));
            positions[at * 2] = angle.sin() * radius;
            positions[at * 2 + 1] = -angle.cos() * radius;
        }
    }
    let untold = laid.iter().any(|laid| laid.node.rtt_ns.is_none());
    let me = super::node::runtime(look);
    Graph {
        me: me.map(|me| me.peer_id.clone()).filter(|id| !id.is_empty()),
        nodes: laid.into_iter().map(|laid| laid.node).collect(),
        positions,
        rings: scale.rings(),
        sectors,
        untold_radius: untold.then_some(UNTOLD),
        peer_count,
        matching,
        query_error: look.query.error(),
    }
}

/// Every node, with its x and y.
pub fn nodes_with_places(look: &Look<'_>) -> Vec<(GraphNode, f32, f32)> {
    let graph = answer(look, &GraphAsk { labels: 0 });
    let places: Vec<(f32, f32)> = graph.positions.chunks_exact(2).map(|place| (place[0], place[1])).collect();
    graph.nodes.into_iter().zip(places).map(|(node, (x, y))| (node, x, y)).collect()
}

/// One node a peer, in an order that keeps its place while others come and go.
fn nodes(look: &Look<'_>) -> Vec<Laid> {
    let open = look.moment.connections.iter().filter(|at| at.is_open);
    let by_peer = peer::grouped(look, open);
    let groups = by_peer.chunk_by(|(a, _), (b, _)| a == b);
    let mut laid = Vec::with_capacity(by_peer.len());
    laid.extend(groups.filter_map(|group| node(look, group)));
    laid.sort_unstable_by(|a, b| (a.spread, &a.node.peer).cmp(&(b.spread, &b.node.peer)));
    if laid.iter().any(|laid| laid.relay.is_some()) {
        tie_to_relays(&mut laid);
    }
    laid
}

fn tie_to_relays(laid: &mut [Laid]) {
    let mut relays: Vec<(Sym, Option<u32>)> =
        laid.iter().filter_map(|laid| Some((laid.relay?, None))).collect();
    relays.sort_unstable();
    relays.dedup();
    for (at, laid) in laid.iter_mut().enumerate() {
        if let Ok(relay) = relays.binary_search_by_key(&laid.sym, |(relay, _)| *relay) {
            relays[relay].1 = Some(at as u32);
            laid.node.relays = true;
        }
    }
    for laid in laid.iter_mut() {
        let found = laid.relay.and_then(|relay| relays.binary_search_by_key(&relay, |(sym, _)| *sym).ok());
        laid.node.via = found.and_then(|relay| relays[relay].1);
    }
}

fn node(look: &Look<'_>, group: &[(Sym, &At)]) -> Option<Laid> {
    let sym = group.first()?.0;
    let all: Vec<&At> = group.iter().map(|(_, at)| *at).collect();
    let facts_of = |at: &At| look.moment.facts(look.history, at);
    let told = all.iter().filter_map(|at| {
        let facts = facts_of(at)?;
        Some((*at, transport(look, facts), facts))
    });
    let told: Vec<(&At, Option<&'static str>, &Facts)> = told.collect();
    // A direct connection says more of the peer than a relayed one beside it.
    let direct = told.iter().find(|(_, transport, _)| *transport != Some(RELAYED));
    let (first, transport, facts) = *direct.or_else(|| told.first())?;
    let sum = peer::sum(look, &all);
    let streams =
        all.iter().flat_map(|at| look.moment.streams_of(at.row)).filter(|stream| stream.is_open).count();
    let relayed = transport == Some(RELAYED);
    Some(Laid {
        sym,
        spread: spread(look.history.interner.bytes_of(sym)),
        relay: relay(look, first, facts)
            .filter(|_| relayed)
            .and_then(|relay| look.history.interner.known(relay.as_bytes())),
        node: GraphNode {
            key: key::of_peer(look.history, sym),
            peer: look.history.interner.text(sym).into_owned(),
            agent: all.iter().filter_map(|at| facts_of(at)).find_map(|facts| agent(look, facts)),
            transport: transport.map(str::to_owned),
            direction: direction_of(facts.role),
            status: first.status,
            end: None,
            rtt_ns: all.iter().filter_map(|at| at.figures.latency_ns).min(),
            rate_in: sum.rate_in,
            rate_out: sum.rate_out,
            streams: look.history.seen.streams.then_some(streams as u32),
            connections: all.len() as u32,
            via: None,
            relayed,
            relays: false,
            labelled: false,
            matches: all.iter().any(|at| matches(look, at)),
        },
    })
}

fn label(laid: &mut [Laid], labels: usize) {
    let mut places: Vec<usize> = (0..laid.len()).filter(|at| laid[*at].node.matches).collect();
    let rate = |at: usize| laid[at].node.rate_in.unwrap_or(0.0) + laid[at].node.rate_out.unwrap_or(0.0);
    let order = |a: &usize, b: &usize| rate(*b).total_cmp(&rate(*a)).then(laid[*a].sym.cmp(&laid[*b].sym));
    if labels < places.len() {
        places.select_nth_unstable_by(labels, order);
        places.truncate(labels);
    }
    for at in places {
        laid[at].node.labelled = true;
    }
}

fn sectors(laid: &[Laid]) -> Vec<Sector> {
    let mut counts: BTreeMap<Option<&str>, u32> = BTreeMap::new();
    for laid in laid {
        *counts.entry(laid.node.transport.as_deref()).or_default() += 1;
    }
    let mut counts: Vec<(Option<&str>, u32)> = counts.into_iter().collect();
    counts.sort_by(|(a, count_a), (b, count_b)| count_b.cmp(count_a).then_with(|| a.cmp(b)));
    let weight = |count: u32| (count as f32).max(LEAST_WEIGHT);
    let total: f32 = counts.iter().map(|(_, count)| weight(*count)).sum();
    let gap = if counts.len() > 1 { SECTOR_GAP } else { 0.0 };
    // The greatest one around the top.
    let mut from = counts.first().map_or(0.0, |(_, count)| -PI * weight(*count) / total);
    counts
        .into_iter()
        .map(|(name, count)| {
            let width = TAU * weight(count) / total;
            let sector = Sector {
                name: name.map(str::to_owned),
                count,
                from: from + gap / 2.0,
                to: from + width - gap / 2.0,
            };
            from += width;
            sector
        })
        .collect()
}

/// Round trips on a logarithmic scale over what is there.
struct Scale {
    least_ms: f32,
    greatest_ms: f32,
}

impl Scale {
    fn over(rtts: impl Iterator<Item = u64>) -> Scale {
        let (mut least, mut greatest) = (f32::INFINITY, 0f32);
        for rtt in rtts {
            let ms = (rtt as f32 / 1e6).max(0.001);
            (least, greatest) = (least.min(ms), greatest.max(ms));
        }
        if greatest == 0.0 {
            return Scale { least_ms: 1.0, greatest_ms: 300.0 };
        }
        let (least_ms, mut greatest_ms) = (step_below(least), step_above(greatest));
        while greatest_ms < least_ms * 9.0 {
            greatest_ms = step_above(greatest_ms * 1.01);
        }
        Scale { least_ms, greatest_ms }
    }

    fn radius(&self, rtt_ns: u64) -> f32 {
        self.at((rtt_ns as f32 / 1e6).max(0.001))
    }

    fn at(&self, ms: f32) -> f32 {
        let part = (ms / self.least_ms).ln() / (self.greatest_ms / self.least_ms).ln();
        INNER + (OUTER - INNER) * part.clamp(0.0, 1.0)
    }

    fn rings(&self) -> Vec<Ring> {
        let mut rings = Vec::new();
        let mut ms = self.least_ms;
        while ms <= self.greatest_ms * 1.01 && rings.len() < 16 {
            rings.push(Ring { millis: ms, radius: self.at(ms) });
            ms = step_above(ms * 1.01);
        }
        rings
    }
}

/// 1, 3, 10, 30, …
fn step_below(ms: f32) -> f32 {
    let decade = 10f32.powf(ms.log10().floor());
    if ms / decade >= 3.0 { 3.0 * decade } else { decade }
}

fn step_above(ms: f32) -> f32 {
    let decade = 10f32.powf(ms.log10().floor());
    let steps = [1.0, 3.0, 10.0];
    steps.iter().map(|step| step * decade).find(|step| *step >= ms * 0.999).unwrap_or(10.0 * decade)
}

/// FNV-1a: spreads ids that begin alike; the same on every machine.
fn spread(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_round_and_hold_every_round_trip() {
        let scale = Scale::over([1_300_000, 250_000_000].into_iter());
        let rings: Vec<f32> = scale.rings().iter().map(|ring| ring.millis.round()).collect();
        assert_eq!(rings, [1.0, 3.0, 10.0, 30.0, 100.0, 300.0]);
        assert!(scale.radius(1_000_000) >= INNER && scale.radius(300_000_000) <= OUTER + 1e-4);
        assert!(scale.radius(10_000_000) < scale.radius(20_000_000));
        let one = Scale::over([200_000].into_iter());
        assert!(one.rings().len() >= 3, "a single round trip still gets rings");
    }
}
