//! Endpoints that refuse, and servers that are none of ours: what the page says.

use std::{net::SocketAddr, path::Path, sync::Arc};

use futures::{SinkExt, StreamExt, stream};
use peerscope_endpoint::{Options, TokenPolicy, Ui, WebSocketEndpoint};
use peerscope_introspection::{
    BoxFuture, Endpoint, EventStream, IntrospectError, Introspector,
    frame::{message, segment},
    wire::{
        ClientCommand, CommandResponse, Configuration, Connection, EventType, Runtime, State, Subsystems,
        client_command::{Command, Source},
        server_message::Payload,
    },
};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::{browser::Browser, page, recordings::viewer};

/// A node in which nothing happens.
struct Still;

impl Introspector for Still {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        Box::pin(async { Ok(Runtime { implementation: "still".into(), ..Runtime::default() }) })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        Box::pin(async { Ok(State { instant_ts: 1_700_000_000_000, start_ts: 1, ..State::default() }) })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        Ok(Box::pin(stream::pending()))
    }

    fn event_metadata(&self) -> Vec<EventType> {
        Vec::new()
    }

    fn close(&self) {}
}

async fn endpoint(dist: &Path, options: Options) -> WebSocketEndpoint {
    let options = Options { viewer: Ui::Dir(dist.to_owned()), ..options };
    let endpoint = WebSocketEndpoint::new(Arc::new(Still), options);
    endpoint.start().await.expect("it starts");
    endpoint
}

/// What the page says of a source that it can't open.
async fn trouble(browser: &Browser, url: &str) -> String {
    browser.goto("about:blank").await;
    browser.goto(url).await;
    browser.find("error").await.text().await.expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_said_with_its_cause() {
    let dist = page!();
    let browser = Browser::start(1440, 900).await;

    // A token of another process.
    let known =
        endpoint(&dist, Options { token: TokenPolicy::Given("right".into()), ..Options::default() }).await;
    let url = known.viewer_url().expect("it runs").replace("right", "wrong");
    let said = trouble(&browser, &url).await;
    assert!(said.contains("token") && said.contains("401"), "{said}");
    browser.screenshot("refused-token").await;
    let kept = browser.js("return location.href + JSON.stringify(localStorage)").await.to_string();
    assert!(!kept.contains("wrong"), "{kept}");

    // A page of another origin is told nothing by the browser: it lists what may be the cause.
    let (server, elsewhere) = viewer(dist.clone()).await;
    let source = known.endpoint_url().expect("it runs");
    let said = trouble(&browser, &format!("{elsewhere}#ws={source}")).await;
    assert!(said.contains("--allow-origin") && said.contains("Cannot reach"), "{said}");
    browser.screenshot("refused-origin").await;
    server.close().await;
    known.close().await;

    // Nobody there.
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let full = endpoint(&dist, Options { max_sessions: 1, ..Options::default() }).await;
    let page = full.viewer_url().expect("it runs");
    let page = page.split('#').next().expect("a page");
    let said = trouble(&browser, &format!("{page}#ws=ws://{free}/introspect")).await;
    assert!(said.contains("Cannot reach"), "{said}");

    // No room: let in and closed with the reason, and tried again until there is.
    let (held, _) =
        tokio_tungstenite::connect_async(full.endpoint_url().expect("it runs")).await.expect("a session");
    browser.goto("about:blank").await;
    browser.goto(&full.viewer_url().expect("it runs")).await;
    let cause = "return document.querySelector('[data-testid=link-state]')?.title.includes('1013')";
    browser.until("the reason", cause).await;
    drop(held);
    browser.until_link("live").await;
    browser.end().await;
    full.close().await;
}

/// As the React viewer's mock server does: each byte of a message is one Latin-1 character of a text message.
async fn texts() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let text = |payload: Payload| {
        let bytes = message([&segment(payload)]);
        Message::text(bytes.iter().map(|byte| char::from(*byte)).collect::<String>())
    };
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let mut socket = tokio_tungstenite::accept_async(socket).await.expect("a WebSocket");
            while let Some(Ok(Message::Binary(command))) = socket.next().await {
                let command = ClientCommand::decode(command).expect("a command");
                if command.command == Command::Request as i32 {
                    continue;
                }
                let config = Configuration { state_snapshot_interval_ms: 2000, retention_period_ms: 120_000 };
                let answer = CommandResponse {
                    id: command.id,
                    effective_config: Some(config),
                    ..CommandResponse::default()
                };
                socket.send(text(Payload::Response(answer))).await.expect("sent");
                if command.command == Command::PushEnable as i32 && command.source == Source::State as i32 {
                    for instant_ts in [1_700_000_000_000, 1_700_000_002_000] {
                        let connections = vec![Connection {
                            id: b"\xff\x00".to_vec().into(),
                            peer_id: "größe-Ω".into(),
                            ..Connection::default()
                        }];
                        let subsystems = Some(Subsystems { connections, dht: None });
                        let state = State { subsystems, instant_ts, start_ts: 1, ..State::default() };
                        socket.send(text(Payload::State(state))).await.expect("sent");
                    }
                }
            }
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_come_as_text_are_frames() {
    let dist = page!();
    let (server, url) = viewer(dist).await;
    let address = texts().await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&format!("{url}#/connections?ws=ws://{address}/introspect")).await;
    browser.until_link("live").await;
    browser.until("two snapshots", "return (await window.peerscope.stats()).states === 2").await;
    assert_eq!(browser.stats().await["bad_frames"], 0);
    let rows = browser.query("connections").await;
    assert_eq!((rows.len(), &rows[0]["peer"], &rows[0]["id"]), (1, &"größe-Ω".into(), &"0xff00".into()));
    browser.end().await;
    server.close().await;
}
