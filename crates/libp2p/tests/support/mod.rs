//! Real nodes for the tests: each with its introspector, run by a task of its own.
#![allow(dead_code, reason = "each test file uses its share")]

#[cfg(feature = "request-response")]
pub mod exact;

use std::{future::Future, time::Duration};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, identify,
    identity::Keypair,
    noise, ping, quic,
    swarm::{
        ConnectionId, NetworkBehaviour, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
    tcp, tls, yamux,
};
use peerscope_introspection::{
    EventStream, Introspector as _, Told,
    wire::{Connection, Event, State},
};
use peerscope_libp2p::{Introspect, Introspector};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub ping: Introspect<ping::Behaviour>,
    pub identify: Introspect<identify::Behaviour>,
    pub limits: libp2p::connection_limits::Behaviour,
}

pub struct Setup {
    pub agent: String,
    pub idle: Duration,
    pub max_per_peer: Option<u32>,
    pub tls_too: bool,
    pub max_queued_events: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            agent: "test/1".into(),
            idle: Duration::from_secs(600),
            max_per_peer: None,
            tls_too: false,
            max_queued_events: 4096,
        }
    }
}

impl Setup {
    fn behaviour(&self, introspector: &Introspector, key: &Keypair) -> Behaviour {
        let ping = ping::Config::new().with_interval(Duration::from_millis(100));
        let identify =
            identify::Config::new("/test/1".into(), key.public()).with_agent_version(self.agent.clone());
        let limits = libp2p::connection_limits::ConnectionLimits::default()
            .with_max_established_per_peer(self.max_per_peer);
        Behaviour {
            ping: introspector.behaviour(ping::Behaviour::new(ping)),
            identify: introspector.behaviour(identify::Behaviour::new(identify)),
            limits: libp2p::connection_limits::Behaviour::new(limits),
        }
    }

    /// A node with TCP and QUIC, running.
    pub fn start(self) -> Node {
        let introspector = Introspector::builder().max_queued_events(self.max_queued_events).build();
        let builder = SwarmBuilder::with_new_identity().with_tokio();
        let wrapped = introspector.clone();
        let other = move |key: &Keypair| wrapped.wrap(quic::tokio::Transport::new(quic::Config::new(key)));
        let tcp = tcp::Config::default().nodelay(true);
        let yamux = introspector.muxer(yamux::Config::default);
        let idle = self.idle;
        let swarm = if self.tls_too {
            builder
                .with_tcp(tcp, introspector.security((tls::Config::new, noise::Config::new)), yamux)
                .expect("TCP")
                .with_other_transport(other)
                .expect("QUIC")
                .with_behaviour(|key| self.behaviour(&introspector, key))
                .expect("a behaviour")
                .with_swarm_config(|config| config.with_idle_connection_timeout(idle))
                .build()
        } else {
            builder
                .with_tcp(tcp, introspector.security(noise::Config::new), yamux)
                .expect("TCP")
                .with_other_transport(other)
                .expect("QUIC")
                .with_behaviour(|key| self.behaviour(&introspector, key))
                .expect("a behaviour")
                .with_swarm_config(|config| config.with_idle_connection_timeout(idle))
                .build()
        };
        Node::run(introspector, swarm)
    }
}

type Order<B> = Box<dyn FnOnce(&mut Swarm<B>) + Send>;

pub struct Node<B: NetworkBehaviour = Behaviour> {
    pub introspector: Introspector,
    pub peer: PeerId,
    orders: mpsc::Sender<Order<B>>,
    events: tokio::sync::Mutex<EventStream>,
    task: tokio::task::JoinHandle<()>,
}

impl<B: NetworkBehaviour<ToSwarm: Send> + Send> Node<B> {
    pub fn run(introspector: Introspector, swarm: Swarm<B>) -> Self {
        Self::run_with(introspector, swarm, |_, _| {})
    }

