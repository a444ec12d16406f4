//! rendezvous: who registers where, and who is found.

use libp2p::rendezvous::{self, ErrorCode, Namespace, Registration};

use super::Inspect;
use crate::{
    Introspector, clip,
    events::kinds::{
        Address, Peer, Registered, RendezvousDiscoverFailed, RendezvousDiscoverNotServed,
        RendezvousDiscoverServed, RendezvousDiscovered, RendezvousExpired, RendezvousPeerNotRegistered,
        RendezvousPeerRegistered, RendezvousPeerUnregistered, RendezvousRegisterFailed, RendezvousRegistered,
        RendezvousRegistrationExpired,
    },
};

/// Most registrations of one answer that are told, and most addresses of each. Peers choose both.
const MAX_FOUND: usize = 32;
const MAX_ADDRESSES: usize = 16;

impl Inspect for rendezvous::client::Behaviour {
    fn inspect(event: &rendezvous::client::Event, introspector: &Introspector) {
        use rendezvous::client::Event;
        let teller = &introspector.node().teller;
        match event {
            Event::Discovered { rendezvous_node, registrations, .. } => {
                teller.own(|| RendezvousDiscovered {
                    node: Peer(*rendezvous_node),
                    registrations: registrations.len() as u64,
                    found: registrations.iter().take(MAX_FOUND).map(registered).collect(),
                });
            }
            Event::DiscoverFailed { rendezvous_node, namespace, error } => {
                teller.own(|| RendezvousDiscoverFailed {
                    node: Peer(*rendezvous_node),
                    namespace: namespace.as_ref().map(name),
                    error: code(error),
                });
            }
            Event::Registered { rendezvous_node, ttl, namespace } => teller.own(|| RendezvousRegistered {
                node: Peer(*rendezvous_node),
                namespace: name(namespace),
                ttl_seconds: *ttl,
            }),
            Event::RegisterFailed { rendezvous_node, namespace, error } => {
                teller.own(|| RendezvousRegisterFailed {
                    node: Peer(*rendezvous_node),
                    namespace: name(namespace),
                    error: code(error),
                });
            }
            Event::Expired { peer } => teller.own(|| RendezvousExpired { peer: Peer(*peer) }),
        }
    }
}

impl Inspect for rendezvous::server::Behaviour {
    fn inspect(event: &rendezvous::server::Event, introspector: &Introspector) {
        use rendezvous::server::Event;
        let teller = &introspector.node().teller;
        match event {
            Event::DiscoverServed { enquirer, registrations } => {
                teller.own(|| RendezvousDiscoverServed {
                    peer: Peer(*enquirer),
                    registrations: registrations.len() as u64,
                });
            }
            Event::DiscoverNotServed { enquirer, error } => {
                teller.own(|| RendezvousDiscoverNotServed { peer: Peer(*enquirer), error: code(error) });
            }
            Event::PeerRegistered { peer, registration } => teller.own(|| {
                let Registered { namespace, addresses, ttl_seconds, .. } = registered(registration);
                RendezvousPeerRegistered { peer: Peer(*peer), namespace, addresses, ttl_seconds }
            }),
            Event::PeerNotRegistered { peer, namespace, error } => {
                teller.own(|| RendezvousPeerNotRegistered {
                    peer: Peer(*peer),
                    namespace: name(namespace),
                    error: code(error),
                });
            }
            Event::PeerUnregistered { peer, namespace } => {
                teller.own(|| RendezvousPeerUnregistered { peer: Peer(*peer), namespace: name(namespace) });
            }
            Event::RegistrationExpired(registration) => teller.own(|| RendezvousRegistrationExpired {
                peer: Peer(registration.record.peer_id()),
                namespace: name(&registration.namespace),
            }),
        }
    }
}

fn registered(registration: &Registration) -> Registered {
    Registered {
        peer: Peer(registration.record.peer_id()),
        namespace: name(&registration.namespace),
        addresses: Address::list(registration.record.addresses().iter().take(MAX_ADDRESSES)),
        ttl_seconds: registration.ttl,
    }
}

/// libp2p takes none longer than 255 bytes; that stays so.
fn name(namespace: &Namespace) -> String {
    clip::clipped(namespace, rendezvous::MAX_NAMESPACE)
}

/// Its name, such as `InvalidTtl`.
fn code(error: &ErrorCode) -> String {
    format!("{error:?}")
}
