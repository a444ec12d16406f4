//! Whatever a node tells: nothing of what is to be hidden is left, and what belonged together still does.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// What must not be found.
#[derive(Clone, Debug)]
struct World {
    peers: Vec<String>,
    hosts: Vec<(&'static str, String)>,
    agents: Vec<String>,
}

fn peer() -> impl Strategy<Value = String> {
    (0..4, any::<[u8; 32]>()).prop_map(|(kind, key)| match kind {
        0 => base58(&[&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &key].concat()),
        1 => base58(&[&[0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x02][..], &key].concat()),
        2 => base58(&[&[0x12, 0x20][..], &key].concat()),
        _ => key.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

fn host() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        // Not of the block that stand-ins are of.
        any::<u32>()
            .prop_map(|host| Ipv4Addr::from(host & 0x7fff_ffff | 0x0100_0000))
            .prop_map(|host| ("ip4", host.to_string())),
        any::<[u16; 8]>()
            .prop_map(|host| ("ip6", Ipv6Addr::from(host.map(|part| part | 0x1000)).to_string())),
        "[a-z]{5,8}\\.[a-z]{5}\\.net".prop_map(|host| ("dns4", host)),
        "[a-z]{12}".prop_map(|host| ("dns", host)),
    ]
}

fn world() -> impl Strategy<Value = World> {
    let agent = "[a-z]{4,8}zz/[0-9]\\.[0-9]{1,2}\\.[0-9]";
    (vec(peer(), 1..5), vec(host(), 1..5), vec(agent, 1..3)).prop_map(|(peers, hosts, agents)| World {
        peers,
        hosts,
        agents,
    })
}

fn address(world: &World) -> impl Strategy<Value = String> + use<> {
    let end = select(vec!["/tcp/4001", "/udp/4001/quic-v1", "/tcp/443/tls/ws", "/udp/1/webrtc-direct"]);
    let peers = world.peers.clone();
    (select(world.hosts.clone()), end, proptest::option::of(select(peers))).prop_map(
        |((kind, host), end, relay)| {
            let relay = relay.map(|relay| format!("/p2p/{relay}/p2p-circuit")).unwrap_or_default();
            format!("/{kind}/{host}{end}{relay}")
        },
    )
}

fn connection(world: &World) -> impl Strategy<Value = Connection> + use<> {
    let facts = (select(world.peers.clone()), address(world), address(world), select(world.agents.clone()));
    (facts, any::<(u16, u8, u64, u64, i32, i32)>(), any::<bool>()).prop_map(
        |(
            (peer_id, src_multiaddr, dst_multiaddr, agent),
            (number, streams, at, figure, status, role),
            relayed,
        )| {
            let id = Bytes::from(format!("{}-{number}", &peer_id[..10]));
            let stream = |n: u8| Stream {
                id: format!("{}-{number}-{n}", &peer_id[..10]).into(),
                protocol: "/ipfs/kad/1.0.0".to_owned(),
                role,
                latency_ns: figure,
                conn: Some(ConnectionRef {
                    connection: Some(connection_ref::Connection::ConnId(id.clone())),
                }),
                close_cause: format!("reset by {peer_id}"),
                ..Stream::default()
            };
            Connection {
                id: id.clone(),
                status,
                role,
                transport_id: Bytes::from_static(b"ip4+tcp"),
                timeline: Some(Timeline { open_ts: at, upgraded_ts: at, close_ts: 0 }),
                traffic: Some(Traffic::default()),
                attribs: Some(Attributes {
                    multiplexer: "/yamux/1.0.0".to_owned(),
                    encryption: "/noise".to_owned(),
                }),
                latency_ns: figure,
                streams: Some(StreamList {
                    stream_ids: vec![id.clone()],
                    streams: (0..streams % 3).map(stream).collect(),
                }),
                user_provided_tags: vec![format!("agent={agent}"), format!("first seen at {dst_multiaddr}")],
                close_cause: format!("dial to {dst_multiaddr} of {peer_id} failed"),
                relayed_over: relayed.then_some(RelayedOver::ConnId(id)),
                endpoints: Some(EndpointPair { src_multiaddr, dst_multiaddr }),
                peer_id,
            }
        },
    )
}

fn messages() -> impl Strategy<Value = (World, Vec<ServerMessage>)> {
    world().prop_flat_map(|world| {
        let connections = vec(connection(&world), 0..4);
        let peers = vec(select(world.peers.clone()), 0..4);
        let facts = (select(world.peers.clone()), address(&world), select(world.agents.clone()), any::<(u64, i64)>());
        (Just(world), connections, peers, facts).prop_map(|(world, connections, peers, (peer, address, agent, (at, number)))| {
            let peers = peers.into_iter().map(|peer_id| PeerInDht { peer_id, status: 1, age_in_bucket: 7 }).collect();
            let dht = Dht { protocol: "/ipfs/kad/1.0.0".to_owned(), enabled: true, start_ts: at, buckets: vec![Bucket { cpl: 3, peers }], ..Dht::default() };
            let state = State { subsystems: Some(Subsystems { connections, dht: Some(dht) }), instant_ts: at, closed_cut: 3, ..State::default() };
            let property = |name: &str, kind: i32| EventProperty { name: name.to_owned(), r#type: kind, has_multiple: false };
            let declared = EventType { name: "T".to_owned(), property_types: vec![property("peer", 11), property("number", 1), property("error", 0)] };
            let runtime = Runtime {
                implementation: agent.clone(),
                version: "7.7.7".to_owned(),
                platform: "linux".to_owned(),
                peer_id: peer.clone(),
                event_types: vec![declared],
            };
            let content = format!(
                r#"{{"peer":"{peer}","number":{number},"error":"dial {address}: refused by {peer}","agentVersion":"{agent}","list":["{address}",{{"{peer}":"{peer}"}}]}}"#
            );
            let event = Event { r#type: Some(EventType { name: "T".to_owned(), property_types: Vec::new() }), ts: at, content };
            let payloads = [Payload::Runtime(runtime), Payload::State(state), Payload::Event(event)];
            (world, payloads.map(|payload| ServerMessage { version: None, payload: Some(payload) }).into())
        })
    })
}

/// Everything that redaction may change, made alike.
fn blank(mut message: ServerMessage) -> ServerMessage {
    match &mut message.payload {
        Some(Payload::Runtime(runtime)) => {
            for text in [
                &mut runtime.implementation,
                &mut runtime.version,
                &mut runtime.platform,
                &mut runtime.peer_id,
            ] {
                text.clear();
            }
        }
        Some(Payload::Event(event)) => event.content.clear(),
        Some(Payload::State(State { subsystems: Some(subsystems), .. })) => {
            for connection in &mut subsystems.connections {
                connection.id = Bytes::new();
                connection.peer_id.clear();
                connection.endpoints = None;
                connection.close_cause.clear();
                connection.user_provided_tags.clear();
                connection.relayed_over = None;
                if let Some(streams) = &mut connection.streams {
                    streams.stream_ids.clear();
                    for stream in &mut streams.streams {
                        stream.id = Bytes::new();
                        stream.conn = None;
                        stream.close_cause.clear();
                    }
                }
            }
            for bucket in subsystems.dht.iter_mut().flat_map(|dht| &mut dht.buckets) {
                bucket.peers.iter_mut().for_each(|peer| peer.peer_id.clear());
            }
        }
        _ => {}
    }
    message
}

proptest! {
    #[test]
    fn nothing_of_peers_hosts_and_agents_is_left_and_all_else_is((world, messages) in messages(), empty in any::<bool>(), salt in any::<[u8; 32]>()) {
        let mut redactor = Redactor::new(Options { event_content: empty, ..Options::all() }, salt);
        let mut out = Vec::new();
        for message in &messages {
            let redacted = redactor.payload(&message.encode_to_vec()).expect("it is a message");
            let back = ServerMessage::decode(&redacted[..]).expect("it still is one");
            prop_assert_eq!(blank(back), blank(message.clone()));
            out.extend(redacted);
        }
        prop_assert_eq!(redactor.counts(), Counts::default());
        for peer in &world.peers {
            prop_assert!(!contains(&out, peer.as_bytes()), "{}", peer);
            let is_hex = peer.len() == 64;
            let raw = if is_hex { Vec::new() } else { from_base58(peer) };
            if !is_hex {
                let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
                prop_assert!(!contains(&out, &raw) && !contains(&out, hex.as_bytes()));
            }
            // Of the other forms few first ten differ: a stand-in's can be those of another peer.
            let short = format!("{}-", &peer[..10]);
            prop_assert!(!(is_hex || peer.starts_with("Qm")) || !contains(&out, short.as_bytes()), "{}", peer);
            let told = messages.iter().any(|message| contains(&message.encode_to_vec(), peer.as_bytes()));
            // What an event says can be gone with all of it.
            prop_assert!(empty || !told || contains(&out, redactor.peer_id(peer).as_bytes()), "{}", peer);
        }
        for (_, host) in &world.hosts {
            prop_assert!(!contains(&out, host.as_bytes()), "{}", host);
        }
        for agent in &world.agents {
            prop_assert!(!contains(&out, agent.as_bytes()), "{}", agent);
        }
    }

    #[test]
    fn rows_that_belonged_together_still_do((_, messages) in messages(), salt in any::<[u8; 32]>()) {
        let mut redactor = Redactor::new(Options::all(), salt);
        for message in messages {
            let redacted = redactor.payload(&message.encode_to_vec()).expect("it is a message");
            let back = ServerMessage::decode(&redacted[..]).expect("it still is one");
            let (Some(Payload::State(before)), Some(Payload::State(after))) = (message.payload, back.payload) else { continue };
            let (before, after) = (before.subsystems.unwrap_or_default(), after.subsystems.unwrap_or_default());
            for (a, one) in before.connections.iter().zip(&after.connections) {
                prop_assert_eq!(one.user_provided_tags.len(), a.user_provided_tags.len());
                for (b, other) in before.connections.iter().zip(&after.connections) {
                    prop_assert_eq!(a.peer_id == b.peer_id, one.peer_id == other.peer_id);
                    let ends = |connection: &Connection| connection.endpoints.clone().unwrap_or_default();
                    prop_assert_eq!(ends(a).dst_multiaddr == ends(b).dst_multiaddr, ends(one).dst_multiaddr == ends(other).dst_multiaddr);
                    if a.id == b.id {
                        prop_assert_eq!(&one.id, &other.id);
                    }
                }
                for stream in one.streams.iter().flat_map(|list| &list.streams) {
                    let conn = stream.conn.as_ref().and_then(|conn| conn.connection.clone());
                    prop_assert_eq!(conn, Some(connection_ref::Connection::ConnId(one.id.clone())));
                }
            }
        }
    }

    #[test]
    fn whatever_comes_in_does_not_panic(bytes in vec(any::<u8>(), 0..200), text in "\\PC{0,60}", words in "[0-9a-f:./ -]{0,40}") {
        let mut redactor = all();
        if let Some(out) = redactor.payload(&bytes) {
            prop_assert_eq!(redactor.payload(&out).map(|again| again.len()), Some(out.len()));
        }
        for text in [&text, &words] {
            redactor.text(text);
            redactor.content("T", text);
            redactor.peer_id(text);
            redactor.agent(text);
            redactor.multiaddr(text);
        }
    }
}
