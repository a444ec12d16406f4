//! A wrapped transport below a resolver of names, which dials later than the swarm asked: each attempt goes to its own dial.

mod support;

use std::net::TcpListener;

use libp2p::{PeerId, SwarmBuilder, identity::Keypair, ping, quic, swarm::dial_opts::DialOpts};
use peerscope_libp2p::{Introspect, Introspector};
use support::{Node, Setup};

fn node() -> Node<Introspect<ping::Behaviour>> {
    let introspector = Introspector::builder().flight_recorder(0).build();
    let wrapped = introspector.clone();
    let swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            libp2p::tcp::Config::default(),
            introspector.security(libp2p::noise::Config::new),
            introspector.muxer(libp2p::yamux::Config::default),
        )
        .expect("TCP")
        .with_other_transport(move |key: &Keypair| {
            wrapped.wrap(quic::tokio::Transport::new(quic::Config::new(key)))
        })
        .expect("QUIC")
        .with_dns()
        .expect("a resolver")
        .with_behaviour(|_| introspector.behaviour(ping::Behaviour::default()))
        .expect("a behaviour")
        .build();
    Node::run(introspector, swarm)
}

#[tokio::test]
async fn each_attempt_is_its_own_dials() {
    let (a, b) = (node(), Setup::default().start());
    let quic = b.listen("/ip4/127.0.0.1/udp/0/quic-v1").await;
    let (peer, nobody, address) = (b.peer, PeerId::random(), quic.clone());
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    // In one go, so that the second is offered before the first one's transport is asked.
    a.swarm(move |swarm| {
        swarm.dial(DialOpts::peer_id(peer).addresses(vec![address]).build()).expect("it dials");
        let refused = format!("/ip4/127.0.0.1/tcp/{}", free.port()).parse().expect("a multiaddr");
        swarm.dial(DialOpts::peer_id(nobody).addresses(vec![refused]).build()).expect("it dials");
    })
    .await;
    let mut told = [a.event("DialAttempt", |_| true).await, a.event("DialAttempt", |_| true).await];
    told.sort_by_key(|attempt| attempt["connection"].to_string());
    let [to_b, to_nobody] = told;
    assert_eq!(
        (to_b["peer"].as_str(), to_b["outcome"].as_str()),
        (Some(&*peer.to_string()), Some("connected"))
    );
    assert_eq!(to_b["address"], quic.to_string());
    assert!(to_b["phases"]["totalMs"].as_f64().is_some_and(|ms| ms > 0.0), "{to_b}");
    assert_eq!(
        (to_nobody["peer"].as_str(), to_nobody["outcome"].as_str()),
        (Some(&*nobody.to_string()), Some("failed"))
    );
}
