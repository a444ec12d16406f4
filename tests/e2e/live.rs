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
    let colours = "const c = document.querySelector('canvas[data-testid=graph-canvas]') ?? document.querySelector('[data-testid=graph-canvas] canvas');\
        if (!c || !c.width) return 0;\
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const seen = new Set();\
        for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size";
    browser.until("a painted radar", &format!("return (() => {{ {colours} }})() > 8")).await;
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

    // The endpoint goes and comes back on the same port with the same token: nothing of before is lost.
    let before = (browser.stats().await, browser.query("events").await.len());
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
    assert!(browser.query("events").await.len() >= before.1);
    let row = connection(&browser, &peer).await;
    assert_eq!(row["end_cause"], closed["end_cause"]);
    browser
        .until(
            "the gap in words",
            "return document.querySelector('[data-testid=timeline]')?.innerText.includes('gap')",
        )
        .await;

    // The worker panics: the page says so, comes back, and shows the same.
    let before = (browser.stats().await, browser.query("events").await);
    browser.js("window.peerscope.crash()").await;
    browser
        .until(
            "the page to say it",
            "return document.querySelector('[data-testid=notice]')?.innerText.match(/engine/i)",
        )
        .await;
    browser.until_link("live").await;
    let events = before.1.len();
    browser
        .until(
            "every event again",
            &format!("return (await window.peerscope.query('events')).length >= {events}"),
        )
        .await;
    let after = browser.query("events").await;
    let told = |events: &[Value]| {
        events.iter().map(|event| (event["ts"].clone(), event["content"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(told(&after)[..events], told(&before.1)[..]);
    let again = connection(&browser, &peer).await;
    for key in ["key", "status", "end_cause", "end_ms", "total_in", "stream_rows"] {
        assert_eq!(again[key], row[key], "{key}");
    }
    assert_eq!(browser.stats().await["first_ms"], before.0["first_ms"]);
    browser.screenshot("e2e-recovered").await;

    // Nothing on the console but the browser's own lines for refused sockets and for the one request that asks why.
    let ours: Vec<String> =
        browser.console().await.into_iter().filter(|line| !line.contains("introspect")).collect();
    let panics_on_purpose = |line: &String| line.contains("on purpose") || line.contains("unreachable");
    assert!(ours.iter().all(panics_on_purpose), "{ours:#?}");
    browser.end().await;
    network.endpoint.close().await;
    network.watched.stop().await;
}
