//! Two real nodes over TCP: what a state and the events say of them.

mod support;

use peerscope_introspection::{
    Introspector as _,
    wire::{Role, Status, Stream},
};
use support::{Setup, by_id, connected, is_end_by_remote};

const PING: &str = "/ipfs/ping/1.0.0";

#[tokio::test]
async fn a_connection_over_tcp_and_noise() {
    let a = Setup { agent: "alice/1".into(), ..Setup::default() }.start();
    let b = Setup { agent: "bob/2 <b>".into(), ..Setup::default() }.start();
    let address = b.listen_tcp().await;
    let (at_a, at_b) = connected(&a, &b, address.clone()).await;

    // The dialer: everything but its own address from the start, that and the agent with identify, latency with ping.
    let connection = a
        .until("latency and agent", |all| {
            by_id(all, &at_a).filter(|one| one.latency_ns > 0 && !one.user_provided_tags.is_empty()).cloned()
        })
        .await;
    assert_eq!(connection.peer_id, b.peer.to_string());
    assert_eq!(connection.role, i32::from(Role::Initiator));
    assert_eq!(connection.status, i32::from(Status::Active));
    assert_eq!(connection.transport_id, "ip4+tcp");
    let ends = connection.endpoints.clone().expect("endpoints");
    assert_eq!(ends.dst_multiaddr, address.to_string());
    assert!(ends.src_multiaddr.starts_with("/ip4/127.0.0.1/tcp/"), "{}", ends.src_multiaddr);
    let attributes = connection.attribs.clone().expect("attributes");
    assert_eq!((attributes.encryption.as_str(), attributes.multiplexer.as_str()), ("/noise", "/yamux/1.0.0"));
    assert_eq!(connection.user_provided_tags, ["agent=bob/2 <b>", "attempts=1"]);
    let timeline = connection.timeline.expect("a timeline");
    assert!(timeline.open_ts > 0 && timeline.open_ts <= timeline.upgraded_ts, "{timeline:?}");
    assert_eq!(timeline.close_ts, 0);

    // The listener knows both addresses.
    let other = b.until("latency", |all| by_id(all, &at_b).filter(|one| one.latency_ns > 0).cloned()).await;
    assert_eq!(other.role, i32::from(Role::Responder));
    assert_eq!(other.endpoints.expect("endpoints").src_multiaddr, address.to_string());
    assert_eq!(other.attribs.expect("attributes").encryption, "/noise");

    // Ping's stream, with growing bytes in both directions.
    let ping = |all: &[peerscope_introspection::wire::Connection]| {
        let streams = by_id(all, &at_a)?.streams.clone()?.streams;
        streams
            .into_iter()
            .find(|stream| stream.protocol == PING && stream.role == i32::from(Role::Initiator))
    };
    let first = a.until("a ping stream", ping).await;
    assert_eq!(
        first.id,
        format!("{at_a}-{}", String::from_utf8_lossy(&first.id).rsplit('-').next().expect("a number"))
    );
    let bytes = first.traffic.expect("traffic").traffic_in.expect("in").cum_bytes;
    a.until("more bytes", |all| {
        ping(all)
            .filter(|stream| stream.traffic.expect("traffic").traffic_in.expect("in").cum_bytes > bytes + 64)
    })
    .await;

    // The whole is the sum of its parts.
    let state = a.state().await;
    let connections = state.subsystems.expect("subsystems").connections;
    let sum = |pick: fn(&peerscope_introspection::wire::Traffic) -> u64, whole: u64| {
        let parts = connections.iter().filter_map(|one| one.traffic.as_ref()).map(pick).sum::<u64>();
        assert_eq!(parts, whole);
        assert!(whole > 0);
    };
    let total = state.traffic.expect("traffic");
    sum(|traffic| traffic.traffic_in.expect("in").cum_bytes, total.traffic_in.expect("in").cum_bytes);
    sum(|traffic| traffic.traffic_out.expect("out").cum_bytes, total.traffic_out.expect("out").cum_bytes);
    assert_eq!(state.start_ts, a.state().await.start_ts);
}

