//! mdns: who is near.

use libp2p::mdns;

use super::Inspect;
use crate::{
    Introspector,
    events::kinds::{Address, MdnsDiscovered, MdnsExpired, Peer},
};

impl Inspect for mdns::tokio::Behaviour {
    fn inspect(event: &mdns::Event, introspector: &Introspector) {
        let teller = &introspector.node().teller;
        match event {
            mdns::Event::Discovered(found) => {
                for (peer, address) in found {
                    teller.own(|| MdnsDiscovered { peer: Peer(*peer), address: Address::of(address) });
                }
            }
            mdns::Event::Expired(gone) => {
                for (peer, address) in gone {
                    teller.own(|| MdnsExpired { peer: Peer(*peer), address: Address::of(address) });
                }
            }
        }
    }
}
