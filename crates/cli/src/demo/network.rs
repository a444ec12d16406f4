//! The demo's network: who is there. All of it is seen from node 0, the one that is looked into.
//!
//! The *hub* stays for good and serves the others. *Residents* stay too; now and then one of the two sides hangs up and
//! dials again. The last of them is *sheltered*: it is reached through the hub. *Visitors* come under a new name, and leave.

use std::{ops::Range, sync::Arc, time::Duration};

use fastrand::Rng;
use libp2p::identity::Keypair;
use tokio::task::JoinSet;

use super::{
    behaviour::Part,
    chatter::{self, Height},
    failure, lookup, meeting,
    node::{Node, Setup},
    relaying,
    resident::{self, Manners},
    visitor,
};

const HUB_AGENT: &str = "bootstrap/2.4.1";
const AGENTS: [&str; 7] = [
    "archive-node/2.4.1",
    "validator/1.9.0 (linux)",
    "light-client/0.7.3",
    "gateway/3.0.0-rc.2",
    "indexer/1.2.0",
    "explorer/0.9.8",
    "archive-node/2.3.0",
];
const SHELTERED_AGENT: &str = "wallet/5.2.0 (android)";

/// Those who keep records and chat are all connected to each other: of more than so many only the first ones do it.
const MEMBERS_AT_MOST: usize = 12;
/// Node 0 drops a connection that nobody uses for so long. A resident's pauses are shorter.
pub const IDLE_AT_ZERO: Duration = Duration::from_secs(5);
pub const IDLE_ELSEWHERE: Duration = Duration::from_secs(120);

/// The two that everybody knows.
#[derive(Clone)]
pub struct Scene {
    pub zero: Arc<Node>,
    pub hub: Arc<Node>,
    pub height: Height,
}

/// Node 0: the one that is looked into.
pub async fn node_zero(rng: &mut Rng) -> anyhow::Result<Arc<Node>> {
    let agent = "peerscope-demo/0.1.0".to_owned();
    let setup = Setup { key: key(rng)?, agent, tls: true, idle: IDLE_AT_ZERO, part: Part::Watched };
    Ok(Arc::new(Node::start(setup).await?))
}

/// Starts the `others` around node 0 and keeps them going until it is dropped.
pub async fn run(zero: Arc<Node>, others: usize, mut rng: Rng) -> anyhow::Result<()> {
    // One of four seats is for visitors, as soon as there are three.
    let visitors = if others < 3 { 0 } else { others.div_ceil(4) };
    let staying = others - visitors;
    let setup = Setup {
        key: key(&mut rng)?,
        agent: HUB_AGENT.to_owned(),
        tls: true,
        idle: IDLE_ELSEWHERE,
        part: Part::Hub,
    };
    let hub = Arc::new(Node::start(setup).await?);
    let scene = Scene { zero, hub, height: Height::default() };

    let mut tasks = JoinSet::new();
    keep_busy(&mut tasks, &scene, &mut rng);
    tasks.spawn(resident::attend(scene.clone(), Manners::of(0, staying, &mut rng), rng.fork()));
    let mut members = Vec::new();
    for index in 1..staying {
        let manners = Manners::of(index, staying, &mut rng);
        let key = key(&mut rng)?;
        let tls = index % 2 == 0;
        // With the hub and one more there is still nobody to be reached directly.
        if index + 1 == staying && index > 1 {
            let agent = SHELTERED_AGENT.to_owned();
            let setup = Setup { key, agent, tls, idle: IDLE_ELSEWHERE, part: Part::Guest };
            tasks.spawn(resident::shelter(scene.clone(), setup, manners, rng.fork()));
        } else {
            let agent = AGENTS[(index - 1) % AGENTS.len()].to_owned();
            let part = if members.len() < MEMBERS_AT_MOST { Part::Member } else { Part::Guest };
            if part == Part::Member {
                members.push(key.public().to_peer_id());
            }
            let setup = Setup { key, agent, tls, idle: IDLE_ELSEWHERE, part };
            tasks.spawn(resident::reside(scene.clone(), setup, manners, rng.fork()));
        }
    }
    if !members.is_empty() {
        let Scene { zero, hub, .. } = &scene;
        tasks.spawn(for_ever(relaying::call(hub.clone(), zero.clone(), members, rng.fork())));
    }
    for seat in 0..visitors {
        tasks.spawn(visitor::visit(scene.clone(), seat, rng.fork()));
    }
    while let Some(ended) = tasks.join_next().await {
        // The others go on: one that can't be started says so, and is missing.
        if let Err(error) = ended.map_err(anyhow::Error::from).flatten() {
            tracing::error!("one of the demo's nodes stopped: {error:#}");
        }
    }
    Ok(())
}

/// What node 0 and the hub do beside talking to each other. Node 0 does it more often: it is the one that is seen.
fn keep_busy(tasks: &mut JoinSet<anyhow::Result<()>>, scene: &Scene, rng: &mut Rng) {
    let Scene { zero, hub, height } = scene;
    let (peer, address) = (hub.peer, hub.tcp.clone());
    zero.order(move |life| {
        life.swarm.behaviour_mut().kad.add_address(&peer, address);
    });
    // Each asks the other how it is reached.
    for (node, server) in [(zero, hub.peer), (hub, zero.peer)] {
        node.order(move |life| {
            if let Some(autonat) = life.swarm.behaviour_mut().autonat.as_mut() {
                autonat.add_server(server, None);
            }
        });
    }
    tasks.spawn(lookup::look_up(zero.clone(), 1.5..3.0, rng.fork()));
    tasks.spawn(lookup::look_up(hub.clone(), 6.0..12.0, rng.fork()));
    tasks.spawn(failure::fail(scene.clone(), rng.fork()));
    for (node, secs) in [(zero, 1.5..3.0), (hub, 3.0..6.0)] {
        tasks.spawn(for_ever(chatter::chat(node.clone(), height.clone(), secs, rng.fork())));
    }
    tasks.spawn(for_ever(meeting::meet(zero.clone(), vec![peer], 8.0..12.0, rng.fork())));
    tasks.spawn(for_ever(relaying::stay_reachable(zero.clone(), hub.clone(), rng.fork())));
}

/// Something that ends with the demo alone.
pub async fn for_ever(going_on: impl Future<Output = ()>) -> anyhow::Result<()> {
    going_on.await;
    Ok(())
}

pub fn key(rng: &mut Rng) -> anyhow::Result<Keypair> {
    let mut secret = [0; 32];
    rng.fill(&mut secret);
    Ok(Keypair::ed25519_from_bytes(secret)?)
}

pub fn pause(rng: &mut Rng, secs: Range<f64>) -> Duration {
    Duration::from_secs_f64(secs.start + rng.f64() * (secs.end - secs.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_peers() {
        let peer = |seed| key(&mut Rng::with_seed(seed)).expect("a key").public().to_peer_id();
        assert_eq!(peer(7), peer(7));
        assert_ne!(peer(7), peer(8));
    }
}
