//! More closes between two looks than is kept: what no snapshot shows is told by peer and protocol, and nothing is lost.
#![cfg(feature = "request-response")]

mod support;

use std::collections::BTreeMap;

use peerscope_libp2p::Introspector;
use serde_json::{Value, json};
use support::{
    Node, connected,
    exact::{self, Behaviour, NAME, NEGOTIATION, Request, ask, node},
};

/// A node that keeps so many, and that nobody looks at unless a test does.
fn keeps(max_closed: usize) -> Node<Behaviour> {
    exact::node_of(Introspector::builder().max_closed(max_closed).flight_recorder(0).build())
}

/// What a look tells to have been cut, by peer and protocol; and the number that the state has.
async fn looked(node: &Node<Behaviour>) -> (BTreeMap<(String, Option<String>), Value>, u64) {
    let cut = node.state().await.closed_cut;
    // All that the look told is before this one.
    node.introspector.emit("Looked", &json!({})).expect("a map");
    let mut told = BTreeMap::new();
    loop {
        let Some((name, event)) = node.named(node.told().await) else { continue };
        match name.as_str() {
            "ClosedCut" => {
                let text = |property: &str| event[property].as_str().map(str::to_owned);
                let before = told.insert((text("peer").expect("a peer"), text("protocol")), event);
                assert_eq!(before, None, "once for each");
            }
            "Looked" => return (told, cut),
            _ => {}
        }
    }
}

#[tokio::test]
async fn streams_that_no_state_shows_are_counted() {
    let (a, b, c) = (keeps(8), node(), node());
    for other in [&b, &c] {
        connected(&a, other, other.listen_tcp().await).await;
    }
    // One after the other: the last eight, which stay, are of `c`.
    for (other, count, request) in
        [(&b, 30, Request { len: 10, wants: 100 }), (&c, 20, Request { len: 20, wants: 200 })]
    {
        for _ in 0..count {
            ask(&a, other, request).await;
            // Its stream is gone when the response is told.
            a.event("RequestResponseMessage", |event| event["kind"] == "response").await;
        }
    }
    let (told, cut) = looked(&a).await;
    let expected = [(&b, 30, 100, 10), (&c, 12, 200, 20)].map(|(other, streams, read, written)| {
        let event = json!({
            "peer": other.peer.to_string(),
            "protocol": NAME,
            "connections": 0,
            "streams": streams,
            "bytesIn": streams * (NEGOTIATION + read),
            "bytesOut": streams * (NEGOTIATION + 16 + written),
        });
        ((other.peer.to_string(), Some(NAME.to_owned())), event)
    });
    assert_eq!((told, cut), (BTreeMap::from(expected), 42));
    // It is told once; the number goes on to say how many there ever were.
    assert_eq!(looked(&a).await, (BTreeMap::new(), 42));
}

#[tokio::test]
async fn connections_that_no_state_shows_are_counted() {
    let (a, b, c) = (keeps(2), node(), node());
    for (other, count) in [(&b, 5), (&c, 3)] {
        let address = other.listen_tcp().await;
        for _ in 0..count {
            let (id, _) = connected(&a, other, address.clone()).await;
            a.close(&id).await;
            a.event("PeerDisconnected", |event| event["connection"] == id.as_str()).await;
        }
    }
    let (told, _) = looked(&a).await;
    let connections = |of: &Node<Behaviour>| &told[&(of.peer.to_string(), None)]["connections"];
    assert_eq!((connections(&b), connections(&c)), (&json!(5), &json!(1)));
    assert_eq!(a.connections().await.len(), 2);
}
