//! A session's socket: reads commands, writes what waits, asks for snapshots, and ends with a reason.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use bytes::Bytes;
use futures::{SinkExt, StreamExt, stream::SplitSink};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use peerscope_introspection::{
    frame,
    wire::{ClientCommand, CommandResponse, server_message::Payload},
};
use prost::Message as _;
use tokio::time::{Instant, MissedTickBehavior, sleep, sleep_until};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        error::ProtocolError,
        protocol::{
            WebSocketConfig,
            frame::{
                Frame,
                coding::{Data, OpCode},
            },
        },
    },
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    Outgoing, Session,
    command::{self, Act},
    end::{End, end},
    rate::Rate,
};
use crate::{
    event::encode,
    hub::{Entry, Hub, TooMany},
    options::Tuning,
};

/// No command is longer; one that is ends the session.
const MAX_COMMAND: usize = 64 << 10;
/// A longer message is written in pieces of so many bytes, since the socket's layer copies what it writes: 64 stalled
/// sessions then hold 16 MiB at most, whatever a snapshot takes.
const PIECE: usize = 256 << 10;

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Makes a socket out of an upgraded connection.
pub(crate) async fn open(upgraded: Upgraded) -> Socket {
    let config = WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        .write_buffer_size(64 << 10)
        .max_message_size(Some(MAX_COMMAND))
        .max_frame_size(Some(MAX_COMMAND));
    let role = tungstenite::protocol::Role::Server;
    WebSocketStream::from_raw_socket(TokioIo::new(upgraded), role, Some(config)).await
}

/// Lets a session too many in and out again, since a browser hides any other refusal.
pub(crate) async fn refuse(socket: Socket, too_many: TooMany, closing: Duration) {
    let (sink, stream) = socket.split();
    end(sink, stream, End::TooMany(too_many.max), closing, closing).await;
}

/// Runs a session until the client leaves or has to, or the endpoint is closed.
pub(crate) async fn run(socket: Socket, entry: Entry, closed: CancellationToken) {
    let span = tracing::debug_span!("session", number = entry.id, remote = %entry.session.remote);
    attend(socket, entry, closed).instrument(span).await;
}

async fn attend(socket: Socket, entry: Entry, closed: CancellationToken) {
    let (hub, session) = (&*entry.hub, &*entry.session);
    let (mut sink, mut stream) = socket.split();
    tracing::debug!("a session begins");
    let why = tokio::select! {
        biased;
        () = closed.cancelled() => End::Closing,
        why = greeting(hub, session) => why,
        why = write(&mut sink, hub, session) => why,
        why = read(&mut stream, hub, session) => why,
        never = tick(hub, session) => match never {},
    };
    tracing::debug!(?why, "a session ends");
    let ended = match why {
        End::NotGreeted => Some(&hub.counters.ended_ungreeted),
        End::Undecodable | End::TooLong | End::Broken => Some(&hub.counters.ended_invalid),
        End::Gone | End::Closing | End::TooMany(_) => None,
    };
    if let Some(counter) = ended {
        counter.fetch_add(1, Relaxed);
    }
    let Tuning { late, closing, .. } = hub.tuning;
    if why == End::Closing {
        return end(sink, stream, why, closing, closing).await;
    }
    // It leaves the list now: the rest is politeness. A slow client gets the time that it has for anything else, unless
    // the endpoint closes meanwhile.
    drop(entry);
    let hurried = async {
        closed.cancelled().await;
        sleep(closing).await;
    };
    tokio::select! {
        () = end(sink, stream, why, late, closing) => {}
        () = hurried => {}
    }
}

async fn greeting(hub: &Hub, session: &Session) -> End {
    sleep(hub.tuning.greeting).await;
    if session.greeted_with().0 { std::future::pending().await } else { End::NotGreeted }
}

async fn write(sink: &mut SplitSink<Socket, Message>, hub: &Hub, session: &Session) -> End {
    loop {
        let filled = session.filled.notified();
        match session.outgoing(&hub.counters) {
            Outgoing::Nothing => filled.await,
            Outgoing::At(time) => tokio::select! {
                () = filled => {}
                () = sleep_until(time) => {}
            },
            Outgoing::Message(message, frames) => {
                let bytes = message.len();
                if send(sink, message).await.is_err() {
                    return End::Gone;
                }
                hub.counters.sent(frames, bytes);
            }
        }
    }
}

