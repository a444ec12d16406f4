//! upnp: what the gateway maps.

use libp2p::upnp;

use super::Inspect;
use crate::{
    Introspector,
    events::kinds::{
        Address, UpnpExpiredExternalAddr, UpnpGatewayNotFound, UpnpNewExternalAddr, UpnpNonRoutableGateway,
    },
};

impl Inspect for upnp::tokio::Behaviour {
    fn inspect(event: &upnp::Event, introspector: &Introspector) {
        let teller = &introspector.node().teller;
        match event {
            upnp::Event::NewExternalAddr { local_addr, external_addr } => {
                teller.own(|| UpnpNewExternalAddr {
                    local: Address::of(local_addr),
                    external: Address::of(external_addr),
                });
            }
            upnp::Event::ExpiredExternalAddr { local_addr, external_addr } => {
                teller.own(|| UpnpExpiredExternalAddr {
                    local: Address::of(local_addr),
                    external: Address::of(external_addr),
                });
            }
            upnp::Event::GatewayNotFound => teller.own(|| UpnpGatewayNotFound {}),
            upnp::Event::NonRoutableGateway => teller.own(|| UpnpNonRoutableGateway {}),
        }
    }
}
