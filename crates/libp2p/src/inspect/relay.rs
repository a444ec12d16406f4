//! relay: what this node has others relay, and what it relays for them. That a reservation is lost is told by the address
//! that goes with it: see `behaviour/swarm.rs`.

use libp2p::relay::{self, StatusCode};

use super::Inspect;
use crate::{
    Introspector, clip,
    events::kinds::{
        Peer, RelayCircuitClosed, RelayCircuitReqAcceptFailed, RelayCircuitReqAccepted,
        RelayCircuitReqDenied, RelayCircuitReqDenyFailed, RelayCircuitReqOutboundConnectFailed,
        RelayInboundCircuitEstablished, RelayOutboundCircuitEstablished, RelayReservationClosed,
        RelayReservationReqAcceptFailed, RelayReservationReqAccepted, RelayReservationReqDenied,
        RelayReservationReqDenyFailed, RelayReservationTimedOut, RelayStatusChanged, Reservation,
    },
};

impl Inspect for relay::client::Behaviour {
    fn inspect(event: &relay::client::Event, introspector: &Introspector) {
        use relay::client::Event;
        let node = introspector.node();
        let (Event::ReservationReqAccepted { limit, .. }
        | Event::OutboundCircuitEstablished { limit, .. }
        | Event::InboundCircuitEstablished { limit, .. }) = event;
        let limit_seconds = limit.as_ref().and_then(|limit| limit.duration()).map(|limit| limit.as_secs());
        let limit_bytes = limit.as_ref().and_then(|limit| limit.data_in_bytes());
        match event {
            Event::ReservationReqAccepted { relay_peer_id, renewal, .. } => {
                let reservation = Reservation {
                    relay: Peer(*relay_peer_id),
                    status: if *renewal { "renewed" } else { "accepted" },
                    limit_seconds,
                    limit_bytes,
                };
                node.facts.lock().reserved(reservation.clone());
                node.teller.own(|| reservation);
            }
            Event::OutboundCircuitEstablished { relay_peer_id, .. } => {
                node.teller.own(|| RelayOutboundCircuitEstablished {
                    relay: Peer(*relay_peer_id),
                    limit_seconds,
                    limit_bytes,
                });
            }
            Event::InboundCircuitEstablished { src_peer_id, .. } => {
                node.teller.own(|| RelayInboundCircuitEstablished {
                    peer: Peer(*src_peer_id),
                    limit_seconds,
                    limit_bytes,
                });
            }
        }
    }
}

impl Inspect for relay::Behaviour {
    #[expect(deprecated, reason = "what libp2p still says is told")]
    fn inspect(event: &relay::Event, introspector: &Introspector) {
        use relay::Event;
        let node = introspector.node();
        let teller = &node.teller;
        match event {
            Event::ReservationReqAccepted { src_peer_id, renewed } => {
                node.facts.lock().client_accepted(*src_peer_id);
                teller.own(|| RelayReservationReqAccepted { peer: Peer(*src_peer_id), renewed: *renewed });
            }
            Event::ReservationReqAcceptFailed { src_peer_id, error } => teller.own(|| {
                RelayReservationReqAcceptFailed { peer: Peer(*src_peer_id), error: clip::error_text(error) }
            }),
            Event::ReservationReqDenied { src_peer_id, status } => teller
                .own(|| RelayReservationReqDenied { peer: Peer(*src_peer_id), status: status_text(status) }),
            Event::ReservationReqDenyFailed { src_peer_id, error } => teller.own(|| {
                RelayReservationReqDenyFailed { peer: Peer(*src_peer_id), error: clip::error_text(error) }
            }),
            Event::ReservationClosed { src_peer_id } => {
                if !node.facts.lock().client_gone(src_peer_id) {
                    return;
                }
                teller.own(|| RelayReservationClosed { peer: Peer(*src_peer_id) });
            }
            Event::ReservationTimedOut { src_peer_id } => {
                node.facts.lock().client_gone(src_peer_id);
                teller.own(|| RelayReservationTimedOut { peer: Peer(*src_peer_id) });
            }
            Event::CircuitReqDenied { src_peer_id, dst_peer_id, status } => {
                teller.own(|| RelayCircuitReqDenied {
                    source: Peer(*src_peer_id),
                    destination: Peer(*dst_peer_id),
                    status: status_text(status),
                });
            }
            Event::CircuitReqDenyFailed { src_peer_id, dst_peer_id, error } => {
                teller.own(|| RelayCircuitReqDenyFailed {
                    source: Peer(*src_peer_id),
                    destination: Peer(*dst_peer_id),
                    error: clip::error_text(error),
                });
            }
            Event::CircuitReqAccepted { src_peer_id, dst_peer_id } => {
                teller.own(|| RelayCircuitReqAccepted {
                    source: Peer(*src_peer_id),
                    destination: Peer(*dst_peer_id),
                });
            }
            Event::CircuitReqOutboundConnectFailed { src_peer_id, dst_peer_id, error } => {
                teller.own(|| RelayCircuitReqOutboundConnectFailed {
                    source: Peer(*src_peer_id),
                    destination: Peer(*dst_peer_id),
                    error: clip::error_text(error),
                });
            }
            Event::CircuitReqAcceptFailed { src_peer_id, dst_peer_id, error } => {
                teller.own(|| RelayCircuitReqAcceptFailed {
                    source: Peer(*src_peer_id),
                    destination: Peer(*dst_peer_id),
                    error: clip::error_text(error),
                });
            }
            Event::CircuitClosed { src_peer_id, dst_peer_id, error } => {
                teller.own(|| RelayCircuitClosed {
                    source: Peer(*src_peer_id),
                    destination: Peer(*dst_peer_id),
                    error: error.as_ref().map(|error| clip::error_text(error)),
                });
            }
            Event::StatusChanged { status } => {
                teller.own(|| RelayStatusChanged { status: format!("{status:?}") });
            }
        }
    }
}

/// Its name, such as `ResourceLimitExceeded`.
fn status_text(status: &StatusCode) -> String {
    format!("{status:?}")
}
