//! What a dial tries: one attempt for each address, each with its end and what took how long. Where the transport is
//! wrapped an attempt is watched itself; else what the swarm says of it at the end must do.

use std::{sync::Arc, time::Duration};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol, swarm::ConnectionId};
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
    /// Of the transport itself: connected, or why not.
    end: Option<Result<(), String>>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Connected,
    /// The swarm does not say why where another address succeeded.
    Failed(Option<String>),
    /// Another address connected before.
    Cancelled,
    /// The swarm gave up the dial as a whole, in this word.
    GivenUp(&'static str),
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
            watched.push(Watched { address: bare(address, self.peer), started: None, took: None, end: None });
            place
        })
    }

    pub(crate) fn attempt_started(&self, place: usize) {
        if let Some(watched) = self.watched.lock().get_mut(place) {
            watched.started.get_or_insert((clock::now_ms(), Instant::now()));
        }
    }

    /// It connected, failed, or was given up.
    pub(crate) fn attempt_ended(&self, place: usize, end: Result<(), String>) {
        if let Some(watched) = self.watched.lock().get_mut(place)
            && let Some((_, started)) = watched.started
        {
            watched.took = Some(started.elapsed());
            watched.end = Some(end);
        }
    }

    /// Whether a transport that is asked for this address may be asked by this dial.
    pub(crate) fn may_try(&self, address: &Multiaddr) -> bool {
        let to = address.iter().last();
        let peer = matches!((to, self.peer), (Some(Protocol::P2p(to)), Some(peer)) if to == peer);
        peer || self.addresses.contains(&bare(address, self.peer))
    }

    /// It is over. `ends`: what the swarm knows of single addresses, the one that connected first. Each other one was
    /// cancelled for that.
    pub(crate) fn over(&self, ends: impl IntoIterator<Item = (Multiaddr, Outcome)>) -> Vec<Attempt> {
        let mut watched = std::mem::take(&mut *self.watched.lock());
        let mut attempts = Vec::new();
        for (address, outcome) in ends {
            let address = bare(&address, self.peer);
            let seen = watched.iter().position(|one| one.address == address).map(|at| watched.remove(at));
            let told = seen.as_ref().and_then(|one| one.end.clone()?.err());
            let outcome = if outcome == Outcome::Failed(None) { Outcome::Failed(told) } else { outcome };
            attempts.push(self.attempt(address, seen.as_ref(), outcome));
        }
        // Under another address than the swarm has it: a name was resolved in between.
        if let Some(at) = watched.iter().position(|one| one.end == Some(Ok(())))
            && let Some(winner) = attempts.first_mut().filter(|one| one.outcome == Outcome::Connected)
        {
            let seen = watched.remove(at);
            (winner.started_ms, winner.took) =
                (seen.started.map_or(winner.started_ms, |(ms, _)| ms), seen.took);
        }
        for one in &watched {
            let outcome = match &one.end {
                Some(Err(error)) => Outcome::Failed(Some(error.clone())),
                _ => Outcome::Cancelled,
            };
            attempts.push(self.attempt(one.address.clone(), Some(one), outcome));
        }
        for address in &self.addresses {
            if attempts.iter().all(|attempt| attempt.address != *address) {
                attempts.push(self.attempt(address.clone(), None, Outcome::Cancelled));
            }
        }
        attempts
    }

    /// The swarm ended it for no reason of an address. Attempts are those that were seen to begin.
    pub(crate) fn given_up(&self, word: &'static str) -> Vec<Attempt> {
        let watched = std::mem::take(&mut *self.watched.lock());
        let begun = watched.iter().filter(|one| one.started.is_some());
        begun.map(|one| self.attempt(one.address.clone(), Some(one), Outcome::GivenUp(word))).collect()
    }

    fn attempt(&self, address: Multiaddr, seen: Option<&Watched>, outcome: Outcome) -> Attempt {
        let started = seen.and_then(|one| one.started);
        Attempt {
            address,
            started_ms: started.map_or(self.started_ms, |(ms, _)| ms),
            // One that is still on its way took until now.
            took: seen.and_then(|one| one.took).or(started.map(|(_, started)| started.elapsed())),
            outcome,
        }
    }

    /// Tells of an attempt.
    pub(crate) fn tell(&self, node: &Node, peer: Option<PeerId>, attempt: Attempt, times: UpgradeTimes) {
        node.teller.own(|| {
            let (outcome, error) = match attempt.outcome {
                Outcome::Connected => ("connected", None),
                Outcome::Cancelled => ("cancelled", None),
                Outcome::GivenUp(word) => (word, None),
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
            [(b, Outcome::Connected), (a, failed), (d, Outcome::Cancelled), (c, Outcome::Cancelled)]
        );
        assert!(over[0].took.is_none() && over[2].took.is_some());
    }

    #[test]
    fn a_resolved_name_is_the_same_attempt() {
        let name = address("/dns4/example.org/tcp/1");
        let dial = Dial::new(ConnectionId::new_unchecked(1), None, std::slice::from_ref(&name));
        for (port, end) in [(1, Err("refused".to_owned())), (2, Ok(()))] {
            let place = dial.watch(&address(&format!("/ip4/192.0.2.1/tcp/{port}"))).expect("room");
            dial.attempt_started(place);
            dial.attempt_ended(place, end);
        }
        let over = dial.over([(name.clone(), Outcome::Connected)]);
        assert_eq!((over.len(), &over[0].address, &over[0].outcome), (2, &name, &Outcome::Connected));
        assert!(over[0].took.is_some());
        assert_eq!(over[1].outcome, Outcome::Failed(Some("refused".to_owned())));
    }

    #[test]
    fn what_never_began_was_no_attempt() {
        let one = address("/ip4/192.0.2.1/tcp/1");
        let dial = Dial::new(ConnectionId::new_unchecked(1), None, std::slice::from_ref(&one));
        dial.watch(&one).expect("room");
        let place = dial.watch(&address("/ip4/192.0.2.1/tcp/2")).expect("room");
        dial.attempt_started(place);
        let over = dial.given_up("denied");
        assert_eq!((over.len(), &over[0].outcome), (1, &Outcome::GivenUp("denied")));
    }

    #[test]
    fn a_dial_knows_its_addresses() {
        let (peer, other) = (PeerId::random(), PeerId::random());
        let [a, b] = [1, 2].map(|port| address(&format!("/ip4/127.0.0.1/tcp/{port}")));
        let dial = Dial::new(ConnectionId::new_unchecked(1), Some(peer), std::slice::from_ref(&a));
        assert!(dial.may_try(&a) && dial.may_try(&b.clone().with_p2p(peer).expect("one id")));
        assert!(!dial.may_try(&b) && !dial.may_try(&b.clone().with_p2p(other).expect("one id")));
    }

    #[test]
    fn a_timeout_is_known_by_its_words() {
        assert!(is_timeout("Handshake with the remote timed out."));
        assert!(is_timeout("Timeout has been reached"));
        assert!(!is_timeout("Connection refused (os error 111)"));
    }
}