#[tokio::test]
async fn the_events_of_a_connection() {
    let a = Setup { agent: "alice/1".into(), ..Setup::default() }.start();
    let b = Setup { agent: "bob/2".into(), ..Setup::default() }.start();
    let address = b.listen_tcp().await;
    let listening = b.event("NewListenAddr", |_| true).await;
    assert_eq!(listening["address"], address.to_string());

    a.dial(b.peer, address.clone()).await;
    let peer = b.peer.to_string();
    let dialing = a.event("Dialing", |_| true).await;
    assert_eq!(
        (dialing["peer"].as_str(), &dialing["addresses"][0]),
        (Some(peer.as_str()), &address.to_string().into())
    );
    let connected = a.event("PeerConnected", |_| true).await;
    assert_eq!(connected["connection"], dialing["connection"]);
    // What the upgrades took is known with the first poll of the muxer, after the swarm's own event.
    let attempt = a.event("DialAttempt", |_| true).await;
    assert_eq!(attempt["connection"], dialing["connection"]);
    assert_eq!(
        (attempt["outcome"].as_str(), &attempt["error"]),
        (Some("connected"), &serde_json::Value::Null)
    );
    assert_eq!(attempt["address"], address.to_string());
    let phases = &attempt["phases"];
    assert!(
        phases["securityMs"].is_f64() && phases["muxerMs"].is_f64() && phases["totalMs"].is_null(),
        "{phases}"
    );
    assert_eq!(
        (connected["peer"].as_str(), connected["role"].as_str()),
        (Some(peer.as_str()), Some("initiator"))
    );
    assert!(connected["handshakeMs"].is_u64() && connected["failedAddresses"].is_array());
    assert!(
        b.event("IncomingConnection", |_| true).await["remote"]
            .as_str()
            .expect("text")
            .starts_with("/ip4/127.0.0.1/")
    );
    let identified = a.event("PeerIdentified", |_| true).await;
    assert_eq!(
        (identified["peer"].as_str(), identified["agent"].as_str()),
        (Some(peer.as_str()), Some("bob/2"))
    );
    assert!(identified["protocols"].as_array().expect("a list").contains(&PING.into()));
    let pinged = a.event("PingResult", |event| !event["rttNs"].is_null()).await;
    assert!(pinged["rttNs"].as_u64().expect("a number") > 0);

    a.close(connected["connection"].as_str().expect("an id")).await;
    let gone = a.event("PeerDisconnected", |_| true).await;
    assert_eq!((gone["peer"].as_str(), gone["cause"].as_str()), (Some(peer.as_str()), Some("closedByUs")));
    assert_eq!(gone["connection"], connected["connection"]);
    let gone = b.event("PeerDisconnected", |_| true).await;
    assert!(is_end_by_remote(gone["cause"].as_str().expect("text")), "{gone}");
}

#[tokio::test]
async fn a_closed_connection_stays_for_a_while() {
    let (a, b) = (Setup::default().start(), Setup::default().start());
    let (at_a, at_b) = connected(&a, &b, b.listen_tcp().await).await;
    let has_ping = |all: &[peerscope_introspection::wire::Connection]| {
        let streams = by_id(all, &at_a)?.streams.clone()?.streams;
        let heard =
            |stream: &Stream| stream.traffic.and_then(|both| both.traffic_in).map_or(0, |one| one.cum_bytes);
        streams.iter().any(|stream| stream.protocol == PING && heard(stream) > 0).then_some(())
    };
    a.until("a ping stream that was answered", has_ping).await;
    a.close(&at_a).await;
    let closed = |id: &str| {
        let id = id.to_owned();
        move |all: &[peerscope_introspection::wire::Connection]| {
            by_id(all, &id).filter(|one| one.status == i32::from(Status::Closed)).cloned()
        }
    };
    let ours = a.until("a closed connection", closed(&at_a)).await;
    assert_eq!(ours.close_cause, "closedByUs");
    let timeline = ours.timeline.expect("a timeline");
    assert!(timeline.close_ts >= timeline.upgraded_ts);
    assert!(ours.traffic.expect("traffic").traffic_in.expect("in").cum_bytes > 0);
    let streams = ours.streams.expect("streams").streams;
    let ping = streams.iter().find(|stream| stream.protocol == PING).expect("the ping stream");
    assert_eq!(ping.status, i32::from(Status::Closed), "{ping:?}");
    assert_eq!(ping.close_cause, "closedByUs", "{streams:#?}");
    assert!(ping.timeline.expect("a timeline").close_ts > 0);
    let theirs = b.until("a closed connection", closed(&at_b)).await;
    assert!(is_end_by_remote(&theirs.close_cause), "{}", theirs.close_cause);

    // It goes; its bytes stay in the total.
    let before = a.state().await.traffic.expect("traffic").traffic_in.expect("in").cum_bytes;
    a.until("nothing left", |all| all.is_empty().then_some(())).await;
    let state = a.state().await;
    assert_eq!(state.traffic.expect("traffic").traffic_in.expect("in").cum_bytes, before);
    assert_eq!(state.closed_cut, 0);
}

#[tokio::test]
async fn a_pair_of_securities() {
    let both = Setup { tls_too: true, ..Setup::default() }.start();
    let too = Setup { tls_too: true, ..Setup::default() }.start();
    let noise = Setup::default().start();
    let (with_tls, _) = connected(&both, &too, too.listen_tcp().await).await;
    let (with_noise, _) = connected(&both, &noise, noise.listen_tcp().await).await;
    for (id, expected) in [(with_tls, "/tls/1.0.0"), (with_noise, "/noise")] {
        let name = both
            .until("a security", |all| {
                Some(by_id(all, &id)?.attribs.clone()?.encryption).filter(|name| !name.is_empty())
            })
            .await;
        assert_eq!(name, expected);
    }
}

#[tokio::test]
async fn the_runtime() {
    let a = Setup::default().start();
    let runtime = a.introspector.fetch_runtime().await.expect("not closed");
    assert_eq!(runtime.implementation, "rust-libp2p");
    assert_eq!(runtime.peer_id, a.peer.to_string());
    assert_eq!(runtime.platform, format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH));
    assert!(runtime.event_types.iter().any(|kind| kind.name == "PingResult"));
    // The version is the one that the workspace is locked to.
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    let Ok(lock) = lock else { return eprintln!("SKIPPED: no Cargo.lock above this package") };
    assert!(
        lock.contains(&format!("name = \"libp2p\"\nversion = \"{}\"", runtime.version)),
        "{}",
        runtime.version
    );
}
