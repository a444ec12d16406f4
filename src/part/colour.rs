//! Which colour a transport, a protocol, an event has: one thing, one colour, in every view. Names of custom properties
//! of `tokens.css`; what has no colour of its own is grey.

use yew::prelude::*;

/// A custom property of `tokens.css`, `--c1`.
pub type Token = &'static str;

pub const OTHER: Token = "--c-other";

/// Of a transport as the engine names it.
pub fn transport(name: Option<&str>) -> Token {
    match name {
        Some("tcp") => "--c1",
        Some("quic" | "quic-v1") => "--c3",
        Some("webrtc" | "webrtc-direct") => "--c4",
        Some("webtransport") => "--c5",
        Some("ws" | "wss") => "--c6",
        Some("relayed") => "--c7",
        Some("memory") => "--c8",
        _ => OTHER,
    }
}

/// Of a protocol, by its name on the wire. Prefixes, since versions come and networks put their own name in.
pub fn protocol(name: Option<&str>) -> Token {
    let Some(name) = name else { return OTHER };
    let has = |part: &str| name.contains(part);
    if has("/kad/") || name.ends_with("/kad") {
        "--c1"
    } else if has("/meshsub/") || has("/floodsub/") {
        "--c2"
    } else if has("/ipfs/id/") || has("/identify") {
        "--c3"
    } else if has("/bitswap") {
        "--c4"
    } else if has("/dcutr") || has("/autonat") {
        "--c5"
    } else if has("/ping/") || name.ends_with("/ping") {
        "--c6"
    } else if has("/circuit/relay") {
        "--c7"
    } else if has("/ipfs/") || has("/libp2p/") || has("/noise") || has("/yamux") || has("/tls") {
        OTHER
    } else {
        // The node's own.
        "--c8"
    }
}

/// Of a type of event: what it says about a connection wins, then the protocol it belongs to.
pub fn event(kind: &str) -> Token {
    let has = |part: &str| kind.contains(part);
    if has("Failure") || has("Failed") || has("Error") {
        "--error"
    } else if has("Disconnect") || has("Closed") || has("Expired") {
        "--text-3"
    } else if has("Connected") || has("Established") || has("Opened") {
        "--active"
    } else if has("Dialing") || has("Incoming") || has("Connecting") {
        "--opening"
    } else if has("Dht") || has("DHT") || has("Kad") {
        "--c1"
    } else if has("Gossip") || has("Mesh") || has("Pubsub") {
        "--c2"
    } else if has("Identif") {
        "--c3"
    } else if has("Bitswap") {
        "--c4"
    } else if has("Dcutr") || has("Autonat") || has("HolePunch") {
        "--c5"
    } else if has("Ping") {
        "--c6"
    } else if has("Relay") || has("Circuit") || has("Reservation") {
        "--c7"
    } else if has("Listen") || has("External") || has("Address") {
        "--c8"
    } else {
        // Unknown to us: always the same colour for the same name, and mostly different ones for different names.
        let hash = kind
            .bytes()
            .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
        UNKNOWN[hash as usize % UNKNOWN.len()]
    }
}

const UNKNOWN: [Token; 9] = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8", OTHER];

/// A style attribute that paints with a token.
pub fn background(token: Token) -> String {
    format!("background:var({token})")
}

#[derive(Clone, PartialEq, Properties)]
pub struct SwatchProps {
    pub token: Token,
}

/// The 8 px square beside a word.
#[component]
pub fn Swatch(props: &SwatchProps) -> Html {
    html! { <i class="sw" style={background(props.token)} aria-hidden="true"></i> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_keep_their_colour_through_versions() {
        for (name, token) in [
            ("/ipfs/kad/1.0.0", "--c1"),
            ("/ipfs/lan/kad/1.0.0", "--c1"),
            ("/meshsub/1.2.0", "--c2"),
            ("/ipfs/id/1.0.0", "--c3"),
            ("/ipfs/id/push/1.0.0", "--c3"),
            ("/ipfs/bitswap/1.2.0", "--c4"),
            ("/libp2p/dcutr", "--c5"),
            ("/libp2p/autonat/1.0.0", "--c5"),
            ("/ipfs/ping/1.0.0", "--c6"),
            ("/libp2p/circuit/relay/0.2.0/hop", "--c7"),
            ("/blocks/sync/2", "--c8"),
            ("/libp2p/fetch/0.0.1", OTHER),
        ] {
            assert_eq!(protocol(Some(name)), token, "{name}");
        }
        assert_eq!(protocol(None), OTHER);
    }

    #[test]
    fn failures_are_red_and_ends_are_not_green() {
        assert_eq!(event("DialFailure"), "--error");
        assert_eq!(event("PeerConnected"), "--active");
        assert_eq!(event("PeerDisconnected"), "--text-3");
        assert_eq!(event("ConnectionClosed"), "--text-3");
        assert_eq!(event("PeerIdentified"), "--c3");
        assert_eq!(event("PeerDisconnecting"), "--text-3");
        assert_eq!(event("InboundDHTQuery"), "--c1");
        assert_eq!(event("SomethingNew"), event("SomethingNew"));
    }
}
