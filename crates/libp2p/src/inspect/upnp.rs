//! upnp: what the gateway maps.

use libp2p::upnp;

use super::Inspect;

impl Inspect for upnp::tokio::Behaviour {}
