//! Of gossipsub: messages, subscriptions, meshes.

use super::*;

kinds! {
    /// A message came in. At most 50 a second are told so; how many were not is told by the snapshots.
    GossipsubMessage {
        topic "topic": String,
        source "source": Option<Peer>,
        id "id": String,
        size "size": u64,
        propagation_peer "propagationPeer": Peer,
    }
    /// A peer subscribed to a topic.
    GossipsubSubscribed { peer "peer": Peer, topic "topic": String }
    /// A peer is subscribed no more.
    GossipsubUnsubscribed { peer "peer": Peer, topic "topic": String }
    /// A peer that does not speak it.
    GossipsubNotSupported { peer "peer": Peer }
    /// A peer takes its messages too slowly: how many found no room in its two queues.
    SlowPeer { peer "peer": Peer, priority "priority": u64, non_priority "nonPriority": u64 }
    /// A peer is in the mesh of a topic. Seen by comparing meshes: within 5 s, and with each event of the topic.
    Graft { peer "peer": Peer, topic "topic": String }
    /// A peer is in the mesh no more, be it pruned or gone. Seen as a graft is.
    Prune { peer "peer": Peer, topic "topic": String }
    /// One of our topics, every 5 s: who is in its mesh (at most 64), how each scores (in the same order, empty where scoring
    /// is off), how many peers subscribed, and what came in during the period and in all. Duplicates are not counted by libp2p.
    GossipsubSnapshot {
        topic "topic": String,
        mesh "mesh": Vec<Peer>,
        scores "scores": Vec<f64>,
        mesh_peers "meshPeers": u64,
        peers "peers": u64,
        period_ms "periodMs": u64,
        messages "messages": u64,
        bytes "bytes": u64,
        sampled_out "sampledOut": u64,
        messages_total "messagesTotal": u64,
        bytes_total "bytesTotal": u64,
    }
}
