//! Of request-response.

use super::*;

kinds! {
    /// A request or response came in.
    RequestResponseMessage { peer "peer": Peer, connection "connection": Id, kind "kind": &'static str, request "request": String }
    RequestResponseOutboundFailure { peer "peer": Peer, connection "connection": Id, request "request": String, error "error": String }
    RequestResponseInboundFailure { peer "peer": Peer, connection "connection": Id, request "request": String, error "error": String }
    RequestResponseResponseSent { peer "peer": Peer, connection "connection": Id, request "request": String }
}
