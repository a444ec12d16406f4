//! Rendezvous: nodes register with the hub under a name, and find who else did.

use std::{ops::Range, sync::Arc};

use fastrand::Rng;
use libp2p::{PeerId, rendezvous::Namespace};
use tokio::time::sleep;

use super::{behaviour::MIN_REGISTRATION_SECS, network::pause, node::Node};

const NAME: &str = "peerscope-demo";

/// Registers and looks around, again and again. Some registrations run out before they are renewed, and one in five
/// is too short for the hub.
pub async fn meet(node: Arc<Node>, hub: PeerId, secs: Range<f64>, mut rng: Rng) {
    let mut turn = 0u32;
    loop {
        sleep(pause(&mut rng, secs.clone())).await;
        turn += 1;
        let ttl = if turn % 5 == 3 { MIN_REGISTRATION_SECS / 2 } else { rng.u64(MIN_REGISTRATION_SECS..30) };
        node.order(move |life| {
            let rendezvous = &mut life.swarm.behaviour_mut().rendezvous;
            // An error says that no address of this node is confirmed yet.
            rendezvous.register(Namespace::from_static(NAME), hub, Some(ttl)).ok();
            rendezvous.discover(Some(Namespace::from_static(NAME)), None, None, hub);
        });
    }
}
