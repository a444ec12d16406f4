//! The routing table: peers in buckets by common prefix with our node, and how queries went.

use std::{collections::BTreeMap, sync::Arc};

use peerscope_introspection::wire::{
    Dht as Wire,
    dht::{Bucket, Params, PeerInDht, QueryGauge, peer_in_dht::Status},
};

use super::{dice::Dice, peer::Peer};

/// A bucket's size, and the queries that run at a time: those of the Kademlia paper, and of libp2p.
const K: usize = 20;
const ALPHA: u64 = 3;
/// Peers shown beside a full bucket: those that wait, and those turned away.
const BESIDE: usize = 2;

#[derive(Debug)]
struct Entry {
    peer: Arc<Peer>,
    since_ms: u64,
    status: Status,
}

#[derive(Debug)]
pub struct Dht {
    own: Arc<Peer>,
    start_ms: u64,
    buckets: BTreeMap<u32, Vec<Entry>>,
    incoming: QueryGauge,
    outgoing: QueryGauge,
}

/// What became of a peer that was offered.
#[derive(Debug, PartialEq)]
pub enum Offered {
    /// It is in the table; another one had to go.
    Instead(Option<String>),
    /// The bucket is full of peers that are there.
    Full,
}

impl Dht {
    pub fn new(own: Arc<Peer>, start_ms: u64) -> Self {
        let buckets = BTreeMap::new();
        Self { own, start_ms, buckets, incoming: QueryGauge::default(), outgoing: QueryGauge::default() }
    }

    /// The bucket of a peer.
    pub fn bucket_of(&self, peer: &Peer) -> u32 {
        self.own.common_prefix(peer)
    }

    /// A peer is there and serves the DHT.
    pub fn offer(&mut self, peer: &Arc<Peer>, now_ms: u64) -> Offered {
        let bucket = self.buckets.entry(self.own.common_prefix(peer)).or_default();
        let mut entry = Entry { peer: Arc::clone(peer), since_ms: now_ms, status: Status::Active };
        let placed = bucket.iter().filter(|entry| is_placed(entry.status)).count();
        if placed < K {
            bucket.push(entry);
            return Offered::Instead(None);
        }
        if let Some(index) = bucket.iter().position(|entry| entry.status == Status::Missing) {
            let old = std::mem::replace(&mut bucket[index], entry);
            return Offered::Instead(Some(old.peer.id.clone()));
        }
        // The one that waited before is turned away, and the one turned away longest is forgotten.
        for waiting in bucket.iter_mut().filter(|entry| entry.status == Status::Candidate) {
            waiting.status = Status::Rejected;
        }
        entry.status = Status::Candidate;
        bucket.push(entry);
        if bucket.len() > K + BESIDE
            && let Some(index) = bucket.iter().position(|entry| entry.status == Status::Rejected)
        {
            bucket.remove(index);
        }
        Offered::Full
    }

    /// A peer is gone. It keeps its place until somebody wants it.
    pub fn lost(&mut self, peer: &Peer) {
        let Some(bucket) = self.buckets.get_mut(&self.own.common_prefix(peer)) else { return };
        bucket.retain(|entry| entry.peer.id != peer.id || is_placed(entry.status));
        for entry in bucket.iter_mut().filter(|entry| entry.peer.id == peer.id) {
            entry.status = Status::Missing;
        }
    }

    /// Time passed: so many queries each way.
    pub fn move_on(&mut self, queries: u64, dice: &mut Dice) {
        for gauge in [&mut self.incoming, &mut self.outgoing] {
            for _ in 0..dice.between(0, queries * 2) {
                match dice.below(100) {
                    0..86 => gauge.success += 1,
                    86..94 => gauge.timeout += 1,
                    _ => gauge.error += 1,
                }
            }
        }
    }

    pub fn wire(&self, now_ms: u64) -> Wire {
        let peer = |entry: &Entry| PeerInDht {
            peer_id: entry.peer.id.clone(),
            status: entry.status.into(),
            age_in_bucket: u32::try_from(now_ms.saturating_sub(entry.since_ms)).unwrap_or(u32::MAX),
        };
        let buckets = self.buckets.iter().filter(|(_, entries)| !entries.is_empty());
        Wire {
            protocol: "/ipfs/kad/1.0.0".to_owned(),
            enabled: true,
            start_ts: self.start_ms,
            params: Some(Params { k: K as u64, alpha: ALPHA, disjoint_paths: 0, beta: ALPHA }),
            buckets: buckets
                .map(|(cpl, entries)| Bucket { cpl: *cpl, peers: entries.iter().map(peer).collect() })
                .collect(),
            incoming_queries: Some(self.incoming),
            outgoing_queries: Some(self.outgoing),
        }
    }
}

fn is_placed(status: Status) -> bool {
    matches!(status, Status::Active | Status::Missing)
}
