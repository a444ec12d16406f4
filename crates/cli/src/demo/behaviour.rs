//! What a node of the demo speaks: one behaviour for all, of which a node's part decides what is switched on.
//! Nothing here looks past loopback: no mDNS, no UPnP, and reachability is asked of neighbours alone.

use std::{error::Error, time::Duration};

use libp2p::{
    PeerId, autonat,
    connection_limits::{self, ConnectionLimits},
    dcutr, gossipsub, identify,
    identity::Keypair,
    kad, ping, relay, rendezvous,
    swarm::{NetworkBehaviour, behaviour::toggle::Toggle},
};
use peerscope_libp2p::{Introspect, Introspector};

use super::{
    chatter,
    transfer::{self, Kind, Transfers},
    wall::Wall,
};

/// Node 0 lets one peer have so many connections at once. A relayed one, one punched through and what autonat dials back
/// in the time that a relay waits are five.
pub const MAX_PER_PEER: u32 = 8;
/// Seconds for which the hub remembers who registered, at least. A shorter wish is refused.
pub const MIN_REGISTRATION_SECS: u64 = 10;
/// So short that its renewal is seen.
const RESERVATION: Duration = Duration::from_secs(30);
/// A guest talks over the relay, and a little more.
const MAX_CIRCUIT_BYTES: u64 = 4 << 20;

/// On loopback a handshake takes no time; a dial to who is gone should not take much.
pub const QUIC_HANDSHAKE: Duration = Duration::from_secs(3);

/// What a node is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Node 0. It does all that the others do, to show it; as a relay it is soon full.
    Watched,
    /// Relays, introduces and probes, for everybody.
    Hub,
    /// Keeps records, passes chatter on.
    Member,
    /// Only asks.
    Guest,
    /// A guest whose firewall lets nobody through but this one.
    Walled(PeerId),
}

impl Part {
    fn is_guest(self) -> bool {
        matches!(self, Self::Guest | Self::Walled(_))
    }

    pub fn chats(self) -> bool {
        !self.is_guest()
    }
}

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    limits: Introspect<connection_limits::Behaviour>,
    wall: Introspect<Toggle<Wall>>,
    ping: Introspect<ping::Behaviour>,
    identify: Introspect<identify::Behaviour>,
    blocks: Introspect<Transfers>,
    chunks: Introspect<Transfers>,
    mempool: Introspect<Transfers>,
    pub kad: Introspect<kad::Behaviour<kad::store::MemoryStore>>,
    pub gossip: Introspect<Toggle<gossipsub::Behaviour>>,
    relay_client: Introspect<relay::client::Behaviour>,
    dcutr: Introspect<dcutr::Behaviour>,
    pub autonat: Introspect<Toggle<autonat::v1::Behaviour>>,
    autonat_client: Introspect<Toggle<autonat::v2::client::Behaviour>>,
    autonat_server: Introspect<Toggle<autonat::v2::server::Behaviour>>,
    pub rendezvous: Introspect<rendezvous::client::Behaviour>,
    relay: Introspect<Toggle<relay::Behaviour>>,
    rendezvous_point: Introspect<Toggle<rendezvous::server::Behaviour>>,
}

