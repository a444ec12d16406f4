//! The wrapper around a connection's handler. All it does: say which connection is about to poll its muxer, and notice
//! that the connection is about to end.

use std::task::{Context, Poll};

use libp2p::swarm::{
    SubstreamProtocol,
    handler::{ConnectionEvent, ConnectionHandler, ConnectionHandlerEvent},
};

use super::Tag;
use crate::{clock, pairing};

/// How long a connection waits for its muxer, in milliseconds, before its dial is told without what the muxer knows.
const UNPAIRED_MS: u64 = 1000;

/// The connection handler of an [`Introspect`](super::Introspect).
pub struct Handler<H> {
    inner: H,
    /// `None` in a wrapper that does not report for the swarm.
    tag: Option<Tag>,
}

impl<H> Handler<H> {
    pub(super) fn new(inner: H, tag: Option<Tag>) -> Self {
        Self { inner, tag }
    }
}

impl<H: ConnectionHandler> ConnectionHandler for Handler<H> {
    type FromBehaviour = H::FromBehaviour;
    type ToBehaviour = H::ToBehaviour;
    type InboundProtocol = H::InboundProtocol;
    type OutboundProtocol = H::OutboundProtocol;
    type InboundOpenInfo = H::InboundOpenInfo;
    type OutboundOpenInfo = H::OutboundOpenInfo;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol, Self::InboundOpenInfo> {
        self.inner.listen_protocol()
    }

    fn connection_keep_alive(&self) -> bool {
        self.inner.connection_keep_alive()
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Self::OutboundOpenInfo, Self::ToBehaviour>> {
        if let Some((node, connection)) = &self.tag
            && connection.link().is_none()
        {
            pairing::offer(node, connection);
            // A muxer with a hook is polled soon after. By now there is none: nothing to wait for.
            if clock::now_ms().saturating_sub(connection.upgraded_ms) > UNPAIRED_MS {
                connection.tell_dial(node);
            }
        }
        self.inner.poll(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::ToBehaviour>> {
        if let Some(link) = self.tag.as_ref().and_then(|(_, connection)| connection.link()) {
            link.set_ending();
        }
        self.inner.poll_close(cx)
    }

    fn on_behaviour_event(&mut self, event: Self::FromBehaviour) {
        self.inner.on_behaviour_event(event);
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<
            Self::InboundProtocol,
            Self::OutboundProtocol,
            Self::InboundOpenInfo,
            Self::OutboundOpenInfo,
        >,
    ) {
        self.inner.on_connection_event(event);
    }
}
