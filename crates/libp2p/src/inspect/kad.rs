//! kad: the routing table as it stands, what changes in it, and how queries end.

use std::fmt::Write;

use libp2p::{
    PeerId,
    kad::{self, InboundRequest, KBucketDistance, KBucketKey, NodeStatus, QueryResult},
};
use peerscope_introspection::wire::dht::peer_in_dht::Status;

use super::Inspect;
use crate::{
    Introspector, clip,
    clock::Instant,
    dht::QueryEnd,
    events::kinds::{Address, DhtInboundRequest, DhtModeChanged, DhtQueryFinished, DhtRoutingUpdated, Peer},
};

/// Longest key that is told, in bytes. Peers choose them.
const KEY_LEN: usize = 128;
/// Most addresses of one peer that are told. It chooses them.
const MAX_ADDRESSES: usize = 16;

impl<S: kad::store::RecordStore + Send + 'static> Inspect for kad::Behaviour<S> {
    const LOOKS: bool = true;

    fn inspect(event: &kad::Event, introspector: &Introspector) {
        match event {
            kad::Event::InboundRequest { request } => inbound(request, introspector),
            kad::Event::OutboundQueryProgressed { id, result, stats, step } if step.last => {
                let mut outcome = Outcome::of(result);
                introspector.node().dht(introspector.source(), |dht| {
                    dht.queried(outcome.end);
                    let earlier = dht.take_key(&id.to_string());
                    outcome.key = outcome.key.take().or(earlier);
                });
                introspector.node().teller.own(|| DhtQueryFinished {
                    id: id.to_string(),
                    kind: outcome.kind,
                    key: outcome.key.as_deref().map(key_text),
                    requests: stats.num_requests().into(),
                    ok: stats.num_successes().into(),
                    failed: stats.num_failures().into(),
                    duration_ms: stats
                        .duration()
                        .map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
                    outcome: match outcome.end {
                        QueryEnd::Success => "success",
                        QueryEnd::Timeout => "timeout",
                        QueryEnd::Error => "error",
                    },
                    error: outcome.error,
                });
            }
            // A part of an answer.
            kad::Event::OutboundQueryProgressed { id, result, .. } => {
                if let Some(key) = Outcome::of(result).key {
                    introspector
                        .node()
                        .dht(introspector.source(), |dht| dht.query_goes_on(id.to_string(), key));
                }
            }
            kad::Event::RoutingUpdated { peer, is_new_peer, addresses, bucket_range, old_peer } => {
                let cpl = prefix_len(&bucket_range.1);
                introspector.node().dht(introspector.source(), |dht| {
                    let now = Instant::now();
                    if *is_new_peer {
                        dht.added(now, *peer);
                    }
                    if let Some(old) = old_peer {
                        dht.outside(now, *old, cpl, Status::Rejected);
                    }
                });
                introspector.node().teller.own(|| DhtRoutingUpdated {
                    peer: Peer(*peer),
                    change: if *is_new_peer { "added" } else { "updated" },
                    addresses: Address::list(addresses.iter().take(MAX_ADDRESSES)),
                    evicted: old_peer.map(Peer),
                    bucket: Some(cpl.into()),
                });
            }
            kad::Event::UnroutablePeer { peer } => not_in_the_table(introspector, *peer, None, "unroutable"),
            kad::Event::RoutablePeer { peer, address } => {
                not_in_the_table(introspector, *peer, Some(Address::of(address)), "candidate");
            }
            kad::Event::PendingRoutablePeer { peer, address } => {
                not_in_the_table(introspector, *peer, Some(Address::of(address)), "pending");
            }
            kad::Event::ModeChanged { new_mode } => {
                introspector.node().teller.own(|| DhtModeChanged { mode: new_mode.to_string() });
            }
        }
    }

    fn look(&mut self, introspector: &Introspector) {
        let protocol = self.protocol_names().iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(",");
        let table = self
            .kbuckets()
            .map(|bucket| {
                let peers = bucket
                    .iter()
                    .map(|entry| (*entry.node.key.preimage(), entry.status == NodeStatus::Connected));
                (prefix_len(&bucket.range().1), peers.collect())
            })
            .collect();
        introspector.node().dht(introspector.source(), |dht| dht.set_table(Instant::now(), protocol, table));
    }
}

