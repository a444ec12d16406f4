mod limits;

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::{collection::vec, prelude::*, sample::select};
use prost::{Message as _, bytes::Bytes};

use super::*;
use crate::wire::{
    Connection, Dht, EndpointPair, Event, EventType, Runtime, ServerMessage, State, Stream, StreamList,
    Subsystems, Traffic,
    connection::{Attributes, RelayedOver, Timeline},
    dht::{Bucket, PeerInDht},
    event_type::EventProperty,
    server_message::Payload,
    stream::{ConnectionRef, connection_ref},
};

const ED: &str = "12D3KooWK3qDfrsRBWW6mV8M2ayyNxV7WssSx4KziMj7N5cAHtSb";
const SECP: &str = "16Uiu2HAm1nvnot7EcfLh9XQ6ejQvZamGVb3d3R2m5RAYjeDWVQyX";
const RSA: &str = "QmVyJMLH6drCMtuL6jY19JkXQAA9ZEk4ruAu74ahDj56ro";

fn all() -> Redactor {
    Redactor::new(Options::all(), [1; 32])
}

fn only(change: impl FnOnce(&mut Options)) -> Redactor {
    let mut options = Options::default();
    change(&mut options);
    Redactor::new(options, [1; 32])
}

/// As libp2p writes them.
fn base58(bytes: &[u8]) -> String {
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let text = digits.iter().rev().map(|digit| char::from(secret::BASE58[*digit as usize]));
    "1".repeat(zeros) + &text.collect::<String>()
}

fn from_base58(text: &str) -> Vec<u8> {
    let mut bytes = vec![0u8];
    for c in text.bytes() {
        let mut carry = secret::BASE58.iter().position(|digit| *digit == c).expect("a digit") as u32;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry as u8);
        }
    }
    let zeros = text.bytes().take_while(|c| *c == b'1').count();
    vec![0; zeros].into_iter().chain(bytes.into_iter().rev()).collect()
}

