//! mdns and upnp need a network with others in it, and a gateway: here with events made by hand.
#![cfg(all(feature = "mdns", feature = "upnp"))]

use futures::{FutureExt, StreamExt};
use libp2p::{Multiaddr, PeerId, mdns, upnp};
use peerscope_introspection::{EventStream, Introspector as _, Told};
use peerscope_libp2p::{Inspect, Introspector};
use serde_json::{Value, json};

/// All that is told by now, each with exactly the properties of its type.
fn told(introspector: &Introspector, events: &mut EventStream) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    while let Some(Some(Told::Event(event))) = events.next().now_or_never() {
        let name = event.r#type.expect("a type").name;
        let content = serde_json::from_str::<Value>(&event.content).expect("JSON");
        let types = introspector.event_metadata();
        let known = types.into_iter().find(|known| known.name == name).expect("a known type");
        let mut declared = known.property_types.into_iter().map(|one| one.name).collect::<Vec<_>>();
        declared.sort();
        assert_eq!(
            content.as_object().expect("a map").keys().cloned().collect::<Vec<_>>(),
            declared,
            "{name}"
        );
        all.push((name, content));
    }
    all
}

#[test]
fn who_is_near() {
    let introspector = Introspector::new();
    let mut events = introspector.event_stream().expect("the first reader");
    let found = [1, 2].map(|port| {
        let address = format!("/ip4/192.0.2.{port}/tcp/4001").parse::<Multiaddr>().expect("a multiaddr");
        (PeerId::random(), address)
    });
    let inspect = <mdns::tokio::Behaviour as Inspect>::inspect;
    inspect(&mdns::Event::Discovered(found.to_vec()), &introspector);
    inspect(&mdns::Event::Expired(found[1..].to_vec()), &introspector);
    let [first, second] =
        found.map(|(peer, address)| json!({ "peer": peer.to_string(), "address": address }));
    let expected = [("MdnsDiscovered", first), ("MdnsDiscovered", second.clone()), ("MdnsExpired", second)];
    assert_eq!(told(&introspector, &mut events), expected.map(|(name, event)| (name.to_owned(), event)));
}

#[test]
fn what_the_gateway_does() {
    let introspector = Introspector::new();
    let mut events = introspector.event_stream().expect("the first reader");
    let local_addr = "/ip4/192.168.0.2/tcp/4001".parse::<Multiaddr>().expect("a multiaddr");
    let external_addr = "/ip4/192.0.2.1/tcp/4001".parse::<Multiaddr>().expect("a multiaddr");
    let both = json!({ "local": local_addr, "external": external_addr });
    for event in [
        upnp::Event::NewExternalAddr { local_addr: local_addr.clone(), external_addr: external_addr.clone() },
        upnp::Event::ExpiredExternalAddr { local_addr, external_addr },
        upnp::Event::GatewayNotFound,
        upnp::Event::NonRoutableGateway,
    ] {
        <upnp::tokio::Behaviour as Inspect>::inspect(&event, &introspector);
    }
    let expected = [
        ("UpnpNewExternalAddr", both.clone()),
        ("UpnpExpiredExternalAddr", both),
        ("UpnpGatewayNotFound", json!({})),
        ("UpnpNonRoutableGateway", json!({})),
    ];
    assert_eq!(told(&introspector, &mut events), expected.map(|(name, event)| (name.to_owned(), event)));
}
