//! A node that records itself: the history begins before the page came, and goes on through a lost link. And endpoints whose
//! recording is none, damaged, never sent, or unheard of: the page is let in all the same.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use futures::{SinkExt, StreamExt, channel::mpsc, stream};
use peerscope_endpoint::{Options, Ui, WebSocketEndpoint};
use peerscope_introspection::{
    BoxFuture, Endpoint, EventStream, IntrospectError, Introspector, Told,
    frame::{message, segment},
    recording::{Item, Reader, Writer},
    wire::{
        ClientCommand, CommandResponse, Connection, Event, EventType, Runtime, ServerMessage, State,
        Subsystems, client_command::Command, server_message::Payload,
    },
};
use peerscope_libp2p::Introspector as Libp2pIntrospector;
use prost::Message as _;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{browser::Browser, network, page, recordings::viewer, saving};

/// When the first node of these tests began, by its own clock.
const START_MS: u64 = 1_700_000_000_000;

/// What a node answers who asks for its recording.
#[derive(Clone, Copy, PartialEq)]
enum Answers {
    Recording,
    Damaged,
    Nothing,
    Never,
}

/// A node with a clock of its own: a state each second of it, an event whenever the test says so. It records both.
struct Node {
    answers: Mutex<Answers>,
    life: Mutex<Life>,
    told: Mutex<Vec<mpsc::UnboundedSender<Told>>>,
}

struct Life {
    start_ms: u64,
    clock_ms: u64,
    events: u32,
    /// Of this second.
    events_now: u64,
    /// Payloads, oldest first.
    recorded: Vec<Payload>,
}

impl Life {
    /// As a process that starts.
    fn begin(start_ms: u64, events: u32) -> Self {
        let runtime = Runtime { peer_id: "recorded".into(), ..Runtime::default() };
        Self {
            start_ms,
            clock_ms: start_ms,
            events,
            events_now: 0,
            recorded: vec![Payload::Runtime(runtime)],
        }
    }

    fn state(&mut self) -> State {
        self.clock_ms += 1000;
        self.events_now = 0;
        let connection = Connection { id: "c".into(), peer_id: "other".into(), ..Connection::default() };
        let state = State {
            subsystems: Some(Subsystems { connections: vec![connection], dht: None }),
            instant_ts: self.clock_ms,
            start_ts: self.start_ms,
            ..State::default()
        };
        self.recorded.push(Payload::State(state.clone()));
        state
    }

    /// Several share a millisecond.
    fn event(&mut self) -> Event {
        let name = EventType { name: "Happened".into(), ..EventType::default() };
        let ts = self.clock_ms + self.events_now / 3;
        self.events_now += 1;
        let event = Event { r#type: Some(name), ts, content: format!("{{\"n\":{}}}", self.events) };
        self.events += 1;
        self.recorded.push(Payload::Event(event.clone()));
        event
    }
}

impl Node {
    fn new() -> Arc<Self> {
        let node = Self {
            answers: Mutex::new(Answers::Recording),
            life: Mutex::new(Life::begin(START_MS, 0)),
            told: Mutex::default(),
        };
        Arc::new(node)
    }

    /// So many seconds go by in which something happens and nobody watches.
    fn live(&self, seconds: u32) {
        let mut life = self.life.lock().expect("no panic");
        for _ in 0..seconds {
            life.state();
            (0..4).for_each(|_| _ = life.event());
        }
    }

    /// Something happens before those who watch.
    fn happen(&self) {
        let event = self.life.lock().expect("no panic").event();
        for told in self.told.lock().expect("no panic").iter() {
            // Those that an endpoint left behind are gone.
            told.unbounded_send(Told::Event(event.clone())).ok();
        }
    }

    fn events(&self) -> u32 {
        self.life.lock().expect("no panic").events
    }

    fn answer(&self, answers: Answers) {
        *self.answers.lock().expect("no panic") = answers;
    }

    /// What it recorded, and how many frames that is.
    fn recorded(&self) -> (Vec<u8>, usize) {
        let life = self.life.lock().expect("no panic");
        let mut writer = Writer::new();
        life.recorded.iter().for_each(|payload| writer.put_segment(&segment(payload.clone())));
        (writer.take().to_vec(), life.recorded.len())
    }
}

impl Introspector for Node {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        Box::pin(async { Ok(Runtime { peer_id: "recorded".into(), ..Runtime::default() }) })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        Box::pin(async { Ok(self.life.lock().expect("no panic").state()) })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        let (told, events) = mpsc::unbounded();
        self.told.lock().expect("no panic").push(told);
        Ok(Box::pin(events.chain(stream::pending())))
    }

    fn event_metadata(&self) -> Vec<EventType> {
        Vec::new()
    }

    fn close(&self) {}

