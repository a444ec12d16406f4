//! A stream that is counted and whose negotiation is watched.

use std::{
    io::{self, IoSlice, IoSliceMut},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite};
use peerscope_introspection::wire::Role;

use crate::{
    cause::Cause,
    pairing,
    record::{Link, StreamEnd, StreamRecord},
    sniffer::{Sniffer, Verdict},
};

/// How the names of the protocols begin whose streams carry connections
/// (<https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md>).
const CIRCUIT: &str = "/libp2p/circuit/relay/";

pin_project_lite::pin_project! {
    /// A stream of a [`CountingMuxer`](crate::CountingMuxer).
    pub struct Substream<S> {
        #[pin]
        inner: S,
        watch: Watch,
    }
}

impl<S> Substream<S> {
    pub(crate) fn new(inner: S, role: Role, link: Arc<Link>) -> Self {
        let record = link.open_stream(role);
        let sniffer = Some(Box::new(Sniffer::new(role)));
        Self {
            inner,
            watch: Watch {
                record,
                link,
                sniffer,
                carries: false,
                first_end: None,
                read_closed: false,
                write_closed: false,
            },
        }
    }
}

/// What sees the bytes go by. Its drop is the stream's end.
struct Watch {
    record: Arc<StreamRecord>,
    link: Arc<Link>,
    /// There until the protocol is known.
    sniffer: Option<Box<Sniffer>>,
    /// It may carry a relayed connection, whose muxer does not know of it yet.
    carries: bool,
    first_end: Option<StreamEnd>,
    read_closed: bool,
    write_closed: bool,
}

impl Watch {
    fn read(&mut self, bytes: &[u8]) {
        if let Some(sniffer) = &mut self.sniffer {
            let verdict = sniffer.on_read(bytes);
            self.learn(verdict);
        }
    }

    fn wrote(&mut self, bytes: &[u8]) {
        if let Some(sniffer) = &mut self.sniffer {
            let verdict = sniffer.on_write(bytes);
            self.learn(verdict);
        }
    }

    fn learn(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Nothing => {}
            Verdict::Proposed(name) => self.record.propose(Some(name)),
            Verdict::Rejected => self.record.propose(None),
            Verdict::Pinned(name) => {
                self.carries = name.starts_with(CIRCUIT);
                self.record.pin(self.link.intern(name));
                self.sniffer = None;
            }
            Verdict::GiveUp => self.sniffer = None,
        }
    }

    /// Tells a muxer that is being polled on top of this stream which connection it goes over.
    fn tell_above(&mut self) {
        if self.carries && pairing::tell_above(|below| below.relay = self.link.connection()) {
            self.carries = false;
        }
    }

    fn read_closed(&mut self) {
        self.read_closed = true;
        self.half_closed(Cause::ClosedByRemote);
    }

    fn write_closed(&mut self) {
        self.write_closed = true;
        self.half_closed(Cause::ClosedByUs);
    }

    /// Who closed first is the cause of the end.
    fn half_closed(&mut self, cause: Cause) {
        self.first_end.get_or_insert(StreamEnd::Own(cause));
        if self.read_closed && self.write_closed {
            self.record.closing();
        }
    }

    fn failed(&mut self, error: &io::Error) {
        let end = if self.link.is_ending() {
            StreamEnd::WithConnection
        } else {
            StreamEnd::Own(Cause::of_io(error))
        };
        self.first_end.get_or_insert(end);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let end = match self.first_end.take() {
            Some(end) => end,
            None if self.link.is_ending() => StreamEnd::WithConnection,
            None => StreamEnd::Dropped { polls: self.link.polls() },
        };
        let unfinished =
            self.sniffer.is_some() && !self.record.is_pinned() && self.record.protocol().is_empty();
        let end = match end {
            StreamEnd::Own(_) | StreamEnd::Dropped { .. } if unfinished => {
                StreamEnd::Own(Cause::Handshake("no protocol agreed on".to_owned()))
            }
            end => end,
        };
        self.link.close_stream(&self.record, end);
    }
}

impl<S: AsyncRead> AsyncRead for Substream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        let read = this.inner.poll_read(cx, buf);
        this.watch.tell_above();
        let read = ready!(read).inspect_err(|error| this.watch.failed(error))?;
        if read == 0 && !buf.is_empty() {
            this.watch.read_closed();
        }
        this.watch.record.add_read(read);
        this.watch.read(&buf[..read]);
        Poll::Ready(Ok(read))
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let read =
            ready!(this.inner.poll_read_vectored(cx, bufs)).inspect_err(|error| this.watch.failed(error))?;
        if read == 0 && bufs.iter().any(|buf| !buf.is_empty()) {
            this.watch.read_closed();
        }
        this.watch.record.add_read(read);
        let mut left = read;
        for buf in bufs.iter() {
            let here = left.min(buf.len());
            this.watch.read(&buf[..here]);
            left -= here;
        }
        Poll::Ready(Ok(read))
    }
}

impl<S: AsyncWrite> AsyncWrite for Substream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = this.inner.poll_write(cx, buf);
        this.watch.tell_above();
        let written = ready!(written).inspect_err(|error| this.watch.failed(error))?;
        this.watch.record.add_written(written);
        this.watch.wrote(&buf[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written =
            ready!(this.inner.poll_write_vectored(cx, bufs)).inspect_err(|error| this.watch.failed(error))?;
        this.watch.record.add_written(written);
        let mut left = written;
        for buf in bufs {
            let here = left.min(buf.len());
            this.watch.wrote(&buf[..here]);
            left -= here;
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        this.inner.poll_flush(cx).map_err(|error| {
            this.watch.failed(&error);
            error
        })
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        ready!(this.inner.poll_close(cx)).inspect_err(|error| this.watch.failed(error))?;
        this.watch.write_closed();
        Poll::Ready(Ok(()))
    }
}
