//! What the demo's nodes say to each other: transfers of a wanted size at a wanted pace, over protocols of several names.

use std::{io, time::Duration};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{StreamProtocol, request_response};
use tokio::time::{Instant, sleep_until};

/// The names under which transfers go. Each is a behaviour of its own, so that a request says which one it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Blocks,
    Chunks,
    Mempool,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Blocks, Self::Chunks, Self::Mempool];

    pub fn protocol(self) -> StreamProtocol {
        StreamProtocol::new(match self {
            Self::Blocks => "/blocks/sync/1",
            Self::Chunks => "/peerscope/demo/chunks/1",
            Self::Mempool => "/mempool/announce/2",
        })
    }
}

/// So many bytes, spread over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    pub len: u32,
    pub bytes_per_sec: u32,
}

/// What is asked: take this, then give me that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub upload: Load,
    pub download: Load,
}

pub type Transfers = request_response::Behaviour<Codec>;
pub type Event = request_response::Event<Ask, Load>;

pub fn behaviour(kind: Kind) -> Transfers {
    let config = request_response::Config::default().with_request_timeout(Duration::from_secs(30));
    let both = request_response::ProtocolSupport::Full;
    request_response::Behaviour::with_codec(Codec, [(kind.protocol(), both)], config)
}

/// No transfer is longer, whatever the other side asks for.
const MAX_LEN: u32 = 8 << 20;
/// Bytes written at once: small enough to be spread, large enough to cost little.
const PIECE: usize = 8 << 10;

/// A request is its two loads as four numbers, then the upload; a response is the download, to the stream's end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Codec;

impl request_response::Codec for Codec {
    type Protocol = StreamProtocol;
    type Request = Ask;
    type Response = Load;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Ask>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut head = [0; 16];
        io.read_exact(&mut head).await?;
        let [a, b, c, d] =
            [0, 4, 8, 12].map(|at| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
        let ask =
            Ask { upload: Load { len: a, bytes_per_sec: b }, download: Load { len: c, bytes_per_sec: d } };
        if ask.upload.len > MAX_LEN || ask.download.len > MAX_LEN {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a transfer that is too long"));
        }
        if swallow(io).await? != ask.upload.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(ask)
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Load>
    where
        T: AsyncRead + Unpin + Send,
    {
        Ok(Load { len: swallow(io).await?, bytes_per_sec: 0 })
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, ask: Ask) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        for number in [ask.upload.len, ask.upload.bytes_per_sec, ask.download.len, ask.download.bytes_per_sec]
        {
            io.write_all(&number.to_be_bytes()).await?;
        }
        pour(io, ask.upload).await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, load: Load) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        pour(io, load).await
    }
}

/// Reads to the end. How much it was.
async fn swallow<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<u32> {
    let mut buf = [0; PIECE];
    let mut len = 0u32;
    loop {
        let read = io.read(&mut buf).await?;
        if read == 0 {
            return Ok(len);
        }
        len = len.saturating_add(u32::try_from(read).unwrap_or(u32::MAX));
        if len > MAX_LEN {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a transfer that is too long"));
        }
    }
}

/// Writes so many bytes at that pace.
async fn pour<T: AsyncWrite + Unpin + Send>(io: &mut T, load: Load) -> io::Result<()> {
    let start = Instant::now();
    let pace = f64::from(load.bytes_per_sec.max(1));
    // At a slow pace less at once, so that it can be seen to flow: four pieces a second.
    let piece = (load.bytes_per_sec as usize / 4).clamp(64, PIECE);
    let bytes = [0x5a; PIECE];
    let mut written = 0;
    while written < load.len as usize {
        let now = piece.min(load.len as usize - written);
        io.write_all(&bytes[..now]).await?;
        io.flush().await?;
        written += now;
        sleep_until(start + Duration::from_secs_f64(written as f64 / pace)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use libp2p::request_response::Codec as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_load_takes_its_time() {
        let mut out = futures::io::Cursor::new(Vec::new());
        let start = Instant::now();
        pour(&mut out, Load { len: 50_000, bytes_per_sec: 10_000 }).await.expect("a vector takes it");
        assert_eq!(out.into_inner().len(), 50_000);
        assert_eq!(start.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_comes_as_it_went() {
        let ask = Ask {
            upload: Load { len: 3000, bytes_per_sec: 1000 },
            download: Load { len: 70_000, bytes_per_sec: 9 },
        };
        let mut wire = futures::io::Cursor::new(Vec::new());
        Codec.write_request(&Kind::Blocks.protocol(), &mut wire, ask).await.expect("a vector takes it");
        let bytes = wire.into_inner();
        let read = Codec.read_request(&Kind::Blocks.protocol(), &mut bytes.as_slice()).await.expect("whole");
        assert_eq!(read, ask);
        Codec.read_request(&Kind::Blocks.protocol(), &mut &bytes[..100]).await.expect_err("cut");
        Codec.read_request(&Kind::Blocks.protocol(), &mut &[0xff; 16][..]).await.expect_err("too long");
    }
}
