//! Both versions of autonat, from both sides: an address that others reach, and one that they don't.
#![cfg(feature = "autonat")]

mod support;

use std::{collections::BTreeMap, time::Duration};

use libp2p::{
    PeerId,
    autonat::{v1, v2},
    identify,
    identity::Keypair,
    multiaddr::Protocol,
    swarm::{FromSwarm, NetworkBehaviour, NewExternalAddrCandidate},
};
use peerscope_libp2p::Introspect;
use serde_json::{Value, json};
use support::{Node, connected, node_of, refused_address};

#[derive(NetworkBehaviour)]
struct First {
    autonat: Introspect<v1::Behaviour>,
}

#[derive(NetworkBehaviour)]
struct Client {
    autonat: Introspect<v2::client::Behaviour>,
    identify: Introspect<identify::Behaviour>,
}

#[derive(NetworkBehaviour)]
struct Server {
    autonat: Introspect<v2::server::Behaviour>,
    identify: Introspect<identify::Behaviour>,
}

/// `asks`: whether it looks for its own status, too.
fn first(asks: bool) -> Node<First> {
    let pause = if asks { Duration::from_millis(100) } else { Duration::from_secs(3600) };
    node_of(|introspector, key| {
        let config = v1::Config {
            boot_delay: pause,
            retry_interval: pause,
            refresh_interval: pause,
            throttle_server_period: Duration::ZERO,
            throttle_clients_peer_max: usize::MAX,
            throttle_clients_global_max: usize::MAX,
            only_global_ips: false,
            ..Default::default()
        };
        First { autonat: introspector.behaviour(v1::Behaviour::new(key.public().to_peer_id(), config)) }
    })
}

fn identify_of(key: &Keypair) -> identify::Behaviour {
    identify::Behaviour::new(identify::Config::new("/test/1".into(), key.public()))
}

fn of(peer: PeerId) -> Value {
    json!(peer.to_string())
}

#[tokio::test]
async fn public_to_the_first_version() {
    let (a, server) = (first(true), first(false));
    let address = a.listen_tcp().await.with(Protocol::P2p(a.peer)).to_string();
    connected(&a, &server, server.listen_tcp().await).await;

    let asked = a.event("AutonatOutboundProbe", |event| event["peer"] == of(server.peer)).await;
    assert_eq!((&asked["status"], &asked["address"]), (&json!("request"), &Value::Null));
    let probe = asked["probe"].as_str().expect("text").to_owned();
    // A second probe may be refused while the first one's dial is on its way.
    let answer = a
        .event("AutonatOutboundProbe", |event| {
            event["probe"] == probe.as_str() && event["status"] != "request"
        })
        .await;
    let expected = json!({
        "probe": probe,
        "peer": of(server.peer),
        "status": "response",
        "address": address,
        "error": null,
    });
    assert_eq!(answer, expected);
    let reached = a.event("Reachability", |_| true).await;
    let expected = json!({
        "address": address,
        "status": "public",
        "confidence": 0,
        "server": of(server.peer),
        "autonat": 1,
    });
    assert_eq!(reached, expected);

    let came = server.event("AutonatInboundProbe", |_| true).await;
    let went = server.event("AutonatInboundProbe", |event| event["probe"] == came["probe"]).await;
    for (probe, status) in [(came, "request"), (went, "response")] {
        assert_eq!((&probe["peer"], &probe["status"]), (&of(a.peer), &json!(status)));
        assert_eq!((&probe["addresses"], &probe["error"]), (&json!([address]), &Value::Null));
    }
    let late = a.snapshot().await;
    assert_eq!(
        (&late["reachability"][0]["status"], &late["reachability"][0]["address"]),
        (&json!("public"), &json!(address))
    );
}

#[tokio::test]
async fn private_to_the_first_version() {
    let (a, server) = (first(true), first(false));
    // Nothing is known, and there is nothing to be reached at.
    let unknown = a.event("Reachability", |_| true).await;
    assert_eq!((&unknown["status"], &unknown["server"]), (&json!("unknown"), &Value::Null));
    let idle = a.event("AutonatOutboundProbe", |_| true).await;
    assert_eq!((&idle["status"], &idle["error"]), (&json!("error"), &json!("NoAddresses")));

    connected(&a, &server, server.listen_tcp().await).await;
    let closed = refused_address().await;
    a.swarm(move |swarm| swarm.behaviour_mut().autonat.probe_address(closed)).await;
    let failed = a.event("AutonatOutboundProbe", |event| event["error"] == "DialError").await;
    assert_eq!((&failed["status"], &failed["peer"]), (&json!("error"), &of(server.peer)));
    let private = a.event("Reachability", |_| true).await;
    assert_eq!((&private["status"], &private["address"]), (&json!("private"), &Value::Null));
    assert_eq!(private["server"], of(server.peer));
    let failed = server.event("AutonatInboundProbe", |event| event["error"] == "DialError").await;
    assert_eq!((&failed["peer"], &failed["status"]), (&of(a.peer), &json!("error")));
}

#[tokio::test]
async fn the_second_version_tries_single_addresses() {
    let server = node_of(|introspector, key| Server {
        autonat: introspector.behaviour(v2::server::Behaviour::default()),
        identify: introspector.behaviour(identify_of(key)),
    });
    let a = node_of(|introspector, key| Client {
        autonat: introspector.behaviour(v2::client::Behaviour::default()),
        identify: introspector.behaviour(identify_of(key)),
    });
    let (open, closed) = (a.listen_tcp().await, refused_address().await);
    connected(&a, &server, server.listen_tcp().await).await;
    for address in [&open, &closed] {
        let address = address.clone();
        a.swarm(move |swarm| {
            let client: &mut v2::client::Behaviour = &mut swarm.behaviour_mut().autonat;
            let candidate = NewExternalAddrCandidate { addr: &address };
            client.on_swarm_event(FromSwarm::NewExternalAddrCandidate(candidate));
        })
        .await;
    }

    let statuses = [(open.to_string(), "public"), (closed.to_string(), "private")];
    // In any order: by name of the event and address.
    let mut told = BTreeMap::new();
    while !statuses.iter().all(|(address, _)| {
        ["AutonatClientTest", "Reachability"].iter().all(|name| told.contains_key(&(*name, address.clone())))
    }) {
        let Some((name, event)) = a.named(a.told().await) else { continue };
        let name = ["AutonatClientTest", "Reachability"].into_iter().find(|known| *known == name);
        if let (Some(name), Some(address)) = (name, event["address"].as_str()) {
            told.insert((name, address.to_owned()), event);
        }
    }
    for (address, status) in statuses {
        let tried = &told[&("AutonatClientTest", address.clone())];
        assert_eq!((&tried["server"], &tried["status"]), (&of(server.peer), &json!(status)));
        assert_eq!(tried["error"].is_null(), status == "public", "{tried}");
        // The server asks for data before it dials an address that it does not see us at.
        assert!(address != closed.to_string() || tried["bytes"].as_u64() >= Some(30_000), "{tried}");
        let expected = json!({
            "address": address,
            "status": status,
            "confidence": null,
            "server": of(server.peer),
            "autonat": 2,
        });
        assert_eq!(told[&("Reachability", address.clone())], expected);
        assert!(a.snapshot().await["reachability"].as_array().expect("a list").contains(&expected));

        let served = server.event("AutonatServerTest", |event| event["peer"] == of(a.peer)).await;
        assert_eq!((&served["status"], &served["error"]), (&json!("answered"), &Value::Null));
        assert_eq!(served["addresses"], json!([served["address"]]));
    }
}
