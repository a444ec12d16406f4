//! One session's life: it greets and takes what comes, and checks that what it got and what it was told is missing are
//! together all that happened.

use std::{net::SocketAddr, time::Duration};

use futures::{SinkExt, StreamExt};
use peerscope_introspection::{
    frame::read_message,
    wire::{
        ClientCommand, Configuration, ServerMessage,
        client_command::{Command, Source},
        server_message::Payload,
    },
};
use prost::Message as _;
use socket2::SockRef;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::node::NUMBERED;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What came so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken {
    pub states: u64,
    pub events: u64,
    /// Frames that the session was told are missing.
    pub told: u64,
}

pub struct Client {
    socket: WebSocketStream<TcpStream>,
    pub taken: Taken,
    /// The number of the last event.
    last: Option<u64>,
    /// Told missing since then, or since the session began.
    told: u64,
    /// Other frames that may be among those told missing: the endpoint's own figures, and states of a pause.
    others: u64,
}

impl Client {
    pub async fn connect(addr: SocketAddr, token: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(addr).await?;
        // So that one who sleeps is slow at once. With less than a loopback packet TCP itself would be the slow one.
        SockRef::from(&stream).set_recv_buffer_size(128 << 10)?;
        let (socket, _) = client_async(format!("ws://{addr}/introspect?token={token}"), stream).await?;
        Ok(Self { socket, taken: Taken::default(), last: None, told: 0, others: 0 })
    }

    pub async fn command(
        &mut self,
        command: Command,
        source: Source,
        interval_ms: u64,
    ) -> Result<(), Failure> {
        let config = Configuration { retention_period_ms: 0, state_snapshot_interval_ms: interval_ms };
        let command = ClientCommand {
            id: 1,
            command: command.into(),
            source: source.into(),
            config: Some(config),
            ..ClientCommand::default()
        };
        Ok(self.socket.send(Message::Binary(command.encode_to_vec().into())).await?)
    }

    /// Greets and turns everything on.
    pub async fn begin(&mut self, interval_ms: u64) -> Result<(), Failure> {
        self.command(Command::Hello, Source::State, interval_ms).await?;
        self.command(Command::Request, Source::Runtime, 0).await?;
        self.command(Command::PushEnable, Source::Events, 0).await?;
        self.command(Command::PushEnable, Source::State, 0).await
    }

    /// Takes what comes for so long.
    pub async fn take(&mut self, time: Duration) -> Result<(), Failure> {
        // The endpoint's figures come every 10 s, a state every half second.
        self.others += 2 + time.as_secs() * 3;
        let until = Instant::now() + time;
        while let Ok(message) = timeout_at(until, self.socket.next()).await {
            match message.ok_or("the endpoint left")?? {
                Message::Binary(bytes) => self.read(&bytes)?,
                Message::Close(frame) => return Err(format!("closed: {frame:?}").into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes nothing for so long.
    pub async fn sleep(&mut self, time: Duration) {
        self.others += 2 + time.as_secs() * 3;
        tokio::time::sleep(time).await;
    }

    /// What the endpoint says when it ends the session.
    pub async fn closed(&mut self) -> Result<String, Failure> {
        while let Some(message) = self.socket.next().await {
            if let Message::Close(frame) = message? {
                return Ok(frame.map(|frame| frame.reason.to_string()).unwrap_or_default());
            }
        }
        Err("no close frame".into())
    }

    pub async fn send(&mut self, bytes: Vec<u8>) -> Result<(), Failure> {
        Ok(self.socket.send(Message::Binary(bytes.into())).await?)
    }

    /// Says goodbye.
    pub async fn leave(mut self) -> Result<(), Failure> {
        self.socket.close(None).await?;
        while let Some(Ok(_)) = self.socket.next().await {}
        Ok(())
    }

    fn read(&mut self, message: &[u8]) -> Result<(), Failure> {
        for payload in read_message(message) {
            match ServerMessage::decode(payload?)?.payload {
                Some(Payload::State(_)) => self.taken.states += 1,
                Some(Payload::Event(event)) => {
                    if event.r#type.is_some_and(|kind| kind.name == NUMBERED) {
                        self.event(event.ts)?;
                    }
                }
                Some(Payload::Notice(notice)) => {
                    self.told += notice.discarded_events;
                    self.taken.told += notice.discarded_events;
                }
                Some(Payload::Response(response)) if !response.error.is_empty() => {
                    return Err(response.error.into());
                }
                Some(Payload::Response(_) | Payload::Runtime(_)) => {}
                None => return Err("a message without payload".into()),
            }
        }
        Ok(())
    }

    fn event(&mut self, number: u64) -> Result<(), Failure> {
        self.taken.events += 1;
        if let Some(last) = self.last.replace(number) {
            let missing = number.checked_sub(last + 1).ok_or("an event came twice, or too late")?;
            if self.told < missing || self.told - missing > self.others {
                return Err(format!("{missing} events are missing, {} frames were told", self.told).into());
            }
            self.others -= self.told - missing;
        }
        self.told = 0;
        Ok(())
    }
}
