//! Streams: what protocol they speak, how much they carry, how they begin and end.

use peerscope_introspection::wire::{
    DataGauge, Role, Status, Stream as Wire, Traffic,
    stream::{ConnectionRef, Timeline, connection_ref},
};

use super::dice::Dice;

/// What a protocol's streams carry, in bytes per second each way: from a quiet one to a busy one.
#[derive(Debug)]
struct Profile {
    protocol: &'static str,
    read: (u64, u64),
    written: (u64, u64),
}

static PROFILES: [(u64, Profile); 10] = [
    (14, Profile { protocol: "/ipfs/ping/1.0.0", read: (20, 64), written: (20, 64) }),
    (8, Profile { protocol: "/ipfs/id/1.0.0", read: (100, 1_500), written: (1, 20) }),
    (4, Profile { protocol: "/ipfs/id/push/1.0.0", read: (10, 800), written: (10, 800) }),
    (22, Profile { protocol: "/ipfs/kad/1.0.0", read: (50, 6_000), written: (40, 4_000) }),
    (20, Profile { protocol: "/ipfs/bitswap/1.2.0", read: (200, 1_200_000), written: (100, 600_000) }),
    (18, Profile { protocol: "/meshsub/1.1.0", read: (500, 90_000), written: (300, 60_000) }),
    (6, Profile { protocol: "/libp2p/circuit/relay/0.2.0/hop", read: (10, 20_000), written: (10, 20_000) }),
    (3, Profile { protocol: "/libp2p/autonat/1.0.0", read: (5, 200), written: (5, 200) }),
    (3, Profile { protocol: "/libp2p/dcutr", read: (5, 300), written: (5, 300) }),
    (2, Profile { protocol: "/peerscope/transfer/1.0.0", read: (1_000, 4_000_000), written: (100, 40_000) }),
];

/// Bytes of a packet, about: what a path of 1,500 leaves for them, and many are not full.
const PACKET: u64 = 900;

/// Why a stream ends by itself.
const CAUSES: [(u64, &str); 4] =
    [(55, "closedByUs"), (30, "closedByRemote"), (12, "reset"), (3, "io: timed out")];

/// One direction of something that carries bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flow {
    pub bytes: u64,
    pub packets: u64,
    pub bytes_per_sec: u64,
}

impl Flow {
    fn carry(&mut self, millis: u64) {
        let bytes = self.bytes_per_sec * millis / 1_000;
        self.bytes += bytes;
        self.packets += bytes.div_ceil(PACKET);
    }

    pub fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.packets += other.packets;
        self.bytes_per_sec += other.bytes_per_sec;
    }
}

/// Both directions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flows {
    pub read: Flow,
    pub written: Flow,
}

impl Flows {
    pub fn add(&mut self, other: Self) {
        self.read.add(other.read);
        self.written.add(other.written);
    }

    pub fn stop(&mut self) {
        self.read.bytes_per_sec = 0;
        self.written.bytes_per_sec = 0;
    }

    pub fn wire(self) -> Traffic {
        let gauge = |flow: Flow| {
            Some(DataGauge { cum_bytes: flow.bytes, cum_packets: flow.packets, inst_bw: flow.bytes_per_sec })
        };
        Traffic { traffic_in: gauge(self.read), traffic_out: gauge(self.written) }
    }
}

#[derive(Clone, Debug)]
pub struct Stream {
    number: u64,
    profile: &'static Profile,
    role: Role,
    opened_ms: u64,
    negotiated_ms: u64,
    /// 0 while it is open.
    pub closed_ms: u64,
    cause: String,
    pub flows: Flows,
}

impl Stream {
    pub fn new(number: u64, opened_ms: u64, round_trip_ms: u64, dice: &mut Dice) -> Self {
        let profile: &'static Profile = dice.weighted(&PROFILES);
        let flow = |(low, high): (u64, u64), dice: &mut Dice| Flow {
            bytes_per_sec: dice.spread(low, high),
            ..Flow::default()
        };
        Self {
            number,
            profile,
            role: if dice.percent(60) { Role::Initiator } else { Role::Responder },
            opened_ms,
            negotiated_ms: opened_ms + round_trip_ms,
            closed_ms: 0,
            cause: String::new(),
            flows: Flows { read: flow(profile.read, dice), written: flow(profile.written, dice) },
        }
    }

    pub fn is_open(&self) -> bool {
        self.closed_ms == 0
    }

    /// Time passed: what it carried, and how much it carries from now on.
    pub fn move_on(&mut self, from_ms: u64, to_ms: u64, dice: &mut Dice) {
        if !self.is_open() {
            return;
        }
        let millis = to_ms.saturating_sub(from_ms.max(self.negotiated_ms));
        for (flow, (low, high)) in
            [(&mut self.flows.read, self.profile.read), (&mut self.flows.written, self.profile.written)]
        {
            flow.carry(millis);
            // Up or down by a fifth at most.
            let next = flow.bytes_per_sec * dice.between(80, 125) / 100;
            flow.bytes_per_sec = next.clamp(low, high);
        }
    }

    pub fn close(&mut self, now_ms: u64, cause: Option<&str>, dice: &mut Dice) {
        self.closed_ms = now_ms.max(self.opened_ms);
        self.cause = cause.unwrap_or_else(|| *dice.weighted(&CAUSES)).to_owned();
        self.flows.stop();
    }

    pub fn wire(&self, connection: &str, now_ms: u64) -> Wire {
        let negotiated = now_ms >= self.negotiated_ms;
        let status = match (self.is_open(), negotiated) {
            (false, _) => Status::Closed,
            (true, false) => Status::Opening,
            (true, true) => Status::Active,
        };
        Wire {
            id: format!("{connection}-{}", self.number).into(),
            protocol: if negotiated { self.profile.protocol.to_owned() } else { String::new() },
            role: self.role.into(),
            traffic: Some(self.flows.wire()),
            conn: Some(ConnectionRef {
                connection: Some(connection_ref::Connection::ConnId(connection.to_owned().into())),
            }),
            timeline: Some(Timeline { open_ts: self.opened_ms, close_ts: self.closed_ms }),
            status: status.into(),
            latency_ns: 0,
            user_provided_tags: Vec::new(),
            close_cause: self.cause.clone(),
        }
    }
}
