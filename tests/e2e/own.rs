//! A node that records itself: the history begins before the page came, and goes on through a lost link. And a recording that
//! is none, damaged, or never sent: the page is let in all the same.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use peerscope_endpoint::{Options, Ui, WebSocketEndpoint};
use peerscope_introspection::{
    Endpoint,
    recording::{Item, Reader},
    wire::{ServerMessage, server_message::Payload},
};
use peerscope_libp2p::Introspector;
use prost::Message as _;
use serde_json::Value;

use crate::{
    browser::Browser,
    network, page,
    recorded::{Answers, Life, Node, START_MS},
    saving,
};

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
pub async fn happened(browser: &Browser) -> Vec<u64> {
    let events = browser.query("events").await;
    let happened = events.iter().filter(|event| event["type"] == "Happened");
    happened.map(|event| number_of(event["content"].as_str().unwrap_or_default())).collect()
}

fn number_of(content: &str) -> u64 {
    serde_json::from_str::<Value>(content).ok().and_then(|content| content["n"].as_u64()).expect("a number")
}

/// Waits for snapshots, and for what happens next: whether that is while the link is lost, while the node's own recording is on its
/// way, or live.
async fn until_told(browser: &Browser, node: &Node) {
    browser.until_link("live").await;
    let states = browser.stats().await["states"].as_u64().expect("a number");
    let more = format!("return (await window.peerscope.stats()).states > {states} + 1");
    browser.until("snapshots", &more).await;
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

/// Something happens all the time, until this is dropped.
struct Busy(tokio::task::JoinHandle<()>);

impl Busy {
    fn with(node: &Arc<Node>) -> Self {
        let node = node.clone();
        Self(tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(10));
            loop {
                ticks.tick().await;
                node.happen();
            }
        }))
    }

    /// Nothing happens any more.
    async fn end(self) {
        self.0.abort();
        assert!(self.0.await.is_err_and(|error| error.is_cancelled()));
    }
}

/// A session that ends before it was greeted tells nothing, and leaves no gap.
async fn let_in_and_out_again(addr: std::net::SocketAddr) {
    let listener = tokio::net::TcpListener::bind(addr).await.expect("the endpoint is closed");
    loop {
        let (stream, _) = listener.accept().await.expect("a client");
        // What else the page asks is not answered.
        if let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await {
            socket.close(None).await.expect("closed");
            return;
        }
    }
}

pub const NOT_WHOLE: &str =
    "document.querySelector('[data-testid=timeline]')?.innerText.includes('own recording not whole')";
pub const GAPS: &str =
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
    let busy = Busy::with(&node);
    let addr = endpoint.listen_addrs()[0];
    lose_link(&browser, &endpoint).await;
    node.live(20);
    let_in_and_out_again(addr).await;
    endpoint.start().await.expect("it starts again");
    until_told(&browser, &node).await;
    busy.end().await;
    until_told(&browser, &node).await;
    assert_each_event_once(&browser, &node).await;
    assert_eq!(browser.js(GAPS).await, "none");
    let back = "return document.querySelector('.toasts')?.innerText.includes('filled from the node')";
    browser.until("the page to say so", back).await;

    // Nor after the engine was lost, of what it is filled from and what the node recorded since.
    let kept = "const stats = await window.peerscope.stats(); return stats.kept_in === 'files' && stats.stored_bytes > 0";
    browser.until("frames in files", kept).await;
    let busy = Busy::with(&node);
    browser.js("window.peerscope.crash()").await;
    let again = "return document.querySelector('[data-testid=notice]')?.innerText.includes('started again')";
    browser.until("the engine to be back", again).await;
    until_told(&browser, &node).await;
    busy.end().await;
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
    let network = network::two_nodes_by(dist, Introspector::new()).await;
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
    browser.until("snapshots", &more).await;
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
