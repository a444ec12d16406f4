//! Who was in the routing table at each snapshot of a chunk: told when it changes, nothing in between. What a table says
//! besides its peers stands with the snapshot's totals.

use std::{collections::HashMap, sync::Arc};

use super::{
    chunk::{CHUNK_LEN, Totals},
    track::{Track, put_varint, take_varint, value_at},
};
use crate::{
    intern::Sym,
    snapshot::{Dht, DhtFacts, InTable, Queries},
};

/// A table at one snapshot, without its peers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DhtTotals {
    /// Shared by the snapshots that tell the same.
    pub facts: Arc<DhtFacts>,
    pub incoming: Option<Queries>,
    pub outgoing: Option<Queries>,
    pub peers: u32,
}

impl DhtTotals {
    pub fn new(dht: &Dht, before: Option<&DhtTotals>) -> Self {
        let facts = before.filter(|before| *before.facts == dht.facts).map(|before| before.facts.clone());
        DhtTotals {
            facts: facts.unwrap_or_else(|| Arc::new(dht.facts.clone())),
            incoming: dht.incoming,
            outgoing: dht.outgoing,
            peers: told(Some(dht)).len() as u32,
        }
    }

    /// Bytes that it takes, about; of facts that are shared each has its part.
    pub fn memory(&self) -> usize {
        let facts = size_of::<DhtFacts>() + self.facts.buckets.len() * 4;
        size_of::<DhtTotals>() + facts / Arc::strong_count(&self.facts).max(1)
    }
}

impl Totals {
    /// All queries that came, or were made, however they ended.
    pub fn queries_in(&self) -> Option<u64> {
        self.dht.as_deref()?.incoming.map(Queries::all)
    }

    pub fn queries_out(&self) -> Option<u64> {
        self.dht.as_deref()?.outgoing.map(Queries::all)
    }
}

/// A bucket, and a peer in it.
type Key = (u32, Sym);
/// As in rows: 0 is "not in the table", else the schema's number + 1. And since when.
type Values = (u64, u64);

#[derive(Clone, Debug, Default)]
struct Entry {
    status: Track,
    since: Track,
}

/// While the chunk grows, each entry by itself; when it is full, all of them packed.
#[derive(Debug, Default)]
pub struct DhtPeers {
    entries: HashMap<Key, Entry>,
    packed: Packed,
}

/// `bytes[starts[i]..starts[i + 1]]` is the entry of `keys[i]`: the length of its first track, and both.
#[derive(Debug, Default)]
struct Packed {
    keys: Vec<Key>,
    starts: Vec<u32>,
    bytes: Vec<u8>,
}

/// An age grows with time: since when the peer is there does not. Both in 32 bits, so that any age comes back as it was; 0, which
/// is "just now" or never told, stays 0.
fn since(age_ms: u32, instant_ms: u64) -> u64 {
    if age_ms == 0 { 0 } else { u64::from((instant_ms as u32).wrapping_sub(age_ms)) + 1 }
}

fn age_ms(since: u64, instant_ms: u64) -> u32 {
    since.checked_sub(1).map_or(0, |since| (instant_ms as u32).wrapping_sub(since as u32))
}

/// Each peer of a bucket once: the first time counts.
fn told(dht: Option<&Dht>) -> HashMap<Key, InTable> {
    let mut told = HashMap::new();
    for peer in dht.iter().flat_map(|dht| &dht.peers) {
        told.entry((peer.bucket, peer.peer)).or_insert(*peer);
    }
    told
}

fn values(peer: &InTable, instant_ms: u64) -> Values {
    (u64::from(peer.status as u32) + 1, since(peer.age_ms, instant_ms))
}

impl DhtPeers {
    /// The table of the snapshot at `at`, which is the last one.
    pub fn append(&mut self, at: u8, instant_ms: u64, dht: Option<&Dht>) {
        let told = told(dht);
        self.unpack();
        for (key, entry) in &mut self.entries {
            if !told.contains_key(key) {
                entry.status.push(at, 0);
            }
        }
        for (key, peer) in &told {
            let entry = self.entries.entry(*key).or_default();
            let (status, since) = values(peer, instant_ms);
            entry.status.push(at, status);
            entry.since.push(at, since);
        }
    }

