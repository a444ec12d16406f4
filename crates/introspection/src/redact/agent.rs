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
    /// The longest first: one can be a part of another.
    by_len: Vec<String>,
    /// There were more than are kept: no text is safe, but ids.
    pub overflown: bool,
}

impl Agents {
    /// Takes note of an agent, so that it is found within other texts.
    pub fn learn(&mut self, agent: &str) {
        // Well-known ones are found by their looks.
        let found = || {
            product(agent)
                .is_some_and(|product| product.len() + version_len(&agent[product.len()..]) == agent.len())
        };
        if agent.len() < LEN || self.known.contains(agent) || found() {
            return;
        }
        if self.known.len() == KNOWN {
            self.overflown = true;
        } else {
            self.known.insert(agent.to_owned());
            let at = self.by_len.partition_point(|other| other.len() >= agent.len());
            self.by_len.insert(at, agent.to_owned());
        }
    }

    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.by_len.iter().map(String::as_str)
    }

    /// How many are known.
    pub fn learned(&self) -> usize {
        self.known.len()
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

/// How much of a text is the version of the program whose name stands before it, and what it says of itself behind that.
fn version_len(text: &str) -> usize {
    if !text.starts_with(['/', '@']) {
        return 0;
    }
    text.find(|c: char| c.is_whitespace() || "\"'`,;()[]{}<>|".contains(c)).unwrap_or(text.len())
}

/// A text with only the names left of well-known programs in it. `/kubo/…` is a path or a protocol.
pub fn without_versions(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['/', '@']) {
        let (before, version) = rest.split_at(at);
        let in_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let around = before.trim_end_matches(in_name);
        let within_path = around.ends_with('/') || around.is_empty() && out.ends_with('/');
        out += before;
        // Looked for only there: it may be long.
        let known = !within_path && product(&before[around.len()..]).is_some();
        let len = if known { version_len(version) } else { 0 };
        if len > 1 {
            rest = &version[len..];
        } else {
            out += &version[..1];
            rest = &version[1..];
        }
    }
    out + rest
}
