//! A connection or stream at the cursor, as the page shows it.

use std::borrow::Cow;

use super::Look;
use crate::{
    address::{self, RELAYED},
    frame::{ConnRow, Direction, Flow, StreamRow},
    history::{Column, RowIx},
    intern::Sym,
    key,
    moment::{At, direction_of, end_of, flow_of, status_of, status_word},
    query::{NumberField, Query, Subject, TextField},
    series,
    snapshot::{Facts, status},
    view::{Key, ROW_SPARK_POINTS, Range},
};

/// What a row's sparkline covers: 60 s before the cursor.
const SPARK_MS: u64 = 60_000;

const AGENT: &str = "agent=";

pub fn agent(look: &Look<'_>, facts: &Facts) -> Option<String> {
    let text = look.history.interner.text(agent_tag(look, facts)?);
    text.strip_prefix(AGENT).map(str::to_owned)
}

/// The tag that tells the agent.
pub fn agent_tag(look: &Look<'_>, facts: &Facts) -> Option<Sym> {
    let is_agent = |tag: &Sym| look.history.interner.bytes_of(*tag).starts_with(AGENT.as_bytes());
    facts.tags.iter().copied().find(is_agent)
}

/// From the address, else from the transport id.
pub fn transport(look: &Look<'_>, facts: &Facts) -> Option<&'static str> {
    if !facts.carrier.is_none() {
        return Some(RELAYED);
    }
    let told = look.history.addresses.get(facts.remote).transport;
    told.or_else(|| address::from_transport_id(&look.history.interner.text(facts.transport)))
}

/// The peer that relays it: from the address, else the peer of the connection that carries it.
pub fn relay(look: &Look<'_>, at: &At, facts: &Facts) -> Option<String> {
    let interner = &look.history.interner;
    look.history.addresses.get(facts.remote).relay.clone().or_else(|| {
        let run = look.history.rows.get(at.row)?.run;
        let carrier = facts.carrier.some()?;
        let row = look.history.rows.generations(run, None, carrier).last()?;
        interner.told(look.history.rows.get(*row)?.facts.name)
    })
}

pub fn age_ms(look: &Look<'_>, row: RowIx) -> Option<u64> {
    let row = look.history.rows.get(row)?;
    let until = row.end.map_or(look.moment.at_ms, |end| end.at_ms.min(look.moment.at_ms));
    // A row that was there from the start and has no opening time is older than anyone saw.
    let is_known = row.facts.open_ms > 0 || !row.from_start;
    is_known.then(|| until.saturating_sub(row.begin_ms()))
}

pub fn spark(look: &Look<'_>, row: RowIx, flow: &mut Flow) {
    let to_ms = look.moment.place.and_then(|place| look.history.totals_at(place)).map_or(0, |t| t.instant_ms);
    let range = Range { from_ms: to_ms.saturating_sub(SPARK_MS), to_ms };
    let line = |column| {
        let points = look.history.points(row, column, range.from_ms, range.to_ms);
        if points.is_empty() {
            Vec::new()
        } else {
            series::rates(&points, range, ROW_SPARK_POINTS, &look.gaps)
        }
    };
    flow.spark_in = line(Column::BytesIn);
    flow.spark_out = line(Column::BytesOut);
}

pub fn spark_max<'a>(flows: impl Iterator<Item = &'a Flow>) -> f32 {
    flows.flat_map(|flow| flow.spark_in.iter().chain(&flow.spark_out)).copied().fold(0.0, f32::max)
}

/// Streams that are open on a connection; of one that ended, how many it had in the window.
pub fn stream_count(look: &Look<'_>, at: &At) -> Option<u32> {
    let streams = look.moment.streams_of(at.row);
    look.history.seen.streams.then(|| match at.is_open {
        true => streams.iter().filter(|stream| stream.is_open).count() as u32,
        false => streams.len() as u32,
    })
}

fn flow(look: &Look<'_>, at: &At) -> Flow {
    let (packets_in, packets_out) = look.moment.packets(look.history, at);
    Flow { packets_in, packets_out, ..flow_of(at) }
}

/// Without its sparkline, which costs the most: see [`spark`].
pub fn conn_row(look: &Look<'_>, at: &At, expanded: bool) -> Option<ConnRow> {
    let history = look.history;
    let row = history.rows.get(at.row)?;
    let facts = look.moment.facts(history, at)?;
    let host = history.addresses.get(facts.remote).host.clone();
    let relay = relay(look, at, facts);
    Some(ConnRow {
        key: key::of_row(history, at.row),
        id: history.interner.id_text(row.id),
        status: at.status,
        end: (!at.is_open).then(|| end_of(history, row)).flatten(),
        peer: history.interner.text(facts.name).into_owned(),
        peer_key: key::of_peer(history, facts.name),
        agent: agent(look, facts),
        transport: transport(look, facts).map(str::to_owned),
        direction: direction_of(facts.role),
        remote: host.filter(|_| relay.is_none()),
        relay,
        rtt_ns: at.figures.latency_ns,
        age_ms: age_ms(look, at.row),
        streams: stream_count(look, at),
        flow: if history.seen.connection_traffic { flow(look, at) } else { Flow::default() },
        shared_flow: history.seen.shared_traffic,
        expanded,
    })
}

