//! A firewall: a behaviour that denies every connection but those over a relay, and those with the relay.

use std::task::{Context, Poll};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    multiaddr::Protocol,
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dummy,
    },
};
use peerscope_libp2p::Inspect;

#[derive(Debug, thiserror::Error)]
#[error("the firewall lets no direct connection through")]
struct Walled;

pub struct Wall {
    friend: PeerId,
}

impl Wall {
    /// Only `friend` is connected to directly.
    pub fn around(friend: PeerId) -> Self {
        Self { friend }
    }
}

impl Inspect for Wall {}

pub fn is_relayed(address: &Multiaddr) -> bool {
    address.iter().any(|protocol| protocol == Protocol::P2pCircuit)
}

fn unless(denied: bool) -> Result<(), ConnectionDenied> {
    if denied { Err(ConnectionDenied::new(Walled)) } else { Ok(()) }
}

impl NetworkBehaviour for Wall {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = std::convert::Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        _: ConnectionId,
        local: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        unless(!is_relayed(local))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        unless(peer != Some(self.friend) && !addresses.iter().all(is_relayed))?;
        Ok(Vec::new())
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_friend_and_what_is_relayed_comes_through() {
        let (friend, other) = (PeerId::random(), PeerId::random());
        let mut wall = Wall::around(friend);
        let id = ConnectionId::new_unchecked(1);
        let direct: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().expect("an address");
        let relayed = direct.clone().with(Protocol::P2p(friend)).with(Protocol::P2pCircuit);

        let mut dials = |peer, address: &Multiaddr| {
            wall.handle_pending_outbound_connection(
                id,
                Some(peer),
                std::slice::from_ref(address),
                Endpoint::Dialer,
            )
            .is_ok()
        };
        assert!(dials(friend, &direct) && dials(other, &relayed) && !dials(other, &direct));

        let mut comes =
            |local: &Multiaddr| wall.handle_pending_inbound_connection(id, local, &direct).is_ok();
        assert!(comes(&relayed) && !comes(&direct));
    }
}
