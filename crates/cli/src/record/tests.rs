use futures::{SinkExt, StreamExt};
use peerscope_introspection::{
    frame,
    seam::terms::Again,
    wire::{
        ClientCommand, CommandResponse, Event, EventType, Runtime, client_command::Command,
        client_command::Source, command_response, server_message::Payload,
    },
};
use prost::Message as _;
use tokio::io::DuplexStream;
use tokio_tungstenite::tungstenite::{Message, protocol::Role};

use super::*;

/// The endpoint's end of a socket in memory. It answers no ping unless it is asked for a command.
struct End(WebSocketStream<DuplexStream>);

impl End {
    async fn command(&mut self) -> ClientCommand {
        loop {
            if let Message::Binary(bytes) = self.0.next().await.expect("open").expect("sound") {
                return ClientCommand::decode(bytes).expect("a command");
            }
        }
    }

    async fn tell(&mut self, payload: Payload) {
        self.0.send(Message::Binary(frame::message([&frame::segment(payload)]))).await.expect("sent");
    }

    async fn greet(&mut self) {
        let hello = self.command().await;
        assert_eq!(hello.command(), Command::Hello);
        self.tell(Payload::Response(CommandResponse { id: hello.id, ..CommandResponse::default() })).await;
        for _ in 0..3 {
            self.command().await;
        }
    }
}

async fn sockets() -> (WebSocketStream<DuplexStream>, End) {
    let (here, there) = tokio::io::duplex(1 << 20);
    let here = WebSocketStream::from_raw_socket(here, Role::Client, None).await;
    (here, End(WebSocketStream::from_raw_socket(there, Role::Server, None).await))
}

async fn recorder(folder: &tempfile::TempDir) -> Recorder {
    let out = Out::open(&folder.path().join("a"), false).await.expect("it can be written");
    let address = Address::parse("h:1?token=s3cret").expect("an address");
    let mut recorder = Recorder::new(address, Config::default(), out, ProgressBar::hidden());
    // There is nobody to ask for the node's own recording.
    recorder.asking.lessons.learn(Again::Never);
    recorder
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_gives_no_answer_is_given_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recorder = recorder(&folder).await;
    let (here, _there) = sockets().await;
    let lost = recorder.listen(here).await.expect("the file is sound");
    assert!(matches!(lost, Lost::Silent("the greeting")), "{lost:?}");

    recorder.client.disconnected(0);
    let (here, mut there) = sockets().await;
    let (lost, ()) = tokio::join!(recorder.listen(here), there.greet());
    let lost = lost.expect("the file is sound");
    assert!(matches!(lost, Lost::Silent("a ping")), "{lost:?}");
    assert_eq!(recorder.counts.sessions, 1);
}

#[tokio::test(start_paused = true)]
async fn silence_is_no_loss_while_pings_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recorder = recorder(&folder).await;
    let (here, mut there) = sockets().await;
    let quiet = async {
        there.greet().await;
        for _ in 0..10 {
            let ping = there.0.next().await.expect("open").expect("sound");
            assert!(matches!(ping, Message::Ping(_)), "{ping:?}");
        }
        there.0.close(None).await.expect("closed");
    };
    let (lost, ()) = tokio::join!(recorder.listen(here), quiet);
    assert!(matches!(lost.expect("the file is sound"), Lost::Broken(_)));
}

#[tokio::test(start_paused = true)]
async fn the_runtime_is_asked_for_once_more_when_an_event_is_of_no_known_type() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recorder = recorder(&folder).await;
    let (here, mut there) = sockets().await;
    let script = async {
        there.greet().await;
        let kind = |name: &str| EventType { name: name.into(), property_types: Vec::new() };
        let runtime = Runtime { event_types: vec![kind("Known")], ..Runtime::default() };
        there.tell(Payload::Runtime(runtime)).await;
        for name in ["Known", "Unknown", "Unknown"] {
            there.tell(Payload::Event(Event { r#type: Some(kind(name)), ..Event::default() })).await;
        }
        let again = there.command().await;
        assert_eq!((again.command(), again.source()), (Command::Request, Source::Runtime));
        there.0.close(None).await.expect("closed");
        while let Some(Ok(more)) = there.0.next().await {
            assert!(!matches!(more, Message::Binary(_)), "{more:?}");
        }
    };
    let (lost, ()) = tokio::join!(recorder.listen(here), script);
    lost.expect("the file is sound");
    assert_eq!(recorder.counts.frames, 5);
    let file = std::fs::metadata(folder.path().join("a")).expect("a file");
    assert_eq!(file.len(), recorder.counts.bytes());
}

#[tokio::test(start_paused = true)]
async fn a_refused_greeting_ends_the_session() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recorder = recorder(&folder).await;
    let (here, mut there) = sockets().await;
    let refuse = async {
        there.command().await;
        let result = command_response::Result::Err.into();
        let response = CommandResponse { id: 1, result, error: "no s3cret".into(), effective_config: None };
        there.tell(Payload::Response(response)).await;
    };
    let (lost, ()) = tokio::join!(recorder.listen(here), refuse);
    let lost = lost.expect("the file is sound");
    assert_eq!(lost.sentence(&recorder.address), "the endpoint does not take the greeting: no …");
}
