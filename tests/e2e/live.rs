//! A real node, seen live; the link lost and found; the engine lost and filled again.

use peerscope_introspection::Endpoint;
use serde_json::Value;

use crate::{browser::Browser, network, page};

/// The one connection to this peer.
async fn connection(browser: &Browser, peer: &str) -> Value {
    let rows = browser.query("connections").await;
    rows.into_iter().find(|row| row["peer"] == peer).unwrap_or(Value::Null)
}

fn ping_bytes(connection: &Value) -> u64 {
    let streams = connection["stream_rows"].as_array().into_iter().flatten();
    let pings = streams.filter(|stream| stream["protocol"] == "/ipfs/ping/1.0.0");
    pings.filter_map(|stream| stream["total_in"].as_u64()).sum()
}

async fn until_connection(
    browser: &Browser,
    peer: &str,
    what: &str,
    holds: impl Fn(&Value) -> bool,
) -> Value {
    let start = std::time::Instant::now();
    loop {
        let row = connection(browser, peer).await;
        if holds(&row) {
            return row;
        }
        assert!(start.elapsed().as_secs() < 45, "waited in vain for {what}: {row:#}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_node_is_seen_live_lost_and_found_again() {
    let dist = page!();
    let network = network::two_nodes(dist).await;
    let peer = network.other.peer.to_string();
    let browser = Browser::start(1440, 900).await;
    browser.goto(&network.endpoint.viewer_url().expect("it runs")).await;
    browser.until_link("live").await;
    browser.until("a first snapshot", "return (await window.peerscope?.stats())?.states > 0").await;
    browser.click("nav-graph").await;
    browser.find("graph-canvas").await;
    assert_eq!(
        browser.js(&format!("return {}", pixels_of("--c1"))).await,
        0,
        "a disc before there is a peer"
    );
    network.watched.dial(network.address.clone()).await;

    // The address keeps the source and never the token.
    let address = browser.js("return location.href").await.to_string();
    let token = network.endpoint.endpoint_url().expect("it runs");
    let token = token.split_once("token=").expect("a token").1.to_owned();
    assert!(address.contains("ws=") && !address.contains(&token), "{address}");

    // The other node, its agent, its ping stream with bytes that grow.
    browser.click("nav-connections").await;
    let first = until_connection(&browser, &peer, "a ping stream", |row| ping_bytes(row) > 0).await;
    let bytes = ping_bytes(&first);
    let grown = until_connection(&browser, &peer, "growing bytes", |row| ping_bytes(row) > bytes).await;
    assert_eq!(grown["status"], "active");
    assert_eq!((&grown["transport"], &grown["direction"]), (&Value::from("tcp"), &Value::from("out")));
    until_connection(&browser, &peer, "the agent", |row| row["agent"] == "plain-node/0.1").await;
    until_connection(&browser, &peer, "a round trip", |row| row["rtt_ns"].as_u64() > Some(0)).await;
    let short = peer[peer.len() - 8..].to_owned();
    let cell =
        format!("return document.querySelector('[data-testid=cell-peer]')?.textContent.includes('{short}')");
    browser.until("the peer in the table", &cell).await;
    browser.screenshot("e2e-connections-live").await;

    // Its coming, as an event, in the list.
    browser.click("nav-events").await;
    browser.until("PeerConnected in the list", "return document.querySelector('[data-testid=screen-events]')?.innerText.includes('PeerConnected')").await;

    // Its node in the radar: in the scene, and as pixels.
    browser.click("nav-graph").await;
    let nodes = browser.query("graph").await;
    assert!(nodes.iter().any(|node| node["peer"] == peer.as_str()), "{nodes:?}");
    browser.until("a disc in the colour of TCP", &format!("return {} >= 5", pixels_of("--c1"))).await;
    browser.screenshot("e2e-graph-live").await;

    // The other node ends: its row closes, its going comes as an event, the link stays.
    network.other.stop().await;
    let closed = until_connection(&browser, &peer, "the row to close", |row| {
        row["status"] == "closed" || row["status"] == "error"
    })
    .await;
    assert!(closed["end_cause"].is_string(), "{closed:#}");
    let events = browser.query("events").await;
    assert!(events.iter().any(|event| event["type"] == "PeerDisconnected"), "no PeerDisconnected");
    browser.until_link("live").await;
    browser.click("nav-connections").await;
    browser
        .until(
            "the closed row in the table",
            "return document.querySelector('[data-testid=row]')?.innerText.match(/closed|reset|lost/)",
        )
        .await;

    // A pause holds the node's word back, not the view of the page; what was queued comes after it, and is not late.
    browser.click("pause").await;
    browser.until_link("paused").await;
    let states = browser.stats().await["states"].as_u64().expect("a number");
    let paused = browser.js("return Date.now()").await;
    browser
        .until("the pause to outlast three intervals", &format!("return Date.now() > {paused} + 3500"))
        .await;
    assert_eq!(browser.stats().await["states"], states);
    browser.click("pause").await;
    browser.until_link("live").await;
    browser
        .until("what was queued", &format!("return (await window.peerscope.stats()).states >= {states} + 5"))
        .await;
    let title = "return document.querySelector('[data-testid=notice]')?.innerText ?? 'none'";
    assert_eq!(browser.js(title).await, "none", "the page says that it is behind");

    // The endpoint goes and comes back on the same port with the same token: nothing of before is lost.
    let before = (browser.stats().await, browser.query("events").await);
    let then = before.0["last_ms"].as_u64().expect("a time");
    let rows_then = at(&browser, then).await;
    network.endpoint.close().await;
    browser.until("the page to say that the link is lost", "return ['waiting', 'connecting'].includes(document.querySelector('[data-testid=link-state]')?.textContent?.trim())").await;
    browser.screenshot("e2e-link-lost").await;
    network.endpoint.start().await.expect("it starts again");
    browser.until_link("live").await;
    let states = before.0["states"].as_u64().expect("a number");
    browser
        .until("a new snapshot", &format!("return (await window.peerscope.stats()).states > {states}"))
        .await;
    let after = browser.stats().await;
    assert_eq!(after["first_ms"], before.0["first_ms"]);
    assert_eq!(told(&browser.query("events").await)[..before.1.len()], told(&before.1)[..]);
    assert_eq!(at(&browser, then).await, rows_then);
    let row = connection(&browser, &peer).await;
    assert_eq!(row["end_cause"], closed["end_cause"]);
    until_gaps(&browser, 1).await;

    // The worker panics: the page says so, comes back, and shows the same; and once more.
    let kept = "const stats = await window.peerscope.stats(); return stats.kept_in === 'files' && stats.stored_bytes > 0";
    browser.until("frames in files, which the next engine is filled from", kept).await;
    for gaps in [2, 3] {
        crash(&browser, gaps).await;
        let again = connection(&browser, &peer).await;
        for key in ["key", "status", "end_cause", "end_ms", "total_in", "stream_rows"] {
            assert_eq!(again[key], row[key], "{key}");
        }
        assert_eq!(at(&browser, then).await, rows_then);
    }
    assert_eq!(browser.stats().await["first_ms"], before.0["first_ms"]);
    browser.screenshot("e2e-recovered").await;

    // Nothing on the console but the browser's own lines for refused sockets and for the one request that asks why.
    let said = browser.console().await;
    let by_the_browser = |line: &&String| line.contains("/introspect") && !line.contains("panicked");
    let ours: Vec<&String> = said.iter().filter(|line| !by_the_browser(line)).collect();
    let panics_on_purpose = |line: &&String| line.contains("on purpose") || line.contains("unreachable");
    assert!(ours.iter().all(panics_on_purpose), "{ours:#?}");
    let asked = said.iter().filter(|line| line.contains("Failed to load resource")).count();
    assert!(asked <= 1, "asked why more than once: {said:#?}");
    browser.end().await;
    network.endpoint.close().await;
    network.watched.stop().await;
}

/// How many pixels of the radar have this colour of the style sheet. Read from a copy: a canvas that is read again and again
/// has the browser warn.
fn pixels_of(token: &str) -> String {
    format!(
        "(() => {{ const canvas = document.querySelector('canvas[data-testid=graph-canvas]') \
            ?? document.querySelector('[data-testid=graph-canvas] canvas');\
        if (!canvas?.width) return 0;\
        const copy = document.createElement('canvas'); [copy.width, copy.height] = [canvas.width, canvas.height];\
        const ink = copy.getContext('2d', {{ willReadFrequently: true }});\
        ink.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('{token}');\
        ink.fillRect(0, 0, 1, 1); const [r, g, b] = ink.getImageData(0, 0, 1, 1).data;\
        ink.clearRect(0, 0, copy.width, copy.height); ink.drawImage(canvas, 0, 0);\
        const data = ink.getImageData(0, 0, copy.width, copy.height).data; let count = 0;\
        for (let i = 0; i < data.length; i += 4)\
            count += Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 9;\
        return count; }})()"
    )
}

/// The connections as they were at a time, without what depends on the present.
async fn at(browser: &Browser, ms: u64) -> Vec<Value> {
    browser.js(&format!("await window.peerscope.seek({ms})")).await;
    let rows = browser.query("connections").await;
    browser.js("await window.peerscope.live()").await;
    assert!(!rows.is_empty());
    rows
}

pub fn told(events: &[Value]) -> Vec<(Value, Value)> {
    events.iter().map(|event| (event["ts"].clone(), event["content"].clone())).collect()
}

async fn until_gaps(browser: &Browser, count: u32) {
    let words = if count == 1 { "1 gap,".to_owned() } else { format!("{count} gaps,") };
    let said =
        format!("return document.querySelector('[data-testid=timeline]')?.innerText.includes('{words}')");
    browser.until(&words, &said).await;
}

/// Has the engine panic, and waits until it is there again with all that it had.
pub async fn crash(browser: &Browser, gaps: u32) {
    let before = browser.query("events").await;
    let states = browser.stats().await["states"].as_u64().expect("a number");
    browser.js("window.peerscope.crash()").await;
    browser
        .until(
            "the page to say it",
            "return document.querySelector('[data-testid=notice]')?.innerText.match(/engine/i)",
        )
        .await;
    browser.until_link("live").await;
    let more = format!("return (await window.peerscope.stats()).states > {states}");
    browser.until("every snapshot again, and another", &more).await;
    until_gaps(browser, gaps).await;
    assert_eq!(told(&browser.query("events").await)[..before.len()], told(&before)[..]);
}
