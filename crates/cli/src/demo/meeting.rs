//! Rendezvous: nodes register under a name with the hub and node 0, and find who else did.

use std::{ops::Range, sync::Arc};

use fastrand::Rng;
use libp2p::{PeerId, rendezvous::Namespace};
use tokio::time::sleep;

use super::{behaviour::MIN_REGISTRATION_SECS, network::pause, node::Node};

const NAME: &str = "peerscope-demo";

/// Registers and looks around, again and again, with one of the points. Some registrations run out before they are
/// renewed, one in five is too short to be taken, one in five is taken back.
pub async fn meet(node: Arc<Node>, points: Vec<PeerId>, secs: Range<f64>, mut rng: Rng) {
    for turn in (0..5).cycle() {
        sleep(pause(&mut rng, secs.clone())).await;
        let point = points[rng.usize(..points.len())];
        let ttl = if turn == 2 { MIN_REGISTRATION_SECS / 2 } else { rng.u64(MIN_REGISTRATION_SECS..30) };
        node.order(move |life| {
            let rendezvous = &mut life.swarm.behaviour_mut().rendezvous;
            if turn == 4 {
                rendezvous.unregister(Namespace::from_static(NAME), point);
            } else {
                // An error says that no address of this node is confirmed yet.
                rendezvous.register(Namespace::from_static(NAME), point, Some(ttl)).ok();
            }
            rendezvous.discover(Some(Namespace::from_static(NAME)), None, None, point);
        });
    }
}
