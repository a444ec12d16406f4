//! What is known of this node's Kademlia DHT: its table as it was looked at last, since when each peer is in it, who was
//! turned away, and how its queries ended. Told by `inspect/kad.rs`, read by a snapshot.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use libp2p::PeerId;
use peerscope_introspection::wire::{
    self,
    dht::{Bucket, Params, PeerInDht, QueryGauge, peer_in_dht::Status},
};

use crate::clock::{self, Instant};

/// How long who was turned away, or waits for a place, is listed. kad itself lets one wait for a minute.
const OUTSIDE_FOR: Duration = Duration::from_secs(60);
/// Most of them: peers can make any number come.
const MAX_OUTSIDE: usize = 256;
/// Most queries whose keys are remembered.
const MAX_QUERIES: usize = 256;
/// Most peers whose time is remembered. A whole table has 256 buckets of 20, and only peers that the program itself removed
/// are forgotten late.
const MAX_SINCE: usize = 16_384;

/// The parameters, which a behaviour does not hand out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DhtParams {
    pub(crate) k: u64,
    pub(crate) alpha: u64,
    pub(crate) disjoint_paths: u64,
}

impl Default for DhtParams {
    /// As rust-libp2p has them, and the specification (<https://github.com/libp2p/specs/tree/master/kad-dht>).
    fn default() -> Self {
        Self { k: 20, alpha: 3, disjoint_paths: 0 }
    }
}

/// How a query ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryEnd {
    Success,
    Timeout,
    Error,
}

/// A bucket as the behaviour has it: the length of the prefix its peers have in common with us, and whether each is
/// connected.
pub(crate) type Table = Vec<(u32, Vec<(PeerId, bool)>)>;

pub(crate) struct Dht {
    /// The wrapped behaviour that tells it: a node may have several, and a state has place for one.
    source: u64,
    started_ms: u64,
    protocol: String,
    table: Table,
    since: HashMap<PeerId, Instant>,
    outside: VecDeque<Outside>,
    /// Keys of queries that are not over: their last step does not name it any more.
    keys: VecDeque<(String, Vec<u8>)>,
    incoming: QueryGauge,
    outgoing: QueryGauge,
}

struct Outside {
    peer: PeerId,
    cpl: u32,
    at: Instant,
    status: Status,
}

impl Dht {
    pub(crate) fn new(source: u64) -> Self {
        Self {
            source,
            started_ms: clock::now_ms(),
            protocol: String::new(),
            table: Vec::new(),
            since: HashMap::new(),
            outside: VecDeque::new(),
            keys: VecDeque::new(),
            incoming: QueryGauge::default(),
            outgoing: QueryGauge::default(),
        }
    }

    pub(crate) fn is_told_by(&self, source: u64) -> bool {
        self.source == source
    }

    /// The table was looked at.
    pub(crate) fn set_table(&mut self, now: Instant, protocol: String, table: Table) {
        let listed = || table.iter().flat_map(|(_, peers)| peers);
        let mut since = HashMap::with_capacity(listed().count());
        for (peer, _) in listed() {
            since.insert(*peer, self.since.get(peer).copied().unwrap_or(now));
        }
        (self.protocol, self.table, self.since) = (protocol, table, since);
    }

    /// A peer came into the table.
    pub(crate) fn added(&mut self, now: Instant, peer: PeerId) {
        self.outside.retain(|outside| outside.peer != peer);
        if self.since.len() < MAX_SINCE {
            self.since.insert(peer, now);
        }
    }

    /// A peer had to leave the bucket, or waits for a place in it.
    pub(crate) fn outside(&mut self, now: Instant, peer: PeerId, cpl: u32, status: Status) {
        self.outside.retain(|outside| outside.peer != peer && now.duration_since(outside.at) < OUTSIDE_FOR);
        if self.outside.len() >= MAX_OUTSIDE {
            self.outside.pop_front();
        }
        self.since.remove(&peer);
        self.outside.push_back(Outside { peer, cpl, at: now, status });
    }

    /// A query has made progress.
    pub(crate) fn query_goes_on(&mut self, id: String, key: Vec<u8>) {
        if self.keys.iter().any(|(known, _)| *known == id) {
            return;
        }
        if self.keys.len() >= MAX_QUERIES {
            self.keys.pop_front();
        }
        self.keys.push_back((id, key));
    }

    /// It is over: its key, if an earlier step named it.
    pub(crate) fn take_key(&mut self, id: &str) -> Option<Vec<u8>> {
        let at = self.keys.iter().position(|(known, _)| known == id)?;
        self.keys.remove(at).map(|(_, key)| key)
    }

    /// We answered somebody.
    pub(crate) fn answered(&mut self) {
        self.incoming.success += 1;
    }

