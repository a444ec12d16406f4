//! Of rendezvous, as a client and as the point where others meet.

use super::*;

kinds! {
    /// We asked who is registered. `registrations`: how many; `found` has the first 32 of them.
    RendezvousDiscovered { node "node": Peer, registrations "registrations": u64, found "found": Vec<Registered> }
    RendezvousDiscoverFailed { node "node": Peer, namespace "namespace": Option<String>, error "error": String }
    /// We are registered.
    RendezvousRegistered { node "node": Peer, namespace "namespace": String, ttl_seconds "ttlSeconds": u64 }
    RendezvousRegisterFailed { node "node": Peer, namespace "namespace": String, error "error": String }
    /// What we learned of a peer is too old.
    RendezvousExpired { peer "peer": Peer }
    /// As a rendezvous point: somebody asked who is registered, and was told so many.
    RendezvousDiscoverServed { peer "peer": Peer, registrations "registrations": u64 }
    RendezvousDiscoverNotServed { peer "peer": Peer, error "error": String }
    RendezvousPeerRegistered {
        peer "peer": Peer,
        namespace "namespace": String,
        addresses "addresses": Vec<Address>,
        ttl_seconds "ttlSeconds": u64,
    }
    RendezvousPeerNotRegistered { peer "peer": Peer, namespace "namespace": String, error "error": String }
    RendezvousPeerUnregistered { peer "peer": Peer, namespace "namespace": String }
    RendezvousRegistrationExpired { peer "peer": Peer, namespace "namespace": String }
}

/// Who is registered at a rendezvous point.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Registered {
    pub(crate) peer: Peer,
    pub(crate) namespace: String,
    pub(crate) addresses: Vec<Address>,
    pub(crate) ttl_seconds: u64,
}

impl Typed for Registered {
    const KIND: PropertyType = PropertyType::Json;
}
