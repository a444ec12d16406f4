//! The security upgrade that remembers which protocol was negotiated, and the socket that carries its name upwards.

use std::{
    io::{self, IoSlice, IoSliceMut},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    AsyncRead, AsyncWrite,
    future::{MapOk, TryFutureExt},
};
use libp2p::{
    PeerId,
    core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo},
    identity::Keypair,
};

use crate::{Introspector, clock::Instant, pairing};

/// What [`Introspector::security`] takes: a security's constructor, or a pair of them.
pub trait SecurityConfig {
    /// What `SwarmBuilder` takes in its place.
    type Traced;

    /// Puts the hook in.
    fn traced(self, introspector: &Introspector) -> Self::Traced;
}

impl<F, U, E> SecurityConfig for F
where
    F: for<'a> FnOnce(&'a Keypair) -> Result<U, E> + 'static,
{
    type Traced = Box<dyn for<'a> FnOnce(&'a Keypair) -> Result<Security<U>, E>>;

    fn traced(self, introspector: &Introspector) -> Self::Traced {
        let introspector = introspector.clone();
        Box::new(move |keypair| {
            introspector.set_peer_id(keypair.public().to_peer_id());
            Ok(Security { inner: self(keypair)? })
        })
    }
}

impl<F1: SecurityConfig, F2: SecurityConfig> SecurityConfig for (F1, F2) {
    type Traced = (F1::Traced, F2::Traced);

    fn traced(self, introspector: &Introspector) -> Self::Traced {
        (self.0.traced(introspector), self.1.traced(introspector))
    }
}

/// A security upgrade with the hook in it. See [`Introspector::security`].
#[derive(Clone, Debug)]
pub struct Security<U> {
    inner: U,
}

impl<U> Security<U> {
    pub(crate) fn new(inner: U) -> Self {
        Self { inner }
    }
}

impl<U: UpgradeInfo> UpgradeInfo for Security<U> {
    type Info = U::Info;
    type InfoIter = U::InfoIter;

    fn protocol_info(&self) -> U::InfoIter {
        self.inner.protocol_info()
    }
}

type Name<S> = Box<dyn FnOnce((PeerId, S)) -> (PeerId, SecuredSocket<S>) + Send>;

/// The handshake begins now.
fn name<S: 'static>(info: &impl AsRef<str>) -> Name<S> {
    let name: Arc<str> = info.as_ref().into();
    let started = Instant::now();
    Box::new(move |(peer, inner)| (peer, SecuredSocket { inner, untold: Some((name, started.elapsed())) }))
}

impl<U, C, S> InboundConnectionUpgrade<C> for Security<U>
where
    U: InboundConnectionUpgrade<C, Output = (PeerId, S)>,
    S: 'static,
{
    type Output = (PeerId, SecuredSocket<S>);
    type Error = U::Error;
    type Future = MapOk<U::Future, Name<S>>;

    fn upgrade_inbound(self, socket: C, info: U::Info) -> Self::Future {
        let name = name(&info);
        self.inner.upgrade_inbound(socket, info).map_ok(name)
    }
}

impl<U, C, S> OutboundConnectionUpgrade<C> for Security<U>
where
    U: OutboundConnectionUpgrade<C, Output = (PeerId, S)>,
    S: 'static,
{
    type Output = (PeerId, SecuredSocket<S>);
    type Error = U::Error;
    type Future = MapOk<U::Future, Name<S>>;

    fn upgrade_outbound(self, socket: C, info: U::Info) -> Self::Future {
        let name = name(&info);
        self.inner.upgrade_outbound(socket, info).map_ok(name)
    }
}

pin_project_lite::pin_project! {
    /// A secured socket that tells the muxer above it how it is secured.
    #[derive(Debug)]
    pub struct SecuredSocket<S> {
        #[pin]
        inner: S,
        untold: Option<(Arc<str>, Duration)>,
    }
}

fn tell(untold: &mut Option<(Arc<str>, Duration)>) {
    if untold.is_some() && pairing::tell_above(|below| below.security.clone_from(untold)) {
        *untold = None;
    }
}

impl<S: AsyncRead> AsyncRead for SecuredSocket<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        let read = this.inner.poll_read(cx, buf);
        tell(this.untold);
        read
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let read = this.inner.poll_read_vectored(cx, bufs);
        tell(this.untold);
        read
    }
}

impl<S: AsyncWrite> AsyncWrite for SecuredSocket<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = this.inner.poll_write(cx, buf);
        tell(this.untold);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = this.inner.poll_write_vectored(cx, bufs);
        tell(this.untold);
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_close(cx)
    }
}
