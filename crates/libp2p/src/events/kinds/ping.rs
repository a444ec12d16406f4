//! Of ping.

use super::*;

kinds! {
    PingResult { peer "peer": Peer, connection "connection": Id, rtt_ns "rttNs": Option<u64>, failure "failure": Option<String> }
}
