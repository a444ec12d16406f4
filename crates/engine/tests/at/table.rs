//! Made-up routing tables.

use peerscope_introspection::wire::{
    self,
    dht::{Bucket, Params, PeerInDht, QueryGauge},
};
use proptest::{collection, option, prelude::*};

/// An age of so much or more is that of a peer that has been there since some time: it grows with time.
const SINCE: u32 = 1_000_000;

fn queries() -> impl Strategy<Value = Option<QueryGauge>> {
    let count = || prop_oneof![Just(0), 0u64..9, any::<u64>(), Just(u64::MAX)];
    let told = (count(), count(), count());
    option::of(told.prop_map(|(success, error, timeout)| QueryGauge { success, error, timeout }))
}

fn buckets() -> impl Strategy<Value = Vec<Bucket>> {
    let age = prop_oneof![1 => Just(0), 1 => 0u32..9000, 1 => Just(u32::MAX), 3 => SINCE..SINCE + 9];
    let peer = (0u8..9, -1i32..6, age).prop_map(|(peer, status, age_in_bucket)| PeerInDht {
        peer_id: if peer == 0 { String::new() } else { format!("peer{peer}") },
        status,
        age_in_bucket,
    });
    // Now and then a bucket twice, or a peer twice in it, or one without peers.
    let cpl = prop_oneof![0u32..4, Just(u32::MAX)];
    let bucket = (cpl, collection::vec(peer, 0..5)).prop_map(|(cpl, peers)| Bucket { cpl, peers });
    collection::vec(bucket, 0..4)
}

pub fn tables() -> impl Strategy<Value = Option<wire::Dht>> {
    let params = option::of((0u64..3, any::<u64>()))
        .prop_map(|told| told.map(|(k, alpha)| Params { k, alpha, disjoint_paths: k, beta: alpha }));
    let facts = (0u8..3, any::<bool>(), 0u64..2, params);
    let told = (facts, buckets(), queries(), queries()).prop_map(
        |((protocol, enabled, start_ts, params), buckets, incoming_queries, outgoing_queries)| wire::Dht {
            protocol: if protocol == 0 { String::new() } else { format!("/kad/{protocol}") },
            enabled,
            start_ts,
            params,
            buckets,
            incoming_queries,
            outgoing_queries,
        },
    );
    option::weighted(0.9, told)
}

/// Time passes: the peers stay, and their ages grow.
pub fn move_on(dht: &mut wire::Dht, passed_ms: u32) {
    for peer in dht.buckets.iter_mut().flat_map(|bucket| &mut bucket.peers) {
        if peer.age_in_bucket >= SINCE {
            peer.age_in_bucket = peer.age_in_bucket.saturating_add(passed_ms);
        }
    }
}
