//! What a dial tries: one attempt for each address, each with its end and what took how long. Where the transport is
//! wrapped an attempt is watched itself; else what the swarm says of it at the end must do.

use std::{sync::Arc, time::Duration};

use libp2p::{Multiaddr, PeerId, swarm::ConnectionId};
use parking_lot::Mutex;

use crate::{
    address,
    clock::{self, Instant},
    events::kinds::{Address, DialAttempt, Peer, Phases, Time},
    node::Node,
};

/// Most addresses of one dial that are watched. libp2p's own behaviours offer fewer.
const MAX_WATCHED: usize = 64;

/// One dial, on its way.
pub(crate) struct Dial {
    pub(crate) id: ConnectionId,
    peer: Option<PeerId>,
    started_ms: u64,
    /// What it was asked to try. Behaviours may add to it.
    addresses: Vec<Multiaddr>,
    watched: Mutex<Vec<Watched>>,
}

struct Watched {
    address: Multiaddr,
    started: Option<(u64, Instant)>,
    took: Option<Duration>,
    error: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Connected,
    /// The swarm does not say why where another address succeeded.
    Failed(Option<String>),
    /// Another address was quicker.
    Cancelled,
}

/// An attempt that is over.
pub(crate) struct Attempt {
    address: Multiaddr,
    started_ms: u64,
    took: Option<Duration>,
    outcome: Outcome,
}

/// What the upgrades of a connection took, as far as they are wrapped.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UpgradeTimes {
    pub(crate) security: Option<Duration>,
    pub(crate) muxer: Option<Duration>,
}

impl Dial {
    pub(crate) fn new(id: ConnectionId, peer: Option<PeerId>, addresses: &[Multiaddr]) -> Arc<Self> {
        let addresses = addresses.iter().take(MAX_WATCHED).map(|address| bare(address, peer)).collect();
        Arc::new(Self { id, peer, started_ms: clock::now_ms(), addresses, watched: Mutex::default() })
    }

    /// A wrapped transport is asked to dial there. Its place among the watched, if there is one left.
    pub(crate) fn watch(&self, address: &Multiaddr) -> Option<usize> {
        let mut watched = self.watched.lock();
        let place = watched.len();
        (place < MAX_WATCHED).then(|| {
            watched.push(Watched {
                address: bare(address, self.peer),
                started: None,
                took: None,
                error: None,
            });
            place
        })
    }

    pub(crate) fn attempt_started(&self, place: usize) {
        if let Some(watched) = self.watched.lock().get_mut(place) {
            watched.started.get_or_insert((clock::now_ms(), Instant::now()));
        }
    }

    /// It connected, failed, or was given up.
    pub(crate) fn attempt_ended(&self, place: usize, error: Option<String>) {
        if let Some(watched) = self.watched.lock().get_mut(place)
            && let Some((_, started)) = watched.started
        {
            watched.took = Some(started.elapsed());
            watched.error = error;
        }
    }

    /// It is over. `ends`: what the swarm knows of single addresses; every other one was given up for them.
    pub(crate) fn over(&self, ends: impl IntoIterator<Item = (Multiaddr, Outcome)>) -> Vec<Attempt> {
        let watched = std::mem::take(&mut *self.watched.lock());
        let find = |address: &Multiaddr| watched.iter().find(|one| one.address == *address);
        let mut attempts = Vec::new();
        for (address, outcome) in ends {
            let address = bare(&address, self.peer);
            let seen = find(&address);
            let outcome = match outcome {
                Outcome::Failed(None) => Outcome::Failed(seen.and_then(|one| one.error.clone())),
                outcome => outcome,
            };
            attempts.push(Attempt {
                started_ms: seen.and_then(|one| one.started).map_or(self.started_ms, |(ms, _)| ms),
                took: seen.and_then(|one| one.took),
                address,
                outcome,
            });
        }
        let others = self.addresses.iter().chain(watched.iter().map(|one| &one.address));
        for address in others {
            if attempts.iter().any(|attempt| attempt.address == *address) {
                continue;
            }
            let seen = find(address).and_then(|one| one.started);
            attempts.push(Attempt {
                address: address.clone(),
                started_ms: seen.map_or(self.started_ms, |(ms, _)| ms),
                took: seen.map(|(_, started)| started.elapsed()),
                outcome: Outcome::Cancelled,
            });
        }
        attempts
    }

    /// Tells of an attempt.
    pub(crate) fn tell(&self, node: &Node, peer: Option<PeerId>, attempt: Attempt, times: UpgradeTimes) {
        node.teller.own(|| {
            let (outcome, error) = match attempt.outcome {
                Outcome::Connected => ("connected", None),
                Outcome::Cancelled => ("cancelled", None),
                Outcome::Failed(error) if error.as_deref().is_some_and(is_timeout) => ("timeout", error),
                Outcome::Failed(error) => ("failed", error),
            };
            DialAttempt {
                peer: peer.or(self.peer).map(Peer),
                connection: node.id(self.id),
                transport: address::transport_id(&attempt.address),
                address: Address(attempt.address),
                start_ms: Time(attempt.started_ms),
                phases: Phases::new(attempt.took, times),
                outcome,
                error,
            }
        });
    }
}

/// Timeouts are told by their texts alone: the transports box them away.
fn is_timeout(error: &str) -> bool {
    let error = error.to_ascii_lowercase();
    ["timeout", "timed out", "time out"].iter().any(|word| error.contains(word))
}

fn bare(address: &Multiaddr, peer: Option<PeerId>) -> Multiaddr {
    peer.map_or_else(|| address.clone(), |peer| address::without_peer(address, &peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Multiaddr {
        text.parse().expect("a multiaddr")
    }

    #[test]
    fn who_lost_the_race_was_cancelled() {
        let peer = PeerId::random();
        let [a, b, c, d] = [1, 2, 3, 4].map(|port| address(&format!("/ip4/127.0.0.1/tcp/{port}")));
        let dial = Dial::new(ConnectionId::new_unchecked(1), Some(peer), &[a.clone(), b.clone(), c.clone()]);
        // `d` was added by a behaviour; the swarm dials with the peer's id at the end.
        let place = dial.watch(&d.clone().with_p2p(peer).expect("one id")).expect("room");
        dial.attempt_started(place);
        let failed = Outcome::Failed(Some("refused".to_owned()));
        let over = dial.over([
            (b.clone().with_p2p(peer).expect("one id"), Outcome::Connected),
            (a.clone(), failed.clone()),
        ]);
        let told = over.iter().map(|one| (one.address.clone(), one.outcome.clone())).collect::<Vec<_>>();
        assert_eq!(
            told,
            [(b, Outcome::Connected), (a, failed), (c, Outcome::Cancelled), (d, Outcome::Cancelled)]
        );
        assert!(over[0].took.is_none() && over[3].took.is_some());
    }

    #[test]
    fn a_timeout_is_known_by_its_words() {
        assert!(is_timeout("Handshake with the remote timed out."));
        assert!(is_timeout("Timeout has been reached"));
        assert!(!is_timeout("Connection refused (os error 111)"));
    }
}
