//! What is open in either moment, section by section: connections, streams, peers, protocols.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::{
    entity::{Entity, Id},
    raw::{Raw, Values},
};
use crate::{
    answer::{
        Look,
        row::{agent_tag, matches, stream_count, transport},
    },
    frame::Field,
    history::RowIx,
    intern::Sym,
    moment::{At, direction_of},
    view::Section,
};

const CONNECTION: &[Field] = &[
    Field::Status,
    Field::Direction,
    Field::Agent,
    Field::Transport,
    Field::Remote,
    Field::Local,
    Field::Security,
    Field::Muxer,
    Field::Streams,
    Field::BytesIn,
    Field::BytesOut,
];
const STREAM: &[Field] = &[Field::Status, Field::Protocol, Field::Direction, Field::BytesIn, Field::BytesOut];
const PEER: &[Field] = &[Field::Agent, Field::Connections, Field::Streams, Field::BytesIn, Field::BytesOut];
const PROTOCOL: &[Field] = &[Field::Streams, Field::BytesIn, Field::BytesOut];

/// Everything of a section that is open in A or in B and matches the query in one of them, in no order.
pub fn entities<'a>(then: &Look<'a>, now: &Look<'a>, section: Section) -> Vec<Entity> {
    let wanted = wanted(then, now);
    let a = side(then, section, wanted.as_ref());
    let b = side(now, section, wanted.as_ref());
    let fields = match section {
        Section::Connections => CONNECTION,
        Section::Streams => STREAM,
        Section::Peers => PEER,
        Section::Protocols => PROTOCOL,
    };
    let is_backward = then.moment.at_ms > now.moment.at_ms;
    let mut both: Vec<Entity> = Vec::with_capacity(a.len().max(b.len()));
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    // Both are in the order of their ids: the lesser goes first, equal ones together.
    while let Some(id) = a.peek().map(|of| of.0).into_iter().chain(b.peek().map(|of| of.0)).min() {
        let then = a.next_if(|of| of.0 == id);
        let now = b.next_if(|of| of.0 == id);
        let (a, b) = (then.map(|of| of.1), now.map(|of| of.1));
        both.push(Entity { id, fields, a, b, is_backward });
    }
    both
}

/// Connections that match the query in either moment. None: all do.
fn wanted(then: &Look<'_>, now: &Look<'_>) -> Option<HashSet<RowIx>> {
    if now.query.is_empty() {
        return None;
    }
    let of = |look: &Look<'_>| -> Vec<RowIx> {
        open(look).filter(|at| matches(look, at)).map(|at| at.row).collect()
    };
    Some(of(then).into_iter().chain(of(now)).collect())
}

fn open<'a>(look: &Look<'a>) -> impl Iterator<Item = &'a At> + use<'a> {
    let moment = look.moment;
    moment.connections.iter().filter(|at| at.is_open)
}

/// In the order of the ids.
type Side = Vec<(Id, Values)>;

fn side<'a>(look: &Look<'a>, section: Section, wanted: Option<&HashSet<RowIx>>) -> Side {
    let connections = || open(look).filter(|at| wanted.is_none_or(|wanted| wanted.contains(&at.row)));
    let moment = look.moment;
    let streams = || {
        let open = connections().flat_map(|at| moment.streams_of(at.row)).filter(|at| at.is_open);
        open.filter_map(|stream| {
            let name = moment.stream_facts(look.history, stream)?.name;
            let is_wanted = look.query.matches_protocol(&look.history.interner.text(name));
            is_wanted.then(|| moment.stream(look.history, stream)).flatten()
        })
    };
    let mut side: Side = match section {
        Section::Connections => {
            connections().filter_map(|at| Some((Id::Row(at.row), connection(look, at)?))).collect()
        }
        Section::Streams => streams().filter_map(|at| Some((Id::Row(at.row), stream(look, &at)?))).collect(),
        Section::Peers => peers(look, connections()),
        Section::Protocols => protocols(look, streams()),
    };
    side.sort_unstable_by_key(|of| of.0);
    side
}