    fn recording(&self) -> BoxFuture<'_, Option<Bytes>> {
        let answers = *self.answers.lock().expect("no panic");
        Box::pin(async move {
            let (mut bytes, _) = self.recorded();
            match answers {
                Answers::Recording => Some(bytes.into()),
                Answers::Damaged => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 1;
                    bytes.truncate(bytes.len() - 3);
                    Some(bytes.into())
                }
                Answers::Nothing => None,
                Answers::Never => std::future::pending().await,
            }
        })
    }
}

/// An endpoint on a port of its own, so that it comes back on the same one.
async fn endpoint(node: &Arc<Node>, dist: std::path::PathBuf) -> WebSocketEndpoint {
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let listen = vec![([127, 0, 0, 1], port).into()];
    let options = Options { listen, viewer: Ui::Dir(dist), ..Options::default() };
    let endpoint = WebSocketEndpoint::new(node.clone(), options);
    endpoint.start().await.expect("it starts");
    endpoint
}

/// The numbers of the events that the page has, in its order.
async fn happened(browser: &Browser) -> Vec<u64> {
    let events = browser.query("events").await;
    let happened = events.iter().filter(|event| event["type"] == "Happened");
    happened.map(|event| number_of(event["content"].as_str().unwrap_or_default())).collect()
}

fn number_of(content: &str) -> u64 {
    serde_json::from_str::<Value>(content).ok().and_then(|content| content["n"].as_u64()).expect("a number")
}

/// Waits for snapshots that came live, and for the last event.
async fn until_told(browser: &Browser, node: &Node) {
    browser.until_link("live").await;
    let states = browser.stats().await["states"].as_u64().expect("a number");
    let more = format!("return (await window.peerscope.stats()).states > {states} + 1");
    browser.until("snapshots by the session", &more).await;
    node.happen();
    let last = node.events() - 1;
    let there = format!(
        "return (await window.peerscope.query('events')).some(event => event.content === '{{\"n\":{last}}}')"
    );
    browser.until("what happens now", &there).await;
}

async fn assert_each_event_once(browser: &Browser, node: &Node) {
    let all: Vec<u64> = (0..u64::from(node.events())).collect();
    assert_eq!(happened(browser).await, all);
}

async fn lose_link(browser: &Browser, endpoint: &WebSocketEndpoint) {
    endpoint.close().await;
    let lost = "return ['waiting', 'connecting'].includes(document.querySelector('[data-testid=link-state]')?.textContent?.trim())";
    browser.until("the page to say that the link is lost", lost).await;
}

const NOT_WHOLE: &str =
    "document.querySelector('[data-testid=timeline]')?.innerText.includes('own recording not whole')";
const GAPS: &str =
    "return document.querySelector('[data-testid=timeline]')?.innerText.match(/[0-9]+ gap/)?.[0] ?? 'none'";

