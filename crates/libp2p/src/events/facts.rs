//! What only events tell, kept for who comes late: it becomes the `NodeSnapshot`. What gossipsub knows of its meshes is not
//! here but in `gossip`.

use std::collections::HashSet;

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use super::kinds::{Address, Mesh, NodeSnapshot, Reachability, Reservation};
use crate::gossip::{self, Gossip};

/// Most addresses that autonat 2 has tried, and most relays, that are remembered. The newest count.
const MAX_REMEMBERED: usize = 64;
/// Most clients of this node's relay that are remembered. libp2p's relay has 128 by default.
const MAX_CLIENTS: usize = 4096;
/// Most meshes that are told at once: of 64 peers each they take 220 kB.
const MAX_MESHES: usize = 64;

#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) listen_addrs: Vec<Multiaddr>,
    pub(crate) external_addrs: Vec<Multiaddr>,
    /// Addresses that others may know us by, unconfirmed. The newest 64: peers choose them.
    pub(crate) candidates: Vec<Multiaddr>,
    /// Of the node as a whole, as autonat 1 has it.
    node_reach: Option<Reachability>,
    /// Of single addresses, as autonat 2 has it.
    address_reach: Vec<Reachability>,
    reservations: Vec<Reservation>,
    /// Whom this node relays for.
    clients: HashSet<PeerId>,
}

impl Facts {
    /// Keeps it. Whether that is news.
    pub(crate) fn reachable(&mut self, reach: &Reachability) -> bool {
        let address = |reach: &Reachability| reach.address.as_ref().map(|address| address.0.clone());
        if reach.autonat == 1 {
            let is_news = match &self.node_reach {
                Some(known) => known.status != reach.status || address(known) != address(reach),
                None => true,
            };
            self.node_reach = Some(reach.clone());
            return is_news;
        }
        let known = self.address_reach.iter().position(|known| address(known) == address(reach));
        let known = known.map(|at| self.address_reach.remove(at));
        self.address_reach.push(reach.clone());
        if self.address_reach.len() > MAX_REMEMBERED {
            self.address_reach.remove(0);
        }
        known.is_none_or(|known| known.status != reach.status)
    }

    /// A relay accepted us, perhaps once more.
    pub(crate) fn reserved(&mut self, reservation: Reservation) {
        self.reservations.retain(|known| known.relay.0 != reservation.relay.0);
        self.reservations.push(reservation);
        if self.reservations.len() > MAX_REMEMBERED {
            self.reservations.remove(0);
        }
    }

    /// This node's relay accepted a client.
    pub(crate) fn client_accepted(&mut self, client: PeerId) {
        if self.clients.len() < MAX_CLIENTS {
            self.clients.insert(client);
        }
    }

    /// Its reservation is over. Whether there was one: libp2p's relay says it of every connection that closes.
    pub(crate) fn client_gone(&mut self, client: &PeerId) -> bool {
        self.clients.remove(client)
    }

    /// An external address is no more. Gives back the reservation that went with it: the relay's client tells of its end by
    /// nothing else.
    pub(crate) fn external_expired(&mut self, address: &Multiaddr) -> Option<Reservation> {
        self.external_addrs.retain(|known| known != address);
        self.address_reach.retain(|known| known.address.as_ref().is_none_or(|known| known.0 != *address));
        let relay = relay_of(address)?;
        if self.external_addrs.iter().any(|left| relay_of(left) == Some(relay)) {
            return None;
        }
        let at = self.reservations.iter().position(|known| known.relay.0 == relay)?;
        Some(Reservation { status: "lost", ..self.reservations.remove(at) })
    }

