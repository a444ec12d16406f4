//! What an event's properties can be, and how a viewer reads each. Nothing of libp2p past this but ids and addresses.

use libp2p::{Multiaddr, PeerId};
use serde::{Serialize, Serializer};

use crate::events::PropertyType;

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
#[derive(Clone, Serialize)]
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
    const MANY: bool = T::MANY;
}

impl<T: Typed> Typed for Vec<T> {
    const KIND: PropertyType = T::KIND;
    const MANY: bool = true;
}

/// A peer, as its usual text.
#[derive(Clone)]
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
#[derive(Clone)]
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
#[derive(Clone)]
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
#[derive(Clone, Serialize)]
pub(crate) struct Failure {
    pub(crate) address: Option<Address>,
    pub(crate) error: String,
}

impl Typed for Failure {
    const KIND: PropertyType = PropertyType::Json;
}
