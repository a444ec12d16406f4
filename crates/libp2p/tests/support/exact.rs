//! Nodes that send nothing but what a test asks them to: requests and responses of chosen lengths.

use std::{io, iter, time::Duration};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{
    StreamProtocol,
    identity::Keypair,
    ping,
    request_response::{self, Message, OutboundRequestId},
    swarm::{NetworkBehaviour, SwarmEvent},
};
use peerscope_introspection::wire::{Connection, Status, Stream, Traffic};
use peerscope_libp2p::{Introspect, Introspector};

use super::{Node, by_id, swarm_seen_by};

pub const NAME: &str = "/exact/1";
/// What multistream-select writes for one proposal or answer: its header and the name, each with a length and a line's end.
pub const NEGOTIATION: u64 = 20 + 1 + NAME.len() as u64 + 1;
/// A request that asks for this many bytes gets a stream that is dropped in the middle.
pub const DROP_IT: u64 = u64::MAX;
/// One that asks for this many is not answered.
pub const LEAVE_IT: u64 = DROP_IT - 1;
/// And one that asks for this many waits for its answer as long as the node runs.
pub const HOLD_IT: u64 = DROP_IT - 2;

/// A request is a length and as many bytes; it asks for the length of the response.
#[derive(Clone, Copy, Default)]
pub struct Codec;

#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub len: u64,
    pub wants: u64,
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
pub struct Behaviour {
    pub exact: Introspect<request_response::Behaviour<Codec>>,
    pub ping: Introspect<ping::Behaviour>,
}

pub fn node() -> Node<Behaviour> {
    node_of(Introspector::new())
}

pub fn node_of(introspector: Introspector) -> Node<Behaviour> {
    let swarm = swarm_seen_by(&introspector, Keypair::generate_ed25519(), |introspector, _| {
        let config = request_response::Config::default()
            .with_request_timeout(Duration::from_secs(30))
            .with_max_concurrent_streams(2000);
        let both = (StreamProtocol::new(NAME), request_response::ProtocolSupport::Full);
        let exact = request_response::Behaviour::with_codec(Codec, iter::once(both), config);
        // Not before the first hour is over: nothing but what a test sends.
        let ping = ping::Config::new().with_interval(Duration::from_secs(3600));
        Behaviour {
            exact: introspector.behaviour(exact),
            ping: introspector.behaviour(ping::Behaviour::new(ping)),
        }
    });
    let mut held = Vec::new();
    Node::run_with(introspector, swarm, move |swarm, event| {
        if let SwarmEvent::Behaviour(BehaviourEvent::Exact(request_response::Event::Message {
            message: Message::Request { request, channel, .. },
            ..
        })) = event
        {
            match request.wants {
                LEAVE_IT => drop(channel),
                HOLD_IT => held.push(channel),
                wants => swarm.behaviour_mut().exact.send_response(channel, wants).expect("the peer waits"),
            }
        }
    })
}

pub async fn ask(
    node: &Node<Behaviour>,
    of: &Node<impl NetworkBehaviour>,
    request: Request,
) -> OutboundRequestId {
    let peer = of.peer;
    node.swarm(move |swarm| swarm.behaviour_mut().exact.send_request(&peer, request)).await
}

pub fn streams<'a>(all: &'a [Connection], id: &str) -> Vec<&'a Stream> {
    let listed = by_id(all, id).and_then(|one| one.streams.as_ref());
    listed.iter().flat_map(|list| &list.streams).filter(|stream| stream.protocol == NAME).collect()
}

/// In and out.
pub fn bytes(stream: &Stream) -> (u64, u64) {
    in_and_out(stream.traffic)
}

/// In and out, of a stream, a connection or a node.
pub fn in_and_out(traffic: Option<Traffic>) -> (u64, u64) {
    let traffic = traffic.expect("traffic");
    (traffic.traffic_in.expect("in").cum_bytes, traffic.traffic_out.expect("out").cum_bytes)
}

pub fn is_over(stream: &Stream) -> bool {
    [Status::Closed, Status::Error].map(i32::from).contains(&stream.status)
}

pub async fn one_stream(node: &Node<Behaviour>, id: &str) -> Stream {
    node.until("a stream that is over", |all| {
        streams(all, id).into_iter().find(|stream| is_over(stream)).cloned()
    })
    .await
}
