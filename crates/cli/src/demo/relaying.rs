//! Over the relay: who can't be dialled keeps a reservation at the hub, and is reached through it.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use libp2p::{Multiaddr, PeerId, core::transport::ListenerId, multiaddr::Protocol};
use tokio::time::sleep;

use super::{
    network::pause,
    node::{Life, Node},
};

/// Where `peer` is reached through the hub.
pub fn through(hub: &Node, peer: PeerId) -> Multiaddr {
    circuit(hub).with(Protocol::P2p(peer))
}

fn circuit(hub: &Node) -> Multiaddr {
    hub.tcp.clone().with(Protocol::P2p(hub.peer)).with(Protocol::P2pCircuit)
}

/// Listens through the hub. Whether it has a reservation in the end.
pub async fn reserve(node: &Node, hub: &Node) -> bool {
    let address = circuit(hub);
    node.order(move |life| {
        if let Err(error) = life.swarm.listen_on(address) {
            tracing::warn!("can't listen through the relay: {error}");
        }
    });
    node.until(Duration::from_secs(10), Life::is_relayed).await
}

/// Keeps a reservation for most of the time. Now and then it is given back.
pub async fn stay_reachable(node: Arc<Node>, hub: Arc<Node>, mut rng: Rng) {
    loop {
        if reserve(&node, &hub).await {
            // It is lost with the connection to the hub: that is looked at more often than it is given back.
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
