//! Of relays, as their client and as one.

use super::*;

kinds! {
    /// We reach somebody through a relay.
    RelayOutboundCircuitEstablished {
        relay "relay": Peer,
        limit_seconds "limitSeconds": Option<u64>,
        limit_bytes "limitBytes": Option<u64>,
    }
    /// Somebody reaches us through a relay.
    RelayInboundCircuitEstablished {
        peer "peer": Peer,
        limit_seconds "limitSeconds": Option<u64>,
        limit_bytes "limitBytes": Option<u64>,
    }
    /// As a relay: a peer has a reservation here.
    RelayReservationReqAccepted { peer "peer": Peer, renewed "renewed": bool }
    RelayReservationReqAcceptFailed { peer "peer": Peer, error "error": String }
    RelayReservationReqDenied { peer "peer": Peer, status "status": String }
    RelayReservationReqDenyFailed { peer "peer": Peer, error "error": String }
    RelayReservationClosed { peer "peer": Peer }
    RelayReservationTimedOut { peer "peer": Peer }
    /// As a relay: a circuit from the source to the destination.
    RelayCircuitReqAccepted { source "source": Peer, destination "destination": Peer }
    RelayCircuitReqAcceptFailed { source "source": Peer, destination "destination": Peer, error "error": String }
    RelayCircuitReqOutboundConnectFailed { source "source": Peer, destination "destination": Peer, error "error": String }
    RelayCircuitReqDenied { source "source": Peer, destination "destination": Peer, status "status": String }
    RelayCircuitReqDenyFailed { source "source": Peer, destination "destination": Peer, error "error": String }
    RelayCircuitClosed { source "source": Peer, destination "destination": Peer, error "error": Option<String> }
    /// Whether this node offers to relay.
    RelayStatusChanged { status "status": String }
}
