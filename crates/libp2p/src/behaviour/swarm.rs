//! The swarm's events: what they change in the node's records, and how they are told.

use std::sync::Arc;

use libp2p::{
    Multiaddr, PeerId,
    core::{ConnectedPoint, transport::TransportError},
    swarm::{ConnectionDenied, ConnectionId, DialError, FromSwarm, ListenError, behaviour as from},
};

use crate::{
    address,
    cause::Cause,
    clip,
    dial::{Attempt, Dial, Outcome, UpgradeTimes},
    events::kinds::{
        Address, AddressChange, ConnectionDenied as Denied, DialFailure, Dialing, ExpiredListenAddr,
        ExternalAddrConfirmed, ExternalAddrExpired, Failure, IncomingConnection, ListenFailure,
        ListenerClosed, ListenerError, NewExternalAddrCandidate, NewExternalAddrOfPeer, NewListenAddr, Peer,
        PeerConnected, PeerDisconnected,
    },
    node::Node,
    pairing,
    record::ConnectionRecord,
};

/// Most unconfirmed addresses of ours that are remembered: peers choose them.
const MAX_CANDIDATES: usize = 64;

pub(super) fn incoming(node: &Node, id: ConnectionId, local: &Multiaddr, remote: &Multiaddr) {
    node.pending(id, None);
    node.teller.own(|| IncomingConnection {
        local: Address::of(local),
        remote: Address::of(remote),
        connection: node.id(id),
    });
}

pub(super) fn dialing(node: &Arc<Node>, id: ConnectionId, peer: Option<PeerId>, addresses: &[Multiaddr]) {
    let dial = Dial::new(id, peer, addresses);
    pairing::offer_dial(node, &dial);
    node.pending(id, Some(dial));
    node.teller.own(|| Dialing {
        peer: peer.map(Peer),
        addresses: Address::list(addresses),
        connection: node.id(id),
    });
}

pub(super) fn on_event(node: &Node, event: &FromSwarm<'_>) {
    match event {
        FromSwarm::ConnectionEstablished(event) => established(node, event),
        FromSwarm::ConnectionClosed(event) => closed(node, event),
        FromSwarm::AddressChange(event) => {
            if let Some(connection) = node.connection(event.connection_id) {
                connection.moved(event.new);
            }
            node.teller.own(|| AddressChange {
                peer: Peer(event.peer_id),
                connection: node.id(event.connection_id),
                old: Address::of(event.old.get_remote_address()),
                new: Address::of(event.new.get_remote_address()),
            });
        }
        FromSwarm::DialFailure(event) => dial_failure(node, event),
        FromSwarm::ListenFailure(event) => listen_failure(node, event),
        FromSwarm::NewListenAddr(event) => {
            remember(&mut node.facts.lock().listen_addrs, event.addr, usize::MAX);
            node.teller.own(|| NewListenAddr {
                address: Address::of(event.addr),
                listener: event.listener_id.to_string(),
            });
        }
        FromSwarm::ExpiredListenAddr(event) => {
            node.facts.lock().listen_addrs.retain(|address| address != event.addr);
            node.teller.own(|| ExpiredListenAddr {
                address: Address::of(event.addr),
                listener: event.listener_id.to_string(),
            });
        }
        FromSwarm::ListenerError(event) => node.teller.own(|| ListenerError {
            listener: event.listener_id.to_string(),
            error: clip::error_text(event.err),
        }),
        FromSwarm::ListenerClosed(event) => node.teller.own(|| ListenerClosed {
            listener: event.listener_id.to_string(),
            error: event.reason.err().map(|error| clip::error_text(error)),
        }),
        FromSwarm::NewExternalAddrCandidate(event) => {
            remember(&mut node.facts.lock().candidates, event.addr, MAX_CANDIDATES);
            node.teller.own(|| NewExternalAddrCandidate { address: Address::of(event.addr) });
        }
        FromSwarm::ExternalAddrConfirmed(event) => {
            let mut facts = node.facts.lock();
            facts.candidates.retain(|address| address != event.addr);
            remember(&mut facts.external_addrs, event.addr, usize::MAX);
            drop(facts);
            node.teller.own(|| ExternalAddrConfirmed { address: Address::of(event.addr) });
        }
        FromSwarm::ExternalAddrExpired(event) => {
            let lost = node.facts.lock().external_expired(event.addr);
            node.teller.own(|| ExternalAddrExpired { address: Address::of(event.addr) });
            if let Some(reservation) = lost {
                node.teller.own(|| reservation);
            }
        }
        FromSwarm::NewExternalAddrOfPeer(event) => node
            .teller
            .own(|| NewExternalAddrOfPeer { peer: Peer(event.peer_id), address: Address::of(event.addr) }),
        // Said by its addresses; and what a later libp2p adds.
        _ => {}
    }
}

