//! mdns: who is near.

use libp2p::mdns;

use super::Inspect;

impl Inspect for mdns::tokio::Behaviour {}
