//! The made-up node's events: their types with every kind of property, and their contents.

use std::time::{Duration, UNIX_EPOCH};

use peerscope_introspection::wire::{
    Event, EventType, Role,
    event_type::{
        EventProperty,
        event_property::PropertyType::{self, Json, Multiaddr, Number, Peerid, String as Text, Time},
    },
};
use serde_json::{Value, json};

use super::{connection::Connection, dice::Dice, peer::Peer};

/// A property: its name, its kind, and whether there are several.
type Property = (&'static str, PropertyType, bool);

const KINDS: [(&str, &[Property]); 12] = [
    ("Dialing", &[("peer", Peerid, false), ("addresses", Multiaddr, true), ("connection", Number, false)]),
    (
        "IncomingConnection",
        &[("local", Multiaddr, false), ("remote", Multiaddr, false), ("connection", Number, false)],
    ),
    (
        "PeerConnected",
        &[
            ("peer", Peerid, false),
            ("connection", Number, false),
            ("remote", Multiaddr, false),
            ("role", Text, false),
            ("handshakeMs", Number, false),
            ("failedAddresses", Multiaddr, true),
        ],
    ),
    (
        "PeerDisconnected",
        &[
            ("peer", Peerid, false),
            ("connection", Number, false),
            ("remote", Multiaddr, false),
            ("role", Text, false),
            ("cause", Text, false),
        ],
    ),
    (
        "DialFailure",
        &[
            ("peer", Peerid, false),
            ("reason", Text, false),
            ("errors", Json, true),
            ("connection", Number, false),
        ],
    ),
    (
        "PeerIdentified",
        &[
            ("peer", Peerid, false),
            ("connection", Number, false),
            ("agent", Text, false),
            ("protocols", Text, true),
            ("listenAddrs", Multiaddr, true),
            ("observedAddr", Multiaddr, false),
        ],
    ),
    (
        "PingResult",
        &[
            ("peer", Peerid, false),
            ("connection", Number, false),
            ("rttNs", Number, false),
            ("failure", Text, false),
        ],
    ),
    (
        "DhtQueryFinished",
        &[
            ("id", Text, false),
            ("kind", Text, false),
            ("requests", Number, false),
            ("ok", Number, false),
            ("failed", Number, false),
            ("durationMs", Number, false),
        ],
    ),
    ("DhtRoutingUpdated", &[("peer", Peerid, false), ("bucket", Number, false), ("replaced", Peerid, false)]),
    (
        "GossipsubMessage",
        &[
            ("topic", Text, false),
            ("source", Peerid, false),
            ("id", Text, false),
            ("size", Number, false),
            ("published", Time, false),
        ],
    ),
    ("NewExternalAddrCandidate", &[("address", Multiaddr, false)]),
    (
        "MeshSnapshot",
        &[("topic", Text, false), ("mesh", Peerid, true), ("score", Json, false), ("taken", Time, false)],
    ),
];

const TOPICS: [&str; 3] = ["/peerscope/blocks", "/peerscope/attestations", "/peerscope/chat"];
const QUERIES: [&str; 4] = ["GetClosestPeers", "GetProviders", "GetRecord", "Bootstrap"];
const PROTOCOLS: [&str; 4] = ["/ipfs/id/1.0.0", "/ipfs/ping/1.0.0", "/ipfs/kad/1.0.0", "/meshsub/1.1.0"];
const DIAL_ERRORS: [(u64, (&str, &str)); 4] = [
    (50, ("Transport", "timeout has been reached")),
    (35, ("Transport", "Connection refused (os error 111)")),
    (10, ("WrongPeerId", "the other side has another identity")),
    (5, ("Aborted", "the dial was given up")),
];

/// Every type, with its properties.
pub fn types() -> Vec<EventType> {
    KINDS
        .iter()
        .map(|(name, properties)| EventType {
            name: (*name).to_owned(),
            property_types: properties
                .iter()
                .map(|(name, kind, many)| EventProperty {
                    name: (*name).to_owned(),
                    r#type: (*kind).into(),
                    has_multiple: *many,
                })
                .collect(),
        })
        .collect()
}

/// What happens without a connection coming or going.
#[derive(Clone, Copy, Debug)]
enum Everyday {
    Ping,
    PingFailed,
    Query,
    Message,
    DialFailure,
    Candidate,
    Mesh,
}

const EVERYDAY: [(u64, Everyday); 7] = [
    (36, Everyday::Ping),
    (2, Everyday::PingFailed),
    (14, Everyday::Query),
    (36, Everyday::Message),
    (7, Everyday::DialFailure),
    (2, Everyday::Candidate),
    (3, Everyday::Mesh),
];

/// One of the events of every day.
pub fn everyday(ts: u64, connections: &[Connection], strangers: &[Peer], dice: &mut Dice) -> Event {
    let kind = *dice.weighted(&EVERYDAY);
    let Some(connection) = connections.get(dice.index(connections.len())) else {
        // A node without connections still tries.
        return dial_failure(ts, strangers, dice);
    };
    match kind {
        Everyday::Ping => ping(ts, connection, dice),
        Everyday::PingFailed => event(
            "PingResult",
            ts,
            &json!({ "peer": connection.peer.id, "connection": connection.number, "rttNs": null, "failure": "timeout" }),
        ),
        Everyday::Query => query(ts, dice),
        Everyday::Message => message(ts, connection, dice),
        Everyday::DialFailure => dial_failure(ts, strangers, dice),
        Everyday::Candidate => {
            event("NewExternalAddrCandidate", ts, &json!({ "address": "/ip4/192.0.2.10/udp/4001/quic-v1" }))
        }
        Everyday::Mesh => mesh(ts, connections, dice),
    }
}

fn ping(ts: u64, connection: &Connection, dice: &mut Dice) -> Event {
    let rtt = connection.latency_ns * dice.between(90, 120) / 100;
    let (peer, number) = (&connection.peer.id, connection.number);
    event("PingResult", ts, &json!({ "peer": peer, "connection": number, "rttNs": rtt, "failure": null }))
}

fn query(ts: u64, dice: &mut Dice) -> Event {
    let requests = dice.between(3, 40);
    let failed = dice.below(requests / 2);
    let content = json!({
        "id": format!("{:08x}", dice.next() as u32),
        "kind": dice.pick(&QUERIES),
        "requests": requests,
        "ok": requests - failed,
        "failed": failed,
        "durationMs": dice.spread(30, 9_000),
    });
    event("DhtQueryFinished", ts, &content)
}

fn message(ts: u64, connection: &Connection, dice: &mut Dice) -> Event {
    let content = json!({
        "topic": dice.pick(&TOPICS),
        "source": connection.peer.id,
        "id": format!("{:016x}", dice.next()),
        "size": dice.spread(60, 120_000),
        "published": time(ts.saturating_sub(connection.round_trip_ms())),
    });
    event("GossipsubMessage", ts, &content)
}

fn dial_failure(ts: u64, strangers: &[Peer], dice: &mut Dice) -> Event {
    let stranger = dice.pick(strangers);
    let (reason, error) = *dice.weighted(&DIAL_ERRORS);
    let errors: Vec<Value> = ["tcp/{}", "udp/{}/quic-v1"]
        .into_iter()
        .map(|path| json!({ "address": stranger.address(path), "error": error }))
        .collect();
    let content =
        json!({ "peer": stranger.id, "reason": reason, "errors": errors, "connection": dice.next() >> 40 });
    event("DialFailure", ts, &content)
}

fn mesh(ts: u64, connections: &[Connection], dice: &mut Dice) -> Event {
    let first = dice.index(connections.len());
    let peers: Vec<&str> = connections
        .iter()
        .cycle()
        .skip(first)
        .take(connections.len().min(6))
        .map(|one| one.peer.id.as_str())
        .collect();
    let score = json!({ "median": dice.between(0, 40), "lowest": -(dice.between(0, 20) as i64) });
    let content = json!({ "topic": dice.pick(&TOPICS), "mesh": peers, "score": score, "taken": time(ts) });
    event("MeshSnapshot", ts, &content)
}

/// A connection begins, from here or from there.
pub fn beginning(ts: u64, connection: &Connection) -> Event {
    let Connection { number, peer, local, remote, .. } = connection;
    match connection.role {
        Role::Initiator => {
            event("Dialing", ts, &json!({ "peer": peer.id, "addresses": [remote], "connection": number }))
        }
        Role::Responder => event(
            "IncomingConnection",
            ts,
            &json!({ "local": local, "remote": remote, "connection": number }),
        ),
    }
}

pub fn connected(ts: u64, connection: &Connection) -> Event {
    let content = json!({
        "peer": connection.peer.id,
        "connection": connection.number,
        "remote": connection.remote,
        "role": role(connection),
        "handshakeMs": connection.handshake_ms(),
        "failedAddresses": [],
    });
    event("PeerConnected", ts, &content)
}

pub fn disconnected(ts: u64, connection: &Connection) -> Event {
    let content = json!({
        "peer": connection.peer.id,
        "connection": connection.number,
        "remote": connection.remote,
        "role": role(connection),
        "cause": connection.cause(),
    });
    event("PeerDisconnected", ts, &content)
}

pub fn identified(ts: u64, connection: &Connection) -> Event {
    let peer = &connection.peer;
    let content = json!({
        "peer": peer.id,
        "connection": connection.number,
        "agent": peer.agent,
        "protocols": PROTOCOLS,
        "listenAddrs": [peer.address("tcp/{}"), peer.address("udp/{}/quic-v1")],
        "observedAddr": connection.local,
    });
    event("PeerIdentified", ts, &content)
}

pub fn routing_updated(ts: u64, peer: &Peer, bucket: u32, replaced: Option<&str>) -> Event {
    event("DhtRoutingUpdated", ts, &json!({ "peer": peer.id, "bucket": bucket, "replaced": replaced }))
}

fn role(connection: &Connection) -> &'static str {
    match connection.role {
        Role::Initiator => "initiator",
        Role::Responder => "responder",
    }
}

fn time(ms: u64) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(ms)).to_string()
}

fn event(name: &str, ts: u64, content: &Value) -> Event {
    let kind = EventType { name: name.to_owned(), property_types: Vec::new() };
    Event { r#type: Some(kind), ts, content: content.to_string() }
}
