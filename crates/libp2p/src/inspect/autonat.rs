//! autonat: whether others can reach this node, and what it finds out for them.

use libp2p::{
    PeerId,
    autonat::{
        v1::{self, InboundProbeError, InboundProbeEvent, NatStatus, OutboundProbeError, OutboundProbeEvent},
        v2,
    },
};

use super::Inspect;
use crate::{
    Introspector, clip,
    events::kinds::{
        Address, AutonatClientTest, AutonatInboundProbe, AutonatOutboundProbe, AutonatServerTest, Peer,
        Reachability,
    },
};

/// Most addresses of one request that are told. A peer chooses them.
const MAX_ADDRESSES: usize = 16;

impl Inspect for v1::Behaviour {
    const LOOKS: bool = true;

    fn inspect(event: &v1::Event, introspector: &Introspector) {
        match event {
            v1::Event::InboundProbe(probe) => introspector.node().teller.own(|| inbound(probe)),
            v1::Event::OutboundProbe(probe) => introspector.node().teller.own(|| outbound(probe)),
            // Told after the event of the probe that changed it, which names the server.
            v1::Event::StatusChanged { .. } => {}
        }
    }

    fn after(&mut self, event: &v1::Event, introspector: &Introspector) {
        let server = match event {
            v1::Event::OutboundProbe(OutboundProbeEvent::Response { peer, .. }) => Some(*peer),
            v1::Event::OutboundProbe(OutboundProbeEvent::Error {
                peer,
                error: OutboundProbeError::Response(_),
                ..
            }) => *peer,
            _ => None,
        };
        status(self, server, introspector);
    }

    fn look(&mut self, introspector: &Introspector) {
        status(self, None, introspector);
    }

    fn report(&mut self, introspector: &Introspector) {
        status(self, None, introspector);
    }
}

/// Tells the status if it is another one, or has another address.
fn status(behaviour: &v1::Behaviour, server: Option<PeerId>, introspector: &Introspector) {
    let (address, status) = match behaviour.nat_status() {
        NatStatus::Public(address) => (Some(Address(address)), "public"),
        NatStatus::Private => (None, "private"),
        NatStatus::Unknown => (None, "unknown"),
    };
    reached(
        introspector,
        Reachability {
            address,
            status,
            confidence: Some(behaviour.confidence() as u64),
            server: server.map(Peer),
            autonat: 1,
        },
    );
}

fn reached(introspector: &Introspector, reach: Reachability) {
    let node = introspector.node();
    if node.facts.lock().reachable(&reach) {
        node.teller.own(|| reach);
    }
}

fn inbound(probe: &InboundProbeEvent) -> AutonatInboundProbe {
    let (id, peer, status, addresses, error) = match probe {
        InboundProbeEvent::Request { probe_id, peer, addresses } => {
            (probe_id, peer, "request", Address::list(addresses.iter().take(MAX_ADDRESSES)), None)
        }
        InboundProbeEvent::Response { probe_id, peer, address } => {
            (probe_id, peer, "response", vec![Address::of(address)], None)
        }
        InboundProbeEvent::Error { probe_id, peer, error } => {
            let error = match error {
                InboundProbeError::InboundRequest(error) => clip::error_text(error),
                InboundProbeError::Response(error) => format!("{error:?}"),
            };
            (probe_id, peer, "error", Vec::new(), Some(error))
        }
    };
    AutonatInboundProbe { probe: format!("{id:?}"), peer: Peer(*peer), status, addresses, error }
}

fn outbound(probe: &OutboundProbeEvent) -> AutonatOutboundProbe {
    let (id, peer, status, address, error) = match probe {
        OutboundProbeEvent::Request { probe_id, peer } => (probe_id, Some(*peer), "request", None, None),
        OutboundProbeEvent::Response { probe_id, peer, address } => {
            (probe_id, Some(*peer), "response", Some(Address::of(address)), None)
        }
        OutboundProbeEvent::Error { probe_id, peer, error } => {
            let error = match error {
                OutboundProbeError::OutboundRequest(error) => clip::error_text(error),
                OutboundProbeError::Response(error) => format!("{error:?}"),
                OutboundProbeError::NoServer | OutboundProbeError::NoAddresses => format!("{error:?}"),
            };
            (probe_id, *peer, "error", None, Some(error))
        }
    };
    AutonatOutboundProbe { probe: format!("{id:?}"), peer: peer.map(Peer), status, address, error }
}

impl Inspect for v2::client::Behaviour {
    fn inspect(event: &v2::client::Event, introspector: &Introspector) {
        let status = if event.result.is_ok() { "public" } else { "private" };
        introspector.node().teller.own(|| AutonatClientTest {
            address: Address::of(&event.tested_addr),
            server: Peer(event.server),
            bytes: event.bytes_sent as u64,
            status,
            error: event.result.as_ref().err().map(|error| clip::clipped(error, clip::ERROR_LEN)),
        });
        reached(
            introspector,
            Reachability {
                address: Some(Address::of(&event.tested_addr)),
                status,
                confidence: None,
                server: Some(Peer(event.server)),
                autonat: 2,
            },
        );
    }
}

impl Inspect for v2::server::Behaviour {
    fn inspect(event: &v2::server::Event, introspector: &Introspector) {
        introspector.node().teller.own(|| AutonatServerTest {
            peer: Peer(event.client),
            address: Address::of(&event.tested_addr),
            addresses: Address::list(event.all_addrs.iter().take(MAX_ADDRESSES)),
            bytes: event.data_amount as u64,
            status: if event.result.is_ok() { "answered" } else { "failed" },
            error: event.result.as_ref().err().map(|error| clip::error_text(error)),
        });
    }
}
