//! Frames that can be shown to others: addresses, peer ids, event content and agents replaced by stand-ins, the same one for
//! the same thing wherever it stands. Times, figures, protocols, transports and causes stay. No randomness: the secret that
//! the stand-ins are made from is an argument.
//!
//! What is not understood is left out and counted: it could hold anything.

mod address;
mod agent;
mod content;
mod json;
mod peer;
mod schema;
mod secret;
mod text;
mod walk;

use std::collections::HashMap;

use crate::redact::{address::Hosts, agent::Agents, peer::Peers, secret::Secret};

/// What is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Hosts of addresses: IP addresses and names. Ports and kinds stay.
    pub addresses: bool,
    /// Peer ids, alone and within addresses, ids and texts.
    pub peer_ids: bool,
    /// What events say, except which peer and which connection they are about.
    pub event_content: bool,
    /// What the node and its peers say that they run; of well-known programs only the version.
    pub agents: bool,
}

impl Options {
    /// All that can be replaced.
    #[must_use]
    pub fn all() -> Self {
        Options { addresses: true, peer_ids: true, event_content: true, agents: true }
    }
}

/// What was left out because it was not understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Payloads that are no message of the schema.
    pub payloads: u64,
    /// Fields that the schema does not know.
    pub fields: u64,
    /// Addresses and event contents that can't be read, or a part of them, and texts that could hold what there was too much
    /// of to remember.
    pub values: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.payloads + self.fields + self.values
    }
}

/// Replaces what [`Options`] names in one payload after the other.
///
/// ```
/// use peerscope_introspection::redact::{Options, Redactor};
///
/// let mut redactor = Redactor::new(Options::all(), [7; 32]);
/// let text = redactor.text("dial 203.0.113.7:4001 failed");
/// assert!(text.starts_with("dial 2") && !text.contains("203.0.113.7") && text.ends_with(":4001 failed"));
/// assert_eq!(redactor.text("dial 203.0.113.7:4001 failed"), text);
/// ```
#[derive(Debug)]
pub struct Redactor {
    options: Options,
    secret: Secret,
    peers: Peers,
    hosts: Hosts,
    agents: Agents,
    /// Properties of each event type, with the numbers of their types.
    types: HashMap<String, Vec<(String, u64)>>,
    /// Stand-ins of texts, as long as nothing new is learned: agents, hosts and peers, in this order.
    texts: HashMap<String, String>,
    learned: (usize, usize, usize),
    /// Stand-ins of ids of no known form: they do not change.
    ids: HashMap<String, String>,
    /// Of protocols and names.
    names: HashMap<String, String>,
    counts: Counts,
}

impl Redactor {
    /// `salt`: random, never told, and another for each file: who knows it can find out what a stand-in stands for.
    #[must_use]
    pub fn new(options: Options, salt: [u8; 32]) -> Self {
        Self {
            options,
            secret: Secret::new(salt),
            peers: Peers::default(),
            hosts: Hosts::default(),
            agents: Agents::default(),
            types: HashMap::new(),
            texts: HashMap::new(),
            learned: (0, 0, 0),
            ids: HashMap::new(),
            names: HashMap::new(),
            counts: Counts::default(),
        }
    }

    /// One payload, redacted. None: it was left out.
    pub fn payload(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        let redacted = self.message(payload);
        if redacted.is_err() {
            self.counts.payloads += 1;
        }
        redacted.ok()
    }

    /// What was left out so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// A peer id.
    pub fn peer_id(&mut self, id: &str) -> String {
        if self.options.peer_ids { self.peers.stand_in(&self.secret, id) } else { id.to_owned() }
    }

    /// What a node says that it runs.
    pub fn agent(&mut self, agent: &str) -> String {
        if self.options.agents { self.agents.stand_in(&self.secret, agent) } else { agent.to_owned() }
    }
}

#[cfg(test)]
mod tests;
