//! What is kept of one stream: counters that only the stream itself writes, so that no lock is needed for a byte.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicI32, AtomicU64, Ordering::Relaxed},
};

use parking_lot::Mutex;
use peerscope_introspection::wire::{Role, Status};

use super::Bytes;
use crate::cause::Cause;

/// Why a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamEnd {
    /// For a reason of its own.
    Own(Cause),
    /// Because its connection did.
    WithConnection,
    /// It was let go while both directions were open, when its muxer had been polled so often. That resets it, unless the
    /// muxer is never polled again: then it went with its connection.
    Dropped { polls: u64 },
}

pub(crate) struct StreamRecord {
    pub(crate) number: u64,
    pub(crate) role: Role,
    pub(crate) opened_ms: u64,
    closed_ms: AtomicU64,
    status: AtomicI32,
    read: AtomicU64,
    written: AtomicU64,
    protocol: OnceLock<Arc<str>>,
    /// What the dialer proposed and nobody confirmed so far.
    proposed: Mutex<Option<Box<str>>>,
    end: OnceLock<StreamEnd>,
}

impl StreamRecord {
    pub(crate) fn new(number: u64, role: Role, opened_ms: u64) -> Self {
        Self {
            number,
            role,
            opened_ms,
            closed_ms: AtomicU64::new(0),
            status: AtomicI32::new(Status::Opening.into()),
            read: AtomicU64::new(0),
            written: AtomicU64::new(0),
            protocol: OnceLock::new(),
            proposed: Mutex::new(None),
            end: OnceLock::new(),
        }
    }

    /// Counts bytes read. Only the stream's owner calls it, one call at a time, so a plain store is enough.
    pub(crate) fn add_read(&self, len: usize) {
        self.read.store(self.read.load(Relaxed) + len as u64, Relaxed);
    }

    /// Counts bytes written, as [`Self::add_read`].
    pub(crate) fn add_written(&self, len: usize) {
        self.written.store(self.written.load(Relaxed) + len as u64, Relaxed);
    }

    pub(crate) fn bytes(&self) -> Bytes {
        Bytes { read: self.read.load(Relaxed), written: self.written.load(Relaxed) }
    }

    pub(crate) fn propose(&self, name: Option<String>) {
        *self.proposed.lock() = name.map(String::into_boxed_str);
    }

    pub(crate) fn pin(&self, name: Arc<str>) {
        if self.protocol.set(name).is_ok() {
            *self.proposed.lock() = None;
            self.move_on(Status::Opening, Status::Active);
        }
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.protocol.get().is_some()
    }

    /// Both ways are closed; the stream itself is still held.
    pub(crate) fn closing(&self) {
        self.move_on(Status::Active, Status::Closing);
    }

    /// The stream is gone.
    pub(crate) fn close(&self, now_ms: u64, end: StreamEnd) {
        let failed = matches!(end, StreamEnd::Own(Cause::Io(_) | Cause::Handshake(_)));
        if self.end.set(end).is_ok() {
            self.closed_ms.store(now_ms.max(self.opened_ms), Relaxed);
            self.status.store(if failed { Status::Error } else { Status::Closed }.into(), Relaxed);
        }
    }

    fn move_on(&self, from: Status, to: Status) {
        // Another status than `from` stays as it is: that is no failure.
        self.status.compare_exchange(from.into(), to.into(), Relaxed, Relaxed).ok();
    }

    pub(crate) fn status(&self) -> i32 {
        self.status.load(Relaxed)
    }

    /// 0 while it is open.
    pub(crate) fn closed_ms(&self) -> u64 {
        self.closed_ms.load(Relaxed)
    }

    /// What both sides agreed on, else what is proposed.
    pub(crate) fn protocol(&self) -> String {
        match self.protocol.get() {
            Some(name) => name.to_string(),
            None => self.proposed.lock().as_deref().unwrap_or_default().to_owned(),
        }
    }

    /// What both sides agreed on.
    pub(crate) fn agreed(&self) -> Option<Arc<str>> {
        self.protocol.get().cloned()
    }

    pub(crate) fn end(&self) -> Option<&StreamEnd> {
        self.end.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_is_shown_until_another_name_is_agreed_on() {
        let stream = StreamRecord::new(1, Role::Responder, 10);
        stream.propose(Some("/a".into()));
        assert_eq!((stream.protocol(), stream.status()), ("/a".to_owned(), Status::Opening.into()));
        stream.propose(None);
        assert_eq!(stream.protocol(), "");
        stream.pin("/b".into());
        assert_eq!((stream.protocol(), stream.status()), ("/b".to_owned(), Status::Active.into()));
    }

    #[test]
    fn ends_once_and_not_before_it_began() {
        let stream = StreamRecord::new(1, Role::Initiator, 10);
        stream.close(5, StreamEnd::Own(Cause::ClosedByRemote));
        stream.close(50, StreamEnd::Own(Cause::Reset));
        stream.closing();
        assert_eq!((stream.closed_ms(), stream.status()), (10, Status::Closed.into()));
        assert_eq!(stream.end(), Some(&StreamEnd::Own(Cause::ClosedByRemote)));
    }

    #[test]
    fn an_open_stream_costs_less_than_512_bytes() {
        // The record with its two counts, its place in the connection's map (a key, a pointer, a control byte, at a load
        // of half), and the wrapper around the stream.
        let map = 2 * (size_of::<(u64, Arc<StreamRecord>)>() + 1);
        let wrapper = size_of::<crate::substream::Substream<()>>();
        let sum = size_of::<StreamRecord>() + 2 * size_of::<usize>() + map + wrapper;
        assert!(sum <= 512, "{sum} bytes");
    }
}
