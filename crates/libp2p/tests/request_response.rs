//! Requests and responses between real nodes: what is told of those that arrive, and of those that fail.
#![cfg(feature = "request-response")]

mod support;

use libp2p::{PeerId, request_response::OutboundRequestId};
use serde_json::{Value, json};
use support::{
    Node, Setup, connected,
    exact::{Behaviour, HOLD_IT, LEAVE_IT, Request, ask, node},
};

/// What an event of this request says; `error` where it failed.
fn told(peer: PeerId, connection: &str, request: &Value, error: Option<&str>) -> Value {
    let mut told = json!({ "peer": peer.to_string(), "connection": connection, "request": request });
    if let Some(error) = error {
        told["error"] = json!(error);
    }
    told
}

fn name(request: OutboundRequestId) -> Value {
    json!(request.to_string())
}

/// The number that the answering node gave to the request it just got.
async fn arrived(node: &Node<Behaviour>, peer: PeerId, connection: &str) -> Value {
    let message = node.event("RequestResponseMessage", |event| event["kind"] == "request").await;
    let mut expected = told(peer, connection, &message["request"], None);
    expected["kind"] = json!("request");
    assert_eq!(message, expected);
    message["request"].clone()
}

#[tokio::test]
async fn a_request_and_its_response() {
    let (a, b) = (node(), node());
    let (at_a, at_b) = connected(&a, &b, b.listen_tcp().await).await;
    for wants in [1, 1000] {
        let asked = name(ask(&a, &b, Request { len: 10, wants }).await);
        let request = arrived(&b, a.peer, &at_b).await;
        let sent = b.event("RequestResponseResponseSent", |_| true).await;
        assert_eq!(sent, told(a.peer, &at_b, &request, None));
        let mut expected = told(b.peer, &at_a, &asked, None);
        expected["kind"] = json!("response");
        assert_eq!(a.event("RequestResponseMessage", |_| true).await, expected);
    }
}

#[tokio::test]
async fn a_request_that_is_not_answered() {
    let (a, b) = (node(), node());
    let (_, at_b) = connected(&a, &b, b.listen_tcp().await).await;
    ask(&a, &b, Request { len: 1, wants: LEAVE_IT }).await;
    let request = arrived(&b, a.peer, &at_b).await;
    let error = "The response channel was dropped without sending a response to the remote";
    let failure = b.event("RequestResponseInboundFailure", |_| true).await;
    assert_eq!(failure, told(a.peer, &at_b, &request, Some(error)));
}

#[tokio::test]
async fn a_connection_that_closes_before_the_response() {
    let (a, b) = (node(), node());
    let (at_a, at_b) = connected(&a, &b, b.listen_tcp().await).await;
    let asked = name(ask(&a, &b, Request { len: 1, wants: HOLD_IT }).await);
    let request = arrived(&b, a.peer, &at_b).await;
    a.close(&at_a).await;
    let error = "Connection was closed before a response was received";
    let failure = a.event("RequestResponseOutboundFailure", |_| true).await;
    assert_eq!(failure, told(b.peer, &at_a, &asked, Some(error)));
    let error = "Connection was closed before a response could be sent";
    let failure = b.event("RequestResponseInboundFailure", |_| true).await;
    assert_eq!(failure, told(a.peer, &at_b, &request, Some(error)));
}

#[tokio::test]
async fn a_peer_that_does_not_speak_it() {
    let (a, b) = (node(), Setup::default().start());
    let (at_a, _) = connected(&a, &b, b.listen_tcp().await).await;
    let asked = name(ask(&a, &b, Request { len: 1, wants: 1 }).await);
    let error = "The remote supports none of the requested protocols";
    let failure = a.event("RequestResponseOutboundFailure", |_| true).await;
    assert_eq!(failure, told(b.peer, &at_a, &asked, Some(error)));
    // And nobody knows where this one is: the dial's number is the only one there is.
    let nobody = PeerId::random();
    let request = Request { len: 1, wants: 1 };
    let asked = a.swarm(move |swarm| swarm.behaviour_mut().exact.send_request(&nobody, request)).await;
    let failure = a.event("RequestResponseOutboundFailure", |_| true).await;
    let dial = failure["connection"].as_str().expect("an id").to_owned();
    assert_eq!(failure, told(nobody, &dial, &name(asked), Some("Failed to dial the requested peer")));
    assert_ne!(dial, at_a);
}
