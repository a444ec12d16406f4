//! Whatever a client sends, to the real handler of a connection, by a pipe in memory and under a paused clock, so that
//! each silence is over at once. It never panics, ends, lets in nobody without the token, and says nothing but HTTP and
//! then whole frames of the protocol.

use std::{io::Cursor, sync::Arc};

use bytes::Bytes;
use peerscope_endpoint::{Endpoint, Introspector, Options, TokenPolicy, Ui, WebSocketEndpoint};
use peerscope_introspection::{
    BoxFuture, EventStream, IntrospectError, Told,
    frame::read_message,
    wire::{Event, EventType, Runtime, ServerMessage, State},
};
use prost::Message as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{Message, protocol::Role, protocol::WebSocket};

const TOKEN: &str = "t";
/// A handshake that is let in.
const HANDSHAKE: &str = "GET /introspect?token=t HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
     upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/// What follows it from the client while it greets and turns everything on, unmasked.
const GREETED: [&[u8]; 3] = [b"", b"\x18\x02", b"\x18\x02\x20\x02"];

/// What the bytes are.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Whole requests, to an endpoint whose token nobody can know.
    Stranger,
    /// Whole requests, to one whose token is `t`.
    Request,
    /// What follows a handshake that is let in: frames of the WebSocket.
    Frames,
    /// Commands of a session, each with its length (one byte) before it.
    Commands,
}

/// The first byte says what the others are, and how many of them come at once. How many of the protocol's frames came of it.
pub fn run(bytes: &[u8]) -> usize {
    let Some((how, bytes)) = bytes.split_first() else { return 0 };
    let kind = [Kind::Stranger, Kind::Request, Kind::Frames, Kind::Commands][usize::from(how & 3)];
    let piece = [1, 7, 100, 4096, usize::MAX][usize::from(how >> 2) % 5];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let said = runtime.expect("a runtime").block_on(talk(kind, &sent(kind, bytes), piece));
    check(kind, &said)
}

/// All that the client sends.
fn sent(kind: Kind, bytes: &[u8]) -> Vec<u8> {
    match kind {
        Kind::Stranger | Kind::Request => bytes.to_vec(),
        Kind::Frames => [HANDSHAKE.as_bytes(), bytes].concat(),
        Kind::Commands => {
            let mut sent = HANDSHAKE.as_bytes().to_vec();
            let mut rest = bytes;
            let mut commands = GREETED.to_vec();
            while let Some((len, more)) = rest.split_first() {
                let (command, more) = more.split_at(usize::from(*len).min(more.len()));
                commands.push(command);
                rest = more;
            }
            for command in commands {
                // A masked binary message; the mask is nothing.
                sent.push(0x82);
                match u8::try_from(command.len()) {
                    Ok(len @ 0..126) => sent.push(0x80 | len),
                    _ => {
                        sent.push(0x80 | 126);
                        sent.extend((command.len() as u16).to_be_bytes());
                    }
                }
                sent.extend([0; 4]);
                sent.extend(command);
            }
            sent
        }
    }
}

/// One connection from its first byte to its end; what the endpoint said.
async fn talk(kind: Kind, bytes: &[u8], piece: usize) -> Vec<u8> {
    let token = match kind {
        Kind::Stranger => TokenPolicy::Random,
        _ => TokenPolicy::Given(TOKEN.into()),
    };
    let options = Options { listen: Vec::new(), token, viewer: Ui::None, ..Options::default() };
    let endpoint = WebSocketEndpoint::new(Arc::new(Node), options);
    endpoint.start().await.expect("it starts");
    let (ours, theirs) = tokio::io::duplex(4096);
    let (mut read, mut write) = tokio::io::split(ours);
    let mut said = Vec::new();
    let sending = async {
        for piece in bytes.chunks(piece) {
            // It may be over before all is sent.
            if write.write_all(piece).await.is_err() {
                return;
            }
        }
        // A little time, in which what was turned on comes, then the client is gone.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        drop(write.shutdown().await);
    };
    let served = endpoint.serve(theirs, ([127, 0, 0, 1], 1).into());
    let (_, heard, ()) = tokio::join!(sending, read.read_to_end(&mut said), served);
    heard.expect("a pipe");
    assert!(endpoint.sessions().is_empty(), "a session stayed");
    endpoint.close().await;
    said
}

/// Fails unless the endpoint said what it may. How many frames it said.
fn check(kind: Kind, said: &[u8]) -> usize {
    let text = String::from_utf8_lossy(said);
    assert!(said.is_empty() || said.starts_with(b"HTTP/1."), "{text}");
    let let_in = text.find("HTTP/1.1 101 ");
    match kind {
        // Neither let in nor given anything.
        Kind::Stranger => {
            assert!(!text.contains("HTTP/1.1 1") && !text.contains("HTTP/1.1 2"), "{text}");
        }
        Kind::Request => {}
        Kind::Frames | Kind::Commands => assert_eq!(let_in, Some(0), "{text}"),
    }
    let Some(from) = let_in else { return 0 };
    let head = said[from..].windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
    let frames = Cursor::new(said[from + head + 4..].to_vec());
    let mut socket = WebSocket::from_raw_socket(Quiet(frames), Role::Client, None);
    let mut count = 0;
    while let Ok(message) = socket.read() {
        if let Message::Binary(message) = message {
            for payload in read_message(&message) {
                let payload = payload.expect("a whole frame");
                let message = ServerMessage::decode(payload).expect("a ServerMessage");
                assert!(message.payload.is_some());
                count += 1;
            }
        }
    }
    count
}

/// Reads what there is and forgets what is written.
struct Quiet(Cursor<Vec<u8>>);

impl std::io::Read for Quiet {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        std::io::Read::read(&mut self.0, buffer)
    }
}

impl std::io::Write for Quiet {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A node with little to tell.
struct Node;

impl Introspector for Node {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        Box::pin(async { Ok(Runtime { peer_id: "me".into(), ..Runtime::default() }) })
    }
    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        Box::pin(async { Ok(State { instant_ts: 1, ..State::default() }) })
    }
    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        // One each second.
        Ok(Box::pin(futures::stream::unfold(0, |number| async move {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            let kind = EventType { name: "Tick".into(), property_types: Vec::new() };
            Some((Told::Event(Event { r#type: Some(kind), ts: number, content: "{}".into() }), number + 1))
        })))
    }
    fn event_metadata(&self) -> Vec<EventType> {
        Vec::new()
    }
    fn close(&self) {}
    fn recording(&self) -> BoxFuture<'_, Option<Bytes>> {
        Box::pin(async { Some(Bytes::from_static(b"\x01\0\0\0")) })
    }
}
