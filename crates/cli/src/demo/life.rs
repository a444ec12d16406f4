//! What a node does by itself: answers transfers, learns addresses, hears chatter; and does what it is told.

use std::collections::{HashMap, HashSet};

use futures::StreamExt;
use libp2p::{
    PeerId, Swarm,
    core::transport::ListenerId,
    dcutr, gossipsub, identify, kad, request_response,
    swarm::{ConnectionId, DialError, SwarmEvent},
};
use peerscope_libp2p::Introspector;
use tokio::sync::mpsc;

use super::{
    behaviour::{Behaviour, BehaviourEvent},
    chatter,
    event::Ledger,
    transfer::{self, Kind},
    wall::is_relayed,
};

pub type Order = Box<dyn FnOnce(&mut Life) + Send>;

/// A swarm, and what its task remembers.
pub struct Life {
    pub swarm: Swarm<Behaviour>,
    /// Listeners through a relay.
    pub relayed_listeners: HashSet<ListenerId>,
    /// Connections over a relay.
    relayed: HashMap<ConnectionId, PeerId>,
    /// Peers to which a hole was punched, while they are connected.
    punched: HashSet<PeerId>,
    ledger: Ledger,
    introspector: Introspector,
}

impl Life {
    pub fn new(swarm: Swarm<Behaviour>, introspector: Introspector) -> Self {
        Self {
            swarm,
            relayed_listeners: HashSet::new(),
            relayed: HashMap::new(),
            punched: HashSet::new(),
            ledger: Ledger::default(),
            introspector,
        }
    }

    /// Lives until nobody can give orders any more.
    pub async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                order = orders.recv() => match order {
                    Some(order) => order(&mut self),
                    None => return,
                },
            }
        }
    }

    /// Whether it can be reached through a relay.
    pub fn is_relayed(&self) -> bool {
        !self.relayed_listeners.is_empty()
    }

    pub fn has_punched_to(&self, peer: PeerId) -> bool {
        self.punched.contains(&peer)
    }

    /// Closes what goes to that peer over a relay.
    pub fn close_relayed(&mut self, peer: PeerId) {
        for (id, _) in self.relayed.iter().filter(|(_, other)| **other == peer) {
            self.swarm.close_connection(*id);
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. }
                if endpoint.is_relayed() =>
            {
                self.relayed.insert(connection_id, peer_id);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, num_established, .. } => {
                self.relayed.remove(&connection_id);
                if num_established == 0 {
                    self.punched.remove(&peer_id);
                }
            }
            SwarmEvent::OutgoingConnectionError {
                peer_id: Some(peer),
                error: DialError::Transport(_),
                ..
            } => {
                self.forget(peer);
            }
            SwarmEvent::NewListenAddr { listener_id, address } if is_relayed(&address) => {
                self.relayed_listeners.insert(listener_id);
            }
            SwarmEvent::ListenerClosed { listener_id, .. } => {
                self.relayed_listeners.remove(&listener_id);
            }
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Blocks(event) => self.give(Kind::Blocks, event),
            BehaviourEvent::Chunks(event) => self.give(Kind::Chunks, event),
            BehaviourEvent::Mempool(event) => self.give(Kind::Mempool, event),
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                self.learn(peer_id, &info);
            }
            BehaviourEvent::Gossip(gossipsub::Event::Message { message, .. }) => {
                chatter::heard(&message, &mut self.ledger, &self.introspector);
            }
            BehaviourEvent::Dcutr(dcutr::Event { remote_peer_id, result: Ok(_) }) => {
                self.punched.insert(remote_peer_id);
            }
            _ => {}
        }
    }

    /// Gives what was asked for.
    fn give(&mut self, kind: Kind, event: transfer::Event) {
        if let transfer::Event::Message {
            message: request_response::Message::Request { request, channel, .. },
            ..
        } = event
        {
            // An error says that the peer is gone.
            self.swarm.behaviour_mut().transfers(kind).send_response(channel, request.download).ok();
        }
    }

    /// Has the DHT forget a peer that can't be reached. By itself it never does, and each query would dial it anew.
    fn forget(&mut self, peer: PeerId) {
        if !self.swarm.is_connected(&peer) {
            self.swarm.behaviour_mut().kad.remove_peer(&peer);
        }
    }

    /// Has the DHT know where a peer is that speaks it.
    fn learn(&mut self, peer: PeerId, info: &identify::Info) {
        if info.protocols.contains(&kad::PROTOCOL_NAME) {
            for address in info.listen_addrs.iter().filter(|address| !is_relayed(address)) {
                self.swarm.behaviour_mut().kad.add_address(&peer, address.clone());
            }
        }
    }
}
