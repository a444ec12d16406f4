//! Who comes under a new name, asks for something, and leaves: each in one of the ways there are.

use std::time::Duration;

use fastrand::Rng;
use tokio::time::sleep;

use super::{
    behaviour::Part,
    middlebox,
    network::{IDLE_AT_ZERO, IDLE_ELSEWHERE, Scene, key, pause},
    node::{Node, Setup},
    relaying,
    resident::connect,
    transfer::{Ask, Kind, Load},
};

pub const AGENTS: [&str; 4] =
    ["crawler/0.4.0", "wallet/5.1.2", "light-client/0.7.1", "validator/1.8.7 (macos)"];

/// A relay keeps every connection for so long after it was last used, whatever else it does with it.
const RELAY_WAITS: Duration = Duration::from_secs(10);

/// How a visitor comes and leaves.
#[derive(Clone, Copy)]
enum Visit {
    HangsUp,
    FallsAsleep,
    /// From behind a firewall, over the relay. No hole can be punched.
    OverTheRelay,
    /// By a router that forgets it.
    Reset,
    SentAway,
    Vanishes,
}

impl Visit {
    const ALL: [Self; 6] =
        [Self::HangsUp, Self::FallsAsleep, Self::OverTheRelay, Self::Reset, Self::SentAway, Self::Vanishes];
}

pub async fn visit(scene: Scene, seat: usize, mut rng: Rng) -> anyhow::Result<()> {
    let Scene { zero, hub, .. } = &scene;
    // Each in its turn, so that all are seen soon; two seats do not start with the same.
    for visit in Visit::ALL.into_iter().cycle().skip(seat * 2) {
        let agent = AGENTS[rng.usize(..AGENTS.len())].to_owned();
        let part = match visit {
            Visit::OverTheRelay => Part::Walled(hub.peer),
            // The others will miss it for a while.
            Visit::Vanishes => Part::Member,
            _ => Part::Guest,
        };
        let setup = Setup { key: key(&mut rng)?, agent, tls: rng.bool(), idle: IDLE_ELSEWHERE, part };
        let node = Node::start(setup).await?;
        let life = pause(&mut rng, 2.0..5.0);
        match visit {
            Visit::Reset => node.dial(zero.peer, middlebox::through(&zero.tcp, life).await?),
            Visit::OverTheRelay => {
                node.keep(hub.peer, hub.tcp.clone());
                // By then the hub has said from where it is seen: a punch needs that.
                sleep(pause(&mut rng, 1.0..2.0)).await;
                node.dial(zero.peer, relaying::through(hub, zero.peer));
            }
            _ => connect(zero, &node, false, rng.bool()),
        }
        sleep(Duration::from_millis(500)).await;
        let some = Load { len: rng.u32(2_000..60_000), bytes_per_sec: 40_000 };
        node.ask(zero.peer, Kind::Mempool, Ask { upload: Load { len: 200, ..some }, download: some });
        sleep(life).await;
        match visit {
            Visit::HangsUp => node.disconnect(zero.peer),
            Visit::SentAway => zero.disconnect(node.peer),
            Visit::Vanishes | Visit::Reset => {}
            Visit::FallsAsleep => sleep(RELAY_WAITS + IDLE_AT_ZERO + Duration::from_secs(3)).await,
            Visit::OverTheRelay => sleep(pause(&mut rng, 4.0..8.0)).await,
        }
        sleep(pause(&mut rng, 0.5..1.5)).await;
        drop(node);
    }
    Ok(())
}
