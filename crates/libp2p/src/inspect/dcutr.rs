//! dcutr: relayed connections that become direct.

use libp2p::dcutr;

use super::Inspect;
use crate::{
    Introspector, clip,
    events::kinds::{HolePunch, Peer},
};

impl Inspect for dcutr::Behaviour {
    fn inspect(event: &dcutr::Event, introspector: &Introspector) {
        let node = introspector.node();
        node.teller.own(|| HolePunch {
            peer: Peer(event.remote_peer_id),
            outcome: if event.result.is_ok() { "direct" } else { "failed" },
            connection: event.result.as_ref().ok().map(|connection| node.id(*connection)),
            error: event.result.as_ref().err().map(|error| clip::error_text(error)),
        });
    }
}
