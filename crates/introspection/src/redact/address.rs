//! Stand-ins of hosts, alone and within multiaddrs. Kinds, ports and transports stay, so that an address is read as before.

use std::{
    collections::{HashMap, HashSet},
    net::{Ipv4Addr, Ipv6Addr},
};

use super::{
    Redactor,
    peer::LONG,
    secret::{BASE32, Secret},
};

/// Stand-ins of IPv4 are of 240.0.0.0 to 251.255.255.255, which RFC 1112 keeps for later: no host has them, and there are so
/// many that two seldom meet.
const IP4_FIRST: u32 = u32::from_be_bytes([240, 0, 0, 0]);
const IP4_COUNT: u32 = 12 << 24;
/// More hosts than this share stand-ins: the search for a free one would get long.
const IP4_MOST: usize = 100_000;
/// Of IPv6, 2001:db8::/32, which RFC 3849 set aside for documents.
const IP6_HEAD: [u16; 2] = [0x2001, 0xdb8];
/// Names without a dot that are remembered, to be found in texts.
const NAMES: usize = 10_000;

#[derive(Debug, Default)]
pub struct Hosts {
    ip4: HashMap<Ipv4Addr, Ipv4Addr>,
    taken: HashSet<u32>,
    names: HashSet<String>,
    /// There were more names than are kept: no text is safe, but ids.
    pub overflown: bool,
}

impl Hosts {
    pub fn ip4(&mut self, secret: &Secret, host: Ipv4Addr) -> Ipv4Addr {
        if let Some(stand_in) = self.ip4.get(&host) {
            return *stand_in;
        }
        let mut number = secret.stream("ip4", &host.octets()).word() % IP4_COUNT;
        if self.ip4.len() < IP4_MOST {
            while self.taken.contains(&number) {
                number = (number + 1) % IP4_COUNT;
            }
            self.taken.insert(number);
            self.ip4.insert(host, Ipv4Addr::from(IP4_FIRST + number));
        }
        Ipv4Addr::from(IP4_FIRST + number)
    }

    pub fn ip6(secret: &Secret, host: Ipv6Addr) -> Ipv6Addr {
        let mut stream = secret.stream("ip6", &host.octets());
        // The last is not 0, nor are there two zeros in a row but in the middle: it is written in one way only.
        let [a, b, c, d] = std::array::from_fn(|_| stream.word() as u16 | 1);
        Ipv6Addr::new(IP6_HEAD[0], IP6_HEAD[1], 0, 0, a, b, c, d)
    }

    /// A name, as DNS knows it, in whatever case it is written.
    pub fn name(&mut self, secret: &Secret, host: &str) -> String {
        let host = host.to_ascii_lowercase();
        if !host.contains('.') {
            self.learn_name(&host);
        }
        // RFC 2606: never a real name.
        format!("host-{}.example", secret.stream("name", host.as_bytes()).digits(BASE32, 8))
    }

    fn learn_name(&mut self, host: &str) {
        if host.len() < 3 || self.names.contains(host) {
            return;
        }
        if self.names.len() == NAMES {
            self.overflown = true;
        } else {
            self.names.insert(host.to_owned());
        }
    }

    /// How many names are known.
    pub fn learned(&self) -> usize {
        self.names.len()
    }

    /// Whether a text without a dot is a host's name.
    pub fn is_name(&self, text: &str) -> bool {
        !self.names.is_empty() && self.names.contains(&text.to_ascii_lowercase())
    }
}

/// What stands behind the name of a protocol in a multiaddr (<https://github.com/multiformats/multiaddr/blob/master/protocols.csv>).
enum Part {
    /// Nothing.
    Bare,
    /// A value that says nothing of who or where.
    Plain,
    Ip4,
    Ip6,
    Name,
    Peer,
    /// A value that is or has a key, or a zone of this machine.
    Secret,
    /// The rest of the address.
    Path,
}

fn part(name: &str) -> Option<Part> {
    Some(match name {
        "udt" | "utp" | "tls" | "noise" | "quic" | "quic-v1" | "webtransport" | "webrtc"
        | "webrtc-direct" | "http" | "https" | "ws" | "wss" | "p2p-circuit" | "p2p-webrtc-star"
        | "p2p-webrtc-direct" | "p2p-websocket-star" | "p2p-stardust" | "plaintextv2" => Part::Bare,
        "tcp" | "udp" | "dccp" | "sctp" | "ipcidr" | "memory" => Part::Plain,
        "ip4" => Part::Ip4,
        "ip6" => Part::Ip6,
        "dns" | "dns4" | "dns6" | "dnsaddr" | "sni" => Part::Name,
        "p2p" | "ipfs" => Part::Peer,
        "ip6zone" | "certhash" | "onion" | "onion3" | "garlic64" | "garlic32" | "http-path"
        | "silverbird" => Part::Secret,
        "unix" => Part::Path,
        _ => return None,
    })
}

/// Whether a text that begins so, behind its first slash, can be a multiaddr. `/ipfs/kad` is a protocol's name, and no peer.
pub fn begins_address(name: &str, value: &str) -> bool {
    match part(name) {
        Some(Part::Ip4 | Part::Ip6 | Part::Name | Part::Path | Part::Secret) => true,
        Some(Part::Peer) => value.bytes().take_while(u8::is_ascii_alphanumeric).count() >= LONG,
        Some(Part::Bare | Part::Plain) | None => false,
    }
}

impl Redactor {
    /// A multiaddr, with hosts and what else tells of a machine replaced, and with the peers if they are to be. What follows
    /// a protocol that is not known is cut off and counted.
    pub(super) fn multiaddr(&mut self, address: &str) -> String {
        let mut out = String::with_capacity(address.len());
        let mut parts = address.strip_prefix('/').unwrap_or(address).split('/');
        while let Some(name) = parts.next() {
            let Some(part) = part(name) else {
                // A slash at the end says nothing.
                if !name.is_empty() {
                    self.counts.values += 1;
                }
                break;
            };
            out.push('/');
            out.push_str(name);
            if matches!(part, Part::Bare) {
                continue;
            }
            let Some(value) = parts.next() else { break };
            let stand_in = match part {
                Part::Plain if value.bytes().all(|byte| byte.is_ascii_digit()) => value.to_owned(),
                Part::Ip4 => self.ip4(value),
                Part::Ip6 => self.ip6(value),
                Part::Name => self.hosts.name(&self.secret, value),
                Part::Peer => self.peer_id(value),
                Part::Path => {
                    parts = "".split('/');
                    parts.next();
                    self.hidden("path", address)
                }
                Part::Bare | Part::Plain | Part::Secret => self.hidden(name, value),
            };
            out.push('/');
            out.push_str(&stand_in);
        }
        out
    }

    fn ip4(&mut self, value: &str) -> String {
        match value.parse() {
            Ok(host) => self.hosts.ip4(&self.secret, host).to_string(),
            Err(_) => self.hidden("ip4", value),
        }
    }

    fn ip6(&mut self, value: &str) -> String {
        match value.parse() {
            Ok(host) => Hosts::ip6(&self.secret, host).to_string(),
            Err(_) => self.hidden("ip6", value),
        }
    }

    /// A value that only has to be told from others.
    fn hidden(&self, kind: &str, value: &str) -> String {
        format!("x{}", self.secret.stream(kind, value.as_bytes()).digits(BASE32, 12))
    }
}