fn connection(look: &Look<'_>, at: &At) -> Option<Values> {
    let facts = look.moment.facts(look.history, at)?;
    let has_traffic = look.history.seen.connection_traffic;
    let bytes = |told: Option<u64>| Raw::bytes(told.filter(|_| has_traffic));
    Some(vec![
        Raw::Status(at.status),
        Raw::Direction(direction_of(facts.role)),
        agent_tag(look, facts).map_or(Raw::Untold, Raw::Agent),
        transport(look, facts).map_or(Raw::Untold, Raw::Word),
        Raw::sym(facts.remote),
        Raw::sym(facts.local),
        Raw::sym(facts.security),
        Raw::sym(facts.muxer),
        stream_count(look, at).map_or(Raw::Untold, |count| Raw::Count(count.into())),
        bytes(at.figures.bytes_in),
        bytes(at.figures.bytes_out),
    ])
}

fn stream(look: &Look<'_>, at: &At) -> Option<Values> {
    let facts = look.moment.facts(look.history, at)?;
    let has_traffic = look.history.seen.stream_traffic;
    let bytes = |told: Option<u64>| Raw::bytes(told.filter(|_| has_traffic));
    Some(vec![
        Raw::Status(at.status),
        Raw::sym(facts.name),
        Raw::Direction(direction_of(facts.role)),
        bytes(at.figures.bytes_in),
        bytes(at.figures.bytes_out),
    ])
}

/// Sums of what is open.
#[derive(Default)]
struct Sums {
    agent: Option<Sym>,
    connections: u64,
    streams: Option<u64>,
    bytes_in: Option<u64>,
    bytes_out: Option<u64>,
}

impl Sums {
    /// Where rows share their figures, the greatest is that of all.
    fn add(&mut self, at: &At, has_traffic: bool, is_shared: bool) {
        let add = |sum: &mut Option<u64>, more: Option<u64>| {
            if let Some(more) = more.filter(|_| has_traffic) {
                let before = sum.unwrap_or(0);
                *sum = Some(if is_shared { before.max(more) } else { before.saturating_add(more) });
            }
        };
        add(&mut self.bytes_in, at.figures.bytes_in);
        add(&mut self.bytes_out, at.figures.bytes_out);
    }

    fn streams(&self) -> Raw {
        self.streams.map_or(Raw::Untold, Raw::Count)
    }
}

fn peers<'a>(look: &Look<'_>, connections: impl Iterator<Item = &'a At>) -> Side {
    let seen = &look.history.seen;
    let mut peers: HashMap<Sym, Sums> = HashMap::default();
    for at in connections {
        let Some(facts) = look.moment.facts(look.history, at) else { continue };
        let sums = peers.entry(facts.name).or_default();
        sums.connections += 1;
        sums.agent = sums.agent.or_else(|| agent_tag(look, facts));
        if let Some(count) = stream_count(look, at) {
            sums.streams = Some(sums.streams.unwrap_or(0) + u64::from(count));
        }
        sums.add(at, seen.connection_traffic, seen.shared_traffic);
    }
    let values = |sums: &Sums| {
        vec![
            sums.agent.map_or(Raw::Untold, Raw::Agent),
            Raw::Count(sums.connections),
            sums.streams(),
            Raw::bytes(sums.bytes_in),
            Raw::bytes(sums.bytes_out),
        ]
    };
    peers.iter().map(|(peer, sums)| (Id::Peer(*peer), values(sums))).collect()
}

fn protocols(look: &Look<'_>, streams: impl Iterator<Item = At>) -> Side {
    let mut protocols: HashMap<Sym, Sums> = HashMap::default();
    for at in streams {
        let Some(facts) = look.moment.facts(look.history, &at) else { continue };
        let sums = protocols.entry(facts.name).or_default();
        sums.streams = Some(sums.streams.unwrap_or(0) + 1);
        sums.add(&at, look.history.seen.stream_traffic, false);
    }
    let values = |sums: &Sums| vec![sums.streams(), Raw::bytes(sums.bytes_in), Raw::bytes(sums.bytes_out)];
    protocols.iter().map(|(protocol, sums)| (Id::Protocol(*protocol), values(sums))).collect()
}
