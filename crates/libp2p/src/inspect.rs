//! What the introspector learns from the events of a behaviour.

#[cfg(feature = "autonat")]
mod autonat;
#[cfg(feature = "dcutr")]
mod dcutr;
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
#[cfg(feature = "upnp")]
mod upnp;

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
    /// Whether [`after`](Self::after), [`look`](Self::look) and [`report`](Self::report) are to be called at all. Not by
    /// default.
    const LOOKS: bool = false;

    /// Called with each event that the behaviour is about to hand to the swarm. Must not block.
    fn inspect(event: &Self::ToSwarm, introspector: &Introspector) {
        let _ = (event, introspector);
    }

    /// Called just after [`inspect`](Self::inspect), with the same event: for what only the behaviour itself can tell of it.
    /// Must not block.
    fn after(&mut self, event: &Self::ToSwarm, introspector: &Introspector) {
        let _ = (event, introspector);
    }

    /// Called in the swarm's task, just before the behaviour is polled, whenever somebody takes a snapshot: for what only
    /// the behaviour itself can tell. Must not block.
    fn look(&mut self, introspector: &Introspector) {
        let _ = introspector;
    }

    /// The same, every 5 s while somebody listens to events: for events that sum up. Must not block.
    fn report(&mut self, introspector: &Introspector) {
        let _ = introspector;
    }
}

/// One that may be switched off: wrap the `Toggle`, not what is in it. A wrapper inside of one that is off sees nothing.
impl<B: Inspect> Inspect for Toggle<B> {
    const LOOKS: bool = B::LOOKS;

    fn inspect(event: &Self::ToSwarm, introspector: &Introspector) {
        B::inspect(event, introspector);
    }

    fn after(&mut self, event: &Self::ToSwarm, introspector: &Introspector) {
        if let Some(behaviour) = self.as_mut() {
            behaviour.after(event, introspector);
        }
    }

    fn look(&mut self, introspector: &Introspector) {
        if let Some(behaviour) = self.as_mut() {
            behaviour.look(introspector);
        }
    }

    fn report(&mut self, introspector: &Introspector) {
        if let Some(behaviour) = self.as_mut() {
            behaviour.report(introspector);
        }
    }
}

impl Inspect for libp2p::swarm::dummy::Behaviour {}
impl Inspect for libp2p::connection_limits::Behaviour {}
