//! Two real nodes over QUIC, whose transport is wrapped as a whole.

mod support;

use peerscope_introspection::wire::Status;
use support::{Setup, by_id, connected};

#[tokio::test]
async fn a_connection_over_quic() {
    let (a, b) = (Setup::default().start(), Setup::default().start());
    let address = b.listen("/ip4/127.0.0.1/udp/0/quic-v1").await;
    let (at_a, at_b) = connected(&a, &b, address.clone()).await;
    let connection = a
        .until("latency and a ping stream", |all| {
            let one = by_id(all, &at_a).filter(|one| one.latency_ns > 0)?;
            let streams = &one.streams.as_ref()?.streams;
            streams.iter().any(|stream| stream.protocol == "/ipfs/ping/1.0.0").then(|| one.clone())
        })
        .await;
    assert_eq!(connection.peer_id, b.peer.to_string());
    // A wrapped transport is watched itself.
    let nobody = libp2p::PeerId::random();
    a.dial(nobody, address.clone()).await;
    let attempt = a.event("DialAttempt", |event| event["peer"] == nobody.to_string().as_str()).await;
    assert_eq!(
        (attempt["outcome"].as_str(), attempt["transport"].as_str()),
        (Some("failed"), Some("ip4+udp+quic-v1"))
    );
    assert!(attempt["phases"]["totalMs"].as_f64().is_some_and(|ms| ms > 0.0), "{attempt}");
    assert!(attempt["error"].as_str().is_some_and(|error| !error.is_empty()), "{attempt}");
    assert_eq!(connection.transport_id, "ip4+udp+quic-v1");
    assert_eq!(connection.endpoints.expect("endpoints").dst_multiaddr, address.to_string());
    let attributes = connection.attribs.expect("attributes");
    assert_eq!((attributes.encryption.as_str(), attributes.multiplexer.as_str()), ("/tls/1.0.0", "/quic-v1"));
    assert!(connection.traffic.expect("traffic").traffic_out.expect("out").cum_bytes > 0);

    a.close(&at_a).await;
    for (node, id, cause) in [(&a, at_a, "closedByUs"), (&b, at_b, "closedByRemote")] {
        let closed = node
            .until("a closed connection", |all| {
                by_id(all, &id).filter(|one| one.status == i32::from(Status::Closed)).cloned()
            })
            .await;
        assert_eq!(closed.close_cause, cause);
    }
}
