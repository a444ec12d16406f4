//! How fast the page is with a recording: one line of JSON for each. A smoke test as it is; `PEERSCOPE_BENCH=1` makes the
//! recordings large. It asserts nothing about time.

use std::io::Write;

use serde_json::{Value, json};

use crate::{
    browser::Browser,
    page,
    recordings::{made, number, viewer},
};

/// Watches from the choice of the file on: when the first figures show, and when all is in.
const WATCH: &str = "window.began = null; window.first = null; window.done = null;\
    document.querySelector('[data-testid=file-input]')\
        .addEventListener('change', () => { window.began = performance.now(); }, { capture: true });\
    const look = () => {\
        const since = performance.now() - window.began;\
        const figures = /[0-9]/.test(document.querySelector('[data-testid=kpi-connections]')?.innerText ?? '');\
        if (window.began && !window.first && figures) window.first = since;\
        const whole = document.querySelector('[data-testid=link-state]')?.textContent.trim() === 'file'\
            && !document.querySelector('[data-testid=progress]');\
        if (window.first && whole) window.done = since; else requestAnimationFrame(look);\
    };\
    look();";

/// Moments everywhere, in no order: how long until each is on the screen.
const SEEK: &str = "const { first_ms, last_ms } = await window.peerscope.stats(); const times = [];\
    for (let step = 0; step < 50; step += 1) {\
        const at = Math.round(first_ms + (last_ms - first_ms) * (step * 37 % 50) / 50);\
        const from = performance.now(); await window.peerscope.seek(at); times.push(performance.now() - from);\
    }\
    times.sort((a, b) => a - b); return [times[25], times[49]];";

/// Turns the wheel over the graph, a notch once the one before is shown and a pixel can be read: how long that took in the middle,
/// and at most.
const ZOOM: &str = "const canvas = document.querySelector('[data-testid=graph-canvas]');\
    const box = canvas.getBoundingClientRect(); const frame = () => new Promise(requestAnimationFrame);\
    const shown = () => document.querySelector('.zoom span').textContent; const times = []; await frame();\
    for (let step = 0; step < 60; step += 1) {\
        const was = shown(); const from = performance.now();\
        canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: step < 30 ? -40 : 40, bubbles: true, cancelable: true,\
            clientX: box.left + box.width * 0.6, clientY: box.top + box.height * 0.4 }));\
        do { await frame(); } while (shown() === was);\
        canvas.getContext('2d').getImageData(0, 0, 1, 1); times.push(performance.now() - from);\
    }\
    times.sort((a, b) => a - b); return [times[30], times[59]];";

async fn measured(browser: &Browser, url: &str, file: &std::path::Path, bytes: u64) -> Value {
    browser.goto("about:blank").await;
    browser.goto(url).await;
    browser.until_link("idle").await;
    browser.js(WATCH).await;
    let input = browser.find("file-input").await;
    input.send_keys(&file.display().to_string()).await.expect("a file is chosen");
    let done = browser.until("the whole file", "return window.done").await.as_f64().expect("a time");
    let first = browser.js("return window.first").await;
    let stats = browser.stats().await;
    browser.click("nav-connections").await;
    browser.until("rows", "return document.querySelectorAll('[data-testid=row]').length > 0").await;
    let seek = browser.js(SEEK).await;
    let of = |key: &str| stats[key].clone();
    json!({
        "bytes": bytes, "first_screen_ms": first, "indexed_ms": done, "mb_per_s": bytes as f64 / 1e3 / done,
        "seek_p50_ms": seek[0], "seek_max_ms": seek[1],
        "bad_frames": of("bad_frames"), "states": of("states"), "events": of("events"), "intake_ms": of("intake_ms"),
        "history_bytes": of("history_bytes"), "engine_bytes": of("engine_bytes"),
        "frame_ms_p99": of("frame_ms_p99"), "long_tasks": of("long_tasks"), "dropped": of("dropped"),
    })
}

/// How the recording comes.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Made,
    Gzip,
    /// Every tenth frame has a wrong byte, and of these every third a wrong length.
    Damaged,
}

