//! Connections: to whom, over what, since when, and the streams on them.

use std::sync::Arc;

use peerscope_introspection::wire::{
    Connection as Wire, EndpointPair, Role, Status, StreamList,
    connection::{Attributes, RelayedOver, Timeline},
};

use super::{
    dice::Dice,
    peer::Peer,
    stream::{Flows, Stream},
};

/// Where the made-up node is: a network that belongs to nobody (RFC 5737).
const OUR_HOST: &str = "192.0.2.10";
const OUR_PORT: u64 = 4001;
/// After so many round trips identify has told the agent.
const IDENTIFY_ROUND_TRIPS: u64 = 2;

/// How two nodes are connected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transport {
    Tcp,
    Quic,
    WebSocket,
    Relayed,
}

const TRANSPORTS: [(u64, Transport); 4] =
    [(50, Transport::Tcp), (34, Transport::Quic), (8, Transport::WebSocket), (8, Transport::Relayed)];

/// Why a connection ends.
const CAUSES: [(u64, &str); 5] = [
    (40, "keepAliveTimeout"),
    (25, "closedByRemote"),
    (20, "closedByUs"),
    (10, "reset"),
    (5, "io: connection timed out"),
];

/// A connection that others run over.
#[derive(Clone, Debug)]
pub struct Relay {
    pub connection: String,
    pub peer: Arc<Peer>,
}

#[derive(Clone, Debug)]
pub struct Connection {
    pub number: u64,
    pub peer: Arc<Peer>,
    pub role: Role,
    transport: Transport,
    relay: Option<Relay>,
    pub local: String,
    pub remote: String,
    security: &'static str,
    muxer: &'static str,
    pub opened_ms: u64,
    upgraded_ms: u64,
    pub closing: bool,
    /// 0 while it is open.
    pub closed_ms: u64,
    cause: &'static str,
    /// The path's round trip, and the last one measured.
    base_ns: u64,
    pub latency_ns: u64,
    pub streams: Vec<Stream>,
    next_stream: u64,
    /// What streams carried that are not kept any more.
    gone: Flows,
}

impl Connection {
    /// A connection that is there at `upgraded_ms`, after a handshake that began at `opened_ms`. Without a relay to go
    /// through it is a direct one.
    pub fn new(
        number: u64,
        peer: Arc<Peer>,
        relay: Option<Relay>,
        (opened_ms, upgraded_ms): (u64, u64),
        dice: &mut Dice,
    ) -> Self {
        let mut transport = *dice.weighted(&TRANSPORTS);
        if transport == Transport::Relayed && relay.is_none() {
            transport = Transport::Tcp;
        }
        let relay = relay.filter(|_| transport == Transport::Relayed);
        let role = if dice.percent(55) { Role::Initiator } else { Role::Responder };
        let (security, muxer) = match transport {
            Transport::Quic => ("/tls/1.0.0", "/quic-v1"),
            _ => (
                if dice.percent(75) { "/noise" } else { "/tls/1.0.0" },
                if dice.percent(90) { "/yamux/1.0.0" } else { "/mplex/6.7.0" },
            ),
        };
        let base_ns = dice.spread(2_000_000, 240_000_000);
        let (local, remote) = addresses(transport, relay.as_ref(), &peer, role, dice);
        Self {
            number,
            peer,
            role,
            transport,
            relay,
            local,
            remote,
            security,
            muxer,
            opened_ms,
            upgraded_ms,
            closing: false,
            closed_ms: 0,
            cause: "",
            base_ns,
            latency_ns: base_ns,
            streams: Vec::new(),
            next_stream: 0,
            gone: Flows::default(),
        }
    }

    pub fn id(&self) -> String {
        self.number.to_string()
    }

    pub fn can_relay(&self) -> bool {
        self.transport != Transport::Relayed
    }

