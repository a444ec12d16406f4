//! One node of the demo: a real swarm in a task of its own, which takes orders.

use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder,
    identity::Keypair,
    noise, quic,
    swarm::{
        SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
    tcp, tls, yamux,
};
use peerscope_libp2p::Introspector;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{sleep, timeout},
};

pub use super::life::Life;
use super::{
    behaviour::{Behaviour, Part, QUIC_HANDSHAKE},
    life::Order,
    transfer::{Ask, Kind},
};

/// Orders that wait for a node at most; a node that is that far behind does not need more.
const MAX_ORDERS: usize = 64;
/// How often it is looked whether something has come about.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What makes a node.
pub struct Setup {
    pub key: Keypair,
    pub agent: String,
    /// Offers TLS before noise; else noise alone.
    pub tls: bool,
    /// How long it keeps a connection that nobody uses.
    pub idle: Duration,
    pub part: Part,
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
        // Nobody looks into the others: they keep no recording.
        let introspector = match setup.part {
            Part::Watched => Introspector::new(),
            _ => Introspector::builder().flight_recorder(0).build(),
        };
        // Members play nodes with an address of their own; node 0 has to have its addresses confirmed.
        let public = matches!(setup.part, Part::Hub | Part::Member);
        let mut swarm = swarm(setup, &introspector)?;
        swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?).context("can't listen on TCP")?;
        swarm.listen_on("/ip4/127.0.0.1/udp/0/quic-v1".parse()?).context("can't listen on UDP")?;
        let (mut tcp, mut quic) = (None, None);
        while tcp.is_none() || quic.is_none() {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
                if public {
                    swarm.add_external_address(address.clone());
                }
                let quicly = address.protocol_stack().any(|name| name == "quic-v1");
                *(if quicly { &mut quic } else { &mut tcp }) = Some(address);
            }
        }
        let (orders, received) = mpsc::channel(MAX_ORDERS);
        Ok(Self {
            peer: *swarm.local_peer_id(),
            introspector: introspector.clone(),
            tcp: tcp.context("no TCP address")?,
            quic: quic.context("no QUIC address")?,
            orders,
            task: tokio::spawn(Life::new(swarm, introspector).run(received)),
        })
    }

    /// Has something done in the swarm's task, soon.
    pub fn order(&self, order: impl FnOnce(&mut Life) + Send + 'static) {
        // A full queue: the order is one of many, and the next comes soon.
        self.orders.try_send(Box::new(order)).ok();
    }

    /// Dials that peer there, even if it is connected already.
    pub fn dial(&self, peer: PeerId, address: Multiaddr) {
        let options = DialOpts::peer_id(peer).condition(PeerCondition::Always).addresses(vec![address]);
        self.dial_as(options.build());
    }

    /// The same, in any way.
    pub fn dial_as(&self, options: DialOpts) {
        // What fails is an event, of which the demo is full.
        self.order(|life| {
            life.swarm.dial(options).ok();
        });
    }

    /// Begins a transfer, if the peer is connected.
    pub fn ask(&self, peer: PeerId, kind: Kind, ask: Ask) {
        self.order(move |life| {
            // To ask a peer that is away would dial it.
            if life.swarm.is_connected(&peer) {
                life.swarm.behaviour_mut().transfers(kind).send_request(&peer, ask);
            }
        });
    }

    /// Closes every connection to that peer.
    pub fn disconnect(&self, peer: PeerId) {
        // An error says that it was gone before.
        self.order(move |life| {
            life.swarm.disconnect_peer_id(peer).ok();
        });
    }

    /// Whether that is so at the moment.
    pub async fn is(&self, so: impl FnOnce(&Life) -> bool + Send + 'static) -> bool {
        let (sender, answer) = oneshot::channel();
        self.order(move |life| {
            sender.send(so(life)).ok();
        });
        // An order that found no room is not answered.
        answer.await.unwrap_or(false)
    }

    /// Waits until it is so. Whether it came about.
    pub async fn until(
        &self,
        patience: Duration,
        so: impl Fn(&Life) -> bool + Clone + Send + 'static,
    ) -> bool {
        let looking = async {
            while !self.is(so.clone()).await {
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(patience, looking).await.is_ok()
    }

    /// Keeps a connection to that peer.
    pub fn keep(&self, peer: PeerId, address: Multiaddr) {
        let options = DialOpts::peer_id(peer).addresses(vec![address]).build();
        self.order(move |life| {
            // Asked before: a dial that is not needed would be told as one that failed.
            if !life.swarm.is_connected(&peer) {
                life.swarm.dial(options).ok();
            }
        });
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn swarm(setup: Setup, introspector: &Introspector) -> anyhow::Result<Swarm<Behaviour>> {
    let Setup { key, agent, tls, idle, part } = setup;
    let tcp = tcp::Config::default().nodelay(true);
    let wrapped = introspector.clone();
    let quic = move |key: &Keypair| {
        let mut config = quic::Config::new(key);
        config.handshake_timeout = QUIC_HANDSHAKE;
        wrapped.wrap(quic::tokio::Transport::new(config))
    };
    // Each security gives the builder another type; from here on it is the same.
    macro_rules! finish {
        ($security:expr) => {
            SwarmBuilder::with_existing_identity(key)
                .with_tokio()
                .with_tcp(tcp, introspector.security($security), introspector.muxer(yamux::Config::default))
                .context("the security can't be set up")?
                .with_other_transport(quic)?
                .with_relay_client(
                    introspector.security(noise::Config::new),
                    introspector.muxer(yamux::Config::default),
                )
                .context("the security can't be set up")?
                .with_behaviour(|key, relay| Behaviour::new(key, agent, part, relay, introspector))?
                .with_swarm_config(|config| config.with_idle_connection_timeout(idle))
                .build()
        };
    }
    Ok(if tls { finish!((tls::Config::new, noise::Config::new)) } else { finish!(noise::Config::new) })
}
