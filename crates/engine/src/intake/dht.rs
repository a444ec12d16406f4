//! A routing table, read from its bytes or from the message that prost made of them; the same either way.

use peerscope_introspection::{
    fields::{Field, Fields, Odd},
    wire,
};

use super::Texts;
use crate::{
    intern::Interner,
    snapshot::{Dht, DhtParams, InTable, Queries},
};

/// Peers that one snapshot may tell: 256 buckets of 20 have room in it four times. What is more is left out and counted as cut.
const MAX_PEERS: usize = 20_480;
/// Buckets, likewise: a peer's id has 256 bits.
const MAX_BUCKETS: usize = 1024;

/// How many peers and buckets of a table are left out.
pub fn over(dht: &wire::Dht) -> u64 {
    let buckets = dht.buckets.len().saturating_sub(MAX_BUCKETS);
    let peers: usize = dht.buckets.iter().map(|bucket| bucket.peers.len()).sum();
    let taken: usize = dht.buckets.iter().take(MAX_BUCKETS).map(|bucket| bucket.peers.len()).sum();
    (buckets + peers - taken.min(MAX_PEERS)) as u64
}

impl Texts<'_> {
    pub(super) fn dht(&mut self, wire: &wire::Dht) -> Dht {
        let mut dht = Dht::default();
        dht.facts.protocol = self.sym(wire.protocol.as_bytes());
        dht.facts.enabled = wire.enabled;
        dht.facts.start_ms = wire.start_ts;
        dht.facts.params = wire.params.map(params);
        dht.incoming = wire.incoming_queries.map(queries);
        dht.outgoing = wire.outgoing_queries.map(queries);
        for bucket in wire.buckets.iter().take(MAX_BUCKETS) {
            dht.facts.buckets.push(bucket.cpl);
            for peer in bucket.peers.iter().take(MAX_PEERS - dht.peers.len()) {
                dht.peers.push(InTable {
                    bucket: bucket.cpl,
                    peer: self.sym(peer.peer_id.as_bytes()),
                    status: peer.status,
                    age_ms: peer.age_in_bucket,
                });
            }
        }
        in_order(dht)
    }
}

fn in_order(mut dht: Dht) -> Dht {
    dht.facts.buckets.sort_unstable();
    dht.facts.buckets.dedup();
    dht
}

fn params(wire: wire::dht::Params) -> DhtParams {
    let wire::dht::Params { k, alpha, disjoint_paths, beta } = wire;
    DhtParams { k, alpha, disjoint_paths, beta }
}

fn queries(wire: wire::dht::QueryGauge) -> Queries {
    let wire::dht::QueryGauge { success, error, timeout } = wire;
    Queries { success, error, timeout }
}

/// Of the encoded message. Odd: prost has to read it.
pub fn quick(body: &[u8], interner: &mut Interner) -> Result<Dht, Odd> {
    let mut dht = Dht::default();
    let mut texts = Texts(interner);
    let mut fields = Fields::of(body);
    while let Some(Field { number, value, .. }) = fields.next()? {
        match number {
            1 => dht.facts.protocol = texts.sym(utf8(value.bytes()?)?),
            2 => dht.facts.enabled = value.varint()? != 0,
            3 => dht.facts.start_ms = value.varint()?,
            4 => {
                let [k, alpha, disjoint_paths, beta] = numbers(value.bytes()?)?;
                once(&mut dht.facts.params, DhtParams { k, alpha, disjoint_paths, beta })?;
            }
            5 => quick_bucket(value.bytes()?, &mut texts, &mut dht)?,
            6 => once(&mut dht.incoming, quick_queries(value.bytes()?)?)?,
            7 => once(&mut dht.outgoing, quick_queries(value.bytes()?)?)?,
            _ => {}
        }
    }
    // What is cut is counted; rare enough to be left to prost.
    let is_whole = dht.facts.buckets.len() <= MAX_BUCKETS && dht.peers.len() <= MAX_PEERS;
    if is_whole { Ok(in_order(dht)) } else { Err(Odd) }
}

fn quick_queries(body: &[u8]) -> Result<Queries, Odd> {
    let [success, error, timeout] = numbers(body)?;
    Ok(Queries { success, error, timeout })
}

fn quick_bucket(body: &[u8], texts: &mut Texts<'_>, dht: &mut Dht) -> Result<(), Odd> {
    let mut bucket = 0;
    let first = dht.peers.len();
    let mut fields = Fields::of(body);
    while let Some(Field { number, value, .. }) = fields.next()? {
        match number {
            1 => bucket = value.varint()? as u32,
            2 => dht.peers.push(quick_peer(value.bytes()?, texts)?),
            _ => {}
        }
    }
    dht.facts.buckets.push(bucket);
    // Its number may come after its peers.
    dht.peers[first..].iter_mut().for_each(|peer| peer.bucket = bucket);
    Ok(())
}

fn quick_peer(body: &[u8], texts: &mut Texts<'_>) -> Result<InTable, Odd> {
    let (mut id, mut status, mut age_ms) = (&[][..], 0, 0);
    let mut fields = Fields::of(body);
    while let Some(Field { number, value, .. }) = fields.next()? {
        match number {
            1 => id = utf8(value.bytes()?)?,
            2 => status = value.varint()? as i32,
            3 => age_ms = value.varint()? as u32,
            _ => {}
        }
    }
    Ok(InTable { bucket: 0, peer: texts.sym(id), status, age_ms })
}

/// The fields 1 to N of a message of numbers.
fn numbers<const N: usize>(body: &[u8]) -> Result<[u64; N], Odd> {
    let mut numbers = [0; N];
    let mut fields = Fields::of(body);
    while let Some(Field { number, value, .. }) = fields.next()? {
        if let Some(slot) = numbers.get_mut(number as usize - 1) {
            *slot = value.varint()?;
        }
    }
    Ok(numbers)
}

/// A message within a message stands once; prost would merge more.
fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Odd> {
    if slot.replace(value).is_some() { Err(Odd) } else { Ok(()) }
}

/// prost complains of any other text.
fn utf8(bytes: &[u8]) -> Result<&[u8], Odd> {
    std::str::from_utf8(bytes).map(str::as_bytes).map_err(|_| Odd)
}
