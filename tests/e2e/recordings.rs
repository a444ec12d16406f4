//! Recordings in the page: opened as a person does, by the file input; sought; and read again after a panic.

use std::path::{Path, PathBuf};

use peerscope_endpoint::{Options, Ui, ViewerServer};
use serde_json::Value;

use crate::{browser::Browser, page};

pub async fn viewer(dist: PathBuf) -> (ViewerServer, String) {
    let server = ViewerServer::start(Options { viewer: Ui::Dir(dist), ..Options::default() }).await;
    let server = server.expect("the viewer is served");
    let url = server.viewer_url().expect("it listens");
    (server, url)
}

pub async fn open(browser: &Browser, file: &Path) {
    let input = browser.find("file-input").await;
    input.send_keys(&file.display().to_string()).await.expect("a file is chosen");
    browser.until_link("file").await;
    browser.until("the whole file", "return !document.querySelector('[data-testid=progress]')").await;
}

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.is_file() {
        eprintln!("SKIPPED: {} is not here", path.display());
        return None;
    }
    Some(path.canonicalize().expect("a path"))
}

/// A recording made by the command line tool; None, loudly, where it is not built.
pub fn made(name: &str, more: &[&str]) -> Option<PathBuf> {
    let Some(tool) = std::env::var_os("PEERSCOPE_BIN") else {
        eprintln!("SKIPPED: PEERSCOPE_BIN names no command; `cargo xtask test` does");
        return None;
    };
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let status = std::process::Command::new(tool).arg("generate").args(more).arg("--out").arg(&file).status();
    assert!(status.expect("it runs").success());
    Some(file)
}

/// What scripts rely on.
const STATS: &str = "link source frames bytes states events runtimes bad_frames dropped first_ms last_ms connections \
    streams peers engine_bytes history_bytes intake_ms query_ms frame_ms_p50 frame_ms_p99 long_tasks";

