//! The demo's network as it lives: who talks to node 0, who comes and goes, and what fails.
//!
//! Everything is seen from node 0, the one that is looked into. *Residents* stay and transfer at a pace of their own;
//! now and then one of the two sides hangs up and dials again. *Visitors* come under a new name, and leave in some way.

use std::{ops::Range, sync::Arc, time::Duration};

use fastrand::Rng;
use libp2p::{Multiaddr, PeerId, identity::Keypair};
use tokio::{task::JoinSet, time::sleep};

use super::{
    middlebox,
    node::{Node, Setup},
    transfer::{Ask, Kind, Load},
};

const AGENTS: [&str; 8] = [
    "archive-node/2.4.1",
    "validator/1.9.0 (linux)",
    "light-client/0.7.3",
    "gateway/3.0.0-rc.2",
    "indexer/1.2.0",
    "explorer/0.9.8",
    "archive-node/2.3.0",
    "bootstrap/2.4.1",
];
const VISITORS: [&str; 4] =
    ["crawler/0.4.0", "wallet/5.1.2", "light-client/0.7.1", "validator/1.8.7 (macos)"];

/// Residents move between these many bytes per second: from a trickle to most of a loopback's demo.
const PACES: Range<f64> = 1_000.0..1_000_000.0;
/// Node 0 drops a connection that nobody uses for so long. A resident's pauses are shorter.
const IDLE_AT_ZERO: Duration = Duration::from_secs(5);
const IDLE_ELSEWHERE: Duration = Duration::from_secs(120);

/// Node 0: the one that is looked into.
pub async fn node_zero(rng: &mut Rng) -> anyhow::Result<Arc<Node>> {
    let agent = "peerscope-demo/0.1.0".to_owned();
    Ok(Arc::new(Node::start(Setup { key: key(rng)?, agent, tls: true, idle: IDLE_AT_ZERO }).await?))
}

