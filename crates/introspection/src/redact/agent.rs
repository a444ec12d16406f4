//! Stand-ins of what nodes say that they run. A well-known program keeps its name and loses its version; any other is a
//! number: its name may tell whose it is.

use std::collections::HashSet;

use super::secret::{BASE32, Secret};

/// Programs that many run.
const WELL_KNOWN: [&str; 36] = [
    "rust-libp2p",
    "go-libp2p",
    "js-libp2p",
    "py-libp2p",
    "nim-libp2p",
    "jvm-libp2p",
    "cpp-libp2p",
    "dotnet-libp2p",
    "swift-libp2p",
    "kubo",
    "go-ipfs",
    "helia",
    "js-ipfs",
    "rainbow",
    "someguy",
    "boxo",
    "lighthouse",
    "lodestar",
    "prysm",
    "teku",
    "nimbus",
    "grandine",
    "caplin",
    "lotus",
    "venus",
    "forest",
    "boost",
    "curio",
    "bee",
    "substrate",
    "parity-polkadot",
    "celestia-node",
    "litep2p",
    "ipfs-cluster",
    "hydra-booster",
    "peerscope",
];

/// Agents that are searched for in texts.
const KNOWN: usize = 512;
/// Shorter ones stand in too many texts by chance.
const LEN: usize = 5;

#[derive(Debug, Default)]
pub struct Agents {
    known: HashSet<String>,
    /// There were more than are kept: no text is safe.
    pub overflown: bool,
}

impl Agents {
    /// Takes note of an agent, so that it is found within other texts.
    pub fn learn(&mut self, agent: &str) {
        if agent.len() < LEN || product(agent) == Some(agent) || self.known.contains(agent) {
            return;
        }
        if self.known.len() == KNOWN {
            self.overflown = true;
        } else {
            self.known.insert(agent.to_owned());
        }
    }

    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    pub fn stand_in(&mut self, secret: &Secret, agent: &str) -> String {
        self.learn(agent);
        stand_in(secret, agent)
    }
}

pub fn stand_in(secret: &Secret, agent: &str) -> String {
    if agent.is_empty() {
        return String::new();
    }
    match product(agent) {
        Some(product) => product.to_owned(),
        None => format!("agent-{}", secret.stream("agent", agent.as_bytes()).digits(BASE32, 8)),
    }
}

/// The name of a well-known program, as it is written there.
fn product(agent: &str) -> Option<&str> {
    let name = agent.split(['/', ' ', '@']).next()?;
    WELL_KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known)).then_some(name)
}
