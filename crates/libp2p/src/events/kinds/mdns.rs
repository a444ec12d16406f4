//! Of mdns.

use super::*;

kinds! {
    /// A peer in the local network, one event an address.
    MdnsDiscovered { peer "peer": Peer, address "address": Address }
    MdnsExpired { peer "peer": Peer, address "address": Address }
}
