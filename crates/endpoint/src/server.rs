//! Listening and the raw connections: bound all or none, capped, and all of them waited for at the end.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use peerscope_introspection::EndpointError;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use crate::{
    http::{Site, Upgrade},
    lock,
    options::Tuning,
    session::link,
};

/// A request and its answer take no longer than this: the page over a slow tunnel has time, one who never reads has not.
const LONGEST_ANSWER: Duration = Duration::from_secs(300);
/// Bytes of a request's head: all that other servers on localhost ever set as cookies has to fit.
const MAX_HEAD: usize = 64 << 10;

/// Listeners and connections of one life of a server.
pub(crate) struct Server {
    addrs: Vec<SocketAddr>,
    life: Life,
}

/// What the connections of one life of a server share.
#[derive(Clone)]
struct Life {
    site: Arc<Site>,
    tuning: Tuning,
    /// For raw connections.
    room: Arc<Semaphore>,
    closed: CancellationToken,
    tasks: TaskTracker,
}

/// Binds every address or none.
pub(crate) fn bind(
    listen: &[SocketAddr],
    allow_remote: bool,
) -> Result<Vec<(SocketAddr, TcpListener)>, EndpointError> {
    check(listen, allow_remote)?;
    listen
        .iter()
        .map(|addr| bind_one(*addr).map_err(|source| EndpointError::Bind { addr: *addr, source }))
        .collect()
}

/// Refuses an address that other machines could reach, or warns of it when it was allowed.
fn check(listen: &[SocketAddr], allow_remote: bool) -> Result<(), EndpointError> {
    for addr in listen.iter().filter(|addr| !addr.ip().to_canonical().is_loopback()) {
        if !allow_remote {
            return Err(EndpointError::NotLoopback(*addr));
        }
        tracing::warn!(%addr, "not a loopback address: other machines can reach the endpoint, and nothing is encrypted");
    }
    Ok(())
}

fn bind_one(addr: SocketAddr) -> std::io::Result<(SocketAddr, TcpListener)> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Without it the port stays taken for a minute after a close; on Windows it would mean something else.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    if addr.is_ipv6() {
        SockRef::from(&socket).set_only_v6(true)?;
    }
    socket.bind(addr)?;
    let listener = socket.listen(1024)?;
    Ok((listener.local_addr()?, listener))
}

impl Server {
    /// Serves a site on bound listeners, up to so many raw connections at a time.
    pub(crate) fn new(
        listeners: Vec<(SocketAddr, TcpListener)>,
        site: Arc<Site>,
        tuning: Tuning,
        connections: usize,
    ) -> Self {
        let room = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
        let life = Life { site, tuning, room, closed: CancellationToken::new(), tasks: TaskTracker::new() };
        let mut addrs = Vec::new();
        for (addr, listener) in listeners {
            addrs.push(addr);
            life.tasks.spawn(life.clone().accept(listener));
        }
        Self { addrs, life }
    }

    pub(crate) fn addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// Serves one connection that came some other way than by a listener.
    pub(crate) async fn serve(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        remote: SocketAddr,
    ) {
        if let Some(permit) = self.life.admit() {
            self.life.tasks.track_future(self.life.clone().connection(stream, remote, permit)).await;
        }
    }

    /// Runs something beside the connections, until the server is closed.
    pub(crate) fn beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        let closed = self.life.closed.clone();
        self.life.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = closed.cancelled() => {}
                () = work => {}
            }
        });
    }

    /// Ends every connection and waits for them.
    pub(crate) async fn close(&self) {
        self.life.closed.cancel();
        self.life.tasks.close();
        self.life.tasks.wait().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.life.closed.cancel();
    }
}

