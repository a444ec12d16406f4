//! Of the Kademlia DHT.

use super::*;

kinds! {
    /// Somebody asked us.
    DhtInboundRequest {
        kind "kind": &'static str,
        peer "peer": Option<Peer>,
        closer_peers "closerPeers": Option<u64>,
        providers "providers": Option<u64>,
        found "found": Option<bool>,
    }
    /// A query of ours is over. `ok` and `failed` count its requests; an outcome is success, timeout or error.
    DhtQueryFinished {
        id "id": String,
        kind "kind": &'static str,
        key "key": Option<String>,
        requests "requests": u64,
        ok "ok": u64,
        failed "failed": u64,
        duration_ms "durationMs": Option<u64>,
        outcome "outcome": &'static str,
        error "error": Option<String>,
    }
    /// A peer was added or updated, waits for a place (pending), could be added (candidate), or can't be (unroutable).
    DhtRoutingUpdated {
        peer "peer": Peer,
        change "change": &'static str,
        addresses "addresses": Vec<Address>,
        evicted "evicted": Option<Peer>,
        bucket "bucket": Option<u64>,
    }
    /// This node answers others, or only asks.
    DhtModeChanged { mode "mode": String }
}
