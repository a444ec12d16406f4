//! identify: the peer's agent, and how it sees us.

use libp2p::identify;

use super::Inspect;
use crate::{
    Introspector, clip,
    events::kinds::{Address, Peer, PeerIdentified, PeerIdentifyFailed},
};

/// Longest agent that is kept, in bytes. A peer chooses it.
const AGENT_LEN: usize = 256;

impl Inspect for identify::Behaviour {
    fn inspect(event: &identify::Event, introspector: &Introspector) {
        let node = introspector.node();
        match event {
            identify::Event::Received { connection_id, peer_id, info } => {
                let agent = clip::clipped(&info.agent_version, AGENT_LEN);
                if let Some(connection) = node.connection(*connection_id) {
                    connection.set_agent(agent.as_str().into());
                    connection.set_observed(&info.observed_addr);
                }
                node.teller.own(|| PeerIdentified {
                    peer: Peer(*peer_id),
                    connection: node.id(*connection_id),
                    agent,
                    protocols: info.protocols.iter().map(ToString::to_string).collect(),
                    listen_addrs: Address::list(&info.listen_addrs),
                    observed_addr: Address::of(&info.observed_addr),
                });
            }
            identify::Event::Error { connection_id, peer_id, error } => {
                node.teller.own(|| PeerIdentifyFailed {
                    peer: Peer(*peer_id),
                    connection: node.id(*connection_id),
                    error: clip::error_text(error),
                })
            }
            // What we told of ourselves.
            identify::Event::Sent { .. } | identify::Event::Pushed { .. } => {}
        }
    }
}
