//! Dials that must fail, one after the other, each for a cause of its own.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use libp2p::{
    PeerId,
    swarm::dial_opts::{DialOpts, PeerCondition},
};
use tokio::time::sleep;

use super::{
    behaviour::{MAX_PER_PEER, Part},
    middlebox,
    network::{IDLE_ELSEWHERE, Scene, key, pause},
    node::{Node, Setup},
    relaying,
    stranger::{self, Manner},
    visitor,
};

/// Longer than such a dial takes.
const ALIVE: Duration = Duration::from_secs(5);

/// Why it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Nobody listens there.
    Refused,
    /// Somebody else answers there.
    WrongPeer,
    /// Nothing here speaks that.
    NoTransport,
    /// The peer has all the connections that node 0 allows.
    Denied,
    /// What answers is a web server.
    Http,
    /// An answer never comes, over QUIC.
    Unanswered,
    /// It negotiates, and then talks nonsense.
    BadHandshake,
    /// The relay does not know whom to connect.
    NoReservation,
    /// It accepts and says nothing, over TCP.
    Silent,
    /// Nobody knows where the peer is.
    NoAddress,
    /// Node 0 itself answers there.
    Ourselves,
    /// The peer is connected, and was to be dialled only if not.
    NotNeeded,
}

impl Cause {
    const ALL: [Self; 12] = [
        Self::Refused,
        Self::WrongPeer,
        Self::NoTransport,
        Self::Denied,
        Self::Http,
        Self::Unanswered,
        Self::BadHandshake,
        Self::NoReservation,
        Self::Silent,
        Self::NoAddress,
        Self::Ourselves,
        Self::NotNeeded,
    ];
}

pub async fn fail(scene: Scene, mut rng: Rng) -> anyhow::Result<()> {
    for cause in Cause::ALL.into_iter().cycle() {
        let stranger = key(&mut rng)?.public().to_peer_id();
        fail_for(cause, stranger, &scene, &mut rng).await?;
        sleep(pause(&mut rng, 1.5..4.0)).await;
    }
    Ok(())
}

async fn fail_for(cause: Cause, stranger: PeerId, scene: &Scene, rng: &mut Rng) -> anyhow::Result<()> {
    let Scene { zero, hub, .. } = scene;
    let address = match cause {
        Cause::Refused => stranger::refused().await?,
        Cause::WrongPeer => impostor(rng).await?.tcp.clone(),
        Cause::NoTransport => "/ip4/127.0.0.1/tcp/443/wss".parse()?,
        Cause::Denied => return crowd(zero, rng).await,
        Cause::Http => stranger::answering(Manner::Http).await?,
        Cause::Unanswered => "/ip4/127.0.0.1/udp/9/quic-v1".parse()?,
        Cause::BadHandshake => stranger::answering(Manner::Echo).await?,
        Cause::NoReservation => relaying::through(hub, stranger),
        Cause::Silent => stranger::answering(Manner::Silence).await?,
        Cause::NoAddress => {
            zero.dial_as(DialOpts::peer_id(stranger).build());
            return Ok(());
        }
        Cause::Ourselves => {
            // Not by its own address: a swarm knows that.
            let address = middlebox::through(&zero.tcp, ALIVE).await?;
            zero.dial_as(DialOpts::unknown_peer_id().address(address).build());
            return Ok(());
        }
        Cause::NotNeeded => {
            zero.dial_as(DialOpts::peer_id(hub.peer).condition(PeerCondition::Disconnected).build());
            return Ok(());
        }
    };
    zero.dial(stranger, address);
    Ok(())
}

/// Somebody who wants more connections than there may be, from both sides.
async fn crowd(zero: &Node, rng: &mut Rng) -> anyhow::Result<()> {
    let pest = guest(rng).await?;
    for _ in 0..MAX_PER_PEER + 1 {
        pest.dial(zero.peer, zero.tcp.clone());
    }
    sleep(Duration::from_secs(1)).await;
    zero.dial(pest.peer, pest.tcp.clone());
    // To be seen for a while.
    sleep(Duration::from_secs(2)).await;
    Ok(())
}

/// A node that is not who was meant. It lives for as long as a dial takes.
async fn impostor(rng: &mut Rng) -> anyhow::Result<Arc<Node>> {
    let node = Arc::new(guest(rng).await?);
    let alive = node.clone();
    tokio::spawn(async move {
        sleep(ALIVE).await;
        drop(alive);
    });
    Ok(node)
}

async fn guest(rng: &mut Rng) -> anyhow::Result<Node> {
    let agent = visitor::AGENTS[0].to_owned();
    Node::start(Setup { key: key(rng)?, agent, tls: false, idle: IDLE_ELSEWHERE, part: Part::Guest }).await
}