impl Life {
    async fn accept(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.closed.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, remote)) => self.take(stream, remote),
                // Out of file descriptors, or a client that left at once: the next one may do better.
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn take(&self, stream: TcpStream, remote: SocketAddr) {
        let Some(permit) = self.admit() else { return };
        if let Err(error) = set_up(&stream, &self.tuning) {
            tracing::debug!(%error, "a connection could not be set up");
            return;
        }
        self.tasks.spawn(self.clone().connection(stream, remote, permit));
    }

    /// A place for a raw connection, if there is one.
    fn admit(&self) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.room).try_acquire_owned().ok();
        if let (None, Some(hub)) = (&permit, &self.site.hub) {
            hub.counters.refused_connections.fetch_add(1, Relaxed);
        }
        permit
    }

    fn connection(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        remote: SocketAddr,
        permit: OwnedSemaphorePermit,
    ) -> impl Future<Output = ()> + Send {
        let span = tracing::debug_span!("connection", %remote);
        async move {
            self.serve(stream, remote).await;
            drop(permit);
        }
        .instrument(span)
    }

    /// A connection's whole life: its requests, and the session that one of them may begin.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, remote: SocketAddr) {
        let Self { site, tuning, closed, .. } = self;
        let upgrade = Arc::new(Mutex::new(None));
        let service = {
            let upgrade = Arc::clone(&upgrade);
            service_fn(move |request| {
                let (site, upgrade) = (Arc::clone(&site), Arc::clone(&upgrade));
                async move { Ok::<_, std::convert::Infallible>(site.answer(request, remote, &upgrade).await) }
            })
        };
        let served = {
            let serving = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(tuning.greeting)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            let mut serving = std::pin::pin!(serving);
            tokio::select! {
                biased;
                () = closed.cancelled() => {
                    serving.as_mut().graceful_shutdown();
                    timeout(tuning.closing, serving).await
                }
                served = timeout(LONGEST_ANSWER, serving.as_mut()) => served,
            }
        };
        match served {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection failed"),
            Err(_) => tracing::debug!("a connection took too long"),
        }
        let Some(Upgrade { on, entry }) = lock(&upgrade).take() else { return };
        // What was served is dropped by now: a socket that did not come of it in time is an error here, not waited for.
        match on.await {
            Ok(upgraded) => {
                let socket = link::open(upgraded).await;
                match entry {
                    Ok(entry) => link::run(socket, entry, closed).await,
                    Err(too_many) => link::refuse(socket, too_many, tuning.closing).await,
                }
            }
            Err(error) => tracing::debug!(%error, "a connection did not become a socket"),
        }
    }
}

fn set_up(stream: &TcpStream, tuning: &Tuning) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    // A client whose machine vanished sends nothing more: only this finds out, within a minute.
    let keepalive =
        TcpKeepalive::new().with_time(Duration::from_secs(15)).with_interval(Duration::from_secs(5));
    socket.set_tcp_keepalive(&keepalive)?;
    if let Some(bytes) = tuning.send_buffer {
        socket.set_send_buffer_size(bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            lock(&self.0).extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Whether the addresses are allowed, and what was logged.
    fn checked(listen: &[&str], allow_remote: bool) -> (bool, String) {
        let listen: Vec<SocketAddr> = listen.iter().map(|addr| addr.parse().expect("an address")).collect();
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        let allowed = tracing::subscriber::with_default(subscriber, || check(&listen, allow_remote).is_ok());
        let text = String::from_utf8(lock(&log.0).clone()).expect("text");
        (allowed, text)
    }

    #[test]
    fn an_address_that_others_can_reach_is_refused_or_allowed_with_a_warning() {
        for remote in ["0.0.0.0:0", "[::]:0", "192.0.2.1:9", "[::ffff:192.0.2.1]:9"] {
            assert_eq!(checked(&["127.0.0.1:0", remote], false), (false, String::new()), "{remote}");
            let (allowed, log) = checked(&["127.0.0.1:0", remote], true);
            assert!(allowed, "{remote}");
            assert!(log.contains("WARN") && log.contains("other machines can reach the endpoint"), "{log}");
            assert!(log.contains(remote) && log.lines().count() == 1, "{log}");
        }
        for allow_remote in [false, true] {
            let loopback = ["127.0.0.1:0", "127.9.9.9:1", "[::1]:0", "[::ffff:127.0.0.1]:0"];
            assert_eq!(checked(&loopback, allow_remote), (true, String::new()));
        }
    }
}
