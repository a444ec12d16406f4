//! Real rust-libp2p nodes on loopback.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, identify, noise, ping,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use peerscope_endpoint::{Options, Ui, WebSocketEndpoint};
use peerscope_introspection::Endpoint;
use peerscope_libp2p::{Introspect, Introspector};
use tokio::{sync::mpsc, task::JoinHandle};

#[derive(NetworkBehaviour)]
struct Watched {
    ping: Introspect<ping::Behaviour>,
    identify: Introspect<identify::Behaviour>,
}

#[derive(NetworkBehaviour)]
struct Plain {
    ping: ping::Behaviour,
    identify: identify::Behaviour,
}

/// A node that runs until it is stopped or dropped.
pub struct Node {
    pub peer: PeerId,
    dials: mpsc::Sender<Multiaddr>,
    task: JoinHandle<()>,
}

impl Node {
    fn run<B: NetworkBehaviour>(mut swarm: Swarm<B>) -> Node
    where
        Swarm<B>: Send + 'static,
        B::ToSwarm: Send,
    {
        let peer = *swarm.local_peer_id();
        let (dials, mut wanted) = mpsc::channel::<Multiaddr>(1);
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = swarm.select_next_some() => {}
                    Some(address) = wanted.recv() => swarm.dial(address).expect("a dial"),
                }
            }
        });
        Node { peer, dials, task }
    }

    pub async fn dial(&self, address: Multiaddr) {
        self.dials.send(address).await.expect("the node runs");
    }

    /// As if its process ended.
    pub async fn stop(self) {
        self.task.abort();
        self.task.await.expect_err("it was stopped");
    }
}

fn pings() -> ping::Behaviour {
    ping::Behaviour::new(ping::Config::new().with_interval(Duration::from_millis(250)))
}

fn identify(agent: &str, key: &libp2p::identity::Keypair) -> identify::Behaviour {
    let config = identify::Config::new("/peerscope-e2e/1.0.0".into(), key.public());
    identify::Behaviour::new(config.with_agent_version(agent.into()))
}

const IDLE: Duration = Duration::from_secs(600);

/// Two nodes: the first with its endpoint and the viewer, the second a plain one that listens at `address`.
pub struct Network {
    pub watched: Node,
    pub other: Node,
    pub address: Multiaddr,
    pub introspector: Introspector,
    pub endpoint: Arc<WebSocketEndpoint>,
}

/// The first one keeps no recording of its own: what the page misses is missing.
pub async fn two_nodes(dist: std::path::PathBuf) -> Network {
    two_nodes_by(dist, Introspector::builder().flight_recorder(0).build()).await
}

pub async fn two_nodes_by(dist: std::path::PathBuf, introspector: Introspector) -> Network {
    let (other, address) = plain_node("plain-node/0.1").await;
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            introspector.security(noise::Config::new),
            introspector.muxer(yamux::Config::default),
        )
        .expect("TCP")
        .with_behaviour(|key| Watched {
            ping: introspector.behaviour(pings()),
            identify: introspector.behaviour(identify("watched-node/0.1", key)),
        })
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE))
        .build();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().expect("an address")).expect("a listener");
    let watched = Node::run(swarm);
    // A port of its own, so that it comes back on the same one.
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let listen = vec![([127, 0, 0, 1], port).into()];
    let options = Options { listen, viewer: Ui::Dir(dist), ..Options::default() };
    let endpoint = Arc::new(WebSocketEndpoint::new(Arc::new(introspector.clone()), options));
    endpoint.start().await.expect("the endpoint starts");
    Network { watched, other, address, introspector, endpoint }
}

/// A node that nobody looks into, and where it listens.
async fn plain_node(agent: &str) -> (Node, Multiaddr) {
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .expect("TCP")
        .with_behaviour(|key| Plain { ping: pings(), identify: identify(agent, key) })
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE))
        .build();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().expect("an address")).expect("a listener");
    let address = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            break address;
        }
    };
    (Node::run(swarm), address)
}
