//! The introspector: the handle that a user makes, puts into a swarm, and gives to an endpoint.

mod builder;
mod flight;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use libp2p::{PeerId, Transport, core::StreamMuxer};
use peerscope_introspection::{
    BoxFuture, EventStream, IntrospectError, Introspector as Contract,
    wire::{Event, EventType, Runtime, State},
};
use serde::Serialize;

use crate::{
    EmitError, Inspect, Introspect, Muxer, MuxerConfig, Security, SecurityConfig, TypedEvent, Wrapped,
    events::kinds::NodeSnapshot,
    node::{Node, Reader},
    snapshot,
};

pub use builder::Builder;

/// Sees what one node does. Cheap to clone: all clones are the same one. One for each `Swarm`.
#[derive(Clone)]
pub struct Introspector {
    node: Arc<Node>,
    /// The wrapped behaviour that this handle was made for; 0: the user's own.
    source: u64,
}

impl Default for Introspector {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl std::fmt::Debug for Introspector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Introspector").field("peer", &self.node.peer.get()).finish_non_exhaustive()
    }
}

impl Introspector {
    /// One with the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One with options.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn of_node(node: Arc<Node>) -> Self {
        Self { node, source: 0 }
    }

    pub(crate) fn of_behaviour(&self, source: u64) -> Self {
        Self { node: self.node.clone(), source }
    }

    /// The number of the wrapped behaviour whose handle this is.
    pub(crate) fn source(&self) -> u64 {
        self.source
    }

    /// Says who this node is. [`security`](Self::security) says it by itself; a node that has only [`wrap`](Self::wrap)
    /// must be told. The first one counts.
    pub fn set_peer_id(&self, peer: PeerId) {
        self.node.peer.get_or_init(|| peer);
    }

    /// The hook for the security of `SwarmBuilder::with_tcp` and its like: takes and gives what they take, one
    /// constructor (`noise::Config::new`) or a pair (`(tls::Config::new, noise::Config::new)`).
    pub fn security<S: SecurityConfig>(&self, security: S) -> S::Traced {
        security.traced(self)
    }

    /// The same for a transport built by hand: `.authenticate(introspector.security_upgrade(noise::Config::new(&key)?))`.
    pub fn security_upgrade<U>(&self, upgrade: U) -> Security<U> {
        Security::new(upgrade)
    }

    /// The hook for the muxer of `SwarmBuilder::with_tcp` and its like: one constructor (`yamux::Config::default`) or a
    /// pair.
    pub fn muxer<M: MuxerConfig>(&self, muxer: M) -> M::Traced {
        muxer.traced(self)
    }

    /// The same for a transport built by hand: `.multiplex(introspector.muxer_upgrade(yamux::Config::default()))`.
    pub fn muxer_upgrade<U>(&self, upgrade: U) -> Muxer<U> {
        Muxer::new(upgrade, self.node.clone())
    }

    /// The hook for a transport that is secured and multiplexed already: QUIC, WebTransport, WebRTC, or one built by
    /// hand of which only the whole is at hand: the muxer's negotiated name is not known then. Not for one whose muxer has the
    /// hook already: each connection would be there twice.
    pub fn wrap<T, M>(&self, transport: T) -> Wrapped<T>
    where
        T: Transport<Output = (PeerId, M)>,
        M: StreamMuxer,
    {
        Wrapped::new(transport, self.node.clone())
    }

    /// The hook for a behaviour: wrap one field of yours, or several. At least one is needed: it tells connections apart.
    pub fn behaviour<B: Inspect>(&self, behaviour: B) -> Introspect<B> {
        if let Some(recorder) = self.node.teller.recorder() {
            recorder.start(&self.node);
        }
        Introspect::new(behaviour, self.clone())
    }

    /// Tells an event of your own. The types of its properties are read off the first one of that name: number, list,
    /// a valid peer id or address, else text or JSON. What is not a map becomes `{"value": …}`.
    ///
    /// # Errors
    /// When it does not serialize, or when there are too many types of events. Never because nobody reads.
    pub fn emit(&self, name: &str, event: &impl Serialize) -> Result<(), EmitError> {
        self.node.teller.inferred(name, event)
    }

    /// Tells an event of your own whose type is known.
    ///
    /// # Errors
    /// As [`emit`](Self::emit).
    pub fn tell<E: TypedEvent>(&self, event: &E) -> Result<(), EmitError> {
        self.node.teller.typed(event)
    }

    fn runtime(&self) -> Runtime {
        Runtime {
            implementation: self.node.options.implementation.clone(),
            version: self.node.options.version.clone(),
            platform: format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
            peer_id: self.node.peer.get().map(ToString::to_string).unwrap_or_default(),
            event_types: self.node.teller.types(),
        }
    }

    pub(crate) fn node_snapshot(&self) -> Option<Event> {
        let snapshot = self.node.facts.lock().snapshot(&self.node.gossip.lock());
        let content = serde_json::to_string(&snapshot).ok()?;
        Some(crate::events::event(NodeSnapshot::NAME, content))
    }

    fn unless_closed<T>(&self, answer: impl FnOnce() -> T) -> Result<T, IntrospectError> {
        if self.node.is_closed() { Err(IntrospectError::Closed) } else { Ok(answer()) }
    }
}

impl Contract for Introspector {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        Box::pin(async { self.unless_closed(|| self.runtime()) })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        Box::pin(async {
            self.node.inside.look().await;
            self.unless_closed(|| snapshot::state(&self.node, Reader::Session))
        })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        self.node.teller.subscribe()
    }

    fn event_metadata(&self) -> Vec<EventType> {
        self.node.teller.types()
    }

    fn close(&self) {
        self.node.close();
    }

    fn session_events(&self) -> BoxFuture<'_, Vec<Event>> {
        Box::pin(async {
            self.node.inside.look().await;
            self.node_snapshot().into_iter().collect()
        })
    }

    fn recording(&self) -> BoxFuture<'_, Option<Bytes>> {
        Box::pin(async { self.flight_recording() })
    }

    fn keep_closed(&self, at_least: Duration) {
        self.node.keep_closed(at_least);
    }
}
