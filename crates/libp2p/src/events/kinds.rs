//! The events that this crate tells by itself: name and properties of each, once. A file for each family; what they have in
//! common is here.

use peerscope_introspection::wire::EventType;
use serde::Serialize;

use super::{Property, PropertyType, TypedEvent, typed};

macro_rules! kinds {
    ($($(#[$doc:meta])* $event:ident { $($field:ident $name:literal: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Serialize)]
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

#[cfg(feature = "autonat")]
mod autonat;
#[cfg(feature = "dcutr")]
mod dcutr;
mod facts;
#[cfg(feature = "gossipsub")]
mod gossipsub;
#[cfg(feature = "identify")]
mod identify;
#[cfg(feature = "kad")]
mod kad;
#[cfg(feature = "mdns")]
mod mdns;
#[cfg(feature = "ping")]
mod ping;
#[cfg(feature = "relay")]
mod relay;
#[cfg(feature = "rendezvous")]
mod rendezvous;
#[cfg(feature = "request-response")]
mod request_response;
mod swarm;
#[cfg(feature = "upnp")]
mod upnp;
mod value;

#[cfg(feature = "autonat")]
pub(crate) use self::autonat::*;
#[cfg(feature = "dcutr")]
pub(crate) use self::dcutr::*;
pub(crate) use self::facts::*;
#[cfg(feature = "gossipsub")]
pub(crate) use self::gossipsub::*;
#[cfg(feature = "identify")]
pub(crate) use self::identify::*;
#[cfg(feature = "kad")]
pub(crate) use self::kad::*;
#[cfg(feature = "mdns")]
pub(crate) use self::mdns::*;
#[cfg(feature = "ping")]
pub(crate) use self::ping::*;
#[cfg(feature = "relay")]
pub(crate) use self::relay::*;
#[cfg(feature = "rendezvous")]
pub(crate) use self::rendezvous::*;
#[cfg(feature = "request-response")]
pub(crate) use self::request_response::*;
pub(crate) use self::swarm::*;
#[cfg(feature = "upnp")]
pub(crate) use self::upnp::*;
pub(crate) use self::value::*;

/// The types of all families that are built.
pub(crate) fn every() -> Vec<EventType> {
    [
        swarm::all(),
        facts::all(),
        #[cfg(feature = "autonat")]
        autonat::all(),
        #[cfg(feature = "dcutr")]
        dcutr::all(),
        #[cfg(feature = "gossipsub")]
        gossipsub::all(),
        #[cfg(feature = "identify")]
        identify::all(),
        #[cfg(feature = "kad")]
        kad::all(),
        #[cfg(feature = "mdns")]
        mdns::all(),
        #[cfg(feature = "ping")]
        ping::all(),
        #[cfg(feature = "relay")]
        relay::all(),
        #[cfg(feature = "rendezvous")]
        rendezvous::all(),
        #[cfg(feature = "request-response")]
        request_response::all(),
        #[cfg(feature = "upnp")]
        upnp::all(),
    ]
    .concat()
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
        let kinds = every();
        let names = kinds.iter().map(|kind| kind.name.as_str()).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(names.len(), kinds.len());
        assert!(names.contains("PeerConnected") && names.contains("NodeSnapshot"));
    }
}
