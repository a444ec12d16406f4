//! The events that this crate tells by itself: name and properties of each, once.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId};
use peerscope_introspection::wire::EventType;
use serde::{Serialize, Serializer};

use crate::dial::UpgradeTimes;

use super::{
    Property, TypedEvent,
    typed::{self, PropertyType},
};

/// A value that an event can have, and how a viewer reads it.
pub(crate) trait Typed {
    const KIND: PropertyType;
    const MANY: bool = false;
}

impl Typed for String {
    const KIND: PropertyType = PropertyType::String;
}

impl Typed for &str {
    const KIND: PropertyType = PropertyType::String;
}

impl Typed for u64 {
    const KIND: PropertyType = PropertyType::Number;
}

/// A time, in milliseconds since the Unix epoch.
#[derive(Serialize)]
pub(crate) struct Time(pub(crate) u64);

impl Typed for Time {
    const KIND: PropertyType = PropertyType::Time;
}

impl Typed for f64 {
    const KIND: PropertyType = PropertyType::Number;
}

impl Typed for bool {
    // The schema has no kind of its own for it.
    const KIND: PropertyType = PropertyType::Json;
}

impl<T: Typed> Typed for Option<T> {
    const KIND: PropertyType = T::KIND;
}

impl<T: Typed> Typed for Vec<T> {
    const KIND: PropertyType = T::KIND;
    const MANY: bool = true;
}

/// A peer, as its usual text.
pub(crate) struct Peer(pub(crate) PeerId);

impl Serialize for Peer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Typed for Peer {
    const KIND: PropertyType = PropertyType::Peerid;
}

/// A connection, as the state names it.
pub(crate) struct Id(pub(crate) String);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Typed for Id {
    const KIND: PropertyType = PropertyType::String;
}

/// An address, as its usual text.
pub(crate) struct Address(pub(crate) Multiaddr);

impl Address {
    pub(crate) fn of(address: &Multiaddr) -> Self {
        Self(address.clone())
    }

    pub(crate) fn list<'a>(addresses: impl IntoIterator<Item = &'a Multiaddr>) -> Vec<Self> {
        addresses.into_iter().map(Self::of).collect()
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Typed for Address {
    const KIND: PropertyType = PropertyType::Multiaddr;
}

/// What failed at one address.
#[derive(Serialize)]
pub(crate) struct Failure {
    pub(crate) address: Option<Address>,
    pub(crate) error: String,
}

impl Typed for Failure {
    const KIND: PropertyType = PropertyType::Json;
}

/// What took how long, in milliseconds, as far as it was seen.
#[derive(Serialize)]
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

macro_rules! kinds {
    ($($(#[$doc:meta])* $event:ident { $($field:ident $name:literal: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Serialize)]
            pub(crate) struct $event {
                $(#[serde(rename = $name)] pub(crate) $field: $type,)*
            }

            impl TypedEvent for $event {
                const NAME: &'static str = stringify!($event);
                const PROPERTIES: &'static [Property] = &[
                    $(Property { name: $name, kind: <$type as Typed>::KIND, many: <$type as Typed>::MANY },)*
                ];
            }
        )*

        /// The type of each of them.
        pub(crate) fn all() -> Vec<EventType> {
            vec![$(typed::event_type::<$event>(),)*]
        }
    };
}

mod dht;

pub(crate) use dht::*;

/// The types of all families.
pub(crate) fn every() -> Vec<EventType> {
    [all(), dht::all()].concat()
}

kinds! {
    /// A dial begins. The addresses are those asked for; behaviours may add some.
    Dialing { peer "peer": Option<Peer>, addresses "addresses": Vec<Address>, connection "connection": Id }
    /// What became of one address of a dial: connected, failed, timeout, or cancelled because another was quicker.
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
        handshake_ms "handshakeMs": u64,
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
    NewExternalAddrOfPeer { peer "peer": Peer, address "address": Address }
    /// More closed between two snapshots than are kept: these were never in one. Their bytes are in the totals.
    ClosedCut {
        peer "peer": Option<Peer>,
        protocol "protocol": Option<String>,
        connections "connections": u64,
        streams "streams": u64,
        bytes_in "bytesIn": u64,
        bytes_out "bytesOut": u64,
    }
    /// The addresses of this node, for who comes late.
    NodeSnapshot {
        listen_addrs "listenAddrs": Vec<Address>,
        external_addrs "externalAddrs": Vec<Address>,
        candidates "candidates": Vec<Address>,
    }
    PingResult { peer "peer": Peer, connection "connection": Id, rtt_ns "rttNs": Option<u64>, failure "failure": Option<String> }
    PeerIdentified {
        peer "peer": Peer,
        connection "connection": Id,
        agent "agent": String,
        protocols "protocols": Vec<String>,
        listen_addrs "listenAddrs": Vec<Address>,
        observed_addr "observedAddr": Address,
    }
    /// Identify failed.
    PeerIdentifyFailed { peer "peer": Peer, connection "connection": Id, error "error": String }
    /// A request or response came in.
    RequestResponseMessage { peer "peer": Peer, connection "connection": Id, kind "kind": &'static str, request "request": String }
    RequestResponseOutboundFailure { peer "peer": Peer, connection "connection": Id, request "request": String, error "error": String }
    RequestResponseInboundFailure { peer "peer": Peer, connection "connection": Id, request "request": String, error "error": String }
    RequestResponseResponseSent { peer "peer": Peer, connection "connection": Id, request "request": String }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_names_what_the_content_has() {
        let event = Dialing { peer: None, addresses: Vec::new(), connection: Id("x-7".to_owned()) };
        let content = serde_json::to_value(&event).expect("a map");
        let keys =
            content.as_object().expect("a map").keys().cloned().collect::<std::collections::BTreeSet<_>>();
        let names = Dialing::PROPERTIES.iter().map(|property| property.name.to_owned()).collect();
        assert_eq!(keys, names);
        assert_eq!(content["connection"], "x-7");
        assert_eq!(Dialing::PROPERTIES[1], Property::many("addresses", PropertyType::Multiaddr));
    }

    #[test]
    fn each_type_is_listed_once() {
        let all = every();
        let names = all.iter().map(|kind| kind.name.as_str()).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(names.len(), all.len());
        assert!(names.contains("PeerConnected") && names.contains("NodeSnapshot"));
    }
}