pub fn number(stats: &Value, key: &str) -> u64 {
    stats[key].as_u64().unwrap_or_else(|| panic!("{key} in {stats:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_recording_is_sought_and_survives_a_panic() {
    let dist = page!();
    let figures =
        ["--connections", "30", "--streams", "3", "--event-rate", "20", "--duration", "90", "--churn", "1"];
    let Some(file) = made("e2e-made.libp2p.trace", &figures) else { return };
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&url).await;
    browser.until_link("idle").await;
    browser.screenshot("start-dark").await;
    open(&browser, &file).await;
    let stats = browser.stats().await;
    assert_eq!((number(&stats, "bad_frames"), number(&stats, "dropped")), (0, 0));
    let missing = STATS.split_whitespace().filter(|key| stats.get(key).is_none()).collect::<Vec<_>>();
    assert!(missing.is_empty(), "stats() lacks {missing:?}");
    assert!(number(&stats, "states") >= 90 && number(&stats, "events") >= 1000, "{stats:#}");

    // The cursor in the middle: what is shown is of then, and the newest again by Live.
    let (first, last) = (number(&stats, "first_ms"), number(&stats, "last_ms"));
    let middle = first.midpoint(last);
    let at_end = browser.query("connections").await;
    browser.js(&format!("await window.peerscope.seek({middle})")).await;
    let then = browser.query("connections").await;
    assert_ne!(at_end, then);
    // Those that were open at both times grew older by the same.
    let grown = |row: &Value| {
        let later = at_end.iter().find(|other| other["key"] == row["key"])?;
        let both_open = row["status"] == "active" && later["status"] == "active";
        both_open.then(|| later["age_ms"].as_u64()?.checked_sub(row["age_ms"].as_u64()?)).flatten()
    };
    let grown: std::collections::BTreeSet<u64> = then.iter().filter_map(grown).collect();
    assert!(grown.len() == 1 && grown.iter().all(|by| by.abs_diff(last - middle) <= 2_000), "{grown:?}");
    let text = browser.js("return document.querySelector('[data-testid=cursor-time]').innerText").await;
    assert!(text.as_str().is_some_and(|text| text.contains(':')), "{text}");
    let said = format!("return location.hash.includes('t={middle}')");
    browser.until("the moment in the address, which is written once the cursor rests", &said).await;

    // A query in the box filters the table, and the page holds few rows of it.
    browser.js("await window.peerscope.live()").await;
    browser.click("nav-connections").await;
    let search = browser.find("search").await;
    search.send_keys("status:active").await.expect("typed");
    browser.until("the query in the address", "return location.hash.includes('q=')").await;
    let rows = browser.query("connections").await;
    assert!(!rows.is_empty() && rows.iter().all(|row| row["status"] == "active"));
    let count = browser.js("return document.querySelectorAll('[data-testid=row]').length").await;
    assert!(count.as_u64().is_some_and(|count| count > 0 && count <= 120), "{count}");

    // A panic loses nothing of a file.
    let before = (browser.query("connections").await, browser.query("events").await);
    browser.js("window.peerscope.crash()").await;
    browser
        .until(
            "the page to say it",
            "return document.querySelector('[data-testid=notice]')?.innerText.match(/engine/i)",
        )
        .await;
    let events = before.1.len();
    browser
        .until(
            "every event again",
            &format!("return (await window.peerscope.query('events')).length >= {events}"),
        )
        .await;
    browser.until_link("file").await;
    assert_eq!(browser.query("events").await, before.1);
    assert_eq!(browser.query("connections").await, before.0);
    browser.end().await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_of_other_implementations_open() {
    let dist = page!();
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    for (name, frames, states, events, runtimes) in [
        ("observer-sample-1min.mock", 969, 30, 937, 1),
        ("go-libp2p-short.libp2p.trace", 100, 25, 70, 2),
        ("go-libp2p-pause.libp2p.trace", 116, 44, 63, 2),
    ] {
        let Some(file) = shared(name) else { break };
        browser.goto("about:blank").await;
        browser.goto(&url).await;
        open(&browser, &file).await;
        let stats = browser.stats().await;
        let told = ["frames", "states", "events", "runtimes", "bad_frames"].map(|key| number(&stats, key));
        assert_eq!(told, [frames, states, events, runtimes, 0], "{name}");
        browser.click("nav-connections").await;
        browser.until("rows", "return document.querySelectorAll('[data-testid=row]').length > 0").await;
        browser.screenshot(name).await;
        if name.starts_with("go-") {
            // What Go never fills is "–", and what vanished is said to be inferred.
            let cells = browser
                .js("return [...document.querySelectorAll('[data-testid=cell-rtt]')].map(cell => cell.innerText.trim())")
                .await;
            let cells = cells.as_array().expect("cells");
            assert!(!cells.is_empty() && cells.iter().all(|cell| cell == "–"), "{cells:?}");
            let rows = browser.query("connections").await;
            let ended = rows.iter().filter(|row| !row["end_ms"].is_null()).collect::<Vec<_>>();
            assert!(!ended.is_empty() && ended.iter().all(|row| row["end_inferred"] == true), "{ended:#?}");
        } else {
            let rows = browser.query("connections").await;
            let open =
                rows.iter().filter(|row| row["status"] != "closed" && row["status"] != "error").count();
            assert_eq!((rows.len(), open), (10, 4));
        }
    }
    browser.end().await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_is_refused_in_words() {
    let dist = page!();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    for (name, bytes, says) in [
        ("e2e-version-2.mock", &[2u8, 0, 0, 0, 9, 9, 9, 9, 0, 0, 0, 0][..], "version 2"),
        ("e2e-empty.mock", &[][..], ""),
        ("e2e-text.mock", &b"hello, this is no recording at all"[..], "version"),
    ] {
        let file = folder.join(name);
        std::fs::write(&file, bytes).expect("written");
        browser.goto("about:blank").await;
        browser.goto(&url).await;
        let input = browser.find("file-input").await;
        input.send_keys(&file.display().to_string()).await.expect("a file is chosen");
        let error = browser.find("error").await;
        let text = error.text().await.expect("text");
        assert!(text.contains(says) && text.contains(name), "{name}: {text}");
    }
    browser.end().await;
    server.close().await;
}
