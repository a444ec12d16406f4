//! What answers on a port and is no libp2p node, or not the one that was meant. Each lives as long as a dial takes.

use std::{net::SocketAddr, time::Duration};

use libp2p::{Multiaddr, multiaddr::Protocol};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

/// Longer than a node waits for the other side of a handshake.
const LIFE: Duration = Duration::from_secs(12);

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As a web server does, to what is no request.
    Http,
    /// With what it was sent. To the negotiation that is consent; to the handshake after it, nonsense.
    Echo,
    /// Not at all.
    Silence,
}

/// An address at which one is answered in that manner.
pub async fn answering(manner: Manner) -> anyhow::Result<Multiaddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = multiaddr(listener.local_addr()?);
    tokio::spawn(async move {
        // Nobody may come.
        if let Ok(Ok((socket, _))) = timeout(LIFE, listener.accept()).await {
            // The other side may hang up at any time, which is the purpose.
            answer(socket, manner).await.ok();
        }
    });
    Ok(address)
}

/// An address at which a connection is refused: it was free a moment ago.
pub async fn refused() -> anyhow::Result<Multiaddr> {
    Ok(multiaddr(TcpListener::bind("127.0.0.1:0").await?.local_addr()?))
}

async fn answer(mut socket: TcpStream, manner: Manner) -> std::io::Result<()> {
    match manner {
        Manner::Http => {
            // What the request was makes no difference.
            socket.read_u8().await?;
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await?;
            socket.shutdown().await
        }
        Manner::Echo => {
            let (mut read, mut write) = socket.split();
            timeout(LIFE, tokio::io::copy(&mut read, &mut write)).await??;
            Ok(())
        }
        Manner::Silence => {
            sleep(LIFE).await;
            Ok(())
        }
    }
}

fn multiaddr(address: SocketAddr) -> Multiaddr {
    Multiaddr::from(address.ip()).with(Protocol::Tcp(address.port()))
}
