//! What a multiaddr says to people: transport, host and port, relay. Any text is accepted; what it does not tell is None.

use std::collections::HashSet;

use rustc_hash::FxHashMap;

use crate::intern::{Interner, Sym};

/// Each address read once.
#[derive(Debug, Default)]
pub struct Addresses(FxHashMap<Sym, Address>);

static NOTHING: Address = Address { transport: None, host: None, relay: None };

impl Addresses {
    pub fn learn(&mut self, sym: Sym, interner: &Interner) {
        if !sym.is_none() {
            self.0.entry(sym).or_insert_with(|| parse(&interner.text(sym)));
        }
    }

    pub fn get(&self, sym: Sym) -> &Address {
        self.0.get(&sym).unwrap_or(&NOTHING)
    }

    /// Forgets what `marked` does not name.
    pub fn sweep(&mut self, marked: &HashSet<Sym>) {
        self.0.retain(|sym, _| marked.contains(sym));
    }

    /// About.
    pub fn memory(&self) -> usize {
        self.0.len() * (size_of::<Address>() + 48)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// "tcp", "quic-v1", "ws", …, "relayed".
    pub transport: Option<&'static str>,
    /// "203.0.113.7:4001", "[2001:db8::1]:4001".
    pub host: Option<String>,
    /// Peer id of the relay.
    pub relay: Option<String>,
}

/// Most telling first: an address over QUIC names udp too.
const TRANSPORTS: [&str; 11] = [
    "webtransport",
    "webrtc-direct",
    "webrtc",
    "quic-v1",
    "quic",
    "wss",
    "ws",
    "tcp",
    "memory",
    "unix",
    "udp",
];

pub const RELAYED: &str = "relayed";

/// Every name that a transport may have here.
pub fn names() -> impl Iterator<Item = &'static str> {
    TRANSPORTS.into_iter().chain([RELAYED])
}

pub fn parse(address: &str) -> Address {
    let parts: Vec<&str> = address.split('/').collect();
    let circuit = parts.iter().position(|part| *part == "p2p-circuit");
    let relay = circuit.and_then(|at| {
        let id = at.checked_sub(1)?;
        let is_id = id.checked_sub(1).is_some_and(|name| parts[name] == "p2p");
        is_id.then(|| parts[id].to_owned())
    });
    let transport = match circuit {
        Some(_) => Some(RELAYED),
        None => named(&parts),
    };
    Address { transport, host: host(&parts), relay }
}

/// What a transport id such as Go's `ip4+tcp+ws` says.
pub fn from_transport_id(id: &str) -> Option<&'static str> {
    let parts: Vec<&str> = id.split('+').collect();
    if parts.contains(&"p2p-circuit") { Some(RELAYED) } else { named(&parts) }
}

fn named(parts: &[&str]) -> Option<&'static str> {
    let has_tls = parts.contains(&"tls");
    TRANSPORTS
        .iter()
        .find(|name| parts.contains(*name))
        .map(|name| if *name == "ws" && has_tls { "wss" } else { *name })
}

fn host(parts: &[&str]) -> Option<String> {
    let at =
        parts.iter().position(|part| matches!(*part, "ip4" | "ip6" | "dns" | "dns4" | "dns6" | "dnsaddr"))?;
    let host = parts.get(at + 1).filter(|host| !host.is_empty())?;
    let host = if parts[at] == "ip6" { format!("[{host}]") } else { (*host).to_owned() };
    let port = match parts.get(at + 2) {
        Some(&"tcp" | &"udp") => parts.get(at + 3).filter(|port| port.parse::<u16>().is_ok()),
        _ => None,
    };
    Some(match port {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shortened_for_people() {
        let cases = [
            ("/ip4/203.0.113.7/tcp/4001", Some("tcp"), Some("203.0.113.7:4001"), None),
            ("/ip6/2001:db8::1/udp/4001/quic-v1", Some("quic-v1"), Some("[2001:db8::1]:4001"), None),
            ("/dns4/a.example/tcp/443/tls/ws/p2p/12D3", Some("wss"), Some("a.example:443"), None),
            ("/ip4/1.2.3.4/tcp/1/p2p/RELAY/p2p-circuit", Some("relayed"), Some("1.2.3.4:1"), Some("RELAY")),
            (
                "/ip4/1.2.3.4/udp/1/quic-v1/webtransport/certhash/x",
                Some("webtransport"),
                Some("1.2.3.4:1"),
                None,
            ),
            ("/memory/7", Some("memory"), None, None),
            ("/ip4/1.2.3.4/tcp/notaport", Some("tcp"), Some("1.2.3.4"), None),
            ("", None, None, None),
            ("p2p-circuit", Some("relayed"), None, None),
            ("deadbeef", None, None, None),
        ];
        for (text, transport, host, relay) in cases {
            let address = parse(text);
            assert_eq!(
                (address.transport, address.host.as_deref(), address.relay.as_deref()),
                (transport, host, relay),
                "{text}"
            );
        }
        assert_eq!(from_transport_id("ip4+tcp+ws+p2p+p2p-circuit"), Some("relayed"));
        assert_eq!(from_transport_id("ip4+udp+quic-v1"), Some("quic-v1"));
        assert_eq!(from_transport_id("\u{0}\u{1}\u{2}\u{3}"), None);
    }
}
