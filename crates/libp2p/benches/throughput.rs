//! What the instrumentation costs in throughput: two nodes over loopback TCP, noise and yamux, one stream, wrapped and plain
//! turn by turn, with plain against plain as the control. A table, and a line of JSON.
//!
//! `cargo bench -p peerscope-libp2p --bench throughput [-- ROUNDS]`

use std::{
    io, iter,
    time::{Duration, Instant},
};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, noise,
    request_response::{self, Event, Message},
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use peerscope_libp2p::Introspector;
use tokio::sync::mpsc;

/// What is asked for: so many bytes, written in pieces.
#[derive(Clone, Copy, Debug)]
struct Load {
    bytes: u64,
    piece: u64,
}

#[derive(Clone, Copy, Default)]
struct Codec;

impl request_response::Codec for Codec {
    type Protocol = StreamProtocol;
    type Request = Load;
    type Response = Load;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Load> {
        let mut head = [0; 16];
        io.read_exact(&mut head).await?;
        let [bytes, piece] = [0, 8].map(|at| u64::from_be_bytes(head[at..at + 8].try_into().expect("eight")));
        Ok(Load { bytes, piece })
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Load> {
        let mut buf = vec![0; 64 << 10];
        let mut bytes = 0;
        loop {
            let read = io.read(&mut buf).await?;
            if read == 0 {
                return Ok(Load { bytes, piece: 0 });
            }
            bytes += read as u64;
        }
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        load: Load,
    ) -> io::Result<()> {
        io.write_all(&load.bytes.to_be_bytes()).await?;
        io.write_all(&load.piece.to_be_bytes()).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        load: Load,
    ) -> io::Result<()> {
        let piece = vec![7; usize::try_from(load.piece).expect("small")];
        let mut left = load.bytes;
        while left > 0 {
            let now = left.min(load.piece);
            io.write_all(&piece[..usize::try_from(now).expect("small")]).await?;
            left -= now;
        }
        Ok(())
    }
}

type Transfers = request_response::Behaviour<Codec>;

fn transfers() -> Transfers {
    let both = (StreamProtocol::new("/bench/1"), request_response::ProtocolSupport::Full);
    let config = request_response::Config::default().with_request_timeout(Duration::from_secs(600));
    request_response::Behaviour::with_codec(Codec, iter::once(both), config)
}

/// A plain node, or one with everything that its introspector has, the flight recorder too.
fn plain() -> Swarm<Transfers> {
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .expect("TCP")
        .with_behaviour(|_| transfers())
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build()
}

fn wrapped() -> Swarm<peerscope_libp2p::Introspect<Transfers>> {
    let introspector = Introspector::new();
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            introspector.security(noise::Config::new),
            introspector.muxer(yamux::Config::default),
        )
        .expect("TCP")
        .with_behaviour(|_| introspector.behaviour(transfers()))
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build()
}

/// Two nodes with a connection.
struct Pair {
    asks: mpsc::Sender<Load>,
    answers: mpsc::Receiver<u64>,
}

impl Pair {
    async fn new<B>(mut client: Swarm<B>, mut server: Swarm<B>, inner: fn(&mut B) -> &mut Transfers) -> Self
    where
        B: NetworkBehaviour<ToSwarm = Event<Load, Load>> + Send,
    {
        server.listen_on("/ip4/127.0.0.1/tcp/0".parse().expect("an address")).expect("a listener");
        let address = loop {
            if let SwarmEvent::NewListenAddr { address, .. } = server.select_next_some().await {
                break address;
            }
        };
        let peer = *server.local_peer_id();
        tokio::spawn(async move {
            loop {
                if let SwarmEvent::Behaviour(Event::Message {
                    message: Message::Request { request, channel, .. },
                    ..
                }) = server.select_next_some().await
                {
                    inner(server.behaviour_mut()).send_response(channel, request).expect("it waits");
                }
            }
        });
        connect(&mut client, peer, address).await;
        let (asks, mut asked) = mpsc::channel::<Load>(1);
        let (answered, answers) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    ask = asked.recv() => match ask {
                        Some(load) => { inner(client.behaviour_mut()).send_request(&peer, load); }
                        None => return,
                    },
                    event = client.select_next_some() => {
                        if let SwarmEvent::Behaviour(Event::Message { message: Message::Response { response, .. }, .. }) = event {
                            answered.send(response.bytes).await.expect("somebody measures");
                        }
                    }
                }
            }
        });
        Self { asks, answers }
    }

    async fn time(&mut self, load: Load) -> f64 {
        let start = Instant::now();
        self.asks.send(load).await.expect("it runs");
        assert_eq!(self.answers.recv().await, Some(load.bytes));
        start.elapsed().as_secs_f64()
    }
}

async fn connect<B: NetworkBehaviour>(client: &mut Swarm<B>, peer: PeerId, address: Multiaddr) {
    client.dial(address.with_p2p(peer).expect("one id")).expect("it dials");
    while !client.is_connected(&peer) {
        client.select_next_some().await;
    }
}

/// Median, and the 10th and 90th of a hundred.
fn spread(mut ratios: Vec<f64>) -> [f64; 3] {
    ratios.sort_by(f64::total_cmp);
    [50, 10, 90].map(|percent| (ratios[(ratios.len() - 1) * percent / 100] * 1000.0).round() / 1000.0)
}

#[tokio::main]
async fn main() {
    let rounds = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(30_usize);
    let mut json = serde_json::json!({ "rounds": rounds });
    println!(
        "throughput over TCP, noise, yamux; ratios over {rounds} rounds: median (10th to 90th of a hundred)\n"
    );
    println!("{:>10}  {:>24}  {:>24}  {:>12}", "pieces of", "wrapped / plain", "plain / plain", "plain");
    for (piece, bytes) in [(64 << 10, 64 << 20), (1 << 10, 32 << 20), (128, 8 << 20)] {
        let load = Load { bytes, piece };
        let inner: fn(&mut peerscope_libp2p::Introspect<Transfers>) -> &mut Transfers =
            |behaviour| &mut *behaviour;
        let mut first = Pair::new(plain(), plain(), |behaviour| behaviour).await;
        let mut second = Pair::new(plain(), plain(), |behaviour| behaviour).await;
        let mut traced = Pair::new(wrapped(), wrapped(), inner).await;
        for pair in [&mut first, &mut second, &mut traced] {
            pair.time(load).await;
        }
        let (mut ratios, mut control, mut plain_secs) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            // Nobody is always the first.
            let mut secs = [0.0; 3];
            for turn in 0..3 {
                let which = (round + turn) % 3;
                secs[which] = match which {
                    0 => first.time(load).await,
                    1 => second.time(load).await,
                    _ => traced.time(load).await,
                };
            }
            ratios.push(secs[0] / secs[2]);
            control.push(secs[0] / secs[1]);
            plain_secs.push(secs[0]);
        }
        let ([ratio, low, high], [same, same_low, same_high]) = (spread(ratios), spread(control));
        let speed = bytes as f64 / spread(plain_secs)[0].max(1e-3) / 1e6;
        println!(
            "{piece:>8} B  {ratio:>8.3} ({low:.3} to {high:.3})  {same:>8.3} ({same_low:.3} to {same_high:.3})  {speed:>7.0} MB/s"
        );
        json[piece.to_string()] =
            serde_json::json!({ "wrapped": [ratio, low, high], "control": [same, same_low, same_high] });
    }
    println!("\n{json}");
}