/// Adds an address as the newest, once; the oldest of more than `max` goes.
fn remember(list: &mut Vec<Multiaddr>, address: &Multiaddr, max: usize) {
    list.retain(|known| known != address);
    list.push(address.clone());
    if list.len() > max {
        list.remove(0);
    }
}

/// The other end, as the state has it.
fn remote(point: &ConnectedPoint, peer: PeerId) -> Address {
    let local = match point {
        ConnectedPoint::Listener { local_addr, .. } => Some(local_addr),
        ConnectedPoint::Dialer { .. } => None,
    };
    Address(address::far_end(local, point.get_remote_address(), &peer))
}

fn role(point: &ConnectedPoint) -> &'static str {
    if point.is_dialer() { "initiator" } else { "responder" }
}

fn established(node: &Node, event: &from::ConnectionEstablished<'_>) {
    let (record, dial) = node.established(event.connection_id).unzip();
    node.teller.own(|| PeerConnected {
        peer: Peer(event.peer_id),
        connection: node.id(event.connection_id),
        remote: remote(event.endpoint, event.peer_id),
        role: role(event.endpoint),
        handshake_ms: record
            .as_ref()
            .map(|record| u64::try_from(record.handshake.as_millis()).unwrap_or(u64::MAX)),
        failed_addresses: Address::list(event.failed_addresses),
    });
    if let (Some(record), Some(Some(dial))) = (&record, dial) {
        dialed(node, record, dial, event);
    }
}

/// The dial behind a connection is over: the address that won, those that failed before it, and those given up.
fn dialed(node: &Node, record: &ConnectionRecord, dial: Arc<Dial>, event: &from::ConnectionEstablished<'_>) {
    record.set_attempts(event.failed_addresses.len() + 1);
    let winner = (event.endpoint.get_remote_address().clone(), Outcome::Connected);
    let failed = event.failed_addresses.iter().map(|address| (address.clone(), Outcome::Failed(None)));
    let mut attempts = dial.over(std::iter::once(winner).chain(failed)).into_iter();
    let winner = attempts.next();
    for attempt in attempts {
        dial.tell(node, Some(record.peer), attempt, UpgradeTimes::default());
    }
    if let Some(winner) = winner {
        record.dialed(node, dial, winner);
    }
}

fn closed(node: &Node, event: &from::ConnectionClosed<'_>) {
    let closing = node
        .connection(event.connection_id)
        .is_some_and(|connection| connection.link().is_some_and(|link| link.is_closing()));
    let cause = Cause::of_connection(event.cause, closing);
    node.connection_closed(event.connection_id, cause.clone());
    node.teller.own(|| PeerDisconnected {
        peer: Peer(event.peer_id),
        connection: node.id(event.connection_id),
        remote: remote(event.endpoint, event.peer_id),
        role: role(event.endpoint),
        cause: cause.to_string(),
    });
}

fn dial_failure(node: &Node, event: &from::DialFailure<'_>) {
    let dial = node.failed(event.connection_id);
    if !node.teller.is_heard() {
        return;
    }
    let (reason, errors) = why(event.error);
    if let Some(dial) = dial {
        for attempt in attempts(&dial, event.error, &errors) {
            dial.tell(node, event.peer_id, attempt, UpgradeTimes::default());
        }
    }
    if let DialError::Denied { cause } = event.error {
        denied(node, event.connection_id, event.peer_id, cause);
    }
    node.teller.own(|| DialFailure {
        peer: event.peer_id.map(Peer),
        reason,
        errors,
        connection: node.id(event.connection_id),
    });
}