    /// That of a snapshot put at `at`, before others unless `is_last`.
    pub fn insert(&mut self, at: u8, instant_ms: u64, dht: Option<&Dht>, is_last: bool) {
        let told = told(dht);
        self.unpack();
        for key in told.keys() {
            self.entries.entry(*key).or_default();
        }
        for (key, entry) in &mut self.entries {
            // It was not there before it was told: said here, so that a late value has something to go back to.
            entry.status.begin(0, 0);
            entry.since.begin(0, 0);
            match told.get(key) {
                Some(peer) => {
                    let (status, since) = values(peer, instant_ms);
                    entry.status.insert(at, Some(status), is_last);
                    entry.since.insert(at, Some(since), is_last);
                }
                None => {
                    entry.status.insert(at, Some(0), is_last);
                    entry.since.insert(at, None, is_last);
                }
            }
        }
    }

    /// The tables of the later half.
    pub fn split_off(&mut self) -> DhtPeers {
        let mut later = HashMap::new();
        self.unpack();
        for (key, entry) in &mut self.entries {
            let at = CHUNK_LEN as u8;
            let entry = Entry { status: entry.status.split_off(at), since: entry.since.split_off(at) };
            later.insert(*key, entry);
        }
        for half in [&mut self.entries, &mut later] {
            half.retain(|_, entry| entry.status.changes().any(|(_, status)| status > 0));
        }
        DhtPeers { entries: later, packed: Packed::default() }
    }

    /// Who was in the table at a snapshot, by bucket; within it in no order.
    pub fn at(&self, at: u8, instant_ms: u64) -> Vec<InTable> {
        let of = |(bucket, peer): Key, (status, since): Values| {
            let status = status.checked_sub(1)? as u32 as i32;
            Some(InTable { bucket, peer, status, age_ms: age_ms(since, instant_ms) })
        };
        let entries = self.entries.iter().map(|(key, entry)| {
            (*key, (entry.status.value_at(at).unwrap_or(0), entry.since.value_at(at).unwrap_or(0)))
        });
        let packed = self.packed.keys.iter().enumerate().map(|(place, key)| {
            let (status, since) = self.packed.tracks(place);
            (*key, (value_at(status, at).unwrap_or(0), value_at(since, at).unwrap_or(0)))
        });
        let mut peers: Vec<InTable> =
            entries.chain(packed).filter_map(|(key, values)| of(key, values)).collect();
        peers.sort_unstable_by_key(|peer| (peer.bucket, peer.peer));
        peers
    }

    /// Packs it; nothing changes but the room it takes.
    pub fn seal(&mut self) {
        self.unpack();
        let mut entries: Vec<(Key, Entry)> = std::mem::take(&mut self.entries).into_iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        let Packed { keys, starts, bytes } = &mut self.packed;
        for (key, entry) in entries {
            keys.push(key);
            starts.push(bytes.len() as u32);
            put_varint(bytes, entry.status.bytes().len() as u64);
            bytes.extend_from_slice(entry.status.bytes());
            bytes.extend_from_slice(entry.since.bytes());
        }
        keys.shrink_to_fit();
        starts.shrink_to_fit();
        bytes.shrink_to_fit();
    }

    fn unpack(&mut self) {
        let packed = std::mem::take(&mut self.packed);
        for (place, key) in packed.keys.iter().enumerate() {
            let (status, since) = packed.tracks(place);
            let entry = Entry { status: Track::decode(status), since: Track::decode(since) };
            self.entries.insert(*key, entry);
        }
    }

    pub fn each_sym(&self, mut visit: impl FnMut(Sym)) {
        self.entries.keys().chain(&self.packed.keys).for_each(|(_, peer)| visit(*peer));
    }

    pub fn memory(&self) -> usize {
        let bytes = |entry: &Entry| entry.status.bytes().len() + entry.since.bytes().len();
        let tracks: usize = self.entries.values().map(bytes).sum();
        let entries = tracks + self.entries.len() * (size_of::<Key>() + size_of::<Entry>());
        // Half again: vectors and tables grow by doubling.
        entries * 3 / 2 + self.packed.keys.len() * (size_of::<Key>() + 4) + self.packed.bytes.len()
    }
}

