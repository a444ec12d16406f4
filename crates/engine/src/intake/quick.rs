//! A state read straight from its bytes. What changes all the time (figures, status) is read; id and facts are compared, byte
//! by byte, with those of the state before, and decoded only where they differ.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use peerscope_introspection::{
    fields::{Field, Fields, Odd},
    wire::{self, ServerMessage, server_message::Payload},
};
use prost::Message;

use super::{MAX_CONNECTIONS, MAX_STREAMS, Texts, dht, told_figures};
use crate::{
    intern::Interner,
    snapshot::{Facts, Figures, RowIn, Snapshot, Who},
};

/// The parent of a connection.
const NONE: u32 = u32::MAX;
/// A row is looked for at so many places from where it was last, before it is looked up.
const AHEAD: usize = 8;

#[derive(Debug, Default)]
pub struct Reader {
    before: State,
    now: State,
    /// Kept for its memory: what is decoded when it is new.
    wrapped: Vec<u8>,
}

/// Ids and facts of a state's rows, as they were encoded.
#[derive(Debug, Default)]
struct State {
    raw: Vec<u8>,
    rows: Vec<Seen>,
    /// Places of the connections among the rows.
    connections: Vec<u32>,
    /// Made when rows stand in another order: (parent, hash of the id) to place.
    index: Option<HashMap<(u32, u64), u32>>,
    /// Where the next connection is expected among the connections, and the next stream among the rows.
    next_connection: usize,
    next_stream: usize,
}

/// Facts, then the id, from `start` on.
#[derive(Clone, Copy, Debug)]
struct Seen {
    start: u32,
    facts_len: u32,
    id_len: u32,
    parent: u32,
}

#[derive(Clone, Copy)]
enum Kind {
    Connection,
    Stream,
}

/// What is read of a row besides its facts.
#[derive(Default)]
struct Read<'a> {
    id: &'a [u8],
    status: i32,
    traffic: Option<&'a [u8]>,
    latency_ns: u64,
    streams: Option<&'a [u8]>,
}

impl Reader {
    pub fn memory(&self) -> usize {
        let state = |state: &State| {
            state.raw.capacity()
                + state.rows.capacity() * size_of::<Seen>()
                + state.index.as_ref().map_or(0, |index| index.capacity() * 24)
        };
        state(&self.before) + state(&self.now)
    }

    /// Odd: not a state, or not one to be read like this. Nothing has changed then but what prost makes good by reading it.
    pub fn read(
        &mut self,
        payload: &[u8],
        interner: &mut Interner,
        newest_ms: Option<u64>,
    ) -> Result<Snapshot, Odd> {
        let state = state_of(payload)?;
        let mut snapshot = Snapshot::default();
        let (mut subsystems, mut traffic) = (None, None);
        let mut fields = Fields::of(state);
        while let Some(Field { number, value, .. }) = fields.next()? {
            match number {
                1 => once(&mut subsystems, value.bytes()?)?,
                2 => once(&mut traffic, value.bytes()?)?,
                3 => snapshot.instant_ms = value.varint()?,
                4 => snapshot.start_ms = value.varint()?,
                5 => snapshot.duration_ms = u64::from(value.varint()? as u32),
                1000 => snapshot.closed_cut = value.varint()?,
                _ => {}
            }
        }
        if newest_ms.is_some_and(|newest| snapshot.instant_ms <= newest) {
            return Err(Odd);
        }
        snapshot.total = figures(traffic, 0)?;
        self.now.begin();
        let mut dht_body = None;
        let mut fields = Fields::of(subsystems.unwrap_or_default());
        snapshot.rows.reserve(self.before.rows.len());
        while let Some(Field { number, value, .. }) = fields.next()? {
            match number {
                1 if self.now.connections.len() < MAX_CONNECTIONS => {
                    self.connection(value.bytes()?, interner, &mut snapshot.rows)?;
                }
                // What is cut is counted; rare enough to be left to prost.
                1 => return Err(Odd),
                2 => once(&mut dht_body, value.bytes()?)?,
                _ => {}
            }
        }
        snapshot.dht = dht_body.map(|body| dht::quick(body, interner)).transpose()?.map(Box::new);
        std::mem::swap(&mut self.before, &mut self.now);
        self.before.rewind();
        Ok(snapshot)
    }

