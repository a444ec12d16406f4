//! Recordings of other programs, redacted: nothing is left of their peers and hosts, and the rest is what it was.
//!
//! They are not part of the repository: each test looks for them beside it and says so when they are not there.

use std::{collections::BTreeSet, path::PathBuf};

use peerscope_introspection::{
    recording::{Item, Reader},
    redact::{Counts, Options, Redactor},
    wire::{Connection, ServerMessage, event_type::event_property::PropertyType, server_message::Payload},
};
use prost::Message;

fn frames(name: &str) -> Option<Vec<Vec<u8>>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("SKIPPED: {}: {error}", path.display());
            return None;
        }
    };
    let mut reader = Reader::new();
    reader.push(&bytes);
    reader.finish();
    Some(
        reader
            .filter_map(|item| match item {
                Item::Frame { payload, .. } => Some(payload.to_vec()),
                Item::Problem(_) => None,
            })
            .collect(),
    )
}

/// Peers and hosts that a recording names where the schema says so.
#[derive(Debug, Default)]
struct Named {
    peers: BTreeSet<String>,
    hosts: BTreeSet<String>,
}

impl Named {
    fn connection(&mut self, connection: &Connection) {
        self.peers.insert(connection.peer_id.clone());
        let ends = connection.endpoints.clone().unwrap_or_default();
        for address in [ends.src_multiaddr, ends.dst_multiaddr] {
            let parts: Vec<&str> = address.split('/').collect();
            for pair in parts.windows(2) {
                match pair[0] {
                    "ip4" | "ip6" | "dns4" => drop(self.hosts.insert(pair[1].to_owned())),
                    "p2p" => drop(self.peers.insert(pair[1].to_owned())),
                    _ => {}
                }
            }
            if parts.len() == 1 && !address.is_empty() {
                self.peers.insert(address);
            }
        }
    }

    fn message(&mut self, message: &ServerMessage) {
        match &message.payload {
            Some(Payload::Runtime(runtime)) => drop(self.peers.insert(runtime.peer_id.clone())),
            Some(Payload::State(state)) => {
                let subsystems = state.subsystems.clone().unwrap_or_default();
                subsystems.connections.iter().for_each(|connection| self.connection(connection));
                let buckets = subsystems.dht.into_iter().flat_map(|dht| dht.buckets);
                self.peers.extend(buckets.flat_map(|bucket| bucket.peers).map(|peer| peer.peer_id));
            }
            Some(Payload::Event(event)) => {
                let declared = event.r#type.clone().unwrap_or_default();
                let is_peer = |kind: i32| kind == PropertyType::Peerid as i32;
                for property in declared.property_types.iter().filter(|property| is_peer(property.r#type)) {
                    // The value of the key, a text or a list of them, without a parser.
                    let after =
                        event.content.split(&format!("\"{}\":", property.name)).nth(1).unwrap_or_default();
                    let value = after.split(['}', ']']).next().unwrap_or_default();
                    self.peers.extend(value.split('"').filter(|id| id.len() > 30).map(str::to_owned));
                }
            }
            _ => {}
        }
    }
}

#[test]
fn recordings_of_other_programs_hold_nothing_of_peers_and_hosts_afterwards() {
    for (name, peers) in [
        ("go-libp2p-short.libp2p.trace", 7),
        ("go-libp2p-pause.libp2p.trace", 6),
        ("observer-sample-1min.mock", 100),
    ] {
        let Some(frames) = frames(name) else { continue };
        let mut named = Named::default();
        let mut redactor = Redactor::new(Options::all(), [9; 32]);
        let mut out = Vec::new();
        for frame in &frames {
            let before = ServerMessage::decode(&frame[..]).expect("a message");
            named.message(&before);
            let redacted = redactor.payload(frame).expect("it is kept");
            let after = ServerMessage::decode(&redacted[..]).expect("still a message");
            match (before.payload, after.payload) {
                (Some(Payload::State(before)), Some(Payload::State(after))) => {
                    assert_eq!((before.instant_ts, &before.traffic), (after.instant_ts, &after.traffic));
                    let rows = |state: peerscope_introspection::wire::State| {
                        state.subsystems.unwrap_or_default().connections
                    };
                    let (before, after) = (rows(before), rows(after));
                    assert_eq!(before.len(), after.len());
                    for (before, after) in before.iter().zip(&after) {
                        assert_eq!((&before.traffic, &before.timeline), (&after.traffic, &after.timeline));
                        assert_eq!(before.transport_id, after.transport_id);
                        let protocols = |connection: &Connection| -> Vec<String> {
                            let streams = connection.streams.clone().unwrap_or_default().streams;
                            streams.into_iter().map(|stream| stream.protocol).collect()
                        };
                        assert_eq!(protocols(before), protocols(after));
                    }
                }
                (Some(Payload::Event(before)), Some(Payload::Event(after))) => {
                    assert_eq!((before.ts, before.r#type), (after.ts, after.r#type));
                }
                (Some(Payload::Runtime(before)), Some(Payload::Runtime(after))) => {
                    assert_eq!(before.event_types, after.event_types);
                }
                (before, after) => assert_eq!(before, after),
            }
            out.extend(redacted);
        }
        assert!(named.peers.len() >= peers, "{name}: {} peers", named.peers.len());
        let out = String::from_utf8_lossy(&out);
        for text in named.peers.iter().chain(&named.hosts).filter(|text| !text.is_empty()) {
            assert!(!out.contains(&**text), "{name}: {text}");
        }
        assert_eq!(redactor.counts(), Counts::default(), "{name}");
    }
}
