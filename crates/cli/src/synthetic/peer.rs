//! The nodes at the other ends: their ids, agents and addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use sha2::{Digest, Sha256};

use super::dice::Dice;

/// Programs in use, by how often they are met.
const AGENTS: [(u64, &str); 10] = [
    (30, "kubo/0.34.1/desktop"),
    (14, "kubo/0.33.2/"),
    (6, "go-ipfs/0.12.2/0e8b121ab"),
    (16, "rust-libp2p/0.57.1"),
    (8, "js-libp2p/2.8.2 UserAgent=v22.14.0"),
    (8, "Lighthouse/v7.0.1-e42406d/x86_64-linux"),
    (5, "teku/teku/v25.4.0/linux-x86_64/-eclipseadoptium-openjdk64bitservervm-java-21"),
    (5, "lotus-1.32.2+mainnet+git.2d8b5cb"),
    (5, "nebula/2.4.0"),
    (3, "storm"),
];

/// Where a node listens, as the prefix of its addresses.
#[derive(Clone, Copy, Debug)]
enum Host {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

/// A node.
#[derive(Clone, Debug)]
pub struct Peer {
    /// In its usual text.
    pub id: String,
    pub agent: &'static str,
    host: Host,
    port: u64,
    /// Where it is in the DHT's space.
    key: [u8; 32],
}

impl Peer {
    pub fn new(dice: &mut Dice) -> Self {
        let multihash = match dice.below(100) {
            // Ed25519, secp256k1 and RSA: the first two hold the key itself, the last a hash of it.
            0..84 => [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20], &dice.bytes::<32>()[..]].concat(),
            84..92 => {
                let parity = 2 + (dice.next() & 1) as u8;
                [&[0x00, 0x25, 0x08, 0x02, 0x12, 0x21, parity], &dice.bytes::<32>()[..]].concat()
            }
            _ => [&[0x12, 0x20], &dice.bytes::<32>()[..]].concat(),
        };
        // Networks that belong to nobody: 198.18.0.0/15 (RFC 2544) and 2001:db8::/32 (RFC 3849).
        let host = if dice.percent(80) {
            let [a, b, c] = dice.bytes::<3>();
            Host::V4(Ipv4Addr::new(198, 18 + (a & 1), b, c.clamp(1, 254)))
        } else {
            let [a, b] = [dice.next() as u16, dice.next() as u16];
            Host::V6(Ipv6Addr::new(0x2001, 0xdb8, a, b, 0, 0, 0, 1))
        };
        Self {
            id: bs58::encode(&multihash).into_string(),
            agent: *dice.weighted(&AGENTS),
            host,
            port: if dice.percent(70) { 4001 } else { dice.between(1_024, 65_535) },
            key: Sha256::digest(&multihash).into(),
        }
    }

    /// `ip4` or `ip6`.
    pub fn family(&self) -> &'static str {
        match self.host {
            Host::V4(_) => "ip4",
            Host::V6(_) => "ip6",
        }
    }

    /// Its address with what comes after the host; `{}` stands for the port.
    pub fn address(&self, transport: &str) -> String {
        self.address_at(transport, self.port)
    }

    /// The same from a port of the moment.
    pub fn address_at(&self, transport: &str, port: u64) -> String {
        let rest = transport.replace("{}", &port.to_string());
        match self.host {
            Host::V4(ip) => format!("/ip4/{ip}/{rest}"),
            Host::V6(ip) => format!("/ip6/{ip}/{rest}"),
        }
    }

    /// How many first bits of the DHT keys of two nodes are the same.
    pub fn common_prefix(&self, other: &Self) -> u32 {
        let mut bits = 0;
        for (a, b) in self.key.iter().zip(other.key) {
            let differ = (a ^ b).leading_zeros();
            bits += differ;
            if differ < 8 {
                break;
            }
        }
        bits
    }
}
