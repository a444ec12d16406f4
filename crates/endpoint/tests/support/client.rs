//! A plain client: a socket that sends commands and checks every message's framing, and plain requests.

use std::{collections::VecDeque, net::SocketAddr};

use bytes::{Buf, Bytes};
use futures::{SinkExt, StreamExt};
use peerscope_endpoint::{Endpoint, WebSocketEndpoint};
use peerscope_introspection::frame::checksum;
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::CloseFrame},
};

use super::{
    ClientCommand, Command, CommandResponse, Configuration, Event, Payload, ServerMessage, Source, State,
    TOKEN, command_response, within,
};

pub struct Client {
    pub socket: WebSocketStream<TcpStream>,
    /// What came in the same message and was not asked for yet.
    waiting: VecDeque<Payload>,
    /// Segments of each message so far.
    pub messages: Vec<usize>,
    next_id: u64,
}

/// HELLO with this id.
pub fn hello(id: u64) -> ClientCommand {
    ClientCommand { id, ..ClientCommand::default() }
}

impl Client {
    /// A socket that has not greeted.
    pub async fn connect(endpoint: &WebSocketEndpoint) -> Self {
        let addr = endpoint.listen_addrs()[0];
        Self::with_headers(addr, &format!("/introspect?token={TOKEN}"), &[]).await.expect("it is let in")
    }

    /// A session that has greeted.
    pub async fn greeted(endpoint: &WebSocketEndpoint) -> Self {
        let mut client = Self::connect(endpoint).await;
        client.ok(Command::Hello, Source::State).await;
        client
    }

    /// A greeted session whose kernel takes little, so that it is slow as soon as it does not read.
    pub async fn narrow(endpoint: &WebSocketEndpoint) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(64 << 10).expect("a small buffer");
        let addr = endpoint.listen_addrs()[0];
        let stream = socket.connect(addr).await.expect("it listens");
        let mut client =
            Self::over(stream, addr, &format!("/introspect?token={TOKEN}"), &[]).await.expect("let in");
        client.ok(Command::Hello, Source::State).await;
        client
    }

    pub async fn with_headers(
        addr: SocketAddr,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, tungstenite::Error> {
        let stream = TcpStream::connect(addr).await.expect("it listens");
        Self::over(stream, addr, path, headers).await
    }

    async fn over(
        stream: TcpStream,
        addr: SocketAddr,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, tungstenite::Error> {
        let mut request = format!("ws://{addr}{path}").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        let (socket, _) = within("the handshake", client_async(request, stream)).await?;
        Ok(Self { socket, waiting: VecDeque::new(), messages: Vec::new(), next_id: 1000 })
    }

    pub async fn send(&mut self, command: &ClientCommand) {
        self.send_bytes(command.encode_to_vec()).await;
    }

    pub async fn send_bytes(&mut self, bytes: impl Into<Bytes>) {
        within("a command is sent", self.socket.send(Message::Binary(bytes.into())))
            .await
            .expect("it is taken");
    }

    /// Sends a command and gives its id.
    pub async fn command(&mut self, command: i32, source: i32, config: Option<Configuration>) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&ClientCommand { version: None, id, command, source, config }).await;
        id
    }

    /// The next payload, whatever it is; an error when the endpoint closes.
    pub async fn next(&mut self) -> Result<Payload, Option<CloseFrame>> {
        loop {
            if let Some(payload) = self.waiting.pop_front() {
                return Ok(payload);
            }
            match within("a message", self.socket.next()).await {
                Some(Ok(Message::Binary(bytes))) => {
                    let payloads = segments(bytes);
                    self.messages.push(payloads.len());
                    self.waiting.extend(payloads);
                }
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("not a binary message: {other:?}"),
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    pub async fn payload(&mut self) -> Payload {
        self.next().await.expect("the session goes on")
    }

    /// The next payload, which is an answer to this command.
    pub async fn answer(&mut self, id: u64) -> CommandResponse {
        match self.payload().await {
            Payload::Response(response) => {
                assert_eq!(response.id, id, "the answer has the command's id");
                response
            }
            other => panic!("no answer: {other:?}"),
        }
    }

    /// The answer to this command, past what is pushed meanwhile.
    pub async fn answer_past_pushes(&mut self, id: u64) -> CommandResponse {
        loop {
            if let Payload::Response(response) = self.payload().await {
                assert_eq!(response.id, id);
                return response;
            }
        }
    }

    pub async fn ok(&mut self, command: Command, source: Source) -> CommandResponse {
        let id = self.command(command.into(), source.into(), None).await;
        let response = self.answer(id).await;
        assert_eq!(
            response.result(),
            command_response::Result::Ok,
            "{command:?} {source:?}: {}",
            response.error
        );
        assert_eq!(response.error, "");
        response
    }

    pub async fn refused(&mut self, command: i32, source: i32) -> String {
        let id = self.command(command, source, None).await;
        let response = self.answer(id).await;
        assert_eq!(response.result(), command_response::Result::Err, "{command} {source}");
        assert!(!response.error.is_empty(), "an error says why");
        response.error
    }

    pub async fn event(&mut self) -> Event {
        match self.payload().await {
            Payload::Event(event) => event,
            other => panic!("no event: {other:?}"),
        }
    }

    pub async fn state(&mut self) -> State {
        match self.payload().await {
            Payload::State(state) => state,
            other => panic!("no state: {other:?}"),
        }
    }

    /// The close frame that ends the session, past what came before it.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Err(frame) = self.next().await {
                let frame = frame.expect("a close frame, not a dropped socket");
                return (frame.code.into(), frame.reason.to_string());
            }
        }
    }
}

/// Takes a message apart, as a viewer would.
fn segments(mut message: Bytes) -> Vec<Payload> {
    assert!(message.len() >= 12, "no message is shorter than its header");
    assert_eq!(message.get_u32_le(), 1, "the protocol's version");
    let mut payloads = Vec::new();
    while message.has_remaining() {
        let (sum, len) = (message.get_u32_le(), message.get_u32_le() as usize);
        let payload = message.split_to(len);
        assert_eq!(sum, checksum(&payload));
        let decoded = ServerMessage::decode(payload).expect("a ServerMessage");
        assert_eq!(decoded.version.map(|version| version.version), Some(1));
        payloads.push(decoded.payload.expect("a payload"));
    }
    payloads
}

/// What a plain request is answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }
}

/// A plain request; `Host` is the address unless given.
pub async fn ask(addr: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head += &format!("host: {addr}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let bytes = raw(addr, format!("{head}\r\n").as_bytes()).await;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(bytes[..end].to_vec()).expect("text");
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status").parse().expect("a number");
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer { status, headers, body: bytes[end + 4..].to_vec() }
}

/// Sends bytes and reads until the end.
pub async fn raw(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).await.expect("it listens");
    let reset = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe => {}
        _ => panic!("{error}"),
    };
    // What is too long may be refused before it is all sent.
    stream.write_all(bytes).await.unwrap_or_else(reset);
    let mut answer = Vec::new();
    within("an answer", stream.read_to_end(&mut answer)).await.map(drop).unwrap_or_else(reset);
    answer
}
