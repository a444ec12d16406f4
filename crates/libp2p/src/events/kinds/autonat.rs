//! Of autonat, both versions.

use super::*;

kinds! {
    /// autonat 1: a peer asks us to dial it back: request, response or error.
    AutonatInboundProbe {
        probe "probe": String,
        peer "peer": Peer,
        status "status": &'static str,
        addresses "addresses": Vec<Address>,
        error "error": Option<String>,
    }
    /// autonat 1: we ask a peer to dial us back: request, response or error.
    AutonatOutboundProbe {
        probe "probe": String,
        peer "peer": Option<Peer>,
        status "status": &'static str,
        address "address": Option<Address>,
        error "error": Option<String>,
    }
    /// autonat 2: a server tried one of our addresses. `bytes`: what we had to send for it.
    AutonatClientTest {
        address "address": Address,
        server "server": Peer,
        bytes "bytes": u64,
        status "status": &'static str,
        error "error": Option<String>,
    }
    /// autonat 2: a client asked us to try its addresses, and one was dialed. `status` says whether the client got our answer,
    /// not what the answer was: libp2p keeps that to itself.
    AutonatServerTest {
        peer "peer": Peer,
        address "address": Address,
        addresses "addresses": Vec<Address>,
        bytes "bytes": u64,
        status "status": &'static str,
        error "error": Option<String>,
    }
}
