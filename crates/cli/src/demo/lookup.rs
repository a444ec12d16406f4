//! The DHT in use: who is near, what is stored where, who provides what. Some of it is not found.

use std::{ops::Range, sync::Arc};

use fastrand::Rng;
use libp2p::{PeerId, kad};
use tokio::time::sleep;

use super::{
    network::{key, pause},
    node::Node,
};

/// Different things that are looked for: few, so that most are found once the demo has run for a while.
const THINGS: u32 = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Closest,
    Put,
    Get,
    Provide,
    Providers,
    /// A record that nobody ever stored.
    GetNothing,
    Bootstrap,
}

impl Step {
    const ALL: [Self; 7] = [
        Self::Closest,
        Self::Put,
        Self::Get,
        Self::Provide,
        Self::Providers,
        Self::GetNothing,
        Self::Bootstrap,
    ];
}

/// One step after the other, with a rest of some seconds.
pub async fn look_up(node: Arc<Node>, secs: Range<f64>, mut rng: Rng) -> anyhow::Result<()> {
    let mut turn = rng.usize(..Step::ALL.len());
    loop {
        sleep(pause(&mut rng, secs.clone())).await;
        let stranger = key(&mut rng)?.public().to_peer_id();
        let thing = rng.u32(..THINGS);
        let step = Step::ALL[turn % Step::ALL.len()];
        node.order(move |life| take(&mut life.swarm.behaviour_mut().kad, step, stranger, thing));
        turn += 1;
    }
}

fn take<S: kad::store::RecordStore + Send + 'static>(
    kad: &mut kad::Behaviour<S>,
    step: Step,
    stranger: PeerId,
    thing: u32,
) {
    let name = |kind: &str| kad::RecordKey::new(&format!("/demo/{kind}/{thing}"));
    // How a query ends is an event; an error at once says that the store is full, or that nobody is known yet.
    match step {
        Step::Closest => {
            kad.get_closest_peers(stranger);
        }
        Step::Put => {
            let value = format!("the value of thing {thing}").into_bytes();
            kad.put_record(kad::Record::new(name("record"), value), kad::Quorum::One).ok();
        }
        Step::Get => {
            kad.get_record(name("record"));
        }
        Step::Provide => {
            kad.start_providing(name("content")).ok();
        }
        Step::Providers => {
            kad.get_providers(name("content"));
        }
        Step::GetNothing => {
            kad.get_record(name("nothing"));
        }
        Step::Bootstrap => {
            kad.bootstrap().ok();
        }
    }
}
