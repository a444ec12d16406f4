//! What the muxer's side knows of a connection: its security and muxer by name, its streams and their bytes.
//! It lives as long as the muxer, a stream of it, or the swarm's record of the connection.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use libp2p::{PeerId, swarm::ConnectionId};
use parking_lot::Mutex;
use peerscope_introspection::wire::Role;

use super::{Bytes, StreamEnd, StreamRecord};
use crate::{clock, dial::UpgradeTimes, node::Node};

pub(crate) struct Link {
    /// Weak: the node lists its connections, and these their links.
    node: Weak<Node>,
    muxer: Option<Arc<str>>,
    security: OnceLock<Arc<str>>,
    security_took: OnceLock<Duration>,
    muxer_took: OnceLock<Duration>,
    connection: OnceLock<(ConnectionId, PeerId)>,
    /// The connection to the relay that this one goes over.
    relay: OnceLock<ConnectionId>,
    closing: AtomicBool,
    ending: AtomicBool,
    polls: AtomicU64,
    streams: Mutex<Streams>,
}

/// A consistent look at a link.
pub(crate) struct LinkLook {
    /// Its open streams.
    pub(crate) open: Vec<Arc<StreamRecord>>,
    /// The bytes of all its streams that there ever were.
    pub(crate) bytes: Bytes,
}

#[derive(Default)]
struct Streams {
    opened: u64,
    open: HashMap<u64, Arc<StreamRecord>>,
    /// The bytes of the streams that are gone.
    closed: Bytes,
    /// What the node's total has of this link already.
    counted: Bytes,
}

impl Streams {
    fn bytes(&self) -> Bytes {
        let mut bytes = self.closed;
        for stream in self.open.values() {
            bytes += stream.bytes();
        }
        bytes
    }
}

impl Link {
    pub(crate) fn new(node: &Arc<Node>, muxer: Option<Arc<str>>, security: Option<Arc<str>>) -> Arc<Self> {
        Arc::new(Self {
            node: Arc::downgrade(node),
            muxer,
            security: security.map(OnceLock::from).unwrap_or_default(),
            security_took: OnceLock::new(),
            muxer_took: OnceLock::new(),
            connection: OnceLock::new(),
            relay: OnceLock::new(),
            closing: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            polls: AtomicU64::new(0),
            streams: Mutex::default(),
        })
    }

    pub(crate) fn belongs_to(&self, node: &Weak<Node>) -> bool {
        self.node.ptr_eq(node)
    }

    /// The one copy of a protocol's name.
    pub(crate) fn intern(&self, name: String) -> Arc<str> {
        match self.node.upgrade() {
            Some(node) => node.intern(name),
            None => name.into(),
        }
    }

    pub(crate) fn muxer(&self) -> Option<&str> {
        self.muxer.as_deref()
    }

    pub(crate) fn security(&self) -> Option<&str> {
        self.security.get().map(|name| &**name)
    }

    /// Keeps the first name it is told.
    pub(crate) fn set_security(&self, name: Arc<str>) {
        self.security.get_or_init(|| name);
    }

    pub(crate) fn set_security_took(&self, took: Duration) {
        self.security_took.get_or_init(|| took);
    }

    pub(crate) fn set_muxer_took(&self, took: Duration) {
        self.muxer_took.get_or_init(|| took);
    }

    pub(crate) fn upgrade_times(&self) -> UpgradeTimes {
        UpgradeTimes { security: self.security_took.get().copied(), muxer: self.muxer_took.get().copied() }
    }

    pub(crate) fn set_relay(&self, connection: ConnectionId) {
        self.relay.get_or_init(|| connection);
    }

    pub(crate) fn relay(&self) -> Option<ConnectionId> {
        self.relay.get().copied()
    }

    /// Which of the swarm's connections this is, once that is known.
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        self.connection.get().map(|(id, _)| *id)
    }

    /// Which of the swarm's connections this is.
    pub(crate) fn pair(&self, connection: ConnectionId, peer: PeerId) {
        self.connection.get_or_init(|| (connection, peer));
    }

    /// This node asks the muxer to close.
    pub(crate) fn set_closing(&self) {
        self.closing.store(true, Relaxed);
        self.ending.store(true, Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }

    /// The connection is about to end, for whatever reason: streams that go now go with it.
    pub(crate) fn set_ending(&self) {
        self.ending.store(true, Relaxed);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Relaxed)
    }

    /// The muxer is polled: the connection goes on. Only the muxer calls it, so a plain store is enough.
    pub(crate) fn polled(&self) {
        self.polls.store(self.polls() + 1, Relaxed);
    }

    /// How often the muxer was polled.
    pub(crate) fn polls(&self) -> u64 {
        self.polls.load(Relaxed)
    }

    pub(crate) fn open_stream(&self, role: Role) -> Arc<StreamRecord> {
        let mut streams = self.streams.lock();
        streams.opened += 1;
        let stream = Arc::new(StreamRecord::new(streams.opened, role, clock::now_ms()));
        streams.open.insert(stream.number, stream.clone());
        stream
    }

    /// The stream is gone: its bytes stay, its record goes to those that closed a moment ago.
    pub(crate) fn close_stream(&self, stream: &Arc<StreamRecord>, end: StreamEnd) {
        stream.close(clock::now_ms(), end);
        let mut streams = self.streams.lock();
        if streams.open.remove(&stream.number).is_some() {
            let bytes = stream.bytes();
            streams.closed += bytes;
        }
        // While the lock is held, so that no reader finds the stream in neither place.
        if let (Some((connection, peer)), Some(node)) = (self.connection.get(), self.node.upgrade()) {
            node.stream_closed(*connection, *peer, stream.clone());
        }
    }

    pub(crate) fn look(&self) -> LinkLook {
        let streams = self.streams.lock();
        LinkLook { open: streams.open.values().cloned().collect(), bytes: streams.bytes() }
    }

    /// What the node's total does not have yet, while nobody else lists this link any more.
    pub(crate) fn take_uncounted(&self) -> Bytes {
        let mut streams = self.streams.lock();
        let bytes = streams.bytes();
        let uncounted = bytes - streams.counted;
        streams.counted = bytes;
        uncounted
    }

    #[cfg(test)]
    pub(crate) fn open_streams(&self) -> usize {
        self.streams.lock().open.len()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(node) = self.node.upgrade() {
            node.add_ended(self.take_uncounted());
        }
    }
}