impl Behaviour {
    /// All of it, each field with the hook.
    ///
    /// # Errors
    /// When gossipsub does not like its figures.
    pub fn new(
        key: &Keypair,
        agent: String,
        part: Part,
        relay_client: relay::client::Behaviour,
        introspector: &Introspector,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let me = key.public().to_peer_id();
        let serves = matches!(part, Part::Hub | Part::Watched);
        let wall = match part {
            Part::Walled(friend) => Some(Wall::around(friend)),
            _ => None,
        };
        let gossip = part.chats().then(|| chatter::behaviour(key)).transpose()?;
        Ok(Self {
            limits: introspector.behaviour(limits(part)),
            wall: introspector.behaviour(wall.into()),
            ping: introspector.behaviour(ping(part)),
            identify: introspector.behaviour(identify(key, agent)),
            blocks: introspector.behaviour(transfer::behaviour(Kind::Blocks)),
            chunks: introspector.behaviour(transfer::behaviour(Kind::Chunks)),
            mempool: introspector.behaviour(transfer::behaviour(Kind::Mempool)),
            kad: introspector.behaviour(kad(me, part)),
            gossip: introspector.behaviour(gossip.into()),
            relay_client: introspector.behaviour(relay_client),
            dcutr: introspector.behaviour(dcutr::Behaviour::new(me)),
            autonat: introspector
                .behaviour(serves.then(|| autonat::v1::Behaviour::new(me, autonat())).into()),
            autonat_client: introspector
                .behaviour((part != Part::Hub).then(autonat::v2::client::Behaviour::default).into()),
            autonat_server: introspector
                .behaviour((!part.is_guest()).then(autonat::v2::server::Behaviour::default).into()),
            rendezvous: introspector.behaviour(rendezvous::client::Behaviour::new(key.clone())),
            relay: introspector.behaviour(serves.then(|| relay::Behaviour::new(me, relay(part))).into()),
            rendezvous_point: introspector.behaviour(serves.then(rendezvous_point).into()),
        })
    }

    pub fn transfers(&mut self, kind: Kind) -> &mut Transfers {
        match kind {
            Kind::Blocks => &mut self.blocks,
            Kind::Chunks => &mut self.chunks,
            Kind::Mempool => &mut self.mempool,
        }
    }
}

fn limits(part: Part) -> connection_limits::Behaviour {
    let max = (part == Part::Watched).then_some(MAX_PER_PEER);
    connection_limits::Behaviour::new(ConnectionLimits::default().with_max_established_per_peer(max))
}

/// Node 0 measures often. The others are all connected to each other, and of no interest.
fn ping(part: Part) -> ping::Behaviour {
    let every = if part == Part::Watched { 2 } else { 15 };
    ping::Behaviour::new(ping::Config::new().with_interval(Duration::from_secs(every)))
}

fn identify(key: &Keypair, agent: String) -> identify::Behaviour {
    let config = identify::Config::new("/peerscope/demo/1".to_owned(), key.public());
    identify::Behaviour::new(config.with_agent_version(agent))
}

/// A member serves records as soon as it has an address that is confirmed; a guest never.
fn kad(me: PeerId, part: Part) -> kad::Behaviour<kad::store::MemoryStore> {
    let mut config = kad::Config::new(kad::PROTOCOL_NAME);
    // Of a few peers one that is gone should not be waited for.
    config.set_query_timeout(Duration::from_secs(10)).set_substreams_timeout(Duration::from_secs(5));
    let mut kad = kad::Behaviour::with_config(me, kad::store::MemoryStore::new(me), config);
    if part.is_guest() {
        kad.set_mode(Some(kad::Mode::Client));
    }
    kad
}

/// Asks those alone that it is told to ask, and answers on loopback too.
fn autonat() -> autonat::v1::Config {
    autonat::v1::Config {
        boot_delay: Duration::from_secs(3),
        retry_interval: Duration::from_secs(8),
        refresh_interval: Duration::from_secs(20),
        throttle_server_period: Duration::from_secs(5),
        timeout: Duration::from_secs(10),
        use_connected: false,
        only_global_ips: false,
        ..autonat::v1::Config::default()
    }
}

/// All come from one address: limits per address and hour would soon shut them out.
fn relay(part: Part) -> relay::Config {
    relay::Config {
        max_reservations: if part == Part::Hub { 128 } else { 2 },
        reservation_duration: RESERVATION,
        reservation_rate_limiters: Vec::new(),
        circuit_src_rate_limiters: Vec::new(),
        max_circuit_bytes: MAX_CIRCUIT_BYTES,
        ..relay::Config::default()
    }
}

fn rendezvous_point() -> rendezvous::server::Behaviour {
    rendezvous::server::Behaviour::new(
        rendezvous::server::Config::default().with_min_ttl(MIN_REGISTRATION_SECS),
    )
}