    /// All of it.
    pub(crate) fn snapshot(&self, gossip: &Gossip) -> NodeSnapshot {
        let mesh = |(topic, peers): (&str, &[PeerId])| Mesh {
            topic: gossip::topic_text(topic),
            peers: gossip::told_peers(peers),
        };
        NodeSnapshot {
            listen_addrs: Address::list(&self.listen_addrs),
            external_addrs: Address::list(&self.external_addrs),
            candidates: Address::list(&self.candidates),
            reachability: self.node_reach.iter().chain(&self.address_reach).cloned().collect(),
            reservations: self.reservations.clone(),
            topics: gossip.meshes().map(|(topic, _)| gossip::topic_text(topic)).collect(),
            meshes: gossip.meshes().take(MAX_MESHES).map(mesh).collect(),
        }
    }
}

/// The relay that an address goes through, the last of several.
fn relay_of(address: &Multiaddr) -> Option<PeerId> {
    let mut last = None;
    let mut relay = None;
    for protocol in address.iter() {
        match protocol {
            Protocol::P2p(peer) => last = Some(peer),
            Protocol::P2pCircuit => relay = last,
            _ => {}
        }
    }
    relay
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::kinds::Peer;

    fn through(port: u16, relay: PeerId, us: PeerId) -> Multiaddr {
        format!("/ip4/192.0.2.1/tcp/{port}/p2p/{relay}/p2p-circuit/p2p/{us}").parse().expect("a multiaddr")
    }

    fn reservation(relay: PeerId, status: &'static str) -> Reservation {
        Reservation { relay: Peer(relay), status, limit_seconds: Some(120), limit_bytes: None }
    }

    fn reach(autonat: u64, address: &str, status: &'static str) -> Reachability {
        let address = Some(address).filter(|text| !text.is_empty());
        let address = address.map(|text| Address(text.parse().expect("a multiaddr")));
        Reachability { address, status, confidence: None, server: None, autonat }
    }

    fn reaches(facts: &Facts) -> usize {
        facts.snapshot(&Gossip::default()).reachability.len()
    }

    #[test]
    fn a_reservation_is_lost_with_its_last_address() {
        let [relay, us] = [(); 2].map(|()| PeerId::random());
        let mut facts = Facts::default();
        let [tcp, quic] = [1, 2].map(|port| through(port, relay, us));
        facts.external_addrs = vec![tcp.clone(), quic.clone(), "/ip4/192.0.2.1/tcp/3".parse().expect("one")];
        facts.reserved(reservation(relay, "accepted"));
        facts.reserved(reservation(relay, "renewed"));
        assert_eq!(facts.reservations.len(), 1);
        assert!(facts.external_expired(&through(1, PeerId::random(), us)).is_none());
        assert!(facts.external_expired(&tcp).is_none());
        let lost = facts.external_expired(&quic).expect("the last address");
        assert_eq!((lost.relay.0, lost.status, lost.limit_seconds), (relay, "lost", Some(120)));
        assert!(facts.reservations.is_empty());
        assert!(facts.external_expired(&quic).is_none());
        assert_eq!(facts.external_addrs.len(), 1);
    }

    #[test]
    fn only_what_changes_is_news() {
        let mut facts = Facts::default();
        assert!(facts.reachable(&reach(1, "", "private")));
        assert!(!facts.reachable(&reach(1, "", "private")));
        assert!(facts.reachable(&reach(1, "/ip4/192.0.2.1/tcp/1", "public")));
        assert!(facts.reachable(&reach(1, "/ip4/192.0.2.1/tcp/2", "public")));
        assert!(facts.reachable(&reach(2, "/ip4/192.0.2.1/tcp/1", "private")));
        assert!(facts.reachable(&reach(2, "/ip4/192.0.2.1/tcp/1", "public")));
        assert!(!facts.reachable(&reach(2, "/ip4/192.0.2.1/tcp/1", "public")));
        assert_eq!(reaches(&facts), 2);
        for port in 0..1000 {
            facts.reachable(&reach(2, &format!("/ip4/192.0.2.1/tcp/{port}"), "private"));
        }
        assert_eq!(reaches(&facts), 1 + MAX_REMEMBERED);
        facts.external_expired(&"/ip4/192.0.2.1/tcp/999".parse().expect("a multiaddr"));
        assert_eq!(reaches(&facts), MAX_REMEMBERED);
    }
}
