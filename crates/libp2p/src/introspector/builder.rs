//! What a user can choose about an introspector.

use std::sync::Arc;

use libp2p::PeerId;

use super::Introspector;
use crate::{dht::DhtParams, node::Node, options::Options};

/// Options of an [`Introspector`], each with a default.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    options: Options,
}

impl Builder {
    /// The name of the implementation that a viewer shows. `rust-libp2p` by default.
    #[must_use]
    pub fn implementation(mut self, name: impl Into<String>) -> Self {
        self.options.implementation = name.into();
        self
    }

    /// The version that a viewer shows. That of libp2p by default.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.options.version = version.into();
        self
    }

    /// Who this node is, where no wrapped security tells it: see [`Introspector::set_peer_id`].
    #[must_use]
    pub fn peer_id(mut self, peer: PeerId) -> Self {
        self.options.peer = Some(peer);
        self
    }

    /// How many closed connections, and how many closed streams, are kept at most. 10,000 by default.
    #[must_use]
    pub fn max_closed(mut self, max: usize) -> Self {
        self.options.max_closed = max;
        self
    }

    /// How many events wait for a reader at most; what finds no room is counted. 4,096 by default.
    #[must_use]
    pub fn max_queued_events(mut self, max: usize) -> Self {
        self.options.max_queued_events = max;
        self
    }

    /// How many bytes the flight recorder may take: the node's own frames of the last minutes, which a viewer gets that comes
    /// after the fact. 8 MiB by default; 0 switches it off. It costs a thread, which takes a snapshot each second, or less
    /// often where snapshots are large.
    #[must_use]
    pub fn flight_recorder(mut self, bytes: usize) -> Self {
        self.options.flight_recorder = bytes;
        self
    }

    /// The parameters of the DHT as they were configured, since its behaviour does not tell them: size of a bucket, queries
    /// at a time, and disjoint paths (0: none). 20, 3 and none by default, as in libp2p.
    #[must_use]
    pub fn dht_params(mut self, k: u64, alpha: u64, disjoint_paths: u64) -> Self {
        self.options.dht = DhtParams { k, alpha, disjoint_paths };
        self
    }

    /// The introspector.
    #[must_use]
    pub fn build(self) -> Introspector {
        let peer = self.options.peer;
        let introspector = Introspector::of_node(Arc::new(Node::new(self.options)));
        if let Some(peer) = peer {
            introspector.set_peer_id(peer);
        }
        introspector
    }
}
