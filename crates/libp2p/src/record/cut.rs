//! What had to leave the list of closed connections and streams before a reader saw it: counted by peer and protocol until
//! the next snapshot, which tells it as events.

use std::{collections::HashMap, sync::Arc};

use libp2p::PeerId;

use super::Bytes;

/// Most pairs of peer and protocol between two snapshots; the rest is one count without names.
const MAX_PAIRS: usize = 256;

#[derive(Default)]
pub(crate) struct Cut {
    pairs: HashMap<Named, Count>,
    rest: Count,
}

/// Whose it was. A connection has no protocol.
pub(crate) type Named = (PeerId, Option<Arc<str>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) connections: u64,
    pub(crate) streams: u64,
    /// Of the streams.
    pub(crate) bytes: Bytes,
}

impl Cut {
    pub(crate) fn connection(&mut self, peer: PeerId) {
        self.count((peer, None)).connections += 1;
    }

    pub(crate) fn stream(&mut self, peer: PeerId, protocol: Option<Arc<str>>, bytes: Bytes) {
        let count = self.count((peer, protocol));
        count.streams += 1;
        count.bytes += bytes;
    }

    fn count(&mut self, named: Named) -> &mut Count {
        if self.pairs.len() >= MAX_PAIRS && !self.pairs.contains_key(&named) {
            return &mut self.rest;
        }
        self.pairs.entry(named).or_default()
    }

    /// All counts, those without names last; from here on it counts anew.
    pub(crate) fn take(&mut self) -> Vec<(Option<Named>, Count)> {
        let all = std::mem::take(self);
        let rest = (all.rest != Count::default()).then_some((None, all.rest));
        all.pairs.into_iter().map(|(named, count)| (Some(named), count)).chain(rest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_peer_and_protocol_within_bounds() {
        let mut cut = Cut::default();
        let peer = PeerId::random();
        for _ in 0..3 {
            cut.stream(peer, Some("/a".into()), Bytes { read: 1, written: 2 });
        }
        cut.connection(peer);
        for _ in 0..1000 {
            cut.connection(PeerId::random());
        }
        let all = cut.take();
        let of = |named: Option<Named>| all.iter().find(|(one, _)| *one == named).map(|(_, count)| *count);
        let streams = Count { connections: 0, streams: 3, bytes: Bytes { read: 3, written: 6 } };
        assert_eq!(of(Some((peer, Some("/a".into())))), Some(streams));
        assert_eq!(all.len(), MAX_PAIRS + 1);
        assert_eq!(all.iter().map(|(_, count)| count.connections).sum::<u64>(), 1001);
        assert!(cut.take().is_empty());
    }
}
