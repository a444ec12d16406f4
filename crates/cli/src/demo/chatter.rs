//! Gossip: what the nodes tell everybody who listens, about a chain that there is not. They join and leave topics, too.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use fastrand::Rng;
use libp2p::{gossipsub, identity::Keypair};
use peerscope_libp2p::Introspector;
use tokio::time::sleep;

use super::{event::Ledger, network::pause, node::Node};

/// What is talked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Blocks,
    Transactions,
    Votes,
}

impl Topic {
    const ALL: [Self; 3] = [Self::Blocks, Self::Transactions, Self::Votes];

    fn name(self) -> gossipsub::IdentTopic {
        gossipsub::IdentTopic::new(match self {
            Self::Blocks => "blocks",
            Self::Transactions => "transactions",
            Self::Votes => "votes",
        })
    }

    /// Of ten things said so many are of this topic; one that nobody drew is a vote.
    fn drawn(rng: &mut Rng) -> Self {
        match rng.u8(..10) {
            0 | 1 => Self::Blocks,
            2..=6 => Self::Transactions,
            _ => Self::Votes,
        }
    }

    fn len(self, rng: &mut Rng) -> usize {
        match self {
            Self::Blocks => rng.usize(800..4000),
            Self::Transactions => rng.usize(120..400),
            Self::Votes => 64,
        }
    }
}

/// A mesh so small that five nodes have to graft and prune.
///
/// # Errors
/// When gossipsub does not like the figures.
pub fn behaviour(key: &Keypair) -> Result<gossipsub::Behaviour, Box<dyn Error + Send + Sync>> {
    let config = gossipsub::ConfigBuilder::default()
        .mesh_outbound_min(0)
        .mesh_n_low(1)
        .mesh_n(2)
        .mesh_n_high(3)
        .heartbeat_initial_delay(Duration::from_secs(1))
        .prune_backoff(Duration::from_secs(5))
        .unsubscribe_backoff(Duration::from_secs(3))
        .build()?;
    let signed = gossipsub::MessageAuthenticity::Signed(key.clone());
    let mut behaviour = gossipsub::Behaviour::new(signed, config)?;
    for topic in Topic::ALL {
        behaviour.subscribe(&topic.name())?;
    }
    Ok(behaviour)
}

/// The height of the chain, the same for all nodes.
pub type Height = Arc<AtomicU64>;

/// Says something every `secs` or so, and now and then stays out of a topic for a while.
pub async fn chat(node: Arc<Node>, height: Height, secs: std::ops::Range<f64>, mut rng: Rng) {
    loop {
        for _ in 0..rng.u8(3..7) {
            sleep(pause(&mut rng, secs.clone())).await;
            let topic = Topic::drawn(&mut rng);
            let message = message(topic, &height, topic.len(&mut rng));
            node.order(move |life| {
                if let Some(gossip) = life.swarm.behaviour_mut().gossip.as_mut() {
                    // An error says that nobody listens at the moment.
                    gossip.publish(topic.name(), message).ok();
                }
            });
        }
        let topic = Topic::ALL[rng.usize(..Topic::ALL.len())];
        node.order(move |life| {
            if let Some(gossip) = life.swarm.behaviour_mut().gossip.as_mut() {
                gossip.unsubscribe(&topic.name());
            }
        });
        sleep(pause(&mut rng, 4.0..8.0)).await;
        node.order(move |life| {
            if let Some(gossip) = life.swarm.behaviour_mut().gossip.as_mut()
                && let Err(error) = gossip.subscribe(&topic.name())
            {
                tracing::warn!("a topic can't be joined: {error}");
            }
        });
    }
}

/// The height, then filling. A new block is one higher.
fn message(topic: Topic, height: &Height, len: usize) -> Vec<u8> {
    let height = if topic == Topic::Blocks { height.fetch_add(1, Relaxed) + 1 } else { height.load(Relaxed) };
    let mut message = height.to_be_bytes().to_vec();
    message.resize(len.max(message.len()), 0x5a);
    message
}

fn height(message: &[u8]) -> Option<u64> {
    message.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// Something was heard.
pub fn heard(message: &gossipsub::Message, ledger: &mut Ledger, introspector: &Introspector) {
    let Some(from) = message.source else { return };
    if message.topic == Topic::Blocks.name().hash() {
        if let Some(height) = height(&message.data) {
            ledger.block(height, from, message.data.len(), introspector);
        }
    } else if message.topic == Topic::Transactions.name().hash() {
        ledger.transaction(from, message.data.len(), introspector);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_one_higher_and_says_so() {
        let chain = Height::default();
        assert_eq!(height(&message(Topic::Blocks, &chain, 100)), Some(1));
        assert_eq!(height(&message(Topic::Votes, &chain, 100)), Some(1));
        let second = message(Topic::Blocks, &chain, 100);
        assert_eq!((height(&second), second.len()), (Some(2), 100));
        assert_eq!(height(&second[..7]), None);
    }

    #[test]
    fn gossipsub_likes_the_figures_and_all_topics_are_joined() {
        let behaviour = behaviour(&Keypair::generate_ed25519()).expect("good figures");
        assert_eq!(behaviour.topics().count(), Topic::ALL.len());
    }
}
