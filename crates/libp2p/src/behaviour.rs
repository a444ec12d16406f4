//! The wrapper around a behaviour of the user's: it changes nothing, and sees connections come and go.

mod handler;
mod swarm;

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandlerInEvent, THandlerOutEvent,
        ToSwarm,
    },
};
use peerscope_introspection::wire::Role;

pub use self::handler::Handler;
use crate::{
    Inspect, Introspector,
    inside::{Beat, Slot},
    record::{ConnectionRecord, Times},
};

/// How often a behaviour reports while somebody listens.
const REPORT_EVERY: Duration = Duration::from_secs(5);

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

/// A behaviour of which the introspector sees what goes in and out. Made by [`Introspector::behaviour`].
///
/// It derefs to the behaviour inside and emits the same events, so that a `Swarm` of it, its events and its loop stay as
/// they were. Several fields may be wrapped: one of them reports for the swarm.
///
/// ```
/// use libp2p::{Swarm, ping, swarm::{NetworkBehaviour, SwarmEvent}};
/// use peerscope_libp2p::Introspect;
///
/// #[derive(NetworkBehaviour)]
/// struct My {
///     ping: Introspect<ping::Behaviour>,
/// }
///
/// // As it was before `ping` was wrapped.
/// fn on_event(swarm: &mut Swarm<My>, event: SwarmEvent<MyEvent>) {
///     if let SwarmEvent::Behaviour(MyEvent::Ping(ping::Event { peer, result, .. })) = event {
///         println!("{peer}: {result:?}, {} connected", swarm.connected_peers().count());
///     }
/// }
/// ```
///
/// A behaviour that this crate does not know needs an [`Inspect`] first:
///
/// ```compile_fail,E0277
/// use libp2p::{ping, swarm::NetworkBehaviour};
///
/// #[derive(NetworkBehaviour)]
/// struct Mine {
///     ping: ping::Behaviour,
/// }
///
/// let mine = Mine { ping: ping::Behaviour::default() };
/// peerscope_libp2p::Introspector::new().behaviour(mine);
/// ```
pub struct Introspect<B> {
    inner: B,
    introspector: Introspector,
    number: u64,
    slot: Option<Arc<Slot>>,
    beat: Beat,
}

impl<B: Inspect> Introspect<B> {
    pub(crate) fn new(inner: B, introspector: Introspector) -> Self {
        let number = NEXT_NUMBER.fetch_add(1, Relaxed);
        introspector.node().behaviour_added();
        let slot = B::LOOKS.then(|| introspector.node().inside.add());
        let introspector = introspector.of_behaviour(number);
        Self { inner, introspector, number, slot, beat: Beat::new(REPORT_EVERY) }
    }
}

impl<B> Introspect<B> {
    /// Whether this is the one that reports for the swarm.
    fn reports(&self) -> bool {
        self.introspector.node().reports(self.number)
    }

    /// The handler of a connection that has its peer by now.
    fn handler<H>(
        &self,
        inner: H,
        id: ConnectionId,
        peer: PeerId,
        role: Role,
        local: Option<&Multiaddr>,
        remote: &Multiaddr,
    ) -> Handler<H> {
        let node = self.introspector.node();
        let record = self.reports().then(|| {
            let ends = crate::record::Ends { local: local.cloned(), remote: remote.clone() };
            node.upgraded(id, |started_ms, handshake| {
                let times = Times { started_ms, upgraded_ms: crate::clock::now_ms(), handshake };
                ConnectionRecord::new(id, node.id(id).0, peer, role, &ends, times)
            })
        });
        Handler::new(inner, record.map(|record| (node.clone(), record)))
    }
}

impl<B> Drop for Introspect<B> {
    fn drop(&mut self) {
        self.introspector.node().behaviour_gone(self.number);
    }
}

impl<B> Deref for Introspect<B> {
    type Target = B;

    fn deref(&self) -> &B {
        &self.inner
    }
}

impl<B> DerefMut for Introspect<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.inner
    }
}

impl<B: fmt::Debug> fmt::Debug for Introspect<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<B: Inspect> NetworkBehaviour for Introspect<B> {
    type ConnectionHandler = Handler<B::ConnectionHandler>;
    type ToSwarm = B::ToSwarm;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        if self.reports() {
            swarm::incoming(self.introspector.node(), id, local, remote);
        }
        self.inner.handle_pending_inbound_connection(id, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<Self::ConnectionHandler, ConnectionDenied> {
        let inner = self.inner.handle_established_inbound_connection(id, peer, local, remote)?;
        Ok(self.handler(inner, id, peer, Role::Responder, Some(local), remote))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        effective_role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        if self.reports() {
            swarm::dialing(self.introspector.node(), id, peer, addresses);
        }
        self.inner.handle_pending_outbound_connection(id, peer, addresses, effective_role)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role_override: Endpoint,
        port_use: PortUse,
    ) -> Result<Self::ConnectionHandler, ConnectionDenied> {
        let inner =
            self.inner.handle_established_outbound_connection(id, peer, address, role_override, port_use)?;
        Ok(self.handler(inner, id, peer, Role::Initiator, None, address))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if self.reports() {
            swarm::on_event(self.introspector.node(), &event);
        }
        self.inner.on_swarm_event(event);
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, id: ConnectionId, event: THandlerOutEvent<Self>) {
        self.inner.on_connection_handler_event(peer, id, event);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some(slot) = &self.slot {
            slot.polled(cx, || self.inner.look(&self.introspector));
            if self.beat.is_due(self.introspector.node().teller.is_heard(), cx) {
                self.inner.report(&self.introspector);
            }
        }
        let next = self.inner.poll(cx);
        if let Poll::Ready(ToSwarm::GenerateEvent(event)) = &next {
            B::inspect(event, &self.introspector);
            if B::LOOKS {
                self.inner.after(event, &self.introspector);
            }
        }
        next
    }
}

/// What a wrapped handler needs to know of its connection.
type Tag = (Arc<crate::node::Node>, Arc<ConnectionRecord>);
