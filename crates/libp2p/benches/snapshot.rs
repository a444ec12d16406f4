//! What a snapshot of 10,000 connections costs, what an open stream takes, and what an event costs that nobody reads: one
//! table, and a line of JSON. The connections are real ones, between two nodes over memory.
//!
//! `cargo bench -p peerscope-libp2p --bench snapshot [-- CONNECTIONS]`
#![expect(unsafe_code, reason = "an allocator that counts")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::{FutureExt, StreamExt, io::Cursor};
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, Transport,
    core::{
        StreamMuxer,
        muxing::StreamMuxerEvent,
        transport::{DialOpts, ListenerId, MemoryTransport, TransportError, TransportEvent},
        upgrade::Version,
    },
    noise, ping,
    swarm::{SwarmEvent, dial_opts::PeerCondition},
    yamux,
};
use peerscope_introspection::{Introspector as _, frame, wire::server_message::Payload};
use peerscope_libp2p::{Introspect, Introspector};

struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all that it does itself is count.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A muxer whose streams are nothing, so that what is measured is ours.
struct Nothing;

impl StreamMuxer for Nothing {
    type Substream = Cursor<Vec<u8>>;
    type Error = std::io::Error;

    fn poll_inbound(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Self::Substream, Self::Error>> {
        Poll::Ready(Ok(Cursor::new(Vec::new())))
    }

    fn poll_outbound(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Poll::Ready(Ok(Cursor::new(Vec::new())))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        Poll::Pending
    }
}

/// A transport that gives such a muxer.
struct Nowhere;

impl Transport for Nowhere {
    type Output = (PeerId, Nothing);
    type Error = std::io::Error;
    type ListenerUpgrade = std::future::Ready<Result<Self::Output, Self::Error>>;
    type Dial = std::future::Ready<Result<Self::Output, Self::Error>>;

    fn listen_on(&mut self, _: ListenerId, address: Multiaddr) -> Result<(), TransportError<Self::Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        false
    }

    fn dial(&mut self, _: Multiaddr, _: DialOpts) -> Result<Self::Dial, TransportError<Self::Error>> {
        Ok(std::future::ready(Ok((PeerId::random(), Nothing))))
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, Self::Error>> {
        Poll::Pending
    }
}

type Node = Swarm<Introspect<ping::Behaviour>>;

fn node(introspector: &Introspector) -> Node {
    let memory = |key: &libp2p::identity::Keypair| {
        let secured = MemoryTransport::default()
            .upgrade(Version::V1)
            .authenticate(introspector.security_upgrade(noise::Config::new(key).expect("a key")))
            .multiplex(yamux::Config::default());
        introspector.wrap(secured)
    };
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_other_transport(memory)
        .expect("a transport")
        .with_behaviour(|_| introspector.behaviour(ping::Behaviour::default()))
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build()
}

/// Median and least: the least is what a machine that does other things too hides least.
fn spread(mut times: Vec<f64>) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    [times[times.len() / 2], times[0]]
}

/// Bytes for each of 10,000 open streams, besides the stream itself.
fn bytes_per_stream() -> f64 {
    const STREAMS: usize = 10_000;
    let introspector = Introspector::builder().flight_recorder(0).build();
    let mut transport = introspector.wrap(Nowhere);
    let opts =
        DialOpts { role: libp2p::core::Endpoint::Dialer, port_use: libp2p::core::transport::PortUse::New };
    let dial = transport.dial(Multiaddr::empty(), opts).expect("it dials");
    let (_, muxer) = dial.now_or_never().expect("at once").expect("no error");
    let mut muxer = Box::pin(muxer);
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let mut streams = Vec::with_capacity(STREAMS);
    let before = ALLOCATED.load(Relaxed);
    for _ in 0..STREAMS {
        let Poll::Ready(Ok(stream)) = muxer.as_mut().poll_outbound(&mut cx) else { panic!("at once") };
        streams.push(stream);
    }
    let wrapper = size_of_val(&streams[0]) - size_of::<Cursor<Vec<u8>>>();
    (ALLOCATED.load(Relaxed) - before) as f64 / STREAMS as f64 + wrapper as f64
}

/// Nanoseconds for one event that nobody reads, with the flight recorder and without.
fn event_ns(recorder: usize) -> f64 {
    const EVENTS: u32 = 100_000;
    let introspector = Introspector::builder().flight_recorder(recorder).build();
    let content = serde_json::json!({ "peer": PeerId::random().to_string(), "height": 7, "took": 1.5 });
    introspector.emit("Synced", &content).expect("a map");
    let start = Instant::now();
    for _ in 0..EVENTS {
        introspector.emit("Synced", &content).expect("a map");
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(EVENTS)
}

#[tokio::main]
async fn main() {
    let connections = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(10_000_usize);
    let per_stream = bytes_per_stream();
    let (unheard, recorded) = (event_ns(0), event_ns(8 << 20));

    let (at_server, at_client) = (
        Introspector::builder().flight_recorder(0).build(),
        Introspector::builder().flight_recorder(0).build(),
    );
    let (mut server, mut client) = (node(&at_server), node(&at_client));
    server.listen_on("/memory/0".parse().expect("an address")).expect("a listener");
    let address = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = server.select_next_some().await {
            break address;
        }
    };
    let peer = *server.local_peer_id();
    tokio::spawn(async move {
        loop {
            server.select_next_some().await;
        }
    });
    let mut open = 0;
    while open < connections {
        let batch = (connections - open).min(64);
        for _ in 0..batch {
            let options = libp2p::swarm::dial_opts::DialOpts::peer_id(peer)
                .condition(PeerCondition::Always)
                .addresses(vec![address.clone()]);
            client.dial(options.build()).expect("it dials");
        }
        let wanted = open + batch;
        while open < wanted {
            match client.select_next_some().await {
                SwarmEvent::ConnectionEstablished { .. } => open += 1,
                SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
    }
    tokio::spawn(async move {
        loop {
            client.select_next_some().await;
        }
    });
    let mut times = (Vec::new(), Vec::new());
    let (mut streams, mut bytes) = (0, 0);
    for _ in 0..21 {
        let start = Instant::now();
        let state = at_client.fetch_full_state().await.expect("not closed");
        times.0.push(start.elapsed().as_secs_f64() * 1e3);
        let listed = &state.subsystems.as_ref().expect("subsystems").connections;
        assert_eq!(listed.len(), connections);
        streams = listed.iter().flat_map(|one| &one.streams).map(|list| list.streams.len()).sum();
        let start = Instant::now();
        bytes = frame::segment(Payload::State(state)).len();
        times.1.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let ([taken, taken_least], [encoded, encoded_least]) = (spread(times.0), spread(times.1));
    println!(
        "a snapshot of {connections} connections and {streams} streams, off the swarm's task: {taken:.1} ms, least {taken_least:.1}"
    );
    println!("its frame of {bytes} bytes: {encoded:.1} ms, least {encoded_least:.1}");
    println!("memory of an open stream: {per_stream:.0} bytes");
    println!("an event that nobody reads: {unheard:.0} ns; with the flight recorder: {recorded:.0} ns");
    println!(
        "{}",
        serde_json::json!({
            "connections": connections, "streams": streams, "snapshot_ms": [taken, taken_least], "frame_ms": [encoded, encoded_least], "frame_bytes": bytes,
            "bytes_per_stream": per_stream, "event_ns": unheard, "event_recorded_ns": recorded,
        })
    );
}
