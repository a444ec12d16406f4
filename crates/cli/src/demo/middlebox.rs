//! A box in the middle of a connection, like a router that forgets: after a while it resets both sides.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use libp2p::{Multiaddr, multiaddr::Protocol};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

/// Lets one connection through to `target`, and resets it after `life`. Gives back where to dial.
pub async fn through(target: &Multiaddr, life: Duration) -> anyhow::Result<Multiaddr> {
    let target = socket(target).context("no TCP address")?;
    let listener = TcpListener::bind("127.0.0.1:0").await.context("can't listen on loopback")?;
    let here = listener.local_addr()?;
    tokio::spawn(async move {
        // Nobody may come, or the target may be gone: then there is nothing to reset.
        if let Ok(Ok((near, _))) = tokio::time::timeout(life, listener.accept()).await
            && let Ok(far) = TcpStream::connect(target).await
        {
            reset_after(near, far, life).await;
        }
    });
    Ok(Multiaddr::from(here.ip()).with(Protocol::Tcp(here.port())))
}

async fn reset_after(mut near: TcpStream, mut far: TcpStream, life: Duration) {
    if tokio::time::timeout(life, copy_bidirectional(&mut near, &mut far)).await.is_err() {
        for side in [near, far] {
            // Lingering for no time at all makes the close a reset. Where the system refuses, it is a close.
            socket2::SockRef::from(&side).set_linger(Some(Duration::ZERO)).ok();
        }
    }
}

fn socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut protocols = address.iter();
    match (protocols.next()?, protocols.next()?) {
        (Protocol::Ip4(ip), Protocol::Tcp(port)) => Some((ip, port).into()),
        (Protocol::Ip6(ip), Protocol::Tcp(port)) => Some((ip, port).into()),
        _ => None,
    }
}
