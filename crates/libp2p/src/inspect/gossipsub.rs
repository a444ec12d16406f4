//! gossipsub: topics, meshes, messages. libp2p does not say when a mesh changes: it is compared with what it was.

use std::collections::HashMap;

use libp2p::gossipsub::{self, Event, TopicHash};

use super::Inspect;
use crate::{
    Introspector, clip,
    clock::Instant,
    events::kinds::{
        GossipsubMessage, GossipsubNotSupported, GossipsubSnapshot, GossipsubSubscribed,
        GossipsubUnsubscribed, Graft, Peer, Prune, SlowPeer,
    },
    gossip::{self, MeshChange},
};

/// Longest message id that is told, in letters. By default it is a peer and a number, whose text in hex takes 144.
const ID_LEN: usize = 256;

impl<D, F> Inspect for gossipsub::Behaviour<D, F>
where
    D: gossipsub::DataTransform + Send + 'static,
    F: gossipsub::TopicSubscriptionFilter + Send + 'static,
{
    const LOOKS: bool = true;

    fn inspect(event: &Event, introspector: &Introspector) {
        let node = introspector.node();
        let teller = &node.teller;
        match event {
            Event::Message { propagation_source, message_id, message } => {
                let size = message.data.len() as u64;
                let told = node.gossip.lock().router(introspector.source()).message(
                    Instant::now(),
                    message.topic.as_str(),
                    size,
                    teller.is_heard(),
                );
                if told {
                    teller.own(|| GossipsubMessage {
                        topic: gossip::topic_text(message.topic.as_str()),
                        source: message.source.map(Peer),
                        id: clip::clipped(message_id, ID_LEN),
                        size,
                        propagation_peer: Peer(*propagation_source),
                    });
                }
            }
            Event::Subscribed { peer_id, topic, .. } => teller.own(|| GossipsubSubscribed {
                peer: Peer(*peer_id),
                topic: gossip::topic_text(topic.as_str()),
            }),
            Event::Unsubscribed { peer_id, topic } => teller.own(|| GossipsubUnsubscribed {
                peer: Peer(*peer_id),
                topic: gossip::topic_text(topic.as_str()),
            }),
            Event::GossipsubNotSupported { peer_id } => {
                teller.own(|| GossipsubNotSupported { peer: Peer(*peer_id) });
            }
            Event::SlowPeer { peer_id, failed_messages } => teller.own(|| SlowPeer {
                peer: Peer(*peer_id),
                priority: failed_messages.priority as u64,
                non_priority: failed_messages.non_priority as u64,
            }),
            #[allow(
                unreachable_patterns,
                reason = "a feature of gossipsub's, not ours, adds partial messages"
            )]
            _ => {}
        }
    }

    fn after(&mut self, event: &Event, introspector: &Introspector) {
        let topic = match event {
            // One of ours, else it would not be handed on.
            Event::Message { message, .. } => &message.topic,
            Event::Subscribed { topic, .. } | Event::Unsubscribed { topic, .. }
                if self.topics().any(|ours| ours == topic) =>
            {
                topic
            }
            _ => return,
        };
        let node = introspector.node();
        if !node.teller.is_heard() {
            return;
        }
        let mut gossip = node.gossip.lock();
        let router = gossip.router(introspector.source());
        let changed = router.is_followed() && !router.saw(topic.as_str(), self.mesh_peers(topic));
        let change = changed
            .then(|| router.look(Instant::now(), topic.as_str(), self.mesh_peers(topic).copied().collect()));
        drop(gossip);
        tell(introspector, change.flatten());
    }

    fn look(&mut self, introspector: &Introspector) {
        let node = introspector.node();
        let meshes = self
            .topics()
            .map(|topic| (topic.as_str().to_owned(), self.mesh_peers(topic).copied().collect::<Vec<_>>()));
        let changes = node.gossip.lock().router(introspector.source()).look_at_all(
            Instant::now(),
            node.teller.is_heard(),
            meshes,
        );
        tell(introspector, changes);
    }

    fn report(&mut self, introspector: &Introspector) {
        self.look(introspector);
        let mut subscribed = HashMap::<&TopicHash, u64>::new();
        for topic in self.all_peers().flat_map(|(_, topics)| topics) {
            *subscribed.entry(topic).or_default() += 1;
        }
        let subscribed = subscribed.into_iter().map(|(topic, peers)| (topic.as_str(), peers));
        let subscribed = subscribed.collect::<HashMap<_, _>>();
        let node = introspector.node();
        let looks = node.gossip.lock().router(introspector.source()).take_period(Instant::now());
        for look in looks {
            node.teller.own(|| {
                let mesh = gossip::told_peers(&look.mesh);
                GossipsubSnapshot {
                    scores: mesh.iter().filter_map(|peer| self.peer_score(&peer.0)).collect(),
                    mesh,
                    mesh_peers: look.mesh.len() as u64,
                    peers: subscribed.get(look.topic.as_str()).copied().unwrap_or(0),
                    period_ms: u64::try_from(look.took.as_millis()).unwrap_or(u64::MAX),
                    messages: look.period.messages,
                    bytes: look.period.bytes,
                    sampled_out: look.period.sampled_out,
                    messages_total: look.total.messages,
                    bytes_total: look.total.bytes,
                    topic: gossip::topic_text(&look.topic),
                }
            });
        }
    }
}

fn tell(introspector: &Introspector, changes: impl IntoIterator<Item = MeshChange>) {
    let teller = &introspector.node().teller;
    for MeshChange { topic, grafted, pruned } in changes {
        let topic = gossip::topic_text(&topic);
        for peer in grafted {
            teller.own(|| Graft { peer: Peer(peer), topic: topic.clone() });
        }
        for peer in pruned {
            teller.own(|| Prune { peer: Peer(peer), topic: topic.clone() });
        }
    }
}
