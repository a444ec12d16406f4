//! Of identify: what a peer says of itself, and of us.

use super::*;

kinds! {
    PeerIdentified {
        peer "peer": Peer,
        connection "connection": Id,
        agent "agent": String,
        protocols "protocols": Vec<String>,
        listen_addrs "listenAddrs": Vec<Address>,
        observed_addr "observedAddr": Address,
    }
    /// Identify failed.
    PeerIdentifyFailed { peer "peer": Peer, connection "connection": Id, error "error": String }
}
