//! Texts that can hold anything: ids, causes, tags, what an event says. Hosts, multiaddrs, peer ids and agents in them are
//! found by their looks, or because they are known.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    Redactor,
    address::{Hosts, begins_address},
    agent, peer,
    secret::BASE32,
};

/// Texts and ids whose stand-ins are remembered.
const MEMO: usize = 50_000;
/// Protocols and names of events whose stand-ins are remembered.
const NAMES: usize = 4096;
/// Shorter ones are no agents and no names that were not learned.
const SHORT: usize = 3;

impl Redactor {
    /// A text with everything replaced in it that the options name.
    pub fn text(&mut self, text: &str) -> String {
        if self.overflown() && text.len() >= SHORT {
            return self.removed(text);
        }
        // What was learned since may stand in it.
        let learned = (self.agents.learned(), self.hosts.learned(), self.peers.learned());
        if self.learned != learned {
            self.learned = learned;
            self.texts.clear();
        }
        if let Some(replaced) = self.texts.get(text) {
            return replaced.clone();
        }
        let replaced = self.replaced(text);
        if self.texts.len() < MEMO && text.len() <= 256 {
            self.texts.insert(text.to_owned(), replaced.clone());
        }
        replaced
    }

    fn replaced(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.options.agents {
            for known in self.agents.known() {
                if text.contains(known) {
                    text = text.replace(known, &agent::stand_in(&self.secret, known));
                }
            }
            text = agent::without_versions(&text);
        }
        if self.options.addresses { self.addresses(&text) } else { self.peers_in(&text) }
    }

    /// There was more than is kept to be searched for.
    fn overflown(&self) -> bool {
        self.options.agents && self.agents.overflown
            || self.options.addresses && self.hosts.overflown
            || self.options.peer_ids && self.peers.overflown
    }

    /// What is written for a text that can't be shown to be safe.
    fn removed(&mut self, text: &str) -> String {
        self.counts.values += 1;
        format!("removed-{}", self.secret.stream("removed", text.as_bytes()).digits(BASE32, 8))
    }

    /// A text with only the peer ids replaced, if they are to be: a protocol, or a name.
    pub(super) fn peers_only(&mut self, text: &str) -> String {
        if !self.options.peer_ids || !self.peers.overflown || text.len() < SHORT {
            let replaced = self.peers_in(text);
            // It stays so.
            if self.names.len() < NAMES && !self.names.contains_key(text) {
                self.names.insert(text.to_owned(), replaced.clone());
            }
            return replaced;
        }
        match self.names.get(text) {
            Some(replaced) => replaced.clone(),
            None => self.removed(text),
        }
    }

    fn peers_in(&mut self, text: &str) -> String {
        if !self.options.peer_ids {
            return text.to_owned();
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
            Ok(text) => self.id_text(text).into_bytes(),
            Err(_) if self.options.peer_ids => peer::raw(&self.secret, id),
            Err(_) => id.to_vec(),
        }
    }

    /// An id as text. Two are never told as one, and one is told the same from the first frame to the last.
    pub(super) fn id_text(&mut self, id: &str) -> String {
        if id.split('-').all(peer::in_id) {
            return self.peers_in(id);
        }
        if let Some(told) = self.ids.get(id) {
            return told.clone();
        }
        let told = if self.overflown() {
            format!("id-{}", self.secret.stream("id", id.as_bytes()).digits(BASE32, 16))
        } else {
            self.replaced(id)
        };
        if self.ids.len() < MEMO {
            self.ids.insert(id.to_owned(), told.clone());
        }
        told
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
        self.peers_in(&text)
    }

    /// What stands for a run of letters, digits, dots, colons and dashes, if a host is in it.
    fn host_run(&mut self, run: &str) -> Option<String> {
        let mut out = String::new();
        // What stands before it was gone through.
        let (mut done, mut at) = (0, 0);
        let mut changed = false;
        while at < run.len() {
            if let Some((host, len)) = ip6_at(run, at) {
                self.names_and_ip4(&run[done..at], &mut out);
                out += &Hosts::ip6(&self.secret, host).to_string();
                changed = true;
                at += len;
                done = at;
            } else {
                at += 1;
            }
        }
        changed |= self.names_and_ip4(&run[done..], &mut out);
        changed.then_some(out)
    }

    /// A run without IPv6. Whether something in it was replaced.
    fn names_and_ip4(&mut self, run: &str, out: &mut String) -> bool {
        let mut changed = false;
        for (number, part) in run.split(':').enumerate() {
            if number > 0 {
                out.push(':');
            }
            let stand_in = self.host(part);
            changed |= stand_in.is_some();
            out.push_str(stand_in.as_deref().unwrap_or(part));
        }
        changed
    }

    /// What stands for a host alone: an IPv4 address or a name, with dots or dashes around it.
    fn host(&mut self, part: &str) -> Option<String> {
        let trimmed = part.trim_matches(['.', '-', '_']);
        let start = part.find(trimmed)?;
        let (before, after) = (&part[..start], &part[start + trimmed.len()..]);
        // A name can have an IPv4 address in it.
        let stand_in = if is_name(trimmed) || self.hosts.is_name(trimmed) {
            self.hosts.name(&self.secret, trimmed)
        } else {
            self.ip4_in(trimmed)?
        };
        Some(format!("{before}{stand_in}{after}"))
    }

    /// IPv4 addresses among letters and dashes: four numbers with dots. tcpdump writes the port as a fifth.
    fn ip4_in(&mut self, text: &str) -> Option<String> {
        let mut changed = false;
        let replaced = runs(
            text,
            |byte| byte.is_ascii_digit() || byte == b'.',
            |run| {
                let parts: Vec<&str> = run.split('.').collect();
                let mut out = Vec::new();
                let mut rest = &parts[..];
                while let Some((first, others)) = rest.split_first() {
                    let host = rest.get(..4).and_then(|four| four.join(".").parse::<Ipv4Addr>().ok());
                    if let Some(host) = host {
                        out.push(self.hosts.ip4(&self.secret, host).to_string());
                        changed = true;
                        rest = &rest[4..];
                    } else {
                        out.push((*first).to_owned());
                        rest = others;
                    }
                }
                Some(out.join("."))
            },
        );
        changed.then_some(replaced)
    }
}

/// As long as an IPv6 address gets, with IPv4 at its end.
const IP6_LEN: usize = 45;

/// The longest IPv6 address that begins here, between what are no letters and digits, and its length.
fn ip6_at(run: &str, at: usize) -> Option<(Ipv6Addr, usize)> {
    let alone = |at: usize| run.as_bytes().get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    if at > 0 && !alone(at - 1) {
        return None;
    }
    let rest = &run.as_bytes()[at..];
    let in_ip6 = |byte: &&u8| byte.is_ascii_hexdigit() || b":.".contains(byte);
    let most = rest.iter().take(IP6_LEN).take_while(in_ip6).count();
    if rest[..most].iter().filter(|byte| **byte == b':').count() < 2 {
        return None;
    }
    (2..=most)
        .rev()
        .filter(|len| alone(at + len))
        .find_map(|len| Some((run.get(at..at + len)?.parse().ok()?, len)))
}

/// Two labels or more, the last of letters alone or in Punycode; a word may stand behind a dash.
fn is_name(text: &str) -> bool {
    let mut labels = text.rsplit('.');
    let last = labels.next().unwrap_or_default();
    let word = last.split(['-', '_']).next().unwrap_or_default();
    let top = last.len() > 4 && last.is_char_boundary(4) && last[..4].eq_ignore_ascii_case("xn--")
        || word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
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
