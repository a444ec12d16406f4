//! What an address tells: its transport's name, and the security and muxer of transports that bring their own.

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

/// The address without the peer id of the other end, which the dialer's swarm appends.
pub(crate) fn without_peer(address: &Multiaddr, peer: &PeerId) -> Multiaddr {
    let mut address = address.clone();
    if matches!(address.iter().last(), Some(Protocol::P2p(last)) if last == *peer) {
        address.pop();
    }
    address
}

/// Where the other end is. A listener is told who comes over a relay, not from where: there it is the relay.
pub(crate) fn far_end(local: Option<&Multiaddr>, remote: &Multiaddr, peer: &PeerId) -> Multiaddr {
    let bare = without_peer(remote, peer);
    let local =
        local.filter(|local| bare.is_empty() && local.iter().any(|part| part == Protocol::P2pCircuit));
    let Some(local) = local else { return bare };
    let mut circuit = Multiaddr::empty();
    for part in local {
        let ends = part == Protocol::P2pCircuit;
        circuit.push(part);
        if ends {
            break;
        }
    }
    circuit
}

/// The protocol names joined by `+`, as the Go endpoint names a transport: `ip4+udp+quic-v1`.
pub(crate) fn transport_id(address: &Multiaddr) -> String {
    address.protocol_stack().collect::<Vec<_>>().join("+")
}

/// Security and muxer that are part of the transport itself, where the address says so.
pub(crate) fn built_in(address: &Multiaddr) -> Option<(&'static str, &'static str)> {
    let mut names = None;
    for protocol in address.iter() {
        match protocol {
            Protocol::Quic | Protocol::QuicV1 => names = Some(("/tls/1.0.0", "/quic-v1")),
            Protocol::WebTransport => names = Some(("/tls/1.0.0+/noise", "/webtransport")),
            Protocol::WebRTC | Protocol::WebRTCDirect => names = Some(("/dtls+/noise", "/webrtc")),
            // What runs over a relay is secured and multiplexed again.
            Protocol::P2pCircuit => names = None,
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Multiaddr {
        text.parse().expect("a multiaddr")
    }

    #[test]
    fn the_transport_is_named_without_the_peer() {
        let peer = PeerId::random();
        let dialed = address("/ip4/127.0.0.1/udp/4001/quic-v1").with(Protocol::P2p(peer));
        assert_eq!(transport_id(&without_peer(&dialed, &peer)), "ip4+udp+quic-v1");
        // A relay's id is not the peer's: it stays.
        let relayed = address("/ip4/127.0.0.1/tcp/4001")
            .with(Protocol::P2p(PeerId::random()))
            .with(Protocol::P2pCircuit);
        assert_eq!(transport_id(&without_peer(&relayed, &peer)), "ip4+tcp+p2p+p2p-circuit");
    }

    #[test]
    fn each_transport_has_its_names() {
        let names = |text: &str| {
            let address = address(text);
            (transport_id(&address), built_in(&address))
        };
        // Security and muxer of WebSocket are negotiated, as those of TCP.
        assert_eq!(names("/ip4/1.2.3.4/tcp/1/ws"), ("ip4+tcp+ws".to_owned(), None));
        assert_eq!(names("/dns4/example.org/tcp/443/wss").0, "dns4+tcp+wss");
        let hash = "uEiDikp5KVUgkLta1EjUN-IKbHk-dUBg8VzKgf5nXxLK46w";
        let transport = names(&format!("/ip4/1.2.3.4/udp/1/quic-v1/webtransport/certhash/{hash}"));
        assert_eq!(transport.1, Some(("/tls/1.0.0+/noise", "/webtransport")));
        let direct = names(&format!("/ip4/1.2.3.4/udp/1/webrtc-direct/certhash/{hash}"));
        assert_eq!(direct, ("ip4+udp+webrtc-direct+certhash".to_owned(), Some(("/dtls+/noise", "/webrtc"))));
    }

    #[test]
    fn who_comes_over_a_relay_comes_from_there() {
        let [relay, us, peer] = [(); 3].map(|()| PeerId::random());
        let circuit = address(&format!("/ip4/127.0.0.1/tcp/4001/p2p/{relay}/p2p-circuit"));
        let local = circuit.clone().with(Protocol::P2p(us));
        let remote = Multiaddr::empty().with(Protocol::P2p(peer));
        assert_eq!(far_end(Some(&local), &remote, &peer), circuit);
        assert_eq!(far_end(None, &remote, &peer), Multiaddr::empty());
        let direct = address("/ip4/192.0.2.1/tcp/9");
        assert_eq!(far_end(Some(&local), &direct, &peer), direct);
    }

    #[test]
    fn a_relayed_connection_over_quic_has_no_built_in_names() {
        assert_eq!(built_in(&address("/ip4/1.2.3.4/udp/1/quic-v1")), Some(("/tls/1.0.0", "/quic-v1")));
        assert_eq!(built_in(&address("/ip4/1.2.3.4/udp/1/quic-v1").with(Protocol::P2pCircuit)), None);
        assert_eq!(built_in(&address("/ip4/1.2.3.4/tcp/1")), None);
    }
}
