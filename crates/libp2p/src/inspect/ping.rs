//! ping: latency.

use libp2p::ping;

use super::Inspect;
use crate::{
    Introspector, clip,
    events::kinds::{Peer, PingResult},
};

impl Inspect for ping::Behaviour {
    fn inspect(event: &ping::Event, introspector: &Introspector) {
        let node = introspector.node();
        if let Ok(rtt) = event.result
            && let Some(connection) = node.connection(event.connection)
        {
            connection.set_latency(rtt);
        }
        node.teller.own(|| PingResult {
            peer: Peer(event.peer),
            connection: node.id(event.connection),
            rtt_ns: event.result.as_ref().ok().map(|rtt| u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX)),
            failure: event.result.as_ref().err().map(|failure| clip::error_text(failure)),
        });
    }
}
