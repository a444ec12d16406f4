//! What a client was told of the demo, and what is still missing of all that it promises to show.

use std::collections::{BTreeMap, BTreeSet};

use peerscope_introspection::wire::{Connection, Event, Runtime, Status, server_message::Payload};

const CLOSE_CAUSES: [&str; 4] = ["closedByUs", "closedByRemote", "reset", "keepAliveTimeout"];

/// How transports are named: by the protocols of the remote address.
const TRANSPORTS: [&str; 3] = ["ip4+tcp", "ip4+udp+quic-v1", "ip4+tcp+p2p+p2p-circuit"];

/// Protocols of streams, up to their version.
const PROTOCOLS: [&str; 15] = [
    "/ipfs/ping/",
    "/ipfs/id/",
    "/ipfs/kad/",
    "/meshsub/",
    "/blocks/sync/1",
    "/peerscope/demo/chunks/1",
    "/mempool/announce/2",
    "/libp2p/circuit/relay/0.2.0/hop",
    "/libp2p/circuit/relay/0.2.0/stop",
    "/libp2p/dcutr",
    "/libp2p/autonat/1.0.0",
    "/libp2p/autonat/2/dial-request",
    "/libp2p/autonat/2/dial-back",
    "/rendezvous/",
    "/ipfs/id/push/",
];

const DIAL_FAILURES: [&str; 6] =
    ["Transport", "WrongPeerId", "Denied", "NoAddresses", "LocalPeerId", "DialPeerConditionFalse"];

/// What goes wrong within a transport, by a piece of the error's text.
const TRANSPORT_ERRORS: [&str; 7] = [
    "refused",
    "no transport",
    // QUIC's, and that over TCP.
    "timed out",
    "Timeout",
    // Of what is no libp2p node: in the negotiation, and in the handshake after it.
    "Multistream select failed",
    "Handshake failed",
    "no reservation",
];

/// Types of events that come again and again, those of the demo's own last.
const EVENTS: [&str; 54] = [
    "Dialing",
    "DialAttempt",
    "IncomingConnection",
    "PeerConnected",
    "PeerDisconnected",
    "DialFailure",
    "ListenFailure",
    "ConnectionDenied",
    "NewListenAddr",
    "ExpiredListenAddr",
    "ListenerClosed",
    "NewExternalAddrCandidate",
    "ExternalAddrConfirmed",
    "ExternalAddrExpired",
    "NewExternalAddrOfPeer",
    "NodeSnapshot",
    "PeerIdentified",
    "PingResult",
    "RequestResponseMessage",
    "RequestResponseResponseSent",
    "DhtInboundRequest",
    "DhtQueryFinished",
    "DhtRoutingUpdated",
    "GossipsubMessage",
    "GossipsubSubscribed",
    "GossipsubUnsubscribed",
    "GossipsubNotSupported",
    "GossipsubSnapshot",
    "Graft",
    "Prune",
    "Reservation",
    "RelayInboundCircuitEstablished",
    "RelayOutboundCircuitEstablished",
    "RelayReservationReqAccepted",
    "RelayReservationReqDenied",
    "RelayReservationClosed",
    "RelayCircuitReqAccepted",
    "RelayCircuitReqDenied",
    "RelayCircuitClosed",
    "HolePunch",
    "Reachability",
    "AutonatInboundProbe",
    "AutonatOutboundProbe",
    "AutonatServerTest",
    "RendezvousRegistered",
    "RendezvousRegisterFailed",
    "RendezvousDiscovered",
    "RendezvousExpired",
    "RendezvousPeerRegistered",
    "RendezvousDiscoverServed",
    "RendezvousRegistrationExpired",
    "EndpointStats",
    "BlockSynced",
    "MempoolChanged",
];

/// Everything that a client was told.
#[derive(Default)]
pub struct Seen {
    pub runtime: Option<Runtime>,
    pub events: BTreeMap<String, Vec<serde_json::Value>>,
    /// Each connection as it was told last.
    pub connections: BTreeMap<Vec<u8>, Connection>,
    protocols: BTreeSet<String>,
    pub open_at_once: usize,
    dht_peers: usize,
}

impl Seen {
    pub fn take(&mut self, payload: Payload) {
        match payload {
            Payload::Runtime(runtime) => self.runtime = Some(runtime),
            Payload::State(state) => {
                let subsystems = state.subsystems.expect("subsystems");
                let buckets = subsystems.dht.iter().flat_map(|dht| &dht.buckets);
                self.dht_peers = self.dht_peers.max(buckets.map(|bucket| bucket.peers.len()).sum());
                let connections = subsystems.connections;
                let open = connections.iter().filter(|one| one.status == i32::from(Status::Active)).count();
                self.open_at_once = self.open_at_once.max(open);
                for connection in connections {
                    let streams = connection.streams.iter().flat_map(|list| &list.streams);
                    self.protocols.extend(streams.map(|stream| stream.protocol.clone()));
                    self.connections.insert(connection.id.to_vec(), connection);
                }
            }
            Payload::Event(Event { r#type: Some(kind), content, .. }) => {
                let content = serde_json::from_str(&content).expect("JSON");
                self.events.entry(kind.name).or_default().push(content);
            }
            _ => {}
        }
    }

    fn closed(&self) -> impl Iterator<Item = &Connection> {
        self.connections.values().filter(|one| one.status == i32::from(Status::Closed))
    }

    /// What is still missing of what the contract promises.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let mut want = |there: bool, what: &str| {
            if !there {
                missing.push(what.to_owned());
            }
        };
        let named = |name: &str| self.connections.values().any(|one| one.transport_id == name.as_bytes());
        for transport in TRANSPORTS {
            want(named(transport), transport);
        }
        let securities =
            self.connections.values().filter_map(|one| Some(one.attribs.as_ref()?.encryption.as_str()));
        let securities = securities.collect::<BTreeSet<_>>();
        want(securities.contains("/noise"), "noise");
        want(securities.contains("/tls/1.0.0"), "TLS");
        want(self.closed().count() >= 3, "three closed connections");
        let causes = self.closed().map(|one| one.close_cause.as_str()).collect::<BTreeSet<_>>();
        for cause in CLOSE_CAUSES {
            want(causes.contains(cause), cause);
        }
        let residents =
            self.connections.values().filter(|one| one.latency_ns > 0 && !one.user_provided_tags.is_empty());
        want(residents.count() >= 5, "latency and agent of five");
        for protocol in PROTOCOLS {
            want(self.protocols.iter().any(|one| one.starts_with(protocol)), protocol);
        }
        want(self.dht_peers >= 2, "two peers in the DHT");
        for name in EVENTS {
            want(self.events.contains_key(name), name);
        }
        let punches = self.events.get("HolePunch").map(Vec::as_slice).unwrap_or_default();
        for outcome in ["direct", "failed"] {
            want(punches.iter().any(|event| event["outcome"] == outcome), outcome);
        }
        let failures = self.events.get("DialFailure").map(Vec::as_slice).unwrap_or_default();
        let reasons = failures.iter().filter_map(|event| event["reason"].as_str()).collect::<BTreeSet<_>>();
        for reason in DIAL_FAILURES {
            want(reasons.contains(reason), reason);
        }
        let errors = failures.iter().filter_map(|event| event["errors"].as_array()).flatten();
        let errors = errors.filter_map(|error| error["error"].as_str()).collect::<Vec<_>>();
        for text in TRANSPORT_ERRORS {
            want(errors.iter().any(|error| error.contains(text)), text);
        }
        missing
    }
}
