//! Exactly what happened: bytes of single streams, dials to one address, resets, handshakes that die, and that nothing is
//! left of what is over.
#![cfg(feature = "request-response")]

mod support;

use std::{collections::BTreeSet, time::Duration};

use peerscope_introspection::wire::{Connection, Role, Status};
use serde_json::{Value, json};
use support::{
    Node, by_id, connected,
    exact::{
        Behaviour, DROP_IT, NAME, NEGOTIATION, Request, ask, bytes, in_and_out, is_over, node, one_stream,
        streams,
    },
    is_end_by_remote, within,
};

#[tokio::test]
async fn the_bytes_of_a_stream_are_what_was_sent() {
    for (len, wants) in [(0, 0), (1, 70_000), (300_000, 5), (65_536, 65_537)] {
        let (a, b) = (node(), node());
        let (at_a, at_b) = connected(&a, &b, b.listen_tcp().await).await;
        ask(&a, &b, Request { len, wants }).await;
        let ours = one_stream(&a, &at_a).await;
        assert_eq!(bytes(&ours), (NEGOTIATION + wants, NEGOTIATION + 16 + len));
        assert_eq!((ours.role, ours.protocol.as_str()), (Role::Initiator.into(), NAME));
        let theirs = one_stream(&b, &at_b).await;
        assert_eq!(bytes(&theirs), (NEGOTIATION + 16 + len, NEGOTIATION + wants));
        assert_eq!(theirs.role, i32::from(Role::Responder));
        // And the node's total is all its streams'.
        let state = a.state().await;
        let sum = state.subsystems.expect("subsystems").connections.iter().fold((0, 0), |sum, one| {
            let all = one.streams.iter().flat_map(|list| &list.streams).map(bytes);
            all.fold(sum, |sum, (read, written)| (sum.0 + read, sum.1 + written))
        });
        let total = state.traffic.expect("traffic");
        assert_eq!(sum, (total.traffic_in.expect("in").cum_bytes, total.traffic_out.expect("out").cum_bytes));
    }
}

/// The bytes of each stream that is over, of each connection; once twenty are.
async fn all_over(node: &Node<Behaviour>) -> BTreeSet<BTreeSet<(u64, u64)>> {
    node.until("twenty streams that are over", |all| {
        let of = |one: &Connection| {
            let id = String::from_utf8(one.id.to_vec()).expect("text");
            streams(all, &id).into_iter().filter(|stream| is_over(stream)).map(bytes).collect::<BTreeSet<_>>()
        };
        let each = all.iter().map(of).collect::<BTreeSet<_>>();
        (each.iter().map(BTreeSet::len).sum::<usize>() == 20).then_some(each)
    })
    .await
}

