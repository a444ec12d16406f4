//! All that is known of one node: its connections, what closed a moment ago, and the bytes of all that there ever was.

mod look;
#[cfg(test)]
mod tests;

pub(crate) use look::Reader;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, OnceLock,
        atomic::{
            AtomicBool, AtomicU64, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use libp2p::{Multiaddr, PeerId, swarm::ConnectionId};
use parking_lot::{Mutex, RwLock};
use peerscope_introspection::wire;

use crate::{
    cause::Cause,
    clock::{self, Instant},
    dht::Dht,
    dial::Dial,
    events::{Facts, Teller, kinds::Id},
    gossip::Gossip,
    inside::Inside,
    options::Options,
    pairing,
    record::{Bytes, ClosedQueue, ConnectionRecord, Cut, Link, StreamRecord},
    recorder::Recorder,
};

/// Most protocol names that are kept once for all streams. A node has dozens; more would be somebody's game.
const MAX_NAMES: usize = 1024;
/// Most dials and arrivals followed at once. The swarm ends each, so this is for a swarm that forgets.
const MAX_PENDING: usize = 65_536;

pub(crate) struct Node {
    pub(crate) options: Options,
    pub(crate) start_ms: u64,
    /// Goes before the number of each connection, so that no id comes again in the node's next life.
    run: String,
    pub(crate) inside: Inside,
    pub(crate) teller: Teller,
    pub(crate) facts: Mutex<Facts>,
    pub(crate) peer: OnceLock<PeerId>,
    connections: Mutex<Connections>,
    dht: Mutex<Option<Dht>>,
    pub(crate) gossip: Mutex<Gossip>,
    closed_streams: Mutex<ClosedQueue<Closed>>,
    cut: Mutex<Cut>,
    keep_closed: RwLock<Duration>,
    ended_read: AtomicU64,
    ended_written: AtomicU64,
    names: Mutex<HashSet<Arc<str>>>,
    /// Which of the wrapped behaviours reports for the swarm; 0: none so far.
    reporter: AtomicU64,
    /// How many wrapped behaviours there are.
    behaviours: AtomicUsize,
    closed: AtomicBool,
}

struct Connections {
    pending: HashMap<ConnectionId, Pending>,
    open: HashMap<ConnectionId, Arc<ConnectionRecord>>,
    closed: ClosedQueue<Arc<ConnectionRecord>>,
}

/// A connection on its way.
pub(crate) struct Pending {
    pub(crate) started: Instant,
    pub(crate) started_ms: u64,
    /// What it tries, if this node dials.
    dial: Option<Arc<Dial>>,
    /// There once the peer is known, while other behaviours can still deny it.
    record: Option<Arc<ConnectionRecord>>,
}

impl Pending {
    fn now(dial: Option<Arc<Dial>>) -> Self {
        Self { started: Instant::now(), started_ms: clock::now_ms(), dial, record: None }
    }
}

/// A stream that is over.
#[derive(Clone)]
pub(crate) struct Closed {
    pub(crate) connection: ConnectionId,
    peer: PeerId,
    pub(crate) stream: Arc<StreamRecord>,
}

impl Node {
    pub(crate) fn new(options: Options) -> Self {
        let start_ms = clock::now_ms();
        let recorder = (options.flight_recorder > 0).then(|| Recorder::new(options.flight_recorder));
        Self {
            start_ms,
            run: base36(start_ms),
            inside: Inside::default(),
            teller: Teller::new(options.max_queued_events, recorder),
            facts: Mutex::default(),
            peer: OnceLock::new(),
            connections: Mutex::new(Connections {
                pending: HashMap::new(),
                open: HashMap::new(),
                closed: ClosedQueue::new(options.max_closed),
            }),
            dht: Mutex::default(),
            gossip: Mutex::default(),
            closed_streams: Mutex::new(ClosedQueue::new(options.max_closed)),
            cut: Mutex::default(),
            keep_closed: RwLock::new(peerscope_introspection::KEEP_CLOSED_DEFAULT),
            ended_read: AtomicU64::new(0),
            ended_written: AtomicU64::new(0),
            names: Mutex::default(),
            reporter: AtomicU64::new(0),
            behaviours: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            options,
        }
    }

    /// A connection's id, in the state and in events.
    pub(crate) fn id(&self, id: ConnectionId) -> Id {
        Id(format!("{}-{id}", self.run))
    }

    /// A behaviour is wrapped.
    pub(crate) fn behaviour_added(&self) {
        self.behaviours.fetch_add(1, SeqCst);
    }

    /// Whether the behaviour with this number reports for the swarm. The first that asks does, until it is dropped; then the
    /// next that asks.
    pub(crate) fn reports(&self, number: u64) -> bool {
        match self.reporter.compare_exchange(0, number, Relaxed, Relaxed) {
            Ok(_) => true,
            Err(reporter) => reporter == number,
        }
    }

    /// Tells of the DHT. Of several wrapped ones the first is told.
    pub(crate) fn dht(&self, source: u64, tell: impl FnOnce(&mut Dht)) {
        let mut dht = self.dht.lock();
        let dht = dht.get_or_insert_with(|| Dht::new(source));
        if dht.is_told_by(source) {
            tell(dht);
        }
    }

    /// The DHT as it was told last.
    pub(crate) fn wire_dht(&self) -> Option<wire::Dht> {
        self.dht.lock().as_ref().map(|dht| dht.wire(Instant::now(), self.options.dht))
    }

    /// A wrapped behaviour is dropped, and its DHT or its meshes with it. With the last one the swarm is gone: what was open
    /// went with it, and so did its addresses.
    pub(crate) fn behaviour_gone(&self, source: u64) {
        self.gossip.lock().gone(source);
        self.dht.lock().take_if(|dht| dht.is_told_by(source));
        // Another one may take over, or has already.
        self.reporter.compare_exchange(source, 0, Relaxed, Relaxed).ok();
        if self.behaviours.fetch_sub(1, SeqCst) > 1 {
            return;
        }
        *self.facts.lock() = Facts::default();
        let mut connections = self.connections.lock();
        connections.pending.clear();
        let open = connections.open.keys().copied().collect::<Vec<_>>();
        let closed =
            open.into_iter().filter_map(|id| self.close_one(&mut connections, id, Cause::ClosedByUs));
        let closed = closed.collect::<Vec<_>>();
        drop(connections);
        for record in closed {
            record.tell_dial(self);
        }
    }

    pub(crate) fn pending(&self, id: ConnectionId, dial: Option<Arc<Dial>>) {
        let mut connections = self.connections.lock();
        if connections.pending.len() < MAX_PENDING {
            connections.pending.entry(id).or_insert_with(|| Pending::now(dial));
        }
    }

    /// The dial that has a transport dial this address, called while the swarm asks or later.
    pub(crate) fn dial_for(&self, address: &Multiaddr) -> Option<Arc<Dial>> {
        if let Some(offered) = pairing::offered_dial(self)
            && offered.may_try(address)
        {
            return Some(offered);
        }
        let connections = self.connections.lock();
        let mut fitting = connections
            .pending
            .values()
            .filter_map(|pending| pending.dial.as_ref())
            .filter(|dial| dial.may_try(address));
        // One of several can't be told from the others.
        fitting.next().filter(|_| fitting.next().is_none()).cloned()
    }

    /// The peer is known. `make` gets when it began and how long it took.
    pub(crate) fn upgraded(
        &self,
        id: ConnectionId,
        make: impl FnOnce(u64, Duration) -> ConnectionRecord,
    ) -> Arc<ConnectionRecord> {
        let mut connections = self.connections.lock();
        let pending = connections.pending.entry(id).or_insert_with(|| Pending::now(None));
        let record = Arc::new(make(pending.started_ms, pending.started.elapsed()));
        pending.record = Some(record.clone());
        record
    }

    /// The swarm has it; with the dial that made it. `None` when this node never heard of it.
    pub(crate) fn established(&self, id: ConnectionId) -> Option<(Arc<ConnectionRecord>, Option<Arc<Dial>>)> {
        let mut connections = self.connections.lock();
        let pending = connections.pending.remove(&id)?;
        let record = pending.record?;
        connections.open.insert(id, record.clone());
        Some((record, pending.dial))
    }

    /// It failed, or was denied. The dial that tried, if this node did.
    pub(crate) fn failed(&self, id: ConnectionId) -> Option<Arc<Dial>> {
        self.connections.lock().pending.remove(&id)?.dial
    }

    pub(crate) fn connection_closed(&self, id: ConnectionId, cause: Cause) {
        let closed = self.close_one(&mut self.connections.lock(), id, cause);
        // Without the lock: who listens is woken.
        if let Some(record) = closed {
            record.tell_dial(self);
        }
    }

    fn close_one(
        &self,
        connections: &mut Connections,
        id: ConnectionId,
        cause: Cause,
    ) -> Option<Arc<ConnectionRecord>> {
        let record = connections.open.remove(&id)?;
        if let Some(link) = record.link() {
            link.set_ending();
        }
        record.close(clock::now_ms(), cause);
        let (expired, cut) = connections.closed.push(Instant::now(), record.clone(), self.kept());
        self.count(&expired);
        self.count(&cut);
        for record in cut {
            self.cut.lock().connection(record.peer);
        }
        Some(record)
    }

    /// An open connection.
    pub(crate) fn connection(&self, id: ConnectionId) -> Option<Arc<ConnectionRecord>> {
        self.connections.lock().open.get(&id).cloned()
    }

    pub(crate) fn stream_closed(&self, connection: ConnectionId, peer: PeerId, stream: Arc<StreamRecord>) {
        let (_, cut) =
            self.closed_streams.lock().push(Instant::now(), Closed { connection, peer, stream }, self.kept());
        for closed in cut {
            self.cut.lock().stream(closed.peer, closed.stream.agreed(), closed.stream.bytes());
        }
    }

    /// The bytes of records that are listed no more.
    fn count(&self, fallen: &[Arc<ConnectionRecord>]) {
        for link in fallen.iter().filter_map(|record| record.link()) {
            self.add_ended(link.take_uncounted());
        }
    }

    pub(crate) fn add_ended(&self, bytes: Bytes) {
        self.ended_read.fetch_add(bytes.read, Relaxed);
        self.ended_written.fetch_add(bytes.written, Relaxed);
    }

    pub(crate) fn intern(&self, name: String) -> Arc<str> {
        let mut names = self.names.lock();
        if let Some(known) = names.get(name.as_str()) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        if names.len() < MAX_NAMES {
            names.insert(name.clone());
        }
        name
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Relaxed);
        self.teller.close();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// How many records there are: dials, open and closed connections, closed streams.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> [usize; 4] {
        let connections = self.connections.lock();
        [
            connections.pending.len(),
            connections.open.len(),
            connections.closed.len(),
            self.closed_streams.lock().len(),
        ]
    }
}

/// A link that no connection is known of yet.
pub(crate) fn new_link(node: &Arc<Node>, muxer: Option<&str>, security: Option<&str>) -> Arc<Link> {
    Link::new(
        node,
        muxer.map(|name| node.intern(name.to_owned())),
        security.map(|name| node.intern(name.to_owned())),
    )
}

/// Digits and small letters: a time in milliseconds takes eight until the year 2059.
fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.is_empty() {
        digits.extend(char::from_digit((number % 36) as u32, 36));
        number /= 36;
    }
    digits.into_iter().rev().collect()
}