fn attempts(dial: &Dial, error: &DialError, errors: &[Failure]) -> Vec<Attempt> {
    match error {
        DialError::Denied { .. } => dial.given_up("denied"),
        DialError::Aborted => dial.given_up("aborted"),
        // Nothing was tried.
        DialError::NoAddresses | DialError::DialPeerConditionFalse(_) => Vec::new(),
        _ => dial.over(errors.iter().filter_map(|failure| {
            let address = failure.address.as_ref()?.0.clone();
            Some((address, Outcome::Failed(Some(failure.error.clone()))))
        })),
    }
}

/// Why a dial failed: in a word, and what is known of single addresses.
fn why(error: &DialError) -> (&'static str, Vec<Failure>) {
    let all = |error: String| vec![Failure { address: None, error }];
    match error {
        DialError::NoAddresses => ("NoAddresses", Vec::new()),
        DialError::WrongPeerId { obtained, address } => ("WrongPeerId", wrong_peer(obtained, address)),
        DialError::LocalPeerId { address } => ("LocalPeerId", ourselves(address)),
        DialError::Aborted => ("Aborted", Vec::new()),
        DialError::DialPeerConditionFalse(condition) => {
            ("DialPeerConditionFalse", all(format!("{condition:?}")))
        }
        DialError::Transport(errors) => {
            let failure = |(address, error): &(Multiaddr, _)| transport_failure(address, error);
            ("Transport", errors.iter().map(failure).collect())
        }
        DialError::Denied { cause } => ("Denied", all(clip::error_text(cause))),
    }
}

fn listen_failure(node: &Node, event: &from::ListenFailure<'_>) {
    node.failed(event.connection_id);
    if let ListenError::Denied { cause } = event.error {
        denied(node, event.connection_id, event.peer_id, cause);
    }
    node.teller.own(|| {
        let (reason, errors) = match event.error {
            ListenError::Aborted => ("Aborted", Vec::new()),
            ListenError::WrongPeerId { obtained, endpoint } => {
                ("WrongPeerId", wrong_peer(obtained, endpoint.get_remote_address()))
            }
            ListenError::LocalPeerId { address } => ("LocalPeerId", ourselves(address)),
            ListenError::Transport(error) => {
                ("Transport", vec![transport_failure(event.send_back_addr, error)])
            }
            ListenError::Denied { cause } => {
                ("Denied", vec![Failure { address: None, error: clip::error_text(cause) }])
            }
        };
        ListenFailure {
            peer: event.peer_id.map(Peer),
            reason,
            errors,
            connection: node.id(event.connection_id),
            local: Address::of(event.local_addr),
            remote: Address::of(event.send_back_addr),
        }
    });
}

fn wrong_peer(obtained: &PeerId, address: &Multiaddr) -> Vec<Failure> {
    vec![Failure { address: Some(Address::of(address)), error: format!("{obtained} answered") }]
}

fn ourselves(address: &Multiaddr) -> Vec<Failure> {
    vec![Failure { address: Some(Address::of(address)), error: "this node itself answered".to_owned() }]
}

fn transport_failure(address: &Multiaddr, error: &TransportError<std::io::Error>) -> Failure {
    let error = match error {
        TransportError::MultiaddrNotSupported(_) => "no transport for this address".to_owned(),
        TransportError::Other(error) => clip::error_text(error),
    };
    Failure { address: Some(Address::of(address)), error }
}

/// Which behaviour denied it, as far as its error is one of libp2p's.
fn denied(node: &Node, id: ConnectionId, peer: Option<PeerId>, cause: &ConnectionDenied) {
    let exceeded = cause.downcast_ref::<libp2p::connection_limits::Exceeded>();
    let reason = if exceeded.is_some() {
        "limit"
    } else if cause.downcast_ref::<libp2p::allow_block_list::Blocked>().is_some() {
        "blocked"
    } else if cause.downcast_ref::<libp2p::allow_block_list::NotAllowed>().is_some() {
        "notAllowed"
    } else {
        "other"
    };
    node.teller.own(|| Denied {
        peer: peer.map(Peer),
        connection: node.id(id),
        reason,
        limit: exceeded.map(|exceeded| exceeded.limit().into()),
        error: clip::error_text(cause),
    });
}
