//! Who stays: transfers at a pace of its own with node 0, and a connection that one of the two ends now and then.

use std::{ops::Range, sync::Arc, time::Duration};

use fastrand::Rng;
use tokio::time::sleep;

use super::{
    behaviour::Part,
    chatter, lookup, meeting,
    network::{Scene, pause},
    node::{Node, Setup},
    relaying,
    transfer::{Ask, Kind, Load},
};

/// Residents move between these many bytes per second: from a trickle to most of a loopback's demo.
const PACES: Range<f64> = 1_000.0..1_000_000.0;
/// How long a hole punch may take: three attempts over TCP, of which the other side gives up each after 10 s.
const PUNCH: Duration = Duration::from_secs(20);

/// How a resident behaves.
#[derive(Clone, Debug)]
pub struct Manners {
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
    pub fn of(index: usize, residents: usize, rng: &mut Rng) -> Self {
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

/// The hub: connected as long as the demo runs.
pub async fn attend(scene: Scene, manners: Manners, mut rng: Rng) -> anyhow::Result<()> {
    let Scene { zero, hub, .. } = scene;
    loop {
        zero.keep(hub.peer, hub.tcp.clone());
        tokio::select! {
            () = sleep(Duration::from_secs(10)) => {}
            () = talk(&zero, &hub, &manners, &mut rng) => {}
        }
    }
}

/// One that node 0 knows, and the others too if it is a member.
pub async fn reside(scene: Scene, setup: Setup, manners: Manners, mut rng: Rng) -> anyhow::Result<()> {
    let member = setup.part == Part::Member;
    let node = Arc::new(Node::start(setup).await?);
    let company = join_in(&scene, node.clone(), rng.fork());
    let with_zero = async {
        loop {
            connect(&scene.zero, &node, manners.zero_dials, manners.quic);
            stay(&scene.zero, &node, &manners, &mut rng).await;
        }
    };
    tokio::select! {
        ended = company, if member => ended,
        () = with_zero => Ok(()),
    }
}

/// What a member does with the others.
async fn join_in(scene: &Scene, node: Arc<Node>, mut rng: Rng) -> anyhow::Result<()> {
    let Scene { zero, hub, height } = scene;
    node.dial(hub.peer, hub.tcp.clone());
    let points = vec![hub.peer, zero.peer];
    tokio::select! {
        ended = lookup::look_up(node.clone(), 8.0..16.0, rng.fork()) => ended,
        () = chatter::chat(node.clone(), height.clone(), 3.0..7.0, rng.fork()) => Ok(()),
        () = meeting::meet(node.clone(), points, 10.0..20.0, rng.fork()) => Ok(()),
        () = relaying::stay_reachable(node.clone(), zero.clone(), rng.fork()) => Ok(()),
    }
}

/// One that can be reached through the hub alone, until a hole is punched.
pub async fn shelter(scene: Scene, setup: Setup, manners: Manners, mut rng: Rng) -> anyhow::Result<()> {
    let Scene { zero, hub, .. } = scene;
    let node = Arc::new(Node::start(setup).await?);
    loop {
        node.keep(hub.peer, hub.tcp.clone());
        let reserved = node.is(|life| life.is_relayed()).await || relaying::reserve(&node, &hub).await;
        if reserved {
            let peer = node.peer;
            zero.dial(peer, relaying::through(&hub, peer));
            if zero.until(PUNCH, move |life| life.has_punched_to(peer)).await {
                // Both for a while, so that the one is seen to follow the other.
                sleep(pause(&mut rng, 3.0..6.0)).await;
                zero.order(move |life| life.close_relayed(peer));
            }
            stay(&zero, &node, &manners, &mut rng).await;
        } else {
            sleep(pause(&mut rng, 2.0..4.0)).await;
        }
    }
}

/// Talks for a while, then one of the two hangs up.
async fn stay(zero: &Node, node: &Node, manners: &Manners, rng: &mut Rng) {
    let stay = sleep(pause(rng, manners.stay.clone()));
    tokio::select! {
        () = stay => {}
        () = talk(zero, node, manners, rng) => {}
    }
    if rng.bool() {
        zero.disconnect(node.peer);
    } else {
        node.disconnect(zero.peer);
    }
    sleep(pause(rng, 0.5..3.0)).await;
}

/// Has one dial the other.
pub fn connect(zero: &Node, node: &Node, zero_dials: bool, quic: bool) {
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
}
