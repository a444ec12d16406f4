//! What a user can choose about an introspector.

use libp2p::PeerId;

use crate::dht::DhtParams;

/// Made by [`Introspector::builder`](crate::Introspector::builder).
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) implementation: String,
    pub(crate) version: String,
    pub(crate) max_closed: usize,
    pub(crate) max_queued_events: usize,
    pub(crate) peer: Option<PeerId>,
    pub(crate) dht: DhtParams,
    /// Bytes; 0 switches it off.
    pub(crate) flight_recorder: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            implementation: "rust-libp2p".to_owned(),
            version: env!("PEERSCOPE_LIBP2P_VERSION").to_owned(),
            max_closed: 10_000,
            // At 1 kB each, an interval of 1 s holds 4,096 events in 4 MB.
            max_queued_events: 4096,
            peer: None,
            dht: DhtParams::default(),
            flight_recorder: 8 << 20,
        }
    }
}
