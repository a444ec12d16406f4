//! The muxer upgrade that yields a counting muxer, and that muxer.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::future::{MapOk, TryFutureExt};
use libp2p::core::{
    StreamMuxer,
    muxing::StreamMuxerEvent,
    upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo},
};
use peerscope_introspection::wire::Role;

use crate::{
    Introspector,
    clock::Instant,
    node::{Node, new_link},
    pairing,
    record::Link,
    substream::Substream,
};

/// How many polls a muxer asks what is below it. It knows after the first; a socket without the hook never tells.
const ASK_BELOW: u8 = 32;

/// What [`Introspector::muxer`] takes: a muxer's constructor, or a pair of them.
pub trait MuxerConfig {
    /// What `SwarmBuilder` takes in its place.
    type Traced;

    /// Puts the hook in.
    fn traced(self, introspector: &Introspector) -> Self::Traced;
}

impl<F, U> MuxerConfig for F
where
    F: FnOnce() -> U + 'static,
{
    type Traced = Box<dyn FnOnce() -> Muxer<U>>;

    fn traced(self, introspector: &Introspector) -> Self::Traced {
        let node = introspector.node().clone();
        Box::new(move || Muxer { inner: self(), node })
    }
}

impl<F1: MuxerConfig, F2: MuxerConfig> MuxerConfig for (F1, F2) {
    type Traced = (F1::Traced, F2::Traced);

    fn traced(self, introspector: &Introspector) -> Self::Traced {
        (self.0.traced(introspector), self.1.traced(introspector))
    }
}

/// A muxer upgrade with the hook in it. See [`Introspector::muxer`].
#[derive(Clone)]
pub struct Muxer<U> {
    inner: U,
    node: Arc<Node>,
}

impl<U> Muxer<U> {
    pub(crate) fn new(inner: U, node: Arc<Node>) -> Self {
        Self { inner, node }
    }
}

impl<U: UpgradeInfo> UpgradeInfo for Muxer<U> {
    type Info = U::Info;
    type InfoIter = U::InfoIter;

    fn protocol_info(&self) -> U::InfoIter {
        self.inner.protocol_info()
    }
}

type Count<M> = Box<dyn FnOnce(M) -> CountingMuxer<M> + Send>;

/// The upgrade begins now.
fn count<M: 'static>(node: Arc<Node>, info: &impl AsRef<str>) -> Count<M> {
    let name = info.as_ref().to_owned();
    let started = Instant::now();
    Box::new(move |inner| {
        let link = new_link(&node, Some(&name), None);
        link.set_muxer_took(started.elapsed());
        CountingMuxer::new(inner, link)
    })
}

impl<U, C> InboundConnectionUpgrade<C> for Muxer<U>
where
    U: InboundConnectionUpgrade<C>,
    U::Output: 'static,
{
    type Output = CountingMuxer<U::Output>;
    type Error = U::Error;
    type Future = MapOk<U::Future, Count<U::Output>>;

    fn upgrade_inbound(self, socket: C, info: U::Info) -> Self::Future {
        let count = count(self.node, &info);
        self.inner.upgrade_inbound(socket, info).map_ok(count)
    }
}

impl<U, C> OutboundConnectionUpgrade<C> for Muxer<U>
where
    U: OutboundConnectionUpgrade<C>,
    U::Output: 'static,
{
    type Output = CountingMuxer<U::Output>;
    type Error = U::Error;
    type Future = MapOk<U::Future, Count<U::Output>>;

    fn upgrade_outbound(self, socket: C, info: U::Info) -> Self::Future {
        let count = count(self.node, &info);
        self.inner.upgrade_outbound(socket, info).map_ok(count)
    }
}

pin_project_lite::pin_project! {
    /// A muxer whose streams are counted.
    pub struct CountingMuxer<M> {
        #[pin]
        inner: M,
        link: Arc<Link>,
        paired: bool,
        ask_below: u8,
    }
}

impl<M> CountingMuxer<M> {
    pub(crate) fn new(inner: M, link: Arc<Link>) -> Self {
        let ask_below = if link.security().is_some() { 0 } else { ASK_BELOW };
        Self { inner, link, paired: false, ask_below }
    }
}

/// Takes the connection whose handler was polled just before, if it is of the same node.
fn pair(link: &Arc<Link>, paired: &mut bool) {
    if *paired {
        return;
    }
    if let Some((node, connection)) = pairing::take()
        && link.belongs_to(&node)
    {
        connection.pair(link);
        *paired = true;
        if let Some(node) = node.upgrade() {
            connection.tell_dial(&node);
        }
    }
}

/// Polls the muxer below, asking what is below that while it is not known.
fn polled<T>(link: &Link, ask_below: &mut u8, poll: impl FnOnce() -> T) -> T {
    if *ask_below == 0 {
        return poll();
    }
    let (result, below) = pairing::ask_below(poll);
    *ask_below -= 1;
    if let Some(relay) = below.relay {
        link.set_relay(relay);
    }
    if let Some((name, took)) = below.security {
        link.set_security(name);
        link.set_security_took(took);
        *ask_below = 0;
    }
    result
}

impl<M: StreamMuxer> StreamMuxer for CountingMuxer<M> {
    type Substream = Substream<M::Substream>;
    type Error = M::Error;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, M::Error>> {
        let this = self.project();
        this.link.polled();
        let event = polled(this.link, this.ask_below, || this.inner.poll(cx));
        pair(this.link, this.paired);
        if matches!(event, Poll::Ready(Err(_))) {
            this.link.set_ending();
        }
        event
    }

    fn poll_inbound(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Self::Substream, M::Error>> {
        let this = self.project();
        let stream = ready!(polled(this.link, this.ask_below, || this.inner.poll_inbound(cx)))
            .inspect_err(|_| this.link.set_ending())?;
        Poll::Ready(Ok(Substream::new(stream, Role::Responder, this.link.clone())))
    }

    fn poll_outbound(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Self::Substream, M::Error>> {
        let this = self.project();
        let stream = ready!(polled(this.link, this.ask_below, || this.inner.poll_outbound(cx)))
            .inspect_err(|_| this.link.set_ending())?;
        Poll::Ready(Ok(Substream::new(stream, Role::Initiator, this.link.clone())))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), M::Error>> {
        let this = self.project();
        this.link.set_closing();
        this.inner.poll_close(cx)
    }
}