/// Each tenth frame damaged; how many.
fn damage(bytes: &mut [u8]) -> u64 {
    let (mut at, mut number) = (4, 0_u64);
    while let Some(header) = bytes.get(at..at + 8) {
        let len = u32::from_le_bytes(header[4..].try_into().expect("four bytes")) as usize;
        number += 1;
        if number.is_multiple_of(10) {
            bytes[at + 8 + len / 2] ^= 1;
        }
        if number.is_multiple_of(30) {
            bytes[at + 6] ^= 1;
        }
        at += 8 + len;
    }
    number / 10
}

/// Puts the file into the form in which it is to come; how many of its frames are damaged.
fn put(file: &std::path::Path, how: As) -> u64 {
    if how == As::Made {
        return 0;
    }
    let mut bytes = std::fs::read(file).expect("a file");
    let damaged = if how == As::Damaged { damage(&mut bytes) } else { 0 };
    if how == As::Gzip {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&bytes).expect("packed");
        bytes = packer.finish().expect("packed");
    }
    std::fs::write(file, bytes).expect("written");
    damaged
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_opens_and_is_sought() {
    let dist = page!();
    let is_large = std::env::var_os("PEERSCOPE_BENCH").is_some();
    let of_8 = |seconds| vec!["--connections", "1000", "--streams", "8", "--duration", seconds];
    let of_3 = vec!["--connections", "100", "--duration", "20"];
    let cases: Vec<(&str, As, Vec<&str>)> = if is_large {
        vec![
            ("75 MB", As::Made, vec!["--connections", "1000", "--streams", "5", "--duration", "120"]),
            ("1000 × 8, 120 s", As::Made, of_8("120")),
            ("the same, gzip", As::Gzip, of_8("120")),
            ("the same, damaged", As::Damaged, of_8("120")),
            (
                "10000 × 2, 30 s",
                As::Made,
                vec!["--connections", "10000", "--streams", "2", "--duration", "30"],
            ),
            ("5000 events/s, 120 s", As::Made, vec!["--event-rate", "5000", "--duration", "120"]),
            ("1000 × 8, 1200 s, 1 GB", As::Made, of_8("1200")),
        ]
    } else {
        vec![
            ("100 × 3, 20 s", As::Made, of_3.clone()),
            ("the same, gzip", As::Gzip, of_3.clone()),
            ("the same, damaged", As::Damaged, of_3),
        ]
    };
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    for (name, how, figures) in &cases {
        let Some(file) = made("e2e-speed.libp2p.trace", figures) else { break };
        let bytes = std::fs::metadata(&file).expect("a file").len();
        let damaged = put(&file, *how);
        let told = measured(&browser, &url, &file, bytes).await;
        println!("{name}: {told}");
        let counted = ["bad_frames", "dropped"].map(|key| number(&told, key));
        assert!(number(&told, "states") > 0 && counted == [damaged, 0], "{told:#}");
        std::fs::remove_file(file).expect("removed");
    }
    browser.end().await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_graph_of_many_nodes_is_sought_and_zoomed() {
    let dist = page!();
    let is_large = std::env::var_os("PEERSCOPE_BENCH").is_some();
    let counts = if is_large { vec!["1000", "10000", "50000"] } else { vec!["200"] };
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    for connections in counts {
        let figures = ["--connections", connections, "--streams", "0", "--duration", "10", "--churn", "0.5"];
        let Some(file) = made("e2e-graph.libp2p.trace", &figures) else { break };
        browser.goto("about:blank").await;
        browser.goto(&url).await;
        browser.until_link("idle").await;
        let input = browser.find("file-input").await;
        input.send_keys(&file.display().to_string()).await.expect("a file is chosen");
        browser.until_link("file").await;
        browser.click("nav-graph").await;
        let drawn = "return document.querySelector('[data-testid=graph-canvas]')?.ariaBusy !== 'true'";
        browser.until("the graph", drawn).await;
        let seek = browser.js(SEEK).await;
        let zoom = browser.js(ZOOM).await;
        let stats = browser.stats().await;
        println!(
            "graph of {connections}: {}",
            json!({
                "seek_p50_ms": seek[0], "seek_max_ms": seek[1], "zoom_p50_ms": zoom[0], "zoom_max_ms": zoom[1],
                "long_tasks": stats["long_tasks"],
            })
        );
        assert_eq!(stats["connections"].to_string(), connections);
        std::fs::remove_file(file).expect("removed");
    }
    browser.end().await;
    server.close().await;
}
