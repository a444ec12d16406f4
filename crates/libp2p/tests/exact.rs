//! Exactly what happened: bytes of single streams, dials to one address, resets, handshakes that die, and that nothing is
//! left of what is over.
#![cfg(feature = "request-response")]

mod support;

use std::{io, iter, time::Duration};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{
    StreamProtocol, SwarmBuilder, noise, ping,
    request_response::{self, Message, OutboundRequestId},
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use peerscope_introspection::wire::{Connection, Role, Status, Stream};
use peerscope_libp2p::{Introspect, Introspector};
use support::{Node, by_id, connected, is_end_by_remote, within};

const NAME: &str = "/exact/1";
/// What multistream-select writes for one proposal or answer: its header and the name, each with a length and a line's end.
const NEGOTIATION: u64 = 20 + 1 + NAME.len() as u64 + 1;
/// A request that asks for this many bytes gets a stream that is dropped in the middle.
const DROP_IT: u64 = u64::MAX;

/// A request is a length and as many bytes; it asks for the length of the response.
#[derive(Clone, Copy, Default)]
struct Codec;

#[derive(Clone, Copy, Debug)]
struct Request {
    len: u64,
    wants: u64,
}

impl request_response::Codec for Codec {
    type Protocol = StreamProtocol;
    type Request = Request;
    type Response = u64;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Request>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut head = [0; 16];
        io.read_exact(&mut head).await?;
        let [len, wants] = [0, 8].map(|at| u64::from_be_bytes(head[at..at + 8].try_into().expect("eight")));
        if wants == DROP_IT {
            return Err(io::Error::other("not this one"));
        }
        let mut body = vec![0; usize::try_from(len).expect("small")];
        io.read_exact(&mut body).await?;
        Ok(Request { len, wants })
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<u64>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut body = Vec::new();
        Ok(io.read_to_end(&mut body).await? as u64)
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, request: Request) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&request.len.to_be_bytes()).await?;
        io.write_all(&request.wants.to_be_bytes()).await?;
        io.write_all(&vec![7; usize::try_from(request.len).expect("small")]).await?;
        io.flush().await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, len: u64) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&vec![9; usize::try_from(len).expect("small")]).await
    }
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    exact: Introspect<request_response::Behaviour<Codec>>,
    ping: Introspect<ping::Behaviour>,
}

fn node() -> Node<Behaviour> {
    let introspector = Introspector::new();
    let swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            introspector.security(noise::Config::new),
            introspector.muxer(yamux::Config::default),
        )
        .expect("TCP")
        .with_behaviour(|_| {
            let config = request_response::Config::default()
                .with_request_timeout(Duration::from_secs(30))
                .with_max_concurrent_streams(2000);
            let both = request_response::ProtocolSupport::Full;
            let exact = request_response::Behaviour::with_codec(
                Codec,
                iter::once((StreamProtocol::new(NAME), both)),
                config,
            );
            // Not before the first hour is over: nothing but what a test sends.
            let ping = ping::Config::new().with_interval(Duration::from_secs(3600));
            Behaviour {
                exact: introspector.behaviour(exact),
                ping: introspector.behaviour(ping::Behaviour::new(ping)),
            }
        })
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build();
    Node::run_with(introspector, swarm, |swarm, event| {
        if let SwarmEvent::Behaviour(BehaviourEvent::Exact(request_response::Event::Message {
            message: Message::Request { request, channel, .. },
            ..
        })) = event
        {
            swarm.behaviour_mut().exact.send_response(channel, request.wants).expect("the peer waits");
        }
    })
}

async fn ask(node: &Node<Behaviour>, of: &Node<Behaviour>, request: Request) -> OutboundRequestId {
    let peer = of.peer;
    node.swarm(move |swarm| swarm.behaviour_mut().exact.send_request(&peer, request)).await
}

fn streams<'a>(all: &'a [Connection], id: &str) -> Vec<&'a Stream> {
    let listed = by_id(all, id).and_then(|one| one.streams.as_ref());
    listed.iter().flat_map(|list| &list.streams).filter(|stream| stream.protocol == NAME).collect()
}

/// In and out.
fn bytes(stream: &Stream) -> (u64, u64) {
    let traffic = stream.traffic.expect("traffic");
    (traffic.traffic_in.expect("in").cum_bytes, traffic.traffic_out.expect("out").cum_bytes)
}

fn is_over(stream: &Stream) -> bool {
    [Status::Closed, Status::Error].map(i32::from).contains(&stream.status)
}

async fn one_stream(node: &Node<Behaviour>, id: &str) -> Stream {
    node.until("a stream that is over", |all| {
        streams(all, id).into_iter().find(|stream| is_over(stream)).cloned()
    })
    .await
}

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

#[tokio::test]
async fn two_dials_to_one_address_are_two_connections() {
    let (a, b) = (node(), node());
    let address = b.listen_tcp().await;
    // Both at once, so that their layers come up side by side.
    a.dial(b.peer, address.clone()).await;
    a.dial(b.peer, address.clone()).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let event = a.event("PeerConnected", |_| true).await;
        ids.push(event["connection"].as_str().expect("an id").to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    for _ in 0..20 {
        ask(&a, &b, Request { len: 1000, wants: 1000 }).await;
    }
    a.until("twenty streams that are over", |all| {
        let over = ids.iter().flat_map(|id| streams(all, id)).filter(|stream| is_over(stream)).count();
        (over == 20).then_some(())
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
    // Each attempt was told.
    for _ in 0..2 {
        let attempts = a.connections().await;
        assert!(attempts.iter().all(|one| one.user_provided_tags.contains(&"attempts=1".to_owned())));
    }
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
