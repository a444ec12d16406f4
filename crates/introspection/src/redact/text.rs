//! Texts that can hold anything: ids, causes, tags, what an event says. Hosts, multiaddrs, peer ids and agents in them are
//! found by their looks, or because they are known.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    Redactor,
    address::{Hosts, begins_address},
    agent, peer,
};

/// What is written for a text that can't be shown to be safe.
const REMOVED: &str = "removed";

impl Redactor {
    /// A text with everything replaced in it that the options name.
    pub fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        if text.is_empty() {
            return text;
        }
        if self.options.agents {
            if self.agents.overflown {
                return REMOVED.to_owned();
            }
            for known in self.agents.known() {
                if text.contains(known) {
                    text = text.replace(known, &agent::stand_in(&self.secret, known));
                }
            }
        }
        if self.options.addresses {
            if self.hosts.overflown {
                return REMOVED.to_owned();
            }
            return self.addresses(&text);
        }
        self.peers_only(&text)
    }

    /// A text with only the peer ids replaced, if they are to be: a protocol, or a name.
    pub(super) fn peers_only(&mut self, text: &str) -> String {
        if !self.options.peer_ids {
            return text.to_owned();
        }
        if self.peers.overflown {
            return REMOVED.to_owned();
        }
        let mut text =
            runs(text, |byte| byte.is_ascii_alphanumeric(), |run| self.peers.within(&self.secret, run));
        for odd in self.peers.odd().to_vec() {
            if text.contains(&odd) {
                text = text.replace(&odd, &self.peers.stand_in(&self.secret, &odd));
            }
        }
        text
    }

    /// An id: a text as go-libp2p and rust-libp2p make them, or bytes.
    pub(super) fn id(&mut self, id: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(id) {
            Ok(text) => self.text(text).into_bytes(),
            Err(_) if self.options.peer_ids => peer::raw(&self.secret, id),
            Err(_) => id.to_vec(),
        }
    }

    /// Multiaddrs, and between them hosts and peers. Each is replaced once: a stand-in looks like what it stands for.
    fn addresses(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = multiaddr_at(rest) {
            out += &self.hosts_and_peers(&rest[..at]);
            let address = &rest[at..];
            let len = address.find(|c| !in_address(c)).unwrap_or(address.len());
            // A sentence goes on or ends behind it.
            let len = address[..len].trim_end_matches(['.', ':', '-']).len();
            out += &self.multiaddr(&address[..len]);
            rest = &address[len..];
        }
        out + &self.hosts_and_peers(rest)
    }

    fn hosts_and_peers(&mut self, text: &str) -> String {
        let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_".contains(&byte);
        let text = runs(text, in_host, |run| self.host_run(run));
        self.peers_only(&text)
    }

    /// What stands for a run of letters, digits, dots, colons and dashes, if a host is in it.
    fn host_run(&mut self, run: &str) -> Option<String> {
        let ip6 = |text: &str| text.parse::<Ipv6Addr>().ok();
        if run.bytes().filter(|byte| *byte == b':').count() >= 2 {
            // After a word and a colon, or before a full stop, it may be an address too.
            let starts = std::iter::once(0).chain(run.match_indices(':').map(|(at, _)| at + 1));
            for start in starts {
                for end in [run.len(), run.trim_end_matches(['.', ':', '-']).len()] {
                    if let Some(host) = run.get(start..end).and_then(ip6) {
                        let before = self.host_run(&run[..start]).unwrap_or_else(|| run[..start].to_owned());
                        let stand_in = Hosts::ip6(&self.secret, host);
                        return Some(format!("{before}{stand_in}{}", &run[end..]));
                    }
                }
            }
        }
        let mut changed = false;
        let parts: Vec<String> = (run.split(':'))
            .map(|part| {
                let stand_in = self.host(part);
                changed |= stand_in.is_some();
                stand_in.unwrap_or_else(|| part.to_owned())
            })
            .collect();
        changed.then(|| parts.join(":"))
    }

    /// What stands for a host alone: an IPv4 address or a name, with dots or dashes around it.
    fn host(&mut self, part: &str) -> Option<String> {
        let trimmed = part.trim_matches(['.', '-', '_']);
        let start = part.find(trimmed)?;
        let (before, after) = (&part[..start], &part[start + trimmed.len()..]);
        let stand_in = if let Some(replaced) = self.ip4_in(trimmed) {
            replaced
        } else if is_name(trimmed) || self.hosts.is_name(trimmed) {
            self.hosts.name(&self.secret, trimmed)
        } else {
            return None;
        };
        Some(format!("{before}{stand_in}{after}"))
    }

    /// IPv4 addresses among letters and dashes: four numbers with dots and nothing else of that kind around.
    fn ip4_in(&mut self, text: &str) -> Option<String> {
        let mut changed = false;
        let replaced = runs(
            text,
            |byte| byte.is_ascii_digit() || byte == b'.',
            |run| {
                let host: Ipv4Addr = run.trim_matches('.').parse().ok()?;
                changed = true;
                Some(run.replace(run.trim_matches('.'), &self.hosts.ip4(&self.secret, host).to_string()))
            },
        );
        changed.then_some(replaced)
    }
}

/// Two labels or more, the last of letters alone.
fn is_name(text: &str) -> bool {
    let mut labels = text.rsplit('.');
    let last = labels.next().unwrap_or_default();
    let top = last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let mut count = 0;
    top && labels.all(|label| {
        count += 1;
        !label.is_empty()
    }) && count > 0
}

/// Where a multiaddr begins.
fn multiaddr_at(text: &str) -> Option<usize> {
    text.match_indices('/').map(|(at, _)| at).find(|at| {
        let rest = &text[at + 1..];
        rest.split_once('/').is_some_and(|(name, value)| begins_address(name, value))
    })
}

/// What can stand in a multiaddr. A text goes on after anything else.
fn in_address(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/.:-_~%+=@".contains(c)
}

/// Goes through the longest runs of some kind of byte; what `replace` gives stands in their place.
fn runs(text: &str, of: impl Fn(u8) -> bool, mut replace: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.bytes().position(&of) {
        out += &rest[..start];
        let run = &rest[start..];
        let len = run.bytes().position(|byte| !of(byte)).unwrap_or(run.len());
        match replace(&run[..len]) {
            Some(stand_in) => out += &stand_in,
            None => out += &run[..len],
        }
        rest = &run[len..];
    }
    out + rest
}
