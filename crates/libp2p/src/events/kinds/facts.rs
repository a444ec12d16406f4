//! Of what stands until something else is told, and the snapshot of it for who comes late.

use super::*;

kinds! {
    /// What changed in how this node is reachable: public, private or unknown. Of autonat 1 it is the node as a whole, of
    /// autonat 2 one address. The server is the one whose answer decided it, where that is known.
    Reachability {
        address "address": Option<Address>,
        status "status": &'static str,
        confidence "confidence": Option<u64>,
        server "server": Option<Peer>,
        autonat "autonat": u64,
    }
    /// A relay takes this node's part: accepted, renewed, or lost. The limits are those of a circuit through it.
    Reservation {
        relay "relay": Peer,
        status "status": &'static str,
        limit_seconds "limitSeconds": Option<u64>,
        limit_bytes "limitBytes": Option<u64>,
    }
    /// What only events tell, for who comes late: addresses, what is known of how this node is reachable, relays, and
    /// gossipsub's topics with their meshes.
    NodeSnapshot {
        listen_addrs "listenAddrs": Vec<Address>,
        external_addrs "externalAddrs": Vec<Address>,
        candidates "candidates": Vec<Address>,
        reachability "reachability": Vec<Reachability>,
        reservations "reservations": Vec<Reservation>,
        topics "topics": Vec<String>,
        meshes "meshes": Vec<Mesh>,
    }
}

impl Typed for Reachability {
    const KIND: PropertyType = PropertyType::Json;
}

impl Typed for Reservation {
    const KIND: PropertyType = PropertyType::Json;
}

/// The mesh of a topic, for who comes late.
#[derive(Clone, Serialize)]
pub(crate) struct Mesh {
    pub(crate) topic: String,
    pub(crate) peers: Vec<Peer>,
}

impl Typed for Mesh {
    const KIND: PropertyType = PropertyType::Json;
}
