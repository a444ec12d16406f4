//! The wrapper around a transport whose connections are secured and multiplexed already: it counts what they carry, and
//! sees each dial begin and end.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use libp2p::{
    Multiaddr, PeerId, Transport,
    core::transport::{DialOpts, ListenerId, TransportError, TransportEvent},
};

use crate::{
    CountingMuxer, address, clip,
    dial::Dial,
    node::{Node, new_link},
};

pin_project_lite::pin_project! {
    /// A transport with the hook in it. Made by [`Introspector::wrap`](crate::Introspector::wrap).
    pub struct Wrapped<T> {
        #[pin]
        inner: T,
        node: Arc<Node>,
    }
}

impl<T> Wrapped<T> {
    pub(crate) fn new(inner: T, node: Arc<Node>) -> Self {
        Self { inner, node }
    }
}

impl<T, M> Transport for Wrapped<T>
where
    T: Transport<Output = (PeerId, M)>,
    T::Error: 'static,
{
    type Output = (PeerId, CountingMuxer<M>);
    type Error = T::Error;
    type ListenerUpgrade = Upgrade<T::ListenerUpgrade>;
    type Dial = Upgrade<T::Dial>;

    fn listen_on(&mut self, id: ListenerId, address: Multiaddr) -> Result<(), TransportError<T::Error>> {
        self.inner.listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(&mut self, address: Multiaddr, opts: DialOpts) -> Result<Self::Dial, TransportError<T::Error>> {
        let inner = self.inner.dial(address.clone(), opts)?;
        let attempt = self.node.dial_for(&address).and_then(|dial| Attempt::new(dial, &address));
        Ok(Upgrade { inner, node: self.node.clone(), address, attempt })
    }

    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, T::Error>> {
        let this = self.project();
        let event = ready!(this.inner.poll(cx));
        let address = match &event {
            TransportEvent::Incoming { send_back_addr, .. } => send_back_addr.clone(),
            _ => Multiaddr::empty(),
        };
        let node = this.node.clone();
        Poll::Ready(event.map_upgrade(|inner| Upgrade { inner, node, address, attempt: None }))
    }
}

/// An attempt of a dial.
struct Attempt {
    dial: Arc<Dial>,
    place: usize,
}

impl Attempt {
    fn new(dial: Arc<Dial>, address: &Multiaddr) -> Option<Self> {
        let place = dial.watch(address)?;
        Some(Self { dial, place })
    }

    fn ended(&self, end: Result<(), String>) {
        self.dial.attempt_ended(self.place, end);
    }
}

pin_project_lite::pin_project! {
    /// A connection of a [`Wrapped`] transport on its way.
    pub struct Upgrade<F> {
        #[pin]
        inner: F,
        node: Arc<Node>,
        address: Multiaddr,
        attempt: Option<Attempt>,
    }
}

impl<F, M, E> Future for Upgrade<F>
where
    F: Future<Output = Result<(PeerId, M), E>>,
    E: std::error::Error + 'static,
{
    type Output = Result<(PeerId, CountingMuxer<M>), E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(attempt) = this.attempt {
            attempt.dial.attempt_started(attempt.place);
        }
        let done = ready!(this.inner.poll(cx));
        if let Some(attempt) = this.attempt.take() {
            attempt.ended(done.as_ref().map(|_| ()).map_err(|error| clip::error_text(error)));
        }
        let (peer, muxer) = done?;
        let (security, name) = address::built_in(this.address).unzip();
        Poll::Ready(Ok((peer, CountingMuxer::new(muxer, new_link(this.node, name, security)))))
    }
}