    pub fn cause(&self) -> &'static str {
        self.cause
    }

    pub fn handshake_ms(&self) -> u64 {
        self.upgraded_ms - self.opened_ms
    }

    pub fn round_trip_ms(&self) -> u64 {
        self.base_ns.div_ceil(1_000_000)
    }

    /// When identify is through.
    pub fn identified_ms(&self) -> u64 {
        self.upgraded_ms + IDENTIFY_ROUND_TRIPS * self.round_trip_ms()
    }

    pub fn open_stream(&mut self, now_ms: u64, dice: &mut Dice) {
        let stream = Stream::new(self.next_stream, now_ms, self.round_trip_ms(), dice);
        self.next_stream += 1;
        self.streams.push(stream);
    }

    /// Time passed, for it and its streams.
    pub fn move_on(&mut self, from_ms: u64, to_ms: u64, dice: &mut Dice) {
        if dice.percent(10) {
            self.latency_ns = self.base_ns * dice.between(90, 140) / 100;
        }
        for stream in &mut self.streams {
            stream.move_on(from_ms, to_ms, dice);
        }
    }

    pub fn close(&mut self, now_ms: u64, dice: &mut Dice) {
        self.closed_ms = now_ms.max(self.upgraded_ms);
        self.cause = *dice.weighted(&CAUSES);
        for stream in self.streams.iter_mut().filter(|stream| stream.is_open()) {
            stream.close(now_ms, Some(self.cause), dice);
        }
    }

    /// Forgets what closed before a time; what it carried still counts. How many streams went.
    pub fn forget_streams(&mut self, closed_before_ms: u64) -> usize {
        let before = self.streams.len();
        let gone = &mut self.gone;
        self.streams.retain(|stream| {
            let keep = stream.is_open() || stream.closed_ms >= closed_before_ms;
            if !keep {
                gone.add(stream.flows);
            }
            keep
        });
        before - self.streams.len()
    }

    pub fn flows(&self) -> Flows {
        let mut flows = self.gone;
        for stream in &self.streams {
            flows.add(stream.flows);
        }
        flows
    }

    pub fn wire(&self, now_ms: u64) -> Wire {
        let id = self.id();
        let status = match (self.closed_ms > 0, self.closing) {
            (true, _) => Status::Closed,
            (false, true) => Status::Closing,
            (false, false) => Status::Active,
        };
        let names: &str = match self.transport {
            Transport::Tcp => "tcp",
            Transport::Quic => "udp+quic-v1",
            Transport::WebSocket => "tcp+ws",
            Transport::Relayed => "tcp+p2p+p2p-circuit",
        };
        let family = self.relay.as_ref().map_or(&self.peer, |relay| &relay.peer).family();
        let tags = if now_ms >= self.identified_ms() {
            vec![format!("agent={}", self.peer.agent)]
        } else {
            Vec::new()
        };
        Wire {
            peer_id: self.peer.id.clone(),
            status: status.into(),
            transport_id: format!("{family}+{names}").into(),
            endpoints: Some(EndpointPair {
                src_multiaddr: self.local.clone(),
                dst_multiaddr: self.remote.clone(),
            }),
            timeline: Some(Timeline {
                open_ts: self.opened_ms,
                upgraded_ts: self.upgraded_ms,
                close_ts: self.closed_ms,
            }),
            role: self.role.into(),
            traffic: Some(self.flows().wire()),
            attribs: Some(Attributes {
                multiplexer: self.muxer.to_owned(),
                encryption: self.security.to_owned(),
            }),
            latency_ns: self.latency_ns,
            streams: Some(StreamList {
                stream_ids: Vec::new(),
                streams: self.streams.iter().map(|stream| stream.wire(&id, now_ms)).collect(),
            }),
            user_provided_tags: tags,
            close_cause: self.cause.to_owned(),
            relayed_over: self
                .relay
                .as_ref()
                .map(|relay| RelayedOver::ConnId(relay.connection.clone().into())),
            id: id.into(),
        }
    }
}

/// Both ends' addresses: who dialled came from a port of the moment.
fn addresses(
    transport: Transport,
    relay: Option<&Relay>,
    peer: &Peer,
    role: Role,
    dice: &mut Dice,
) -> (String, String) {
    let ours = |rest: &str, port: u64| format!("/ip4/{OUR_HOST}/{}", rest.replace("{}", &port.to_string()));
    let path = match transport {
        Transport::Tcp | Transport::Relayed => "tcp/{}",
        Transport::Quic => "udp/{}/quic-v1",
        Transport::WebSocket => "tcp/{}/ws",
    };
    if let Some(relay) = relay {
        let circuit = format!("{}/p2p/{}/p2p-circuit", relay.peer.address(path), relay.peer.id);
        return (ours(path, OUR_PORT), circuit);
    }
    let moment = dice.between(32_768, 60_999);
    // QUIC dials from the port it listens on.
    match role {
        Role::Responder if transport != Transport::Quic => {
            (ours(path, OUR_PORT), peer.address_at(path, moment))
        }
        Role::Initiator if transport != Transport::Quic => (ours(path, moment), peer.address(path)),
        _ => (ours(path, OUR_PORT), peer.address(path)),
    }
}
