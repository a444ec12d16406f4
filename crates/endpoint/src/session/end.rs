//! How a session ends: for which reason, with which close frame, and how long the client has to hear it.

use std::time::Duration;

use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::link::Socket;

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client closed it, or is gone.
    Gone,
    /// The endpoint is being closed.
    Closing,
    NotGreeted,
    Undecodable,
    TooLong,
    Broken,
    TooMany(usize),
}

impl End {
    fn close_frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Closing => (CloseCode::Away, "the endpoint is closing".into()),
            Self::NotGreeted => (CloseCode::Policy, "no HELLO in time".into()),
            Self::Undecodable => (CloseCode::Invalid, "not a ClientCommand".into()),
            Self::TooLong => (CloseCode::Size, "a command is longer than 64 KiB".into()),
            Self::Broken => (CloseCode::Protocol, "not the WebSocket protocol".into()),
            Self::TooMany(max) => (CloseCode::Again, format!("too many sessions: this endpoint takes {max}")),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

/// Says why, when that is written within `writing` waits `closing` for the client to hear it, and leaves.
pub(super) async fn end(
    mut sink: SplitSink<Socket, Message>,
    mut stream: SplitStream<Socket>,
    why: End,
    writing: Duration,
    closing: Duration,
) {
    if let Some(close) = why.close_frame()
        && !matches!(timeout(writing, sink.send(Message::Close(Some(close)))).await, Ok(Ok(())))
    {
        return;
    }
    // What is unread when a socket is dropped resets it, and the client may lose the close frame.
    let drain = async {
        while let Some(Ok(_)) = stream.next().await {}
        if let Ok(mut socket) = sink.reunite(stream) {
            let raw = socket.get_mut();
            if raw.shutdown().await.is_ok() {
                discard(raw).await;
            }
        }
    };
    if timeout(closing, drain).await.is_err() {
        tracing::debug!("a client did not answer the close");
    }
}

async fn discard(raw: &mut (impl AsyncRead + Unpin)) {
    let mut bytes = vec![0; 16 << 10];
    while matches!(raw.read(&mut bytes).await, Ok(more) if more > 0) {}
}