#[tokio::test(flavor = "multi_thread")]
async fn the_history_begins_before_the_page_came_and_goes_on_through_a_lost_link() {
    let dist = page!();
    let node = Node::new();
    node.live(90);
    let (_, before) = node.recorded();
    let endpoint = endpoint(&node, dist).await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&endpoint.viewer_url().expect("it runs")).await;
    until_told(&browser, &node).await;
    let stats = browser.stats().await;
    assert_eq!(stats["first_ms"], START_MS + 1000);
    assert!(stats["frames"].as_u64() > Some(before as u64), "{stats:#}");
    assert_each_event_once(&browser, &node).await;
    // A moment long before the page came is as good as any.
    browser.js(&format!("await window.peerscope.seek({})", START_MS + 30_000)).await;
    assert_eq!(browser.stats().await["connections"], 1);
    browser.js("await window.peerscope.live()").await;
    browser.click("record").await;
    let said = browser.find("own-recording").await.text().await.expect("text");
    assert!(said.starts_with(&format!("{before} frames of its own recorder, since")), "{said}");
    browser.screenshot("own-recording").await;
    browser.press("\u{e00c}").await;
    assert_eq!(browser.js(GAPS).await, "none");

    // What happens while the link is lost is there afterwards, and none of it twice.
    lose_link(&browser, &endpoint).await;
    node.live(20);
    endpoint.start().await.expect("it starts again");
    until_told(&browser, &node).await;
    assert_each_event_once(&browser, &node).await;
    assert_eq!(browser.js(GAPS).await, "none");
    let back = "return document.querySelector('.toasts')?.innerText.includes('filled from the node')";
    browser.until("the page to say so", back).await;

    // Nor after the engine was lost, of what it is filled from and what the node recorded since.
    let kept = "const stats = await window.peerscope.stats(); return stats.kept_in === 'files' && stats.stored_bytes > 0";
    browser.until("frames in files", kept).await;
    browser.js("window.peerscope.crash()").await;
    let again = "return document.querySelector('[data-testid=notice]')?.innerText.includes('started again')";
    browser.until("the engine to be back", again).await;
    until_told(&browser, &node).await;
    assert_each_event_once(&browser, &node).await;
    assert_eq!(browser.stats().await["first_ms"], START_MS + 1000);
    assert_eq!(browser.js(GAPS).await, "none");

    // Another life of the node: all that it recorded comes, and the time that it was gone is a gap.
    lose_link(&browser, &endpoint).await;
    let (began, events) = {
        let life = node.life.lock().expect("no panic");
        (life.clock_ms + 10_000, life.events)
    };
    *node.life.lock().expect("no panic") = Life::begin(began, events);
    node.live(15);
    endpoint.start().await.expect("it starts again");
    until_told(&browser, &node).await;
    assert_each_event_once(&browser, &node).await;
    assert_eq!(browser.js(GAPS).await, "1 gap");

    // What is saved has each frame once, too.
    let states = browser.stats().await["states"].as_u64().expect("a number");
    let (mut instants, mut numbers) = (Vec::new(), Vec::new());
    for payload in saved(&browser).await {
        match ServerMessage::decode(payload).expect("a message").payload {
            Some(Payload::State(state)) => instants.push(state.instant_ts),
            Some(Payload::Event(event)) if event.content.contains("\"n\"") => {
                numbers.push(number_of(&event.content));
            }
            _ => {}
        }
    }
    assert!(instants.len() as u64 >= states, "{} of {states}", instants.len());
    assert!(instants.is_sorted_by(|a, b| a < b), "a state twice, or out of order: {instants:?}");
    assert_eq!(numbers, (0..u64::from(node.events())).collect::<Vec<_>>());

    let said = browser.console().await;
    let ours = |line: &&String| !line.contains("/introspect") && !line.contains("on purpose");
    let ours: Vec<&String> = said.iter().filter(ours).filter(|line| !line.contains("unreachable")).collect();
    assert!(ours.is_empty(), "{ours:#?}");
    browser.end().await;
    endpoint.close().await;
}

/// The payloads of all that is saved.
async fn saved(browser: &Browser) -> Vec<Bytes> {
    browser.js(saving::CATCH).await;
    browser.click("export").await;
    saving::replace(browser, false).await;
    let (_, bytes) = saving::save(browser).await;
    let mut reader = Reader::new();
    reader.push(&bytes);
    reader.finish();
    reader
        .map(|item| match item {
            Item::Frame { payload, .. } => payload,
            Item::Problem(problem) => panic!("{problem}"),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_let_in_whatever_is_wrong_with_the_recording() {
    let dist = page!();
    let browser = Browser::start(1440, 900).await;
    for answers in [Answers::Nothing, Answers::Damaged, Answers::Never] {
        let node = Node::new();
        node.live(30);
        node.answer(answers);
        let endpoint = endpoint(&node, dist.clone()).await;
        browser.goto("about:blank").await;
        browser.goto(&endpoint.viewer_url().expect("it runs")).await;
        until_told(&browser, &node).await;
        let stats = browser.stats().await;
        let errors = "return document.querySelectorAll('[data-testid=error]').length";
        assert_eq!(browser.js(errors).await, 0);
        let has_before = stats["first_ms"].as_u64() < Some(START_MS + 30_000);
        assert_eq!(has_before, answers == Answers::Damaged, "{stats:#}");
        assert_eq!(stats["bad_frames"].as_u64() > Some(0), answers == Answers::Damaged, "{stats:#}");
        assert_eq!(browser.js(&format!("return {NOT_WHOLE}")).await, answers != Answers::Nothing);
        endpoint.close().await;
    }
    let said = browser.console().await;
    assert!(said.iter().all(|line| line.contains("/introspect")), "{said:#?}");
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_real_node_the_page_has_what_happened_before_it_came() {
    let dist = page!();
    let network = network::two_nodes_by(dist, Libp2pIntrospector::new()).await;
    network.watched.dial(network.address.clone()).await;
    // Until it is pinged, long after it connected.
    let pinged = || {
        let recording = network.introspector.flight_recording().expect("it records");
        recording.windows(10).any(|window| window == b"PingResult")
    };
    while !pinged() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let browser = Browser::start(1440, 900).await;
    browser.goto(&network.endpoint.viewer_url().expect("it runs")).await;
    let opened_ms = browser.js("return performance.timeOrigin").await.as_f64().expect("a time") as u64;
    browser.until_link("live").await;
    let connected =
        "(await window.peerscope.query('events')).filter(event => event.type === 'PeerConnected')";
    let first = browser.until("the connection", &format!("return {connected}[0]")).await;
    assert!(first["ts"].as_u64().is_some_and(|ts| ts < opened_ms), "{first} after {opened_ms}");
    assert!(browser.stats().await["first_ms"].as_u64() < Some(opened_ms));

    lose_link(&browser, &network.endpoint).await;
    network.endpoint.start().await.expect("it starts again");
    browser.until_link("live").await;
    let states = browser.stats().await["states"].as_u64().expect("a number");
    let more = format!("return (await window.peerscope.stats()).states > {states} + 2");
    browser.until("snapshots by the session", &more).await;
    assert_eq!(browser.js(GAPS).await, "none");
    let events = browser.query("events").await;
    let each: BTreeSet<String> = events
        .iter()
        .map(|event| format!("{} {} {}", event["ts"], event["type"], event["content"]))
        .collect();
    assert_eq!(each.len(), events.len(), "an event twice");
    assert_eq!(browser.js(&format!("return {connected}.length")).await, 1);
    browser.end().await;
    network.endpoint.close().await;
    network.watched.stop().await;
    network.other.stop().await;
}

/// An endpoint of another kind. Who asks for a recording gets this answer; where that ends the connection, each session
/// ends after its first snapshot too. How often it was asked, and how many snapshots it sent.
async fn another(answer: Vec<u8>, ends: bool) -> (u16, Arc<[AtomicU32; 2]>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let counts = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let told = counts.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, answer.clone(), ends, counts.clone()));
        }
    });
    (port, told)
}