#[tokio::test]
async fn two_dials_to_one_address_are_two_connections() {
    let (a, b) = (node(), node());
    let address = b.listen_tcp().await;
    // Both at once, so that their layers come up side by side.
    a.dial(b.peer, address.clone()).await;
    a.dial(b.peer, address.clone()).await;
    // In whatever order they are told.
    let (mut ids, mut attempts) = (Vec::new(), Vec::new());
    while ids.len() < 2 || attempts.len() < 2 {
        let Some((name, event)) = a.named(a.told().await) else { continue };
        match name.as_str() {
            "PeerConnected" => ids.push(event["connection"].as_str().expect("an id").to_owned()),
            "DialAttempt" => attempts.push(event),
            _ => {}
        }
    }
    assert_ne!(ids[0], ids[1]);
    // Each attempt was told, as its own connection's.
    for attempt in &attempts {
        assert_eq!((&attempt["outcome"], &attempt["error"]), (&json!("connected"), &Value::Null));
        assert_eq!(
            (&attempt["peer"], &attempt["address"]),
            (&json!(b.peer.to_string()), &json!(address.to_string()))
        );
    }
    let tried = attempts.iter().map(|attempt| attempt["connection"].as_str().expect("an id"));
    assert_eq!(tried.collect::<BTreeSet<_>>(), ids.iter().map(String::as_str).collect());
    assert!(a.connections().await.iter().all(|one| one.user_provided_tags == ["attempts=1"]));

    // No two requests are of one length, so that each stream is known again at the other end.
    for number in 0..20 {
        ask(&a, &b, Request { len: 1000 + number, wants: 2000 + number }).await;
    }
    let ours = all_over(&a).await;
    let theirs = all_over(&b).await;
    // libp2p takes turns.
    assert_eq!(ours.iter().map(BTreeSet::len).collect::<Vec<_>>(), [10, 10]);
    let turned = |one: &BTreeSet<(u64, u64)>| one.iter().map(|(read, written)| (*written, *read)).collect();
    assert_eq!(ours, theirs.iter().map(turned).collect());
    let asked = (0..20).map(|number| (NEGOTIATION + 2000 + number, NEGOTIATION + 16 + 1000 + number));
    assert_eq!(ours.into_iter().flatten().collect::<BTreeSet<_>>(), asked.collect());
    // So are the connections' sums; that of a negotiation of ping may still be on its way.
    within("the same sums at both ends", async {
        let sums =
            |all: &[Connection]| all.iter().map(|one| in_and_out(one.traffic)).collect::<BTreeSet<_>>();
        let turned =
            |sums: BTreeSet<(u64, u64)>| sums.into_iter().map(|(read, written)| (written, read)).collect();
        while sums(&a.connections().await) != turned(sums(&b.connections().await)) {
            tokio::task::yield_now().await;
        }
    })
    .await;

    // One is closed: it and its streams alone.
    a.close(&ids[0]).await;
    let gone = a.event("PeerDisconnected", |_| true).await;
    assert_eq!(gone["connection"], ids[0].as_str());
    let all = a.connections().await;
    let [closed, open] = [0, 1].map(|index| by_id(&all, &ids[index]).expect("listed"));
    assert_eq!((closed.status, open.status), (Status::Closed.into(), Status::Active.into()));
    ask(&a, &b, Request { len: 10, wants: 10 }).await;
    a.until("a stream on the other one", |all| {
        let ends = streams(all, &ids[1]).into_iter().filter(|stream| bytes(stream).0 == NEGOTIATION + 10);
        ends.last().filter(|stream| is_over(stream)).map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_is_reset_says_so() {
    let (a, b) = (node(), node());
    let (at_a, at_b) = connected(&a, &b, b.listen_tcp().await).await;
    ask(&a, &b, Request { len: 1 << 20, wants: DROP_IT }).await;
    let theirs = one_stream(&b, &at_b).await;
    assert_eq!(theirs.close_cause, "reset", "{theirs:?}");
    // 16 bytes of it were read as the request's head; what waited behind it went with the stream.
    assert!(bytes(&theirs).0 >= NEGOTIATION + 16 && bytes(&theirs).0 < NEGOTIATION + 16 + (1 << 20));
    let ours = one_stream(&a, &at_a).await;
    assert!(["reset", "closedByRemote"].contains(&&*ours.close_cause), "{ours:?}");
    // The connection does not mind.
    ask(&a, &b, Request { len: 1, wants: 1 }).await;
    a.until("another stream", |all| {
        streams(all, &at_a).into_iter().find(|stream| bytes(stream).0 == NEGOTIATION + 1).map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_dies_in_its_handshake_leaves_nothing() {
    let a = node();
    // Somebody who hangs up in the middle of the handshake.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr().expect("an address").port());
    let hangs_up = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a dial");
        tokio::io::AsyncReadExt::read_u8(&mut socket).await.expect("a first byte");
        socket.set_zero_linger().expect("allowed");
    });
    let nobody = libp2p::PeerId::random();
    a.dial(nobody, address.parse().expect("a multiaddr")).await;
    let attempt = a.event("DialAttempt", |_| true).await;
    assert_eq!((attempt["outcome"].as_str(), attempt["address"].as_str()), (Some("failed"), Some(&*address)));
    assert_eq!(
        (attempt["transport"].as_str(), attempt["peer"].as_str()),
        (Some("ip4+tcp"), Some(&*nobody.to_string()))
    );
    assert!(attempt["error"].as_str().is_some_and(|error| !error.is_empty()) && attempt["startMs"].is_u64());
    a.event("DialFailure", |event| event["connection"] == attempt["connection"]).await;
    hangs_up.await.expect("it hung up");
    assert!(a.connections().await.is_empty());

    // And one who does it to us.
    let ours = a.listen_tcp().await;
    let port = ours.iter().find_map(|part| match part {
        libp2p::multiaddr::Protocol::Tcp(port) => Some(port),
        _ => None,
    });
    let mut socket =
        tokio::net::TcpStream::connect(("127.0.0.1", port.expect("a port"))).await.expect("it listens");
    tokio::io::AsyncWriteExt::write_all(&mut socket, b"\x13/multistream/1.0.0\n\x07/noise\n")
        .await
        .expect("sent");
    let incoming = a.event("IncomingConnection", |_| true).await;
    drop(socket);
    let failure = a.event("ListenFailure", |_| true).await;
    assert_eq!(
        (failure["reason"].as_str(), &failure["connection"]),
        (Some("Transport"), &incoming["connection"])
    );
    assert!(a.connections().await.is_empty());
}

#[tokio::test]
async fn a_thousand_streams_leave_their_bytes_and_nothing_else() {
    let (a, b) = (node(), node());
    let (at_a, at_b) = connected(&a, &b, b.listen_tcp().await).await;
    for _ in 0..10 {
        for _ in 0..100 {
            ask(&a, &b, Request { len: 10, wants: 20 }).await;
        }
        // A hundred at a time: a muxer has a limit of its own.
        a.until("nothing open", |all| streams(all, &at_a).into_iter().all(is_over).then_some(())).await;
    }
    for (node, id, expected) in [
        (&a, &at_a, (1000 * (NEGOTIATION + 20), 1000 * (NEGOTIATION + 26))),
        (&b, &at_b, (1000 * (NEGOTIATION + 26), 1000 * (NEGOTIATION + 20))),
    ] {
        node.until("no stream any more", |all| streams(all, id).is_empty().then_some(())).await;
        let state = node.state().await;
        let connection = by_id(&state.subsystems.as_ref().expect("subsystems").connections, id).cloned();
        let connection = connection.expect("still open");
        let rest = connection.streams.expect("streams").streams;
        // Ping opened its one stream, and has not pinged.
        let others = rest.iter().map(bytes).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let traffic = connection.traffic.expect("traffic");
        let all = (traffic.traffic_in.expect("in").cum_bytes, traffic.traffic_out.expect("out").cum_bytes);
        assert!(rest.len() <= 2, "{rest:?}");
        assert_eq!((all.0 - others.0, all.1 - others.1), expected);
        assert_eq!(state.closed_cut, 0);
    }
    a.close(&at_a).await;
    let gone = b.event("PeerDisconnected", |_| true).await;
    assert!(is_end_by_remote(gone["cause"].as_str().expect("text")));
    within("nothing left", async {
        while !a.connections().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}
