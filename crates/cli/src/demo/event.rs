//! Events of the demo's own, besides libp2p's: one whose properties are known at build time, one of which they are read off.

use libp2p::PeerId;
use peerscope_libp2p::{Introspector, Property, PropertyType, TypedEvent};
use serde::Serialize;

/// A block was heard of.
#[derive(Debug, Serialize)]
pub struct BlockSynced {
    pub height: u64,
    pub from: String,
    pub bytes: usize,
    /// How many transactions it took out of the mempool.
    pub transactions: u32,
}

impl TypedEvent for BlockSynced {
    const NAME: &'static str = "BlockSynced";
    const PROPERTIES: &'static [Property] = &[
        Property::one("height", PropertyType::Number),
        Property::one("from", PropertyType::Peerid),
        Property::one("bytes", PropertyType::Number),
        Property::one("transactions", PropertyType::Number),
    ];
}

/// How many transactions wait for a block, as far as this node heard.
#[derive(Debug, Serialize)]
struct MempoolChanged {
    waiting: u32,
    bytes: usize,
    from: String,
}

/// What a node knows of the chain that the chatter is about.
#[derive(Debug, Default)]
pub struct Ledger {
    waiting: u32,
}

impl Ledger {
    pub fn block(&mut self, height: u64, from: PeerId, bytes: usize, introspector: &Introspector) {
        let transactions = std::mem::take(&mut self.waiting);
        let event = BlockSynced { height, from: from.to_string(), bytes, transactions };
        if let Err(error) = introspector.tell(&event) {
            tracing::warn!("an event could not be told: {error}");
        }
    }

    pub fn transaction(&mut self, from: PeerId, bytes: usize, introspector: &Introspector) {
        self.waiting = self.waiting.saturating_add(1);
        let event = MempoolChanged { waiting: self.waiting, bytes, from: from.to_string() };
        if let Err(error) = introspector.emit("MempoolChanged", &event) {
            tracing::warn!("an event could not be told: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_has_the_properties_that_are_named() {
        let event = BlockSynced { height: 1, from: String::new(), bytes: 2, transactions: 3 };
        let content = serde_json::to_value(event).expect("a map");
        let keys = content.as_object().expect("a map").keys().map(String::as_str);
        let mut names = BlockSynced::PROPERTIES.iter().map(|property| property.name).collect::<Vec<_>>();
        names.sort_unstable();
        assert_eq!(keys.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>(), names);
    }

    #[test]
    fn a_block_takes_what_waits() {
        let (mut ledger, introspector, from) = (Ledger::default(), Introspector::new(), PeerId::random());
        ledger.transaction(from, 1, &introspector);
        ledger.transaction(from, 1, &introspector);
        assert_eq!(ledger.waiting, 2);
        ledger.block(1, from, 1, &introspector);
        assert_eq!(ledger.waiting, 0);
    }
}
