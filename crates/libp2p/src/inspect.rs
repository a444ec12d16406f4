//! What the introspector learns from the events of a behaviour.

#[cfg(feature = "identify")]
mod identify;
#[cfg(feature = "ping")]
mod ping;
#[cfg(feature = "request-response")]
mod request_response;

use libp2p::swarm::{NetworkBehaviour, behaviour::toggle::Toggle};

use crate::Introspector;

/// A behaviour whose events can be looked at as they pass. [`Introspector::behaviour`] asks for it.
///
/// This crate writes it for libp2p's own. For yours one line is enough to have it wrapped, a few more tell what you like:
///
/// ```
/// use libp2p::{ping, swarm::NetworkBehaviour};
/// use peerscope_libp2p::{Inspect, Introspector};
///
/// #[derive(NetworkBehaviour)]
/// struct Mine {
///     ping: ping::Behaviour,
/// }
///
/// impl Inspect for Mine {
///     fn inspect(event: &MineEvent, introspector: &Introspector) {
///         let MineEvent::Ping(event) = event;
///         introspector.emit("MinePinged", &serde_json::json!({ "peer": event.peer.to_string() })).ok();
///         // What this crate knows of ping, too.
///         ping::Behaviour::inspect(event, introspector);
///     }
/// }
/// ```
pub trait Inspect: NetworkBehaviour {
    /// Called with each event that the behaviour is about to hand to the swarm. Must not block.
    fn inspect(event: &Self::ToSwarm, introspector: &Introspector) {
        let _ = (event, introspector);
    }
}

/// One that may be switched off. While it is, it wraps no connection: wrap a behaviour beside it as well.
impl<B: Inspect> Inspect for Toggle<B> {
    fn inspect(event: &Self::ToSwarm, introspector: &Introspector) {
        B::inspect(event, introspector);
    }
}

impl Inspect for libp2p::swarm::dummy::Behaviour {}
impl Inspect for libp2p::connection_limits::Behaviour {}