/// How many leading bits a peer at this distance has in common with us.
fn prefix_len(distance: &KBucketDistance) -> u32 {
    255 - distance.ilog2().unwrap_or(0).min(255)
}

fn inbound(request: &InboundRequest, introspector: &Introspector) {
    introspector.node().dht(introspector.source(), |dht| dht.answered());
    introspector.node().teller.own(|| {
        let mut told =
            DhtInboundRequest { kind: "", peer: None, closer_peers: None, providers: None, found: None };
        match request {
            InboundRequest::FindNode { num_closer_peers } => {
                (told.kind, told.closer_peers) = ("FindNode", Some(*num_closer_peers as u64));
            }
            InboundRequest::GetProvider { num_closer_peers, num_provider_peers } => {
                (told.kind, told.closer_peers) = ("GetProvider", Some(*num_closer_peers as u64));
                told.providers = Some(*num_provider_peers as u64);
            }
            InboundRequest::AddProvider { record } => {
                (told.kind, told.peer) = ("AddProvider", record.as_ref().map(|record| Peer(record.provider)));
            }
            InboundRequest::GetRecord { num_closer_peers, present_locally } => {
                (told.kind, told.closer_peers) = ("GetRecord", Some(*num_closer_peers as u64));
                told.found = Some(*present_locally);
            }
            InboundRequest::PutRecord { source, .. } => {
                (told.kind, told.peer) = ("PutRecord", Some(Peer(*source)));
            }
        }
        told
    });
}

/// Connected, and without a place in the table, or not yet with one.
fn not_in_the_table(
    introspector: &Introspector,
    peer: PeerId,
    address: Option<Address>,
    change: &'static str,
) {
    let bucket = introspector
        .node()
        .peer
        .get()
        .map(|local| prefix_len(&KBucketKey::from(*local).distance(&KBucketKey::from(peer))));
    if let (Some(cpl), Some(_)) = (bucket, &address) {
        introspector
            .node()
            .dht(introspector.source(), |dht| dht.outside(Instant::now(), peer, cpl, Status::Candidate));
    }
    introspector.node().teller.own(|| DhtRoutingUpdated {
        peer: Peer(peer),
        change,
        addresses: address.into_iter().collect(),
        evicted: None,
        bucket: bucket.map(u64::from),
    });
}

/// What became of a query: of what kind, for which key, and why it failed.
struct Outcome {
    kind: &'static str,
    key: Option<Vec<u8>>,
    end: QueryEnd,
    error: Option<String>,
}

/// What all errors of queries have: the key, and that it may be the time that ran out.
trait Failure: std::error::Error + 'static {
    fn key(&self) -> Vec<u8>;

    fn end(&self) -> QueryEnd {
        QueryEnd::Timeout
    }
}

impl Failure for kad::BootstrapError {
    fn key(&self) -> Vec<u8> {
        let Self::Timeout { peer, .. } = self;
        peer.to_bytes()
    }
}

impl Failure for kad::GetClosestPeersError {
    fn key(&self) -> Vec<u8> {
        self.key().clone()
    }
}

impl Failure for kad::GetProvidersError {
    fn key(&self) -> Vec<u8> {
        self.key().to_vec()
    }
}

impl Failure for kad::AddProviderError {
    fn key(&self) -> Vec<u8> {
        self.key().to_vec()
    }
}

impl Failure for kad::GetRecordError {
    fn key(&self) -> Vec<u8> {
        self.key().to_vec()
    }

    fn end(&self) -> QueryEnd {
        if matches!(self, Self::Timeout { .. }) { QueryEnd::Timeout } else { QueryEnd::Error }
    }
}

impl Failure for kad::PutRecordError {
    fn key(&self) -> Vec<u8> {
        self.key().to_vec()
    }

