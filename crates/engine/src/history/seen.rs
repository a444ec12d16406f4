//! What a snapshot says as a whole: its totals, and what the source fills at all.

use std::collections::{HashMap, HashSet};

use super::{History, Totals};
use crate::{
    intern::Sym,
    snapshot::{Figures, RowIn, Snapshot, Who, status},
};

/// What the source has filled at least once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub total: bool,
    pub connection_traffic: bool,
    pub stream_traffic: bool,
    pub latency: bool,
    pub streams: bool,
    pub agent: bool,
    /// A transport or a host could be read of an address or of a transport id.
    pub transport: bool,
    pub remote: bool,
    pub dht: bool,
    /// Connections of one peer show the same figures: they are the peer's.
    pub shared_traffic: bool,
}

/// Snapshots in which connections of one peer showed the same figures, and those in which they did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SharedVotes {
    same: u32,
    different: u32,
}

impl SharedVotes {
    /// Two connections opened together may be alike for a moment, and a node may count on between two that share: so many
    /// snapshots must say it, and most of them.
    fn say_shared(self) -> bool {
        self.same >= 3 && self.same > self.different
    }
}

impl Totals {
    /// Counts what is open, each row once: each connection with its peer, and after it its streams.
    pub(super) fn count<'a>(&mut self, rows: impl Iterator<Item = (&'a RowIn, Sym)>) {
        let mut peers = HashSet::new();
        let mut parent_is_open = false;
        for (row_in, name) in rows {
            let is_open = status::is_open(row_in.status);
            if row_in.parent.is_some() {
                self.streams += u32::from(parent_is_open && is_open);
                continue;
            }
            parent_is_open = is_open;
            if is_open {
                self.connections += 1;
                peers.extend(name.some());
            }
        }
        self.peers = peers.len() as u32;
    }
}

impl History {
    /// Peer of a connection, protocol of a stream.
    pub(super) fn name_of(&self, row_in: &RowIn) -> Sym {
        match &row_in.who {
            Who::Told(who) => who.1.name,
            Who::Same(place) => (self.last.get(*place as usize))
                .and_then(|was| self.rows.get(was.row))
                .map_or(Sym::NONE, |row| row.facts.name),
        }
    }

    /// What a snapshot says as a whole; its rows are counted once it is known who they are.
    pub(super) fn totals(snapshot: &Snapshot, run: u32) -> Totals {
        Totals {
            instant_ms: snapshot.instant_ms,
            run,
            start_ms: snapshot.start_ms,
            duration_ms: snapshot.duration_ms,
            closed_cut: snapshot.closed_cut,
            figures: snapshot.total,
            ..Totals::default()
        }
    }

    pub(super) fn note_seen(&mut self, snapshot: &Snapshot) {
        let mut seen = self.seen;
        let any = |figures: &Figures| figures.bytes_in.unwrap_or(0) > 0 || figures.bytes_out.unwrap_or(0) > 0;
        seen.dht |= snapshot.dht.is_some();
        seen.total |= snapshot.total.bytes_in.is_some() || snapshot.total.bytes_out.is_some();
        let mut by_peer = HashMap::new();
        let mut votes = SharedVotes::default();
        for row_in in &snapshot.rows {
            let has_traffic = any(&row_in.figures);
            if row_in.parent.is_some() {
                seen.streams = true;
                seen.stream_traffic |= has_traffic;
                continue;
            }
            seen.connection_traffic |= has_traffic;
            seen.latency |= row_in.figures.latency_ns.is_some();
            if let Who::Told(who) = &row_in.who
                && !seen.agent
            {
                let is_agent = |tag: &Sym| self.interner.bytes_of(*tag).starts_with(b"agent=");
                seen.agent = who.1.tags.iter().any(is_agent);
            }
            if !has_traffic || !status::is_open(row_in.status) {
                continue;
            }
            let figures = (row_in.figures.bytes_in, row_in.figures.bytes_out);
            match self.name_of(row_in).some().and_then(|peer| by_peer.insert(peer, figures)) {
                Some(other) if other == figures => votes.same = 1,
                Some(_) => votes.different = 1,
                None => {}
            }
        }
        self.shared_votes.same = self.shared_votes.same.saturating_add(votes.same);
        self.shared_votes.different = self.shared_votes.different.saturating_add(votes.different);
        seen.shared_traffic = self.shared_votes.say_shared();
        self.seen = seen;
    }
}
