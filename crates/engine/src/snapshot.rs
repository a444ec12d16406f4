//! Domain values: one snapshot of a node, its texts interned. Made by `intake`, kept by `history`.

use crate::intern::Sym;

/// What rarely changes about a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Peer of a connection, protocol of a stream.
    pub name: Sym,
    /// The schema's number.
    pub role: i32,
    pub transport: Sym,
    pub local: Sym,
    pub remote: Sym,
    pub muxer: Sym,
    pub security: Sym,
    /// Id of the connection that carries this one.
    pub carrier: Sym,
    pub tags: Vec<Sym>,
    pub open_ms: u64,
    pub upgraded_ms: u64,
    pub close_ms: u64,
    pub cause: Sym,
}

impl Facts {
    pub fn each_sym(&self, mut visit: impl FnMut(Sym)) {
        for sym in [
            self.name,
            self.transport,
            self.local,
            self.remote,
            self.muxer,
            self.security,
            self.carrier,
            self.cause,
        ] {
            visit(sym);
        }
        self.tags.iter().copied().for_each(visit);
    }
}

/// Bytes in and out since the beginning. None: not told.
pub type Bytes = (Option<u64>, Option<u64>);

/// What changes all the time. None: not told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub bytes_in: Option<u64>,
    pub bytes_out: Option<u64>,
    pub packets_in: Option<u64>,
    pub packets_out: Option<u64>,
    /// Bytes per second, as the node measured it.
    pub now_in: Option<u64>,
    pub now_out: Option<u64>,
    pub latency_ns: Option<u64>,
}

impl Figures {
    pub fn bytes(&self) -> Bytes {
        (self.bytes_in, self.bytes_out)
    }
}

/// Id and facts of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// Those of the row at this place in the snapshot taken in before.
    Same(u32),
    Told(Box<(Sym, Facts)>),
}

/// A connection, or a stream of one.
#[derive(Clone, Debug, PartialEq)]
pub struct RowIn {
    /// Place of a stream's connection among the rows.
    pub parent: Option<u32>,
    pub who: Who,
    pub status: i32,
    pub figures: Figures,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    pub instant_ms: u64,
    pub start_ms: u64,
    pub duration_ms: u64,
    pub closed_cut: u64,
    pub total: Figures,
    /// Each connection, and after it its streams.
    pub rows: Vec<RowIn>,
    pub dht: Option<Box<Dht>>,
}

/// The routing table, and how queries went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dht {
    pub facts: DhtFacts,
    pub incoming: Option<Queries>,
    pub outgoing: Option<Queries>,
    pub peers: Vec<InTable>,
}

/// What rarely changes about a DHT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DhtFacts {
    pub protocol: Sym,
    pub enabled: bool,
    pub start_ms: u64,
    pub params: Option<DhtParams>,
    /// The buckets that are told, also those without peers: lengths of the common prefix, in order, each once.
    pub buckets: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DhtParams {
    pub k: u64,
    pub alpha: u64,
    pub disjoint_paths: u64,
    pub beta: u64,
}

/// Queries since the beginning, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queries {
    pub success: u64,
    pub error: u64,
    pub timeout: u64,
}

impl Queries {
    pub fn all(self) -> u64 {
        self.success.saturating_add(self.error).saturating_add(self.timeout)
    }
}

/// A peer in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InTable {
    pub bucket: u32,
    pub peer: Sym,
    /// The schema's number.
    pub status: i32,
    pub age_ms: u32,
}

/// The schema's status numbers.
pub mod status {
    pub const ACTIVE: i32 = 0;
    pub const CLOSED: i32 = 1;
    pub const OPENING: i32 = 2;
    pub const CLOSING: i32 = 3;
    pub const ERROR: i32 = 4;

    /// Opening, active, closing, and numbers nobody knows.
    pub fn is_open(status: i32) -> bool {
        status != CLOSED && status != ERROR
    }
}
