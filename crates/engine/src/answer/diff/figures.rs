//! The node as a whole in either moment: counts, rates, round trip.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    answer::{Look, row::transport},
    frame::{DiffFigure, FactValue},
    intern::Sym,
};

/// Transports that get a line of their own, most used first.
const TRANSPORTS: usize = 5;

pub fn figures(then: &Look<'_>, now: &Look<'_>) -> Vec<DiffFigure> {
    let (a, b) = (Figures::of(then), Figures::of(now));
    let figure = |label: &str, value: &dyn Fn(&Figures) -> FactValue| DiffFigure {
        label: label.to_owned(),
        part: false,
        a: value(&a),
        b: value(&b),
    };
    let mut figures = vec![figure("Connections", &|of| FactValue::Count(of.connections))];
    let mut names: Vec<(u64, &'static str)> = a
        .transports
        .keys()
        .chain(b.transports.keys())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|name| (a.transport(name) + b.transport(name), *name))
        .collect();
    names.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    figures.extend(names.iter().take(TRANSPORTS).map(|(_, name)| DiffFigure {
        part: true,
        ..figure(name, &|of| FactValue::Count(of.transport(name)))
    }));
    figures.push(figure("Peers", &|of| FactValue::Count(of.peers)));
    figures.push(figure("Streams open", &|of| of.streams.map_or(FactValue::Untold, FactValue::Count)));
    figures.push(figure("In", &|of| of.rate_in.map_or(FactValue::Untold, FactValue::Rate)));
    figures.push(figure("Out", &|of| of.rate_out.map_or(FactValue::Untold, FactValue::Rate)));
    figures.push(figure("Round trip, median", &|of| of.rtt_ns.map_or(FactValue::Untold, FactValue::Nanos)));
    figures
}

struct Figures {
    connections: u64,
    transports: BTreeMap<&'static str, u64>,
    peers: u64,
    streams: Option<u64>,
    rate_in: Option<f64>,
    rate_out: Option<f64>,
    rtt_ns: Option<u64>,
}

impl Figures {
    fn of(look: &Look<'_>) -> Figures {
        let mut transports = BTreeMap::new();
        let mut peers: BTreeSet<Sym> = BTreeSet::new();
        let mut rtts = Vec::new();
        let mut connections = 0;
        for at in look.moment.connections.iter().filter(|at| at.is_open) {
            connections += 1;
            rtts.extend(at.figures.latency_ns);
            let Some(facts) = look.moment.facts(look.history, at) else { continue };
            peers.extend(facts.name.some());
            if let Some(name) = transport(look, facts) {
                *transports.entry(name).or_default() += 1;
            }
        }
        rtts.sort_unstable();
        Figures {
            connections,
            transports,
            peers: peers.len() as u64,
            streams: look.history.seen.streams.then_some(u64::from(look.moment.open_streams)),
            rate_in: look.moment.rate_in,
            rate_out: look.moment.rate_out,
            rtt_ns: rtts.get(rtts.len() / 2).copied(),
        }
    }

    fn transport(&self, name: &str) -> u64 {
        self.transports.get(name).copied().unwrap_or(0)
    }
}
