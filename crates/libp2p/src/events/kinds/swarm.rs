//! Of the swarm: connections, dials, listeners, addresses.

use std::time::Duration;

use super::*;
use crate::dial::UpgradeTimes;

kinds! {
    /// A dial begins. The addresses are those asked for; behaviours may add some.
    Dialing { peer "peer": Option<Peer>, addresses "addresses": Vec<Address>, connection "connection": Id }
    /// What became of one address of a dial: connected, failed, timeout, cancelled because another connected before; or denied
    /// or aborted with the whole dial.
    DialAttempt {
        peer "peer": Option<Peer>,
        connection "connection": Id,
        address "address": Address,
        transport "transport": String,
        start_ms "startMs": Time,
        phases "phases": Phases,
        outcome "outcome": &'static str,
        error "error": Option<String>,
    }
    /// Somebody dials us.
    IncomingConnection { local "local": Address, remote "remote": Address, connection "connection": Id }
    /// A connection is there.
    PeerConnected {
        peer "peer": Peer,
        connection "connection": Id,
        remote "remote": Address,
        role "role": &'static str,
        handshake_ms "handshakeMs": Option<u64>,
        failed_addresses "failedAddresses": Vec<Address>,
    }
    /// A connection is gone.
    PeerDisconnected {
        peer "peer": Peer,
        connection "connection": Id,
        remote "remote": Address,
        role "role": &'static str,
        cause "cause": String,
    }
    /// The other end of a connection moved.
    AddressChange { peer "peer": Peer, connection "connection": Id, old "old": Address, new "new": Address }
    /// A dial failed.
    DialFailure {
        peer "peer": Option<Peer>,
        reason "reason": &'static str,
        errors "errors": Vec<Failure>,
        connection "connection": Id,
    }
    /// Somebody's dial to us failed.
    ListenFailure {
        peer "peer": Option<Peer>,
        reason "reason": &'static str,
        errors "errors": Vec<Failure>,
        connection "connection": Id,
        local "local": Address,
        remote "remote": Address,
    }
    /// A behaviour of this node denied a connection.
    ConnectionDenied {
        peer "peer": Option<Peer>,
        connection "connection": Id,
        reason "reason": &'static str,
        limit "limit": Option<u64>,
        error "error": String,
    }
    NewListenAddr { address "address": Address, listener "listener": String }
    ExpiredListenAddr { address "address": Address, listener "listener": String }
    ListenerClosed { listener "listener": String, error "error": Option<String> }
    ListenerError { listener "listener": String, error "error": String }
    NewExternalAddrCandidate { address "address": Address }
    ExternalAddrConfirmed { address "address": Address }
    ExternalAddrExpired { address "address": Address }
    /// More closed between two snapshots than are kept: these were never in one. Their bytes are in the totals.
    ClosedCut {
        peer "peer": Option<Peer>,
        protocol "protocol": Option<String>,
        connections "connections": u64,
        streams "streams": u64,
        bytes_in "bytesIn": u64,
        bytes_out "bytesOut": u64,
    }
    NewExternalAddrOfPeer { peer "peer": Peer, address "address": Address }
}

/// What took how long, in milliseconds, as far as it was seen.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Phases {
    /// From the first packet to the connection, where the transport is wrapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_ms: Option<f64>,
    /// The handshake of the security protocol, where that is wrapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    security_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    muxer_ms: Option<f64>,
}

impl Phases {
    pub(crate) fn new(total: Option<Duration>, times: UpgradeTimes) -> Self {
        // Microseconds are as much as these clocks are good for.
        let ms = |took: Duration| (took.as_secs_f64() * 1e6).round() / 1e3;
        Self { total_ms: total.map(ms), security_ms: times.security.map(ms), muxer_ms: times.muxer.map(ms) }
    }
}

impl Typed for Phases {
    const KIND: PropertyType = PropertyType::Json;
}