impl Packed {
    /// Both tracks of an entry.
    fn tracks(&self, place: usize) -> (&[u8], &[u8]) {
        let from = self.starts[place] as usize;
        let to = self.starts.get(place + 1).map_or(self.bytes.len(), |start| *start as usize);
        let mut bytes = &self.bytes[from..to];
        let len = take_varint(&mut bytes).unwrap_or(0) as usize;
        bytes.split_at(len.min(bytes.len()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::intern::Interner;

    /// Peers of a table: (bucket, peer) to (status, age).
    type Plain = std::collections::BTreeMap<(u32, u8), (i32, u32)>;

    fn tables() -> impl Strategy<Value = Vec<Option<Plain>>> {
        let age = prop_oneof![Just(0), 0u32..5000, any::<u32>()];
        let peers = proptest::collection::btree_map((0u32..3, 0u8..5), (-1i32..5, age), 0..6);
        proptest::collection::vec(proptest::option::of(peers), 1..CHUNK_LEN)
    }

    fn dht(plain: &Option<Plain>, interner: &mut Interner) -> Option<Dht> {
        let mut peer = |(bucket, peer): (u32, u8), status, age_ms| InTable {
            bucket,
            peer: interner.sym(&[peer + 1]),
            status,
            age_ms,
        };
        let plain = plain.as_ref()?;
        let peers = plain.iter().map(|(key, (status, age_ms))| peer(*key, *status, *age_ms)).collect();
        Some(Dht { peers, ..Dht::default() })
    }

    /// Any instant: what is kept is its last 32 bits.
    fn instant(at: usize) -> u64 {
        (u64::MAX - 200).wrapping_add(at as u64 * 977)
    }

    proptest! {
        #[test]
        fn every_table_is_as_it_was_told(
            mut tables in tables(), late in tables(), order in any::<[prop::sample::Index; 8]>(),
        ) {
            let mut interner = Interner::default();
            let (mut peers, mut instants) = (DhtPeers::default(), Vec::new());
            for (at, table) in tables.iter().enumerate() {
                peers.append(at as u8, instant(at), dht(table, &mut interner).as_ref());
                instants.push(instant(at));
            }
            for (late, index) in late.into_iter().zip(order) {
                peers.seal();
                let at = index.index(tables.len() + 1);
                let now = instant(500 + at);
                peers.insert(at as u8, now, dht(&late, &mut interner).as_ref(), at == tables.len());
                tables.insert(at, late);
                instants.insert(at, now);
            }
            let check = |peers: &DhtPeers, at: usize, place: usize, interner: &mut Interner| {
                let mut expected = dht(&tables[at], interner).unwrap_or_default().peers;
                expected.sort_unstable_by_key(|peer| (peer.bucket, peer.peer));
                prop_assert_eq!(peers.at(place as u8, instants[at]), expected, "at {}", at);
                Ok(())
            };
            for at in 0..tables.len() {
                check(&peers, at, at, &mut interner)?;
            }
            let later = peers.split_off();
            peers.seal();
            for at in 0..tables.len() {
                let half = if at < CHUNK_LEN { &peers } else { &later };
                check(half, at, at % CHUNK_LEN, &mut interner)?;
            }
        }
    }

    #[test]
    fn ages_that_grow_with_time_take_no_room() {
        let mut interner = Interner::default();
        let peer = interner.sym(b"peer");
        let mut peers = DhtPeers::default();
        let told =
            |age_ms| Dht { peers: vec![InTable { bucket: 3, peer, status: 0, age_ms }], ..Dht::default() };
        peers.append(0, 10_000, Some(&told(500)));
        let once = peers.memory();
        for at in 1..60u8 {
            let later_ms = u64::from(at) * 1000;
            peers.append(at, 10_000 + later_ms, Some(&told(500 + later_ms as u32)));
        }
        assert_eq!(peers.memory(), once);
    }
}
