//! The introspector for rust-libp2p: sees the connections, streams, traffic and events of a node, without a fork and
//! without a change to the node's own loop. Serve it with `peerscope-endpoint`, look at it with Peerscope.
//!
//! ```no_run
//! use libp2p::{SwarmBuilder, noise, ping, swarm::NetworkBehaviour, tcp, yamux};
//! use peerscope_libp2p::{Introspect, Introspector};
//!
//! #[derive(NetworkBehaviour)]
//! struct My {
//!     ping: Introspect<ping::Behaviour>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let introspector = Introspector::new();
//! let swarm = SwarmBuilder::with_new_identity()
//!     .with_tokio()
//!     .with_tcp(
//!         tcp::Config::default(),
//!         introspector.security(noise::Config::new),
//!         introspector.muxer(yamux::Config::default),
//!     )?
//!     .with_behaviour(|_| My { ping: introspector.behaviour(ping::Behaviour::default()) })?
//!     .build();
//! # drop(swarm);
//! # Ok(())
//! # }
//! ```
//!
//! Most nodes give `with_tcp` a pair: `introspector.security((tls::Config::new, noise::Config::new))`. QUIC has no place
//! for a hook in `SwarmBuilder`; give it as another transport:
//! `.with_other_transport(|key| introspector.wrap(quic::tokio::Transport::new(quic::Config::new(key))))`.
//!
//! What it costs: two plain stores for each read and write, no lock. What it does not see: yamux's, noise's and TCP's own
//! bytes; who keeps a connection alive.
#![warn(missing_docs)]
#![cfg_attr(
    not(all(
        feature = "autonat",
        feature = "gossipsub",
        feature = "identify",
        feature = "kad",
        feature = "ping",
        feature = "relay"
    )),
    allow(dead_code, reason = "what is known of a protocol is there even where who tells it is not built")
)]

mod address;
mod behaviour;
mod cause;
mod clip;
mod clock;
mod dht;
mod dial;
mod events;
mod gossip;
#[cfg(test)]
mod gossip_tests;
mod inside;
mod inspect;
mod introspector;
mod muxer;
mod node;
mod options;
mod pairing;
mod record;
mod recorder;
mod security;
mod snapshot;
mod sniffer;
#[cfg(test)]
mod sniffer_tests;
mod substream;
mod transport;

pub use behaviour::{Handler, Introspect};
pub use events::{EmitError, Property, PropertyType, TypedEvent};
pub use inspect::Inspect;
pub use introspector::{Builder, Introspector};
pub use muxer::{CountingMuxer, Muxer, MuxerConfig};
pub use security::{SecuredSocket, Security, SecurityConfig};
pub use substream::Substream;
pub use transport::{Upgrade, Wrapped};