    /// Runs the swarm in a task of its own; `on_event` sees each of its events.
    pub fn run_with(
        introspector: Introspector,
        mut swarm: Swarm<B>,
        mut on_event: impl FnMut(&mut Swarm<B>, SwarmEvent<B::ToSwarm>) + Send + 'static,
    ) -> Self {
        let peer = *swarm.local_peer_id();
        let events = tokio::sync::Mutex::new(introspector.event_stream().expect("the only reader"));
        let (orders, mut received) = mpsc::channel::<Order<B>>(16);
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    event = swarm.select_next_some() => on_event(&mut swarm, event),
                    order = received.recv() => match order {
                        Some(order) => order(&mut swarm),
                        None => return,
                    },
                }
            }
        });
        Self { introspector, peer, orders, events, task }
    }

    /// Runs something in the swarm's task.
    pub async fn swarm<T: Send + 'static>(
        &self,
        order: impl FnOnce(&mut Swarm<B>) -> T + Send + 'static,
    ) -> T {
        let (done, result) = oneshot::channel();
        let order: Order<B> = Box::new(move |swarm| {
            done.send(order(swarm)).ok();
        });
        assert!(self.orders.send(order).await.is_ok(), "the node runs");
        result.await.expect("the node runs")
    }

    pub async fn listen(&self, address: &str) -> Multiaddr {
        let address = address.parse::<Multiaddr>().expect("a multiaddr");
        let kind = if address.to_string().contains("quic") { "quic" } else { "tcp" };
        self.swarm(move |swarm| swarm.listen_on(address).expect("a listener")).await;
        within("a listen address", async {
            loop {
                let found = self.swarm(|swarm| swarm.listeners().cloned().collect::<Vec<_>>()).await;
                if let Some(found) = found.into_iter().find(|address| address.to_string().contains(kind)) {
                    return found;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    pub async fn listen_tcp(&self) -> Multiaddr {
        self.listen("/ip4/127.0.0.1/tcp/0").await
    }

    pub async fn dial(&self, peer: PeerId, address: Multiaddr) {
        let options =
            DialOpts::peer_id(peer).condition(PeerCondition::Always).addresses(vec![address]).build();
        self.swarm(move |swarm| swarm.dial(options)).await.ok();
    }

    /// Dials these addresses in order, `at_once` of them at a time.
    pub async fn dial_all(&self, peer: PeerId, addresses: Vec<Multiaddr>, at_once: u8) {
        let options = DialOpts::peer_id(peer)
            .addresses(addresses)
            .override_dial_concurrency_factor(at_once.try_into().expect("not none"))
            .build();
        self.swarm(move |swarm| swarm.dial(options)).await.expect("a dial");
    }

    /// Closes the connection of that id.
    pub async fn close(&self, connection: &str) {
        let number = connection.rsplit('-').next().and_then(|number| number.parse().ok());
        let id = ConnectionId::new_unchecked(number.expect("an id"));
        assert!(self.swarm(move |swarm| swarm.close_connection(id)).await);
    }

    pub async fn state(&self) -> State {
        self.introspector.fetch_full_state().await.expect("not closed")
    }

    pub async fn connections(&self) -> Vec<Connection> {
        self.state().await.subsystems.expect("subsystems").connections
    }

    /// Waits for a state in which `find` finds what it looks for.
    pub async fn until<T>(&self, what: &str, mut find: impl FnMut(&[Connection]) -> Option<T>) -> T {
        within(what, async {
            loop {
                if let Some(found) = find(&self.connections().await) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
    }

    /// The next event of this name that `matches`; those before it are taken.
    pub async fn event(&self, name: &str, matches: impl Fn(&Value) -> bool) -> Value {
        let mut events = self.events.lock().await;
        within(name, async {
            loop {
                let told = events.next().await.expect("an event");
                if let Some((kind, content)) = self.named(told)
                    && kind == name
                    && matches(&content)
                {
                    return content;
                }
            }
        })
        .await
    }

    /// The next item of the event stream.
    pub async fn told(&self) -> Told {
        let mut events = self.events.lock().await;
        within("an event", async { events.next().await.expect("an event") }).await
    }

    /// Name and content of an event, which has exactly the properties that its type is said to have.
    pub fn named(&self, told: Told) -> Option<(String, Value)> {
        let Told::Event(Event { r#type: Some(kind), content, .. }) = told else { return None };
        let content = serde_json::from_str::<Value>(&content).expect("JSON");
        let types = self.introspector.event_metadata();
        let known = types.into_iter().find(|known| known.name == kind.name).expect("a known type");
        let mut declared = known.property_types.into_iter().map(|one| one.name).collect::<Vec<_>>();
        declared.sort();
        let told = content.as_object().expect("a map").keys().cloned().collect::<Vec<_>>();
        assert_eq!(told, declared, "{}", kind.name);
        Some((kind.name, content))
    }

    /// What who comes now is told first.
    pub async fn snapshot(&self) -> Value {
        let events = within("a snapshot", self.introspector.session_events()).await;
        let told = events.into_iter().next().expect("a snapshot");
        let (name, content) = self.named(Told::Event(told)).expect("an event");
        assert_eq!(name, "NodeSnapshot");
        content
    }

    /// Stops the node, as if its process ended.
    pub async fn stop(self) {
        self.task.abort();
        self.task.await.expect_err("aborted");
    }
}

/// A running node of other behaviours than [`Behaviour`]'s, with TCP.
pub fn node_of<B>(make: impl FnOnce(&Introspector, &Keypair) -> B) -> Node<B>
where
    B: NetworkBehaviour<ToSwarm: Send> + Send,
{
    node_with_key(Keypair::generate_ed25519(), make)
}

/// The same, as the peer of that key.
pub fn node_with_key<B>(key: Keypair, make: impl FnOnce(&Introspector, &Keypair) -> B) -> Node<B>
where
    B: NetworkBehaviour<ToSwarm: Send> + Send,
{
    node_seen_by(Introspector::new(), key, make)
}

/// The same, with an introspector of options.
pub fn node_seen_by<B>(
    introspector: Introspector,
    key: Keypair,
    make: impl FnOnce(&Introspector, &Keypair) -> B,
) -> Node<B>
where
    B: NetworkBehaviour<ToSwarm: Send> + Send,
{
    let swarm = swarm_seen_by(&introspector, key, make);
    Node::run(introspector, swarm)
}

/// Its swarm, not running yet.
pub fn swarm_seen_by<B: NetworkBehaviour>(
    introspector: &Introspector,
    key: Keypair,
    make: impl FnOnce(&Introspector, &Keypair) -> B,
) -> Swarm<B> {
    SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            introspector.security(noise::Config::new),
            introspector.muxer(yamux::Config::default),
        )
        .expect("TCP")
        .with_behaviour(|key| make(introspector, key))
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build()
}

/// A running node that can be reached over relays, and reach others over them.
#[cfg(feature = "relay")]
pub fn relay_client_of<B>(
    make: impl FnOnce(&Introspector, &Keypair, libp2p::relay::client::Behaviour) -> B,
) -> Node<B>
where
    B: NetworkBehaviour<ToSwarm: Send> + Send,
{
    let introspector = Introspector::new();
    let swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            introspector.security(noise::Config::new),
            introspector.muxer(yamux::Config::default),
        )
        .expect("TCP")
        .with_relay_client(
            introspector.security(noise::Config::new),
            introspector.muxer(yamux::Config::default),
        )
        .expect("a relay client")
        .with_behaviour(|key, relay| make(&introspector, key, relay))
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build();
    Node::run(introspector, swarm)
}

/// An address where nobody listens, as long as this process runs.
pub async fn refused_address() -> Multiaddr {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let port = socket.local_addr().expect("an address").port();
    // Bound and never listening: a port that is given back may be the next listener's, in whatever test runs beside this one.
    std::mem::forget(socket);
    format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("a multiaddr")
}

/// An address where somebody takes the connection and says nothing, as long as the listener lives.
pub async fn silent_address() -> (tokio::net::TcpListener, Multiaddr) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    // The system takes it, up to the length of its queue.
    (listener, format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("a multiaddr"))
}

pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(Duration::from_secs(30), future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// Two nodes, the first with one connection to the second. Gives back the id of the connection at both ends.
pub async fn connected<A, B>(a: &Node<A>, b: &Node<B>, address: Multiaddr) -> (String, String)
where
    A: NetworkBehaviour<ToSwarm: Send> + Send,
    B: NetworkBehaviour<ToSwarm: Send> + Send,
{
    a.dial(b.peer, address).await;
    let (pa, pb) = (a.peer.to_string(), b.peer.to_string());
    let at_a = a.event("PeerConnected", |event| event["peer"] == pb.as_str()).await;
    let at_b = b.event("PeerConnected", |event| event["peer"] == pa.as_str()).await;
    let id = |event: &Value| event["connection"].as_str().expect("an id").to_owned();
    (id(&at_a), id(&at_b))
}

pub fn by_id<'a>(connections: &'a [Connection], id: &str) -> Option<&'a Connection> {
    connections.iter().find(|connection| connection.id == id.as_bytes())
}

/// What a node sees when the other side closes: its goodbye, or the reset that overtook it.
pub fn is_end_by_remote(cause: &str) -> bool {
    ["closedByRemote", "reset"].contains(&cause)
}