async fn send(sink: &mut SplitSink<Socket, Message>, mut message: Bytes) -> Result<(), tungstenite::Error> {
    if message.len() <= PIECE {
        return sink.send(Message::Binary(message)).await;
    }
    let mut kind = Data::Binary;
    while !message.is_empty() {
        let piece = message.split_to(PIECE.min(message.len()));
        sink.send(Message::Frame(Frame::message(piece, OpCode::Data(kind), message.is_empty()))).await?;
        kind = Data::Continue;
    }
    Ok(())
}

async fn read(
    stream: &mut (impl futures::Stream<Item = Result<Message, tungstenite::Error>> + Unpin),
    hub: &Hub,
    session: &Session,
) -> End {
    let mut rate = Rate::new(hub.tuning.commands_per_sec, Instant::now().into_std());
    loop {
        session.room().await;
        let wait = rate.take(Instant::now().into_std());
        if !wait.is_zero() {
            sleep(wait).await;
        }
        let bytes = match stream.next().await {
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(Message::Text(text))) => text.into(),
            // The socket answers a ping and a close by itself; after a close the stream ends.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_))) => continue,
            Some(Err(tungstenite::Error::Capacity(_))) => return End::TooLong,
            Some(Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) | None => {
                return End::Gone;
            }
            Some(Err(tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_))) => return End::Broken,
            Some(Err(_)) => return End::Gone,
        };
        let Ok(command) = ClientCommand::decode(bytes) else { return End::Undecodable };
        obey(&command, hub, session).await;
    }
}

/// Carries out a command and answers it.
async fn obey(command: &ClientCommand, hub: &Hub, session: &Session) {
    let (greeted, config) = session.greeted_with();
    let answer = |response: CommandResponse| session.reply(message(Payload::Response(response)));
    let id = command.id;
    let act = command::act(command, greeted, config);
    tracing::debug!(id, ?act, "a command");
    hub.counters.commands.fetch_add(1, Relaxed);
    match act {
        Act::Refuse(why) => answer(command::err(id, why)),
        Act::Greet(config) => {
            session.greet(config);
            hub.intervals_changed();
            answer(command::ok(id, Some(config)));
        }
        Act::Configure(config) => {
            session.configure(config);
            hub.intervals_changed();
            answer(command::ok(id, Some(config)));
        }
        Act::FetchState => match hub.snapshot().await {
            Ok(message) => session.reply(message),
            Err(why) => answer(command::err(id, why)),
        },
        Act::FetchRuntime => match hub.runtime().await {
            Ok(runtime) => match encode(Payload::Runtime(runtime)) {
                Some(segment) => {
                    hub.counters.encoded(segment.len());
                    session.reply(frame::message([&segment]));
                }
                None => answer(command::err(id, "the runtime is longer than a frame may be")),
            },
            Err(why) => answer(command::err(id, why)),
        },
        Act::Enable(push) => {
            let begins = session.enable(push);
            answer(command::ok(id, None));
            if begins {
                let first = hub.session_events().await;
                hub.counters.gone(session.begin_events(first));
            }
        }
        Act::Disable(push) => {
            session.disable(push);
            answer(command::ok(id, None));
        }
        Act::Pause => {
            session.pause();
            answer(command::ok(id, None));
        }
        // The answer first: what was queued must not overtake it.
        Act::Resume => {
            answer(command::ok(id, None));
            session.resume();
        }
    }
}

fn message(payload: Payload) -> Bytes {
    frame::message([&frame::segment(payload)])
}

/// Queues a snapshot each time one is due.
async fn tick(hub: &Hub, session: &Session) -> std::convert::Infallible {
    let mut ticking = session.ticking.subscribe();
    loop {
        let interval = *ticking.borrow_and_update();
        let Some(interval) = interval else {
            changed(&mut ticking).await;
            continue;
        };
        let mut due = tokio::time::interval_at(Instant::now() + interval, interval);
        due.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = changed(&mut ticking) => break,
                _ = due.tick() => match hub.snapshot().await {
                    Ok(state) => hub.counters.gone(session.push_state(state)),
                    Err(why) => tracing::debug!(%why, "no snapshot"),
                }
            }
        }
    }
}

/// The session outlives its ticker, so the sender is there.
async fn changed(ticking: &mut tokio::sync::watch::Receiver<Option<Duration>>) {
    if ticking.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