pub fn stream_row(look: &Look<'_>, at: &At, connection: &Key) -> Option<StreamRow> {
    let history = look.history;
    let row = history.rows.get(at.row)?;
    let facts = look.moment.facts(history, at)?;
    let parent = row.parent.and_then(|parent| look.moment.find_connection(parent));
    let peer =
        parent.and_then(|parent| look.moment.facts(history, parent)).map_or(Sym::NONE, |facts| facts.name);
    Some(StreamRow {
        key: key::of_row(history, at.row),
        connection: connection.clone(),
        peer: history.interner.text(peer).into_owned(),
        peer_key: key::of_peer(history, peer),
        id: history.interner.id_text(row.id),
        status: at.status,
        end: (!at.is_open).then(|| end_of(history, row)).flatten(),
        protocol: history.interner.told(facts.name),
        direction: direction_of(facts.role),
        age_ms: age_ms(look, at.row),
        flow: if history.seen.stream_traffic { flow(look, at) } else { Flow::default() },
    })
}

/// Whether a connection matches the query.
pub fn matches(look: &Look<'_>, at: &At) -> bool {
    matches_query(look, &look.query, at)
}

pub fn matches_query(look: &Look<'_>, query: &Query, at: &At) -> bool {
    if query.is_empty() {
        return true;
    }
    let facts = look.moment.facts(look.history, at);
    facts.is_some_and(|facts| query.matches(&Asked { look, at, facts }))
}

/// What a connection has in a field, for a query; what is shown of it first.
pub fn texts(look: &Look<'_>, at: &At, field: TextField) -> Vec<String> {
    let Some(facts) = look.moment.facts(look.history, at) else { return Vec::new() };
    let mut texts = Vec::new();
    let all = Asked { look, at, facts }.any(field, &mut |text| {
        texts.push(text.to_owned());
        false
    });
    debug_assert!(!all, "each is looked at");
    texts
}

pub fn number(look: &Look<'_>, at: &At, field: NumberField) -> Option<f64> {
    let facts = look.moment.facts(look.history, at)?;
    Asked { look, at, facts }.number(field)
}

/// A connection as a query sees it.
struct Asked<'a> {
    look: &'a Look<'a>,
    at: &'a At,
    facts: &'a Facts,
}

impl Asked<'_> {
    fn text(&self, sym: Sym) -> Cow<'_, str> {
        self.look.history.interner.text(sym)
    }

    /// Why it ended, in words.
    fn cause(&self) -> Option<String> {
        let row = self.look.history.rows.get(self.at.row)?;
        end_of(self.look.history, row)?.cause
    }
}

impl Subject for Asked<'_> {
    fn is_open(&self) -> bool {
        self.at.is_open
    }

    fn any(&self, field: TextField, is_wanted: &mut dyn FnMut(&str) -> bool) -> bool {
        let Asked { look, at, facts } = self;
        match field {
            TextField::Status => {
                let number = status_number(look, at);
                let is_open = at.is_open || status::is_open(number);
                is_wanted(status_word(if is_open { at.status } else { status_of(number) }))
            }
            TextField::Peer => is_wanted(&self.text(facts.name)),
            TextField::Protocol => look
                .moment
                .streams_of(at.row)
                .iter()
                .filter_map(|stream| look.moment.stream_facts(look.history, stream))
                .any(|facts| is_wanted(&self.text(facts.name))),
            TextField::Transport => transport(look, facts).is_some_and(is_wanted),
            TextField::Direction => match direction_of(facts.role) {
                Direction::In => is_wanted("in"),
                Direction::Out => is_wanted("out"),
                Direction::Unknown(_) => false,
            },
            TextField::Agent => {
                let text = agent_tag(look, facts).map(|tag| self.text(tag));
                text.as_ref().and_then(|text| text.strip_prefix(AGENT)).is_some_and(is_wanted)
            }
            TextField::Remote => {
                let address = look.history.addresses.get(facts.remote);
                let mut parts = [&address.host, &address.relay].into_iter().flatten();
                parts.any(|part| is_wanted(part)) || is_wanted(&self.text(facts.remote))
            }
            TextField::Security => is_wanted(&self.text(facts.security)),
            TextField::Muxer => is_wanted(&self.text(facts.muxer)),
            TextField::Cause => {
                self.cause().is_some_and(|words| is_wanted(&words)) || is_wanted(&self.text(facts.cause))
            }
        }
    }

    fn number(&self, field: NumberField) -> Option<f64> {
        let Asked { look, at, .. } = self;
        let has_own = look.history.seen.connection_traffic;
        match field {
            NumberField::In => at.rate_in.filter(|_| has_own),
            NumberField::Out => at.rate_out.filter(|_| has_own),
            NumberField::TotalIn => at.figures.bytes_in.filter(|_| has_own).map(|bytes| bytes as f64),
            NumberField::TotalOut => at.figures.bytes_out.filter(|_| has_own).map(|bytes| bytes as f64),
            NumberField::Rtt => at.figures.latency_ns.map(|ns| ns as f64),
            NumberField::Age => age_ms(look, at.row).map(|ms| ms as f64 * 1e6),
            NumberField::Streams => stream_count(look, at).map(f64::from),
        }
    }

    fn any_other(&self, is_wanted: &mut dyn FnMut(&str) -> bool) -> bool {
        let Asked { look, at, facts } = self;
        let told = [facts.local, facts.security, facts.muxer, facts.cause];
        let mut syms = told.iter().chain(&facts.tags);
        if syms.any(|sym| is_wanted(&self.text(*sym))) {
            return true;
        }
        let id = look.history.rows.get(at.row).map(|row| look.history.interner.id_text(row.id));
        id.is_some_and(|id| is_wanted(&id)) || self.cause().is_some_and(|words| is_wanted(&words))
    }
}

fn status_number(look: &Look<'_>, at: &At) -> i32 {
    look.history.rows.get(at.row).map_or(status::CLOSED, |row| row.status)
}