    fn connection(&mut self, body: &[u8], interner: &mut Interner, rows: &mut Vec<RowIn>) -> Result<(), Odd> {
        let read = self.now.take(Kind::Connection, NONE, body)?;
        let place = rows.len() as u32;
        self.now.connections.push(place);
        let was = self.before.connection(read.id);
        let who = self.who(Kind::Connection, was, read.id, interner)?;
        let figures = figures(read.traffic, read.latency_ns)?;
        rows.push(RowIn { parent: None, who, status: read.status, figures });
        let Some(list) = read.streams else { return Ok(()) };
        let (mut count, mut named) = (0, 0);
        let mut fields = Fields::of(list);
        while let Some(Field { number, value, .. }) = fields.next()? {
            match number {
                1 => {
                    value.bytes()?;
                    named += 1;
                }
                2 if count < MAX_STREAMS => {
                    self.stream(value.bytes()?, place, was, interner, rows)?;
                    count += 1;
                }
                2 => return Err(Odd),
                _ => {}
            }
        }
        // By reference alone: rare, and small.
        if named > 0 { Err(Odd) } else { Ok(()) }
    }

    fn stream(
        &mut self,
        body: &[u8],
        parent: u32,
        parent_was: Option<u32>,
        interner: &mut Interner,
        rows: &mut Vec<RowIn>,
    ) -> Result<(), Odd> {
        let read = self.now.take(Kind::Stream, parent, body)?;
        let was = parent_was.and_then(|parent| self.before.stream(parent, read.id));
        let who = self.who(Kind::Stream, was, read.id, interner)?;
        let figures = figures(read.traffic, read.latency_ns)?;
        rows.push(RowIn { parent: Some(parent), who, status: read.status, figures });
        Ok(())
    }

    /// Who the row is that was taken last; `was`: its place in the state before.
    fn who(&mut self, kind: Kind, was: Option<u32>, id: &[u8], interner: &mut Interner) -> Result<Who, Odd> {
        let facts = self.now.last_facts();
        if let Some(was) = was
            && same(self.before.facts(was), facts)
        {
            return Ok(Who::Same(was));
        }
        let facts = decode(kind, facts, &mut self.wrapped, interner)?;
        Ok(Who::Told((Texts(interner).sym(id), facts).into()))
    }
}

impl State {
    fn begin(&mut self) {
        self.raw.clear();
        self.rows.clear();
        self.connections.clear();
        self.index = None;
    }

    fn rewind(&mut self) {
        (self.next_connection, self.next_stream) = (0, 0);
    }

    /// Takes a row's facts and id, and reads the rest.
    fn take<'a>(&mut self, kind: Kind, parent: u32, body: &'a [u8]) -> Result<Read<'a>, Odd> {
        let (traffic, latency, streams, status, carrier) = match kind {
            Kind::Connection => (8, 10, 11, 3, 17),
            Kind::Stream => (4, 16, u32::MAX, 7, u32::MAX),
        };
        let mut read = Read::default();
        let start = self.raw.len();
        let mut fields = Fields::of(body);
        // Where facts begin that were not taken yet: those that stand together are copied together.
        let mut facts = body;
        while let Some(Field { number, value, raw }) = fields.next()? {
            match number {
                1 => read.id = value.bytes()?,
                number if number == traffic => once(&mut read.traffic, value.bytes()?)?,
                number if number == status => read.status = value.varint()? as i32,
                number if number == latency => read.latency_ns = value.varint()?,
                number if number == streams => once(&mut read.streams, value.bytes()?)?,
                // A connection within it, which may be told nowhere else.
                number if number == carrier => return Err(Odd),
                _ => continue,
            }
            let rest = fields.rest();
            self.raw.extend_from_slice(&facts[..facts.len() - rest.len() - raw.len()]);
            facts = rest;
        }
        self.raw.extend_from_slice(facts);
        let facts_len = (self.raw.len() - start) as u32;
        self.raw.extend_from_slice(read.id);
        // A payload is at most 64 MiB.
        self.rows.push(Seen { start: start as u32, facts_len, id_len: read.id.len() as u32, parent });
        Ok(read)
    }

    fn facts(&self, place: u32) -> &[u8] {
        let Seen { start, facts_len, .. } = self.rows[place as usize];
        &self.raw[start as usize..(start + facts_len) as usize]
    }

    fn last_facts(&self) -> &[u8] {
        self.facts(self.rows.len() as u32 - 1)
    }

    fn is(&self, place: u32, parent: u32, id: &[u8]) -> bool {
        let Some(seen) = self.rows.get(place as usize) else { return false };
        let from = (seen.start + seen.facts_len) as usize;
        seen.parent == parent && same(&self.raw[from..from + seen.id_len as usize], id)
    }

    fn connection(&mut self, id: &[u8]) -> Option<u32> {
        let ahead = self.next_connection..self.connections.len().min(self.next_connection + AHEAD);
        let found = ahead.into_iter().find(|at| self.is(self.connections[*at], NONE, id));
        if let Some(at) = found {
            self.next_connection = at + 1;
            return Some(self.connections[at]);
        }
        let place = self.look_up(NONE, id)?;
        self.next_connection = self.connections.binary_search(&place).map_or(0, |at| at + 1);
        Some(place)
    }

    fn stream(&mut self, parent: u32, id: &[u8]) -> Option<u32> {
        // The first of a connection's streams follows it.
        let next = self.next_stream as u32;
        let from = match self.rows.get(self.next_stream) {
            Some(seen) if seen.parent == parent => next,
            _ => parent + 1,
        };
        let place = (from..from + AHEAD as u32).find(|place| self.is(*place, parent, id));
        let place = place.or_else(|| self.look_up(parent, id))?;
        self.next_stream = place as usize + 1;
        Some(place)
    }

    fn look_up(&mut self, parent: u32, id: &[u8]) -> Option<u32> {
        let (rows, raw) = (&self.rows, &self.raw);
        let index = self.index.get_or_insert_with(|| {
            let key = |seen: &Seen| {
                let from = (seen.start + seen.facts_len) as usize;
                (seen.parent, hash(&raw[from..from + seen.id_len as usize]))
            };
            rows.iter().enumerate().map(|(place, seen)| (key(seen), place as u32)).collect()
        });
        let place = *index.get(&(parent, hash(id)))?;
        self.is(place, parent, id).then_some(place)
    }
}

