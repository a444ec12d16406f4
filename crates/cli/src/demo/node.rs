//! One node of the demo: a real swarm in a task of its own, which takes orders.

use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, identify,
    identity::Keypair,
    noise, ping, quic, request_response,
    swarm::{
        NetworkBehaviour, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
    tcp, tls, yamux,
};
use peerscope_libp2p::{Introspect, Introspector};
use tokio::{sync::mpsc, task::JoinHandle};

use super::transfer::{self, Ask, Kind, Transfers};

/// Orders that wait for a node at most; a node that is that far behind does not need more.
const MAX_ORDERS: usize = 64;

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    ping: Introspect<ping::Behaviour>,
    identify: Introspect<identify::Behaviour>,
    blocks: Introspect<Transfers>,
    chunks: Introspect<Transfers>,
    mempool: Introspect<Transfers>,
}

/// What makes a node.
pub struct Setup {
    pub key: Keypair,
    pub agent: String,
    /// Offers TLS before noise; else noise alone.
    pub tls: bool,
    /// How long it keeps a connection that nobody uses.
    pub idle: Duration,
}

enum Order {
    Dial(PeerId, Multiaddr),
    Ask(PeerId, Kind, Ask),
    Disconnect(PeerId),
}

/// A running node. Dropping it ends its swarm, and its connections with it.
pub struct Node {
    pub peer: PeerId,
    pub introspector: Introspector,
    pub tcp: Multiaddr,
    pub quic: Multiaddr,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

impl Node {
    /// Builds the swarm, and listens on loopback over TCP and QUIC.
    pub async fn start(setup: Setup) -> anyhow::Result<Self> {
        let introspector = Introspector::new();
        let mut swarm = swarm(setup, &introspector)?;
        swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?).context("can't listen on TCP")?;
        swarm.listen_on("/ip4/127.0.0.1/udp/0/quic-v1".parse()?).context("can't listen on UDP")?;
        let (mut tcp, mut quic) = (None, None);
        while tcp.is_none() || quic.is_none() {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
                let quicly = address.protocol_stack().any(|name| name == "quic-v1");
                *(if quicly { &mut quic } else { &mut tcp }) = Some(address);
            }
        }
        let (orders, received) = mpsc::channel(MAX_ORDERS);
        Ok(Self {
            peer: *swarm.local_peer_id(),
            introspector,
            tcp: tcp.context("no TCP address")?,
            quic: quic.context("no QUIC address")?,
            orders,
            task: tokio::spawn(run(swarm, received)),
        })
    }

    /// Dials that peer there, even if it is connected already.
    pub fn dial(&self, peer: PeerId, address: Multiaddr) {
        self.order(Order::Dial(peer, address));
    }

    /// Begins a transfer, if the peer is connected.
    pub fn ask(&self, peer: PeerId, kind: Kind, ask: Ask) {
        self.order(Order::Ask(peer, kind, ask));
    }

    /// Closes every connection to that peer.
    pub fn disconnect(&self, peer: PeerId) {
        self.order(Order::Disconnect(peer));
    }

    fn order(&self, order: Order) {
        // A full queue: the order is one of many, and the next comes soon.
        self.orders.try_send(order).ok();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn swarm(setup: Setup, introspector: &Introspector) -> anyhow::Result<Swarm<Behaviour>> {
    let Setup { key, agent, tls, idle } = setup;
    let ping = ping::Config::new().with_interval(Duration::from_secs(2));
    let identify =
        identify::Config::new("/peerscope/demo/1".to_owned(), key.public()).with_agent_version(agent);
    let behaviour = Behaviour {
        ping: introspector.behaviour(ping::Behaviour::new(ping)),
        identify: introspector.behaviour(identify::Behaviour::new(identify)),
        blocks: introspector.behaviour(transfer::behaviour(Kind::Blocks)),
        chunks: introspector.behaviour(transfer::behaviour(Kind::Chunks)),
        mempool: introspector.behaviour(transfer::behaviour(Kind::Mempool)),
    };
    let tcp = tcp::Config::default().nodelay(true);
    let muxer = introspector.muxer(yamux::Config::default);
    let wrapped = introspector.clone();
    let quic = move |key: &Keypair| wrapped.wrap(quic::tokio::Transport::new(quic::Config::new(key)));
    // Each security gives the builder another type; from here on it is the same.
    macro_rules! finish {
        ($security:expr) => {
            SwarmBuilder::with_existing_identity(key)
                .with_tokio()
                .with_tcp(tcp, introspector.security($security), muxer)
                .context("the security can't be set up")?
                .with_other_transport(quic)?
                .with_behaviour(|_| behaviour)?
                .with_swarm_config(|config| config.with_idle_connection_timeout(idle))
                .build()
        };
    }
    Ok(if tls { finish!((tls::Config::new, noise::Config::new)) } else { finish!(noise::Config::new) })
}

async fn run(mut swarm: Swarm<Behaviour>, mut orders: mpsc::Receiver<Order>) {
    loop {
        tokio::select! {
            event = swarm.select_next_some() => answer(&mut swarm, event),
            order = orders.recv() => match order {
                Some(order) => obey(&mut swarm, order),
                None => return,
            },
        }
    }
}

fn obey(swarm: &mut Swarm<Behaviour>, order: Order) {
    match order {
        Order::Dial(peer, address) => {
            let options = DialOpts::peer_id(peer).condition(PeerCondition::Always).addresses(vec![address]);
            // What fails is an event, of which the demo is full.
            swarm.dial(options.build()).ok();
        }
        Order::Ask(peer, kind, ask) if swarm.is_connected(&peer) => {
            transfers(swarm.behaviour_mut(), kind).send_request(&peer, ask);
        }
        // To ask a peer that is away would dial it.
        Order::Ask(..) => {}
        Order::Disconnect(peer) => {
            // An error says that it was gone before.
            swarm.disconnect_peer_id(peer).ok();
        }
    }
}

fn transfers(behaviour: &mut Behaviour, kind: Kind) -> &mut Transfers {
    match kind {
        Kind::Blocks => &mut behaviour.blocks,
        Kind::Chunks => &mut behaviour.chunks,
        Kind::Mempool => &mut behaviour.mempool,
    }
}

/// Gives what was asked for.
fn answer(swarm: &mut Swarm<Behaviour>, event: SwarmEvent<BehaviourEvent>) {
    let (kind, event) = match event {
        SwarmEvent::Behaviour(BehaviourEvent::Blocks(event)) => (Kind::Blocks, event),
        SwarmEvent::Behaviour(BehaviourEvent::Chunks(event)) => (Kind::Chunks, event),
        SwarmEvent::Behaviour(BehaviourEvent::Mempool(event)) => (Kind::Mempool, event),
        _ => return,
    };
    if let transfer::Event::Message {
        message: request_response::Message::Request { request, channel, .. },
        ..
    } = event
    {
        // An error says that the peer is gone.
        transfers(swarm.behaviour_mut(), kind).send_response(channel, request.download).ok();
    }
}
