mod anything;
mod limits;

use std::net::{Ipv4Addr, Ipv6Addr};

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

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
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