/// Whether bytes are the same, eight at a time: in WebAssembly `==` looks at them one by one.
fn same(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b))
        && a_rest.len() == b_rest.len()
        && a_rest.iter().zip(b_rest).all(|(a, b)| a == b)
}

fn hash(id: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// A message within a message stands once; prost would merge more.
fn once<'a>(slot: &mut Option<&'a [u8]>, value: &'a [u8]) -> Result<(), Odd> {
    if slot.replace(value).is_some() { Err(Odd) } else { Ok(()) }
}

/// The state that a payload is.
fn state_of(payload: &[u8]) -> Result<&[u8], Odd> {
    let (mut version, mut state) = (None, None);
    let mut fields = Fields::of(payload);
    while let Some(Field { number, value, .. }) = fields.next()? {
        match number {
            1 => once(&mut version, value.bytes()?)?,
            2 => once(&mut state, value.bytes()?)?,
            // Another payload, or a later one that would take the state's place.
            3..=6 => return Err(Odd),
            _ => {}
        }
    }
    wire::Version::decode(version.unwrap_or_default()).map_err(|_| Odd)?;
    state.ok_or(Odd)
}

fn figures(traffic: Option<&[u8]>, latency_ns: u64) -> Result<Figures, Odd> {
    let (mut traffic_in, mut traffic_out) = (None, None);
    let mut fields = Fields::of(traffic.unwrap_or_default());
    while let Some(Field { number, value, .. }) = fields.next()? {
        match number {
            1 => once(&mut traffic_in, value.bytes()?)?,
            2 => once(&mut traffic_out, value.bytes()?)?,
            _ => {}
        }
    }
    let gauge = |body: Option<&[u8]>| body.map(gauge).transpose();
    Ok(told_figures(gauge(traffic_in)?, gauge(traffic_out)?, latency_ns))
}

fn gauge(body: &[u8]) -> Result<wire::DataGauge, Odd> {
    let mut gauge = wire::DataGauge::default();
    let mut fields = Fields::of(body);
    while let Some(Field { number, value, .. }) = fields.next()? {
        match number {
            1 => gauge.cum_bytes = value.varint()?,
            2 => gauge.cum_packets = value.varint()?,
            3 => gauge.inst_bw = value.varint()?,
            _ => {}
        }
    }
    Ok(gauge)
}

/// Has prost read a row's facts, as deep within a payload as they stood, so that it complains of the same.
fn decode(kind: Kind, facts: &[u8], wrapped: &mut Vec<u8>, interner: &mut Interner) -> Result<Facts, Odd> {
    // From the row outwards: a connection's streams, the list's stream; then connections, subsystems, state.
    let around: &[u32] = match kind {
        Kind::Connection => &[1, 1, 2],
        Kind::Stream => &[2, 11, 1, 1, 2],
    };
    wrapped.clear();
    wrapped.extend_from_slice(facts);
    for number in around {
        let mut head = Vec::with_capacity(12);
        prost::encoding::encode_key(*number, prost::encoding::WireType::LengthDelimited, &mut head);
        prost::encoding::encode_varint(wrapped.len() as u64, &mut head);
        wrapped.splice(0..0, head);
    }
    let message = ServerMessage::decode(&wrapped[..]).map_err(|_| Odd)?;
    let Some(Payload::State(state)) = message.payload else { return Err(Odd) };
    let connections = state.subsystems.map(|all| all.connections).unwrap_or_default();
    let connection = connections.first().ok_or(Odd)?;
    let mut texts = Texts(interner);
    Ok(match kind {
        Kind::Connection => texts.connection(connection),
        Kind::Stream => {
            let list = connection.streams.as_ref().ok_or(Odd)?;
            texts.stream(list.streams.first().ok_or(Odd)?)
        }
    })
}

#[cfg(test)]
mod tests;