async fn serve(mut socket: TcpStream, answer: Vec<u8>, ends: bool, counts: Arc<[AtomicU32; 2]>) {
    let mut head = [0; 16];
    let seen = socket.peek(&mut head).await.expect("a request");
    if head[..seen].starts_with(b"GET /recording") {
        counts[0].fetch_add(1, Ordering::Relaxed);
        let mut request = vec![0; 4096];
        socket.read(&mut request).await.expect("a request");
        socket.write_all(&answer).await.expect("an answer");
        // Until the browser has enough of it.
        while !ends && socket.read(&mut request).await.is_ok_and(|read| read > 0) {}
        return;
    }
    let mut socket = tokio_tungstenite::accept_async(socket).await.expect("a WebSocket");
    while let Some(Ok(Message::Binary(command))) = socket.next().await {
        let command = ClientCommand::decode(command).expect("a command");
        let is_greeting = command.command == Command::Hello as i32;
        let answer = CommandResponse { id: command.id, ..CommandResponse::default() };
        let state = State { instant_ts: START_MS + 60_000, start_ts: 1, ..State::default() };
        let payload = if is_greeting { Payload::Response(answer) } else { Payload::State(state) };
        socket.send(Message::Binary(message([&segment(payload)]))).await.expect("sent");
        if !is_greeting {
            counts[1].fetch_add(1, Ordering::Relaxed);
            if ends {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_endpoints_are_asked_once_or_not_waited_for() {
    let dist = page!();
    let (server, url) = viewer(dist).await;
    let head = |status: &str, len: usize| {
        format!("HTTP/1.1 {status}\r\naccess-control-allow-origin: *\r\ncontent-length: {len}\r\n\r\n")
    };
    let browser = Browser::start(1440, 900).await;

    // It knows of none: it is asked once, however often its sessions end.
    let (port, counts) = another(head("404 Not Found", 0).into_bytes(), true).await;
    browser.goto(&format!("{url}#/overview?ws=ws://127.0.0.1:{port}/introspect")).await;
    let states = "return (await window.peerscope?.stats())?.states >= 3";
    browser.until("the third session", states).await;
    assert!(counts[1].load(Ordering::Relaxed) >= 3);
    assert_eq!(counts[0].load(Ordering::Relaxed), 1);
    let lines = browser.console().await;
    assert!(lines.iter().filter(|line| line.contains("/recording")).count() <= 1, "{lines:#?}");

    // It begins to send and never ends: what came is there, the rest is missing, and said.
    let node = Node::new();
    node.live(5);
    let (recording, count) = node.recorded();
    let answer = [head("200 OK", 1 << 20).as_bytes(), &recording].concat();
    let (port, _counts) = another(answer, false).await;
    browser.goto("about:blank").await;
    browser.goto(&format!("{url}#/overview?ws=ws://127.0.0.1:{port}/introspect")).await;
    browser.until_link("live").await;
    let all = format!("return (await window.peerscope.stats()).frames > {count}");
    browser.until("what came, and the session's", &all).await;
    assert_eq!(browser.stats().await["first_ms"], START_MS + 1000);
    assert_eq!(happened(&browser).await, (0..20).collect::<Vec<_>>());
    browser.until("the page to say that the rest is missing", &format!("return {NOT_WHOLE}")).await;
    browser.until("the gap", &format!("{GAPS} === '1 gap'")).await;
    browser.end().await;
    server.close().await;
}
