//! How fast the page is with a recording: one line of JSON for each. A smoke test as it is; `PEERSCOPE_BENCH=1` makes the
//! recordings large. It asserts nothing about time.

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

async fn measured(browser: &Browser, url: &str, file: &std::path::Path) -> Value {
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
    let bytes = std::fs::metadata(file).expect("a file").len();
    let of = |key: &str| stats[key].clone();
    json!({
        "bytes": bytes, "first_screen_ms": first, "indexed_ms": done, "mb_per_s": bytes as f64 / 1e3 / done,
        "seek_p50_ms": seek[0], "seek_max_ms": seek[1],
        "states": of("states"), "events": of("events"), "intake_ms": of("intake_ms"),
        "history_bytes": of("history_bytes"), "engine_bytes": of("engine_bytes"),
        "frame_ms_p99": of("frame_ms_p99"), "long_tasks": of("long_tasks"), "dropped": of("dropped"),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_opens_and_is_sought() {
    let dist = page!();
    let is_large = std::env::var_os("PEERSCOPE_BENCH").is_some();
    let cases: &[(&str, &[&str])] = if is_large {
        &[
            ("75 MB", &["--connections", "1000", "--streams", "5", "--duration", "120"]),
            ("1000 × 8, 120 s", &["--connections", "1000", "--streams", "8", "--duration", "120"]),
            ("10000 × 2, 30 s", &["--connections", "10000", "--streams", "2", "--duration", "30"]),
            ("5000 events/s, 120 s", &["--event-rate", "5000", "--duration", "120"]),
        ]
    } else {
        &[("100 × 3, 20 s", &["--connections", "100", "--duration", "20"])]
    };
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    for (name, figures) in cases {
        let Some(file) = made("e2e-speed.libp2p.trace", figures) else { break };
        let told = measured(&browser, &url, &file).await;
        println!("{name}: {told}");
        assert!(number(&told, "states") > 0 && number(&told, "dropped") == 0, "{told:#}");
        std::fs::remove_file(file).expect("removed");
    }
    browser.end().await;
    server.close().await;
}