/// Starts the `others` around node 0 and keeps them going until it is dropped.
pub async fn run(zero: Arc<Node>, others: usize, mut rng: Rng) -> anyhow::Result<()> {
    // One of four seats is for visitors, as soon as there are three.
    let visitors = if others < 3 { 0 } else { others.div_ceil(4) };
    let residents = others - visitors;
    let mut tasks = JoinSet::new();
    for index in 0..residents {
        let manners = Manners::of(index, residents, &mut rng);
        let agent = AGENTS[index % AGENTS.len()].to_owned();
        let setup = Setup { key: key(&mut rng)?, agent, tls: index % 2 == 0, idle: IDLE_ELSEWHERE };
        tasks.spawn(reside(zero.clone(), setup, manners, rng.fork()));
    }
    for index in 0..visitors {
        tasks.spawn(visit(zero.clone(), index, rng.fork()));
    }
    tasks.spawn(fail(zero, rng.fork()));
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

fn key(rng: &mut Rng) -> anyhow::Result<Keypair> {
    let mut secret = [0; 32];
    rng.fill(&mut secret);
    Ok(Keypair::ed25519_from_bytes(secret)?)
}

fn pause(rng: &mut Rng, secs: Range<f64>) -> Duration {
    Duration::from_secs_f64(secs.start + rng.f64() * (secs.end - secs.start))
}

/// How a resident behaves.
#[derive(Clone, Debug)]
struct Manners {
    kind: Kind,
    bytes_per_sec: u32,
    /// The share of its bytes that goes to node 0.
    upload_share: f64,
    /// Whether node 0 asks and dials, or the resident.
    zero_asks: bool,
    zero_dials: bool,
    quic: bool,
    /// Seconds between two transfers.
    rest: Range<f64>,
    /// Seconds between two endings of the connection.
    stay: Range<f64>,
}

impl Manners {
    /// The paces are spread evenly on a logarithmic scale, so that a ranking has a head and a tail.
    fn of(index: usize, residents: usize, rng: &mut Rng) -> Self {
        let step = index as f64 / (residents.max(2) - 1) as f64;
        let pace = PACES.end * (PACES.start / PACES.end).powf(step);
        let talker = index < residents.div_ceil(3);
        Self {
            kind: Kind::ALL[index % Kind::ALL.len()],
            bytes_per_sec: (pace * (0.8 + 0.4 * rng.f64())) as u32,
            upload_share: [0.1, 0.85, 0.5][index % 3],
            zero_asks: index % 2 == 1,
            zero_dials: index % 3 != 1,
            quic: index % 3 == 1,
            rest: if talker { 0.2..1.5 } else { 0.5..3.5 },
            stay: if talker { 25.0..60.0 } else { 9.0..30.0 },
        }
    }

    /// A transfer of some seconds.
    fn ask(&self, rng: &mut Rng) -> Ask {
        let len = f64::from(self.bytes_per_sec) * (1.0 + 3.0 * rng.f64());
        let load = |share: f64| Load {
            len: (len * share) as u32,
            // Both loads follow each other, and together take the time of the whole.
            bytes_per_sec: self.bytes_per_sec,
        };
        Ask { upload: load(self.upload_share), download: load(1.0 - self.upload_share) }
    }
}

async fn reside(zero: Arc<Node>, setup: Setup, manners: Manners, mut rng: Rng) -> anyhow::Result<()> {
    let node = Node::start(setup).await?;
    loop {
        connect(&zero, &node, manners.zero_dials, manners.quic);
        let stay = sleep(pause(&mut rng, manners.stay.clone()));
        tokio::select! {
            () = stay => {}
            () = talk(&zero, &node, &manners, &mut rng) => {}
        }
        if rng.bool() {
            zero.disconnect(node.peer);
        } else {
            node.disconnect(zero.peer);
        }
        sleep(pause(&mut rng, 0.5..3.0)).await;
    }
}

fn connect(zero: &Node, node: &Node, zero_dials: bool, quic: bool) {
    let (from, to) = if zero_dials { (zero, node) } else { (node, zero) };
    from.dial(to.peer, if quic { to.quic.clone() } else { to.tcp.clone() });
}

/// One transfer after the other.
async fn talk(zero: &Node, node: &Node, manners: &Manners, rng: &mut Rng) {
    let mut count = 0u32;
    loop {
        sleep(pause(rng, manners.rest.clone())).await;
        let ask = manners.ask(rng);
        // Every fifth goes under another name than usual.
        let kind = if count % 5 == 4 { Kind::ALL[rng.usize(..Kind::ALL.len())] } else { manners.kind };
        if manners.zero_asks {
            // Who asks uploads: from node 0's side the shares are the other way round.
            zero.ask(node.peer, kind, Ask { upload: ask.download, download: ask.upload });
        } else {
            node.ask(zero.peer, kind, ask);
        }
        count += 1;
        let bytes = f64::from(ask.upload.len) + f64::from(ask.download.len);
        sleep(Duration::from_secs_f64(bytes / f64::from(manners.bytes_per_sec.max(1)))).await;
    }
}

/// How a visitor leaves.
#[derive(Clone, Copy)]
enum Leaving {
    Itself,
    SentAway,
    Vanishes,
    Reset,
    FallsAsleep,
}

async fn visit(zero: Arc<Node>, seat: usize, mut rng: Rng) -> anyhow::Result<()> {
    use Leaving::{FallsAsleep, Itself, Reset, SentAway, Vanishes};
    // Each in its turn, so that all are seen soon; two seats do not start with the same.
    for leaving in [Itself, FallsAsleep, Reset, SentAway, Vanishes].into_iter().cycle().skip(seat * 2) {
        let agent = VISITORS[rng.usize(..VISITORS.len())].to_owned();
        let setup = Setup { key: key(&mut rng)?, agent, tls: rng.bool(), idle: IDLE_ELSEWHERE };
        let node = Node::start(setup).await?;
        let life = pause(&mut rng, 2.0..5.0);
        if matches!(leaving, Reset) {
            node.dial(zero.peer, middlebox::through(&zero.tcp, life).await?);
        } else {
            connect(&zero, &node, false, rng.bool());
        }
        sleep(Duration::from_millis(500)).await;
        let some = Load { len: rng.u32(2_000..60_000), bytes_per_sec: 40_000 };
        node.ask(zero.peer, Kind::Mempool, Ask { upload: Load { len: 200, ..some }, download: some });
        sleep(life).await;
        match leaving {
            Itself => node.disconnect(zero.peer),
            SentAway => zero.disconnect(node.peer),
            Vanishes | Reset => {}
            FallsAsleep => sleep(IDLE_AT_ZERO + Duration::from_secs(3)).await,
        }
        sleep(pause(&mut rng, 0.5..1.5)).await;
        drop(node);
    }
    Ok(())
}

/// Dials that must fail, one after the other.
async fn fail(zero: Arc<Node>, mut rng: Rng) -> anyhow::Result<()> {
    let mut turn = 0;
    loop {
        let stranger = key(&mut rng)?.public().to_peer_id();
        let (peer, address): (PeerId, Multiaddr) = match turn % 4 {
            // Nobody listens there.
            0 => (stranger, refused().await?),
            // Somebody else answers there.
            1 => (stranger, impostor(&mut rng).await?),
            // Nothing here speaks that.
            2 => (stranger, "/ip4/127.0.0.1/tcp/443/wss".parse()?),
            // An answer never comes.
            _ => (stranger, "/ip4/127.0.0.1/udp/9/quic-v1".parse()?),
        };
        zero.dial(peer, address);
        turn += 1;
        sleep(pause(&mut rng, 2.0..5.0)).await;
    }
}

/// An address at which a connection is refused: it was free a moment ago.
async fn refused() -> anyhow::Result<Multiaddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    Ok(format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr()?.port()).parse()?)
}

/// The address of a node that is not who was meant. It lives for as long as a dial takes.
async fn impostor(rng: &mut Rng) -> anyhow::Result<Multiaddr> {
    let agent = VISITORS[0].to_owned();
    let node = Node::start(Setup { key: key(rng)?, agent, tls: false, idle: IDLE_ELSEWHERE }).await?;
    let address = node.tcp.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(5)).await;
        drop(node);
    });
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_residents_paces_span_three_decades() {
        let mut rng = Rng::with_seed(1);
        let paces = (0..5).map(|index| Manners::of(index, 5, &mut rng).bytes_per_sec).collect::<Vec<_>>();
        assert!(paces.windows(2).all(|pair| pair[0] > pair[1]), "{paces:?}");
        assert!(paces[0] >= 800_000 && paces[4] <= 1_200, "{paces:?}");
    }

    #[test]
    fn all_names_and_both_directions_are_used() {
        let mut rng = Rng::with_seed(1);
        let all = (0..6).map(|index| Manners::of(index, 6, &mut rng)).collect::<Vec<_>>();
        for kind in Kind::ALL {
            assert!(all.iter().any(|one| one.kind == kind));
        }
        assert!(all.iter().any(|one| one.upload_share > 0.8) && all.iter().any(|one| one.upload_share < 0.2));
        assert!(all.iter().any(|one| one.quic) && all.iter().any(|one| !one.quic));
        assert!(all.iter().any(|one| one.zero_dials) && all.iter().any(|one| !one.zero_dials));
    }

    #[test]
    fn the_same_seed_makes_the_same_peers() {
        let peer = |seed| key(&mut Rng::with_seed(seed)).expect("a key").public().to_peer_id();
        assert_eq!(peer(7), peer(7));
        assert_ne!(peer(7), peer(8));
    }
}
