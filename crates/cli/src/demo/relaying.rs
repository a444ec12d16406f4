//! Over the relay: who can't be dialled keeps a reservation at the hub, and is reached through it.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use libp2p::{Multiaddr, PeerId, core::transport::ListenerId, multiaddr::Protocol};
use tokio::time::sleep;

use super::{
    network::pause,
    node::{Life, Node},
};

/// Where `peer` is reached through that relay.
pub fn through(relay: &Node, peer: PeerId) -> Multiaddr {
    circuit(relay).with(Protocol::P2p(peer))
}

fn circuit(relay: &Node) -> Multiaddr {
    relay.tcp.clone().with(Protocol::P2p(relay.peer)).with(Protocol::P2pCircuit)
}

/// Listens through a relay. Whether it has a reservation in the end.
pub async fn reserve(node: &Node, relay: &Node) -> bool {
    let address = circuit(relay);
    node.order(move |life| {
        if let Err(error) = life.swarm.listen_on(address) {
            tracing::warn!("can't listen through the relay: {error}");
        }
    });
    node.until(Duration::from_secs(10), Life::is_relayed).await
}

/// Keeps a reservation for most of the time. Now and then it is given back.
pub async fn stay_reachable(node: Arc<Node>, relay: Arc<Node>, mut rng: Rng) {
    loop {
        if reserve(&node, &relay).await {
            // It is lost with the connection to the relay: that is looked at more often than it is given back.
            for _ in 0..rng.u8(5..10) {
                sleep(pause(&mut rng, 4.0..6.0)).await;
                if !node.is(Life::is_relayed).await {
                    break;
                }
            }
        }
        node.order(|life| {
            for listener in life.relayed_listeners.drain().collect::<Vec<ListenerId>>() {
                life.swarm.remove_listener(listener);
            }
        });
        sleep(pause(&mut rng, 2.0..4.0)).await;
    }
}

/// Calls one of these through the relay now and then. Who has no reservation there at the moment is not reached.
pub async fn call(node: Arc<Node>, relay: Arc<Node>, peers: Vec<PeerId>, mut rng: Rng) {
    loop {
        sleep(pause(&mut rng, 6.0..12.0)).await;
        let peer = peers[rng.usize(..peers.len())];
        node.dial(peer, through(&relay, peer));
        sleep(pause(&mut rng, 4.0..8.0)).await;
        node.order(move |life| life.close_relayed(peer));
    }
}
