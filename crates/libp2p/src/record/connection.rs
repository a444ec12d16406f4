//! What the swarm's side knows of a connection.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use libp2p::{Multiaddr, PeerId, core::ConnectedPoint, swarm::ConnectionId};
use parking_lot::Mutex;
use peerscope_introspection::wire::Role;

use super::Link;
use crate::{
    address,
    cause::Cause,
    dial::{Attempt, Dial},
    node::Node,
};

pub(crate) struct ConnectionRecord {
    pub(crate) id: ConnectionId,
    pub(crate) peer: PeerId,
    pub(crate) role: Role,
    /// When the dial began, or the other side's arrived.
    pub(crate) started_ms: u64,
    pub(crate) upgraded_ms: u64,
    pub(crate) handshake: Duration,
    closed_ms: AtomicU64,
    latency_ns: AtomicU64,
    /// As a snapshot tells them: put into words once, not for each.
    pub(crate) names: Names,
    ends: Mutex<EndNames>,
    agent: Mutex<Option<Arc<str>>>,
    cause: OnceLock<Cause>,
    /// How the dial went, until it is told: what the upgrades took is known with the link.
    dial: Mutex<Option<(Arc<Dial>, Attempt)>>,
    /// How many addresses were tried; 0 where that is not known.
    attempts: AtomicU64,
    link: OnceLock<Arc<Link>>,
}

/// What never changes.
pub(crate) struct Names {
    pub(crate) id: Bytes,
    pub(crate) peer: String,
}

/// Both ends in words.
#[derive(Clone)]
pub(crate) struct EndNames {
    /// Empty where it is unknown.
    pub(crate) local: String,
    pub(crate) remote: String,
    /// The protocols of the remote address.
    pub(crate) transport: Bytes,
    /// Security and muxer that are part of the transport.
    pub(crate) built_in: Option<(&'static str, &'static str)>,
}

impl EndNames {
    fn new(local: Option<&Multiaddr>, remote: &Multiaddr) -> Self {
        Self {
            local: local.map(ToString::to_string).unwrap_or_default(),
            remote: remote.to_string(),
            transport: address::transport_id(remote).into(),
            built_in: address::built_in(remote),
        }
    }
}

/// How a connection came to be.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) started_ms: u64,
    pub(crate) upgraded_ms: u64,
    pub(crate) handshake: Duration,
}

/// The addresses at both ends.
pub(crate) struct Ends {
    /// Unknown to a dialer until the other side has told what it sees.
    pub(crate) local: Option<Multiaddr>,
    pub(crate) remote: Multiaddr,
}

impl ConnectionRecord {
    pub(crate) fn new(
        id: ConnectionId,
        name: String,
        peer: PeerId,
        role: Role,
        ends: &Ends,
        times: Times,
    ) -> Self {
        let ends =
            EndNames::new(ends.local.as_ref(), &address::far_end(ends.local.as_ref(), &ends.remote, &peer));
        Self {
            id,
            peer,
            role,
            started_ms: times.started_ms,
            upgraded_ms: times.upgraded_ms.max(times.started_ms),
            handshake: times.handshake,
            closed_ms: AtomicU64::new(0),
            latency_ns: AtomicU64::new(0),
            names: Names { id: name.into(), peer: peer.to_string() },
            ends: Mutex::new(ends),
            agent: Mutex::new(None),
            cause: OnceLock::new(),
            dial: Mutex::default(),
            attempts: AtomicU64::new(0),
            link: OnceLock::new(),
        }
    }

    /// The muxer of this connection was found. The first one counts: there is one.
    pub(crate) fn pair(&self, link: &Arc<Link>) {
        link.pair(self.id, self.peer);
        self.link.get_or_init(|| link.clone());
    }

    pub(crate) fn link(&self) -> Option<&Arc<Link>> {
        self.link.get()
    }

    pub(crate) fn close(&self, now_ms: u64, cause: Cause) {
        if self.cause.set(cause).is_ok() {
            self.closed_ms.store(now_ms.max(self.upgraded_ms), Relaxed);
        }
    }

    /// The dial that made it: told at once if the link is known, else with it, and at the latest when the connection ends.
    pub(crate) fn dialed(&self, node: &Node, dial: Arc<Dial>, attempt: Attempt) {
        *self.dial.lock() = Some((dial, attempt));
        if self.link().is_some() {
            self.tell_dial(node);
        }
    }

    pub(crate) fn tell_dial(&self, node: &Node) {
        let dial = self.dial.lock().take();
        if let Some((dial, attempt)) = dial {
            let times = self.link().map(|link| link.upgrade_times()).unwrap_or_default();
            dial.tell(node, Some(self.peer), attempt, times);
        }
    }

    pub(crate) fn set_attempts(&self, attempts: usize) {
        self.attempts.store(attempts as u64, Relaxed);
    }

    /// How many addresses were tried for it; 0 where this node did not dial.
    pub(crate) fn attempts(&self) -> u64 {
        self.attempts.load(Relaxed)
    }

    /// 0 while it is open.
    pub(crate) fn closed_ms(&self) -> u64 {
        self.closed_ms.load(Relaxed)
    }

    pub(crate) fn cause(&self) -> Option<&Cause> {
        self.cause.get()
    }

    pub(crate) fn set_latency(&self, rtt: Duration) {
        self.latency_ns.store(u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    /// The last ping's round trip; 0 before the first.
    pub(crate) fn latency_ns(&self) -> u64 {
        self.latency_ns.load(Relaxed)
    }

    pub(crate) fn set_agent(&self, agent: Arc<str>) {
        *self.agent.lock() = Some(agent);
    }

    pub(crate) fn agent(&self) -> Option<Arc<str>> {
        self.agent.lock().clone()
    }

    /// How the other side sees us: better than nothing where the local address is unknown.
    pub(crate) fn set_observed(&self, address: &Multiaddr) {
        let mut ends = self.ends.lock();
        if ends.local.is_empty() {
            ends.local = address.to_string();
        }
    }

    /// The other side moved.
    pub(crate) fn moved(&self, point: &ConnectedPoint) {
        let remote = address::without_peer(point.get_remote_address(), &self.peer);
        let mut ends = self.ends.lock();
        *ends = EndNames { local: std::mem::take(&mut ends.local), ..EndNames::new(None, &remote) };
    }

    pub(crate) fn ends(&self) -> EndNames {
        self.ends.lock().clone()
    }
}