#[test]
fn stand_ins_of_peers_are_peer_ids_of_the_same_kind() {
    for salt in 0..50 {
        let mut redactor = Redactor::new(Options::all(), [salt; 32]);
        for (id, head) in
            [(ED, &[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..]), (SECP, &[0x00, 0x25]), (RSA, &[0x12, 0x20])]
        {
            let stand_in = redactor.peer_id(id);
            assert!(stand_in.len() == id.len() && stand_in != id, "{stand_in}");
            let (raw, original) = (from_base58(&stand_in), from_base58(id));
            assert!(raw.starts_with(head) && raw.len() == original.len(), "{stand_in} {raw:?}");
            assert_eq!(redactor.peer_id(id), stand_in);
        }
    }
    let hex = all().peer_id("8de3166db28fddb199f05be0acea65772e7a1b289086902160d1060e83dac2fd");
    assert!(hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(all().peer_id(""), "");
    assert!(all().peer_id("what is this").starts_with("peer-"));
    assert_ne!(Redactor::new(Options::all(), [2; 32]).peer_id(ED), all().peer_id(ED));
}

#[test]
fn ids_of_go_begin_as_the_stand_in_of_their_peer_does() {
    for peer in [ED, SECP, RSA] {
        let mut redactor = all();
        let id = redactor.text(&format!("{}-17-3", &peer[..10]));
        let stand_in = redactor.peer_id(peer);
        assert_eq!(id, format!("{}-17-3", &stand_in[..10]));
        assert_ne!(&id[..10], &peer[..10]);
    }
}

#[test]
fn an_address_keeps_its_kind_and_its_port() {
    let mut redactor = all();
    let peer = redactor.peer_id(ED);
    let host = |text: &str| text.split('/').nth(2).map(str::to_owned).unwrap_or_default();
    let one = redactor.multiaddr("/ip4/127.0.0.1/tcp/4001/ws");
    assert!(one.starts_with("/ip4/2") && one.ends_with("/tcp/4001/ws"), "{one}");
    let two = redactor.multiaddr(&format!("/ip4/127.0.0.1/udp/1/quic-v1/p2p/{ED}/p2p-circuit"));
    assert_eq!(two, format!("/ip4/{}/udp/1/quic-v1/p2p/{peer}/p2p-circuit", host(&one)));
    let six = redactor.multiaddr("/ip6/fe80::1/udp/9/quic-v1/webtransport/certhash/uEiAsecret");
    assert!(
        six.starts_with("/ip6/2001:db8::") && six.contains("/udp/9/quic-v1/webtransport/certhash/x"),
        "{six}"
    );
    assert!(host(&six).parse::<Ipv6Addr>().is_ok_and(|host| host.to_string() == self::six(&six)), "{six}");
    let name = redactor.multiaddr("/dns4/Node7.corp.example.com/tcp/443/tls/ws");
    assert!(name.starts_with("/dns4/host-") && name.ends_with(".example/tcp/443/tls/ws"), "{name}");
    assert_eq!(redactor.multiaddr("/dns4/node7.corp.example.com/tcp/443/tls/ws"), name);
    assert_eq!(redactor.counts(), Counts::default());
    assert_eq!(redactor.multiaddr("/memory/7"), "/memory/7");
    let path = redactor.multiaddr("/unix/run/alice/node.sock");
    assert!(path.starts_with("/unix/x") && !path.contains("alice"), "{path}");
    assert!(!redactor.multiaddr("/ip4/not-an-ip/tcp/secret").contains("not"));
    // A protocol of tomorrow: what follows may be anything.
    assert_eq!(redactor.multiaddr("/udp/1/carrier-pigeon/alice"), "/udp/1");
    assert_eq!(redactor.counts().values, 1);
}

fn six(address: &str) -> String {
    address.split('/').nth(2).unwrap_or_default().to_owned()
}

#[test]
fn hosts_peers_and_agents_are_found_in_texts() {
    let mut redactor = all();
    redactor.agent("secret-node/7.1");
    for (text, gone) in [
        ("dial 203.0.113.7:4001: timeout", "203.0.113.7"),
        ("[2001:db8:1::7]:443 refused", "2001:db8:1::7"),
        ("at:2a01:4f8::2.", "2a01:4f8::2"),
        ("lookup a.corp.net: no such host", "corp"),
        ("https://peer.corp.io:8080/x?y", "corp"),
        ("x=203.0.113.9,y=10.0.0.1", "10.0.0.1"),
        ("2001:db8:9::7:timeout", "2001:db8:9::7"),
        ("2001:db8:9::7_tcp", "2001:db8:9::7"),
        ("2001:db8:9::1-2001:db8:9::5", "2001:db8:9::1"),
        ("2001:db8:9::1-2001:db8:9::5", "2001:db8:9::5"),
        ("2001:db8:9::7.4001 > x", "2001:db8:9::7"),
        ("1:2:3:4:5:6:7:8:4001", "1:2:3:4:5:6:7:8"),
        ("203.0.113.7.4001 > 10.0.0.1.443", "203.0.113.7"),
        ("203.0.113.7.4001 > 10.0.0.1.443", "10.0.0.1"),
        ("node.xn--p1ai:4001", "xn--p1ai"),
        ("node.corp.net_tcp", "corp"),
        ("10.1.2.3.corp.net", "corp"),
        ("ip-10.1.2.3-x", "10.1.2.3"),
        ("(/ip4/203.0.113.7/tcp/4001)", "203.0.113.7"),
        ("is secret-node/7.1 there", "secret"),
        ("peer 12D3KooWK3qDfrsRBWW6mV8M2ayyNxV7WssSx4KziMj7N5cAHtSb!", "K3qDfr"),
        ("bafzaajaiaejcbpltl72da5f3y7ojrtsa7hsfn5bbnkjbkwyesziqqtdrm6vqtp4s", "bafzaajaiaejc"),
    ] {
        let replaced = redactor.text(text);
        assert!(!replaced.contains(gone), "{text}: {replaced}");
        assert_ne!(replaced, text);
    }
    for text in [
        "idle: keep-alive timeout",
        "reset by remote",
        "ip4+tcp+ws+p2p+p2p-circuit",
        "2026-11-23T14:19:00.123Z",
        "12:34:56",
        "/ipfs/kad/1.0.0",
        "yamux/1.0.0",
        "c1-17",
        "ümläut ∆ 3.5 ms",
        "",
    ] {
        assert_eq!(redactor.text(text), text);
    }
    assert_eq!(redactor.text("(203.0.113.7)"), format!("({})", redactor.text("203.0.113.7")));
}

#[test]
fn keys_of_every_kind_are_found_in_ids_of_bytes() {
    let key = [0xee; 32];
    for head in [
        &[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..],
        &[0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x02],
        &[0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0xee],
        &[0x12, 0x20],
    ] {
        let id = [&[0xff, 7][..], head, &key, &[9]].concat();
        let got = all().id(&id);
        assert!(!contains(&got, &key[..8]), "{got:x?}");
        assert_eq!((got.len(), &got[..3], got.last()), (id.len(), &id[..3], Some(&9)));
        assert_eq!(all().id(&id), got);
    }
}

#[test]
fn a_well_known_agent_loses_its_version_and_another_its_name() {
    let mut redactor = all();
    assert_eq!(redactor.agent("rust-libp2p/0.57.1"), "rust-libp2p");
    assert_eq!(redactor.agent("kubo/0.36.0/37b3411/docker"), "kubo");
    assert!(redactor.agent("acme/1.0").starts_with("agent-"));
    assert_eq!(redactor.agent("acme/1.0"), redactor.agent("acme/1.0"));
    assert_eq!(redactor.agent(""), "");
}

#[test]
fn an_event_keeps_its_keys_its_kinds_and_its_peer() {
    let mut redactor = all();
    let peer = redactor.peer_id(ED);
    redactor.types.insert(
        "T".into(),
        [("who", 11), ("at", 10), ("count", 1), ("addr", 12), ("note", 0), ("deep", 90)]
            .map(|(name, kind)| (name.to_owned(), kind))
            .into(),
    );
    let content = format!(
        r#"{{"who":["{ED}"],"at":"2026-11-23T14:19:00Z","count":18446744073709551616,"addr":"/ip4/10.0.0.1/tcp/1","note":"hello","deep":{{"a":[1]}},"connection":7,"ok":true,"none":null}}"#
    );
    let addr = redactor.multiaddr("/ip4/10.0.0.1/tcp/1");
    assert_eq!(
        redactor.content("T", &content),
        format!(
            r#"{{"who":["{peer}"],"at":"1970-01-01T00:00:00Z","count":0,"addr":"{addr}","note":"","deep":{{}},"connection":7,"ok":false,"none":null}}"#
        )
    );
    // Not emptied: only what tells of others.
    let mut redactor = only(|options| (options.addresses, options.peer_ids) = (true, true));
    let kept = r#"{ "count": 18446744073709551616, "note": "hello", "list": [1.50, true, null] }"#;
    assert_eq!(redactor.content("T", kept), kept, "not even its spaces change");
    let told = redactor.content(
        "T",
        &format!(r#"{{"Err":"dial {ED} at 203.0.113.7","b64":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}"#),
    );
    assert!(
        !told.contains(ED)
            && !told.contains("203.0.113.7")
            && told.contains(&peer)
            && told.contains(r#""b64":"""#),
        "{told}"
    );
    assert_eq!(redactor.content("T", "no json 203.0.113.7"), "");
    assert!(redactor.counts().values >= 2);
}

#[test]
fn nothing_is_replaced_that_is_not_to_be() {
    let mut redactor = only(|_| ());
    let text = format!("203.0.113.7 {ED} secret-node/7.1");
    assert_eq!(
        (redactor.text(&text), redactor.peer_id(ED), redactor.agent("x/1")),
        (text, ED.to_owned(), "x/1".to_owned())
    );
    let mut redactor = only(|options| options.peer_ids = true);
    assert_eq!(redactor.text("203.0.113.7 a.corp.net"), "203.0.113.7 a.corp.net");
}

#[test]
fn what_the_schema_does_not_know_is_left_out_and_counted() {
    let mut redactor = all();
    let version =
        ServerMessage { version: Some(crate::wire::Version { version: 1 }), payload: None }.encode_to_vec();
    let more = [&version[..], &[0x92, 0x3f, 3, b'a', b'b', b'c', 0x7d, 1, 2, 3, 4]].concat();
    assert_eq!(redactor.payload(&more), Some(version));
    assert_eq!(redactor.counts(), Counts { fields: 2, ..Counts::default() });
    // A text where a number belongs, bytes that are no text, a cut message.
    for bad in [&[0x12, 3, 0x1a, 1, b'x'][..], &[0x22, 3, 0x1a, 1, 0xff], &[0x12, 9, 0], &[0x0b]] {
        assert_eq!(redactor.payload(bad), None, "{bad:?}");
    }
    assert_eq!(redactor.counts().payloads, 4);
}

#[test]
fn hosts_keep_apart() {
    let mut redactor = all();
    let mut seen = std::collections::HashSet::new();
    for host in 0..20_000u32 {
        let text = Ipv4Addr::from(0x0a00_0000 + host).to_string();
        assert!(seen.insert(redactor.text(&text)), "{text}");
    }
}

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

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
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