    /// A query of ours is over.
    pub(crate) fn queried(&mut self, end: QueryEnd) {
        *match end {
            QueryEnd::Success => &mut self.outgoing.success,
            QueryEnd::Timeout => &mut self.outgoing.timeout,
            QueryEnd::Error => &mut self.outgoing.error,
        } += 1;
    }

    /// As the schema has it.
    pub(crate) fn wire(&self, now: Instant, params: DhtParams) -> wire::Dht {
        let mut buckets = HashMap::<u32, Vec<PeerInDht>>::new();
        let age = |since: Instant| {
            u32::try_from(now.saturating_duration_since(since).as_millis()).unwrap_or(u32::MAX)
        };
        let mut list = |cpl, peer: &PeerId, status: Status, since| {
            let peer = PeerInDht { peer_id: peer.to_string(), status: status.into(), age_in_bucket: since };
            buckets.entry(cpl).or_default().push(peer);
        };
        for (cpl, peers) in &self.table {
            for (peer, connected) in peers {
                let status = if *connected { Status::Active } else { Status::Missing };
                list(*cpl, peer, status, self.since.get(peer).map_or(0, |since| age(*since)));
            }
        }
        let inside =
            |peer: &PeerId| self.table.iter().any(|(_, peers)| peers.iter().any(|(one, _)| one == peer));
        for outside in &self.outside {
            if now.saturating_duration_since(outside.at) < OUTSIDE_FOR && !inside(&outside.peer) {
                list(outside.cpl, &outside.peer, outside.status, age(outside.at));
            }
        }
        let mut buckets = buckets.into_iter().map(|(cpl, peers)| Bucket { cpl, peers }).collect::<Vec<_>>();
        buckets.sort_by_key(|bucket| bucket.cpl);
        wire::Dht {
            protocol: self.protocol.clone(),
            enabled: true,
            start_ts: self.started_ms,
            params: Some(Params {
                k: params.k,
                alpha: params.alpha,
                disjoint_paths: params.disjoint_paths,
                beta: 0,
            }),
            buckets,
            incoming_queries: Some(self.incoming),
            outgoing_queries: Some(self.outgoing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_begin_with_the_event_and_leave_with_the_peer() {
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        let [a, b, c] = [(); 3].map(|()| PeerId::random());
        let mut dht = Dht::new(1);
        dht.added(at(0), a);
        // `b` is in the table though nobody said so: from when it was seen.
        dht.set_table(at(10), "/kad".to_owned(), vec![(3, vec![(a, true), (b, false)])]);
        let told = dht.wire(at(12), DhtParams::default());
        assert_eq!((told.protocol.as_str(), told.buckets.len(), told.buckets[0].cpl), ("/kad", 1, 3));
        let peers =
            told.buckets[0].peers.iter().map(|peer| (peer.status, peer.age_in_bucket)).collect::<Vec<_>>();
        assert_eq!(peers, [(Status::Active.into(), 12_000), (Status::Missing.into(), 2000)]);

        // `a` has to go for `c`.
        dht.outside(at(20), c, 3, Status::Candidate);
        dht.outside(at(21), a, 3, Status::Rejected);
        dht.added(at(21), c);
        dht.set_table(at(22), "/kad".to_owned(), vec![(3, vec![(b, true), (c, true)])]);
        let statuses =
            |told: &wire::Dht| told.buckets[0].peers.iter().map(|peer| peer.status).collect::<Vec<_>>();
        let told = dht.wire(at(23), DhtParams::default());
        assert_eq!(statuses(&told), [0, 0, i32::from(Status::Rejected)]);
        assert_eq!(told.buckets[0].peers[1].age_in_bucket, 2000);
        assert_eq!(statuses(&dht.wire(at(82), DhtParams::default())), [0, 0]);
    }

    #[test]
    fn a_crowd_at_the_door_is_bounded() {
        let now = Instant::now();
        let mut dht = Dht::new(1);
        for _ in 0..20_000 {
            let peer = PeerId::random();
            dht.outside(now, peer, 1, Status::Candidate);
            dht.added(now, PeerId::random());
        }
        assert_eq!((dht.outside.len(), dht.since.len()), (MAX_OUTSIDE, MAX_SINCE));
    }

    #[test]
    fn queries_are_counted_by_their_end() {
        let mut dht = Dht::new(1);
        dht.answered();
        for end in [QueryEnd::Success, QueryEnd::Success, QueryEnd::Timeout, QueryEnd::Error] {
            dht.queried(end);
        }
        let told = dht.wire(Instant::now(), DhtParams { k: 5, alpha: 2, disjoint_paths: 1 });
        assert_eq!(told.incoming_queries, Some(QueryGauge { success: 1, error: 0, timeout: 0 }));
        assert_eq!(told.outgoing_queries, Some(QueryGauge { success: 2, error: 1, timeout: 1 }));
        assert_eq!(told.params.map(|params| (params.k, params.alpha)), Some((5, 2)));
    }
}