    fn end(&self) -> QueryEnd {
        if matches!(self, Self::Timeout { .. }) { QueryEnd::Timeout } else { QueryEnd::Error }
    }
}

impl Outcome {
    fn new<T, E: Failure>(
        kind: &'static str,
        result: &Result<T, E>,
        key: impl FnOnce(&T) -> Option<Vec<u8>>,
    ) -> Self {
        match result {
            Ok(ok) => Self { kind, key: key(ok), end: QueryEnd::Success, error: None },
            Err(error) => {
                Self { kind, key: Some(error.key()), end: error.end(), error: Some(clip::error_text(error)) }
            }
        }
    }

    fn of(result: &QueryResult) -> Self {
        match result {
            // The peer that it names is made up, to refresh a bucket.
            QueryResult::Bootstrap(result) => Self { key: None, ..Self::new("Bootstrap", result, |_| None) },
            QueryResult::GetClosestPeers(result) => {
                Self::new("GetClosestPeers", result, |ok| Some(ok.key.clone()))
            }
            QueryResult::GetProviders(result) => Self::new("GetProviders", result, |ok| match ok {
                kad::GetProvidersOk::FoundProviders { key, .. } => Some(key.to_vec()),
                kad::GetProvidersOk::FinishedWithNoAdditionalRecord { .. } => None,
            }),
            QueryResult::StartProviding(result) => {
                Self::new("StartProviding", result, |ok| Some(ok.key.to_vec()))
            }
            QueryResult::RepublishProvider(result) => {
                Self::new("RepublishProvider", result, |ok| Some(ok.key.to_vec()))
            }
            QueryResult::GetRecord(result) => Self::new("GetRecord", result, |ok| match ok {
                kad::GetRecordOk::FoundRecord(found) => Some(found.record.key.to_vec()),
                kad::GetRecordOk::FinishedWithNoAdditionalRecord { .. } => None,
            }),
            QueryResult::PutRecord(result) => Self::new("PutRecord", result, |ok| Some(ok.key.to_vec())),
            QueryResult::RepublishRecord(result) => {
                Self::new("RepublishRecord", result, |ok| Some(ok.key.to_vec()))
            }
        }
    }
}

/// A key for people: a peer id, a text where it is one, else its bytes in hex.
fn key_text(key: &[u8]) -> String {
    if let Ok(peer) = PeerId::from_bytes(key) {
        return peer.to_string();
    }
    match std::str::from_utf8(key) {
        Ok(text) if !text.chars().any(char::is_control) => clip::clipped(text, KEY_LEN),
        _ => {
            let mut text = String::from("0x");
            for byte in key.iter().take(KEY_LEN / 2) {
                // A string takes what is written.
                write!(text, "{byte:02x}").ok();
            }
            if key.len() > KEY_LEN / 2 {
                text.push('…');
            }
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_readable_and_bounded() {
        let peer = PeerId::random();
        assert_eq!(key_text(&peer.to_bytes()), peer.to_string());
        assert_eq!(key_text(b"/pk/blocks"), "/pk/blocks");
        assert_eq!(key_text(&[0xff, 0, 1]), "0xff0001");
        assert_eq!(key_text(&[0xff; 1000]).chars().count(), 2 + KEY_LEN + 1);
        assert_eq!(key_text("x".repeat(1000).as_bytes()).chars().count(), KEY_LEN + 1);
    }

    #[test]
    fn how_a_query_ended() {
        let key = kad::RecordKey::new(b"k");
        let outcome = Outcome::of(&QueryResult::GetRecord(Err(kad::GetRecordError::NotFound {
            key: key.clone(),
            closest_peers: Vec::new(),
        })));
        assert_eq!(
            (outcome.kind, outcome.end, outcome.key),
            ("GetRecord", QueryEnd::Error, Some(b"k".to_vec()))
        );
        assert_eq!(outcome.error.as_deref(), Some("the record was not found"));
        let timeout = kad::GetProvidersError::Timeout { key, closest_peers: Vec::new() };
        assert_eq!(Outcome::of(&QueryResult::GetProviders(Err(timeout))).end, QueryEnd::Timeout);
    }
}
