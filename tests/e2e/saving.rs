//! Saving a recording: whole, a part of it, redacted, and of a live node; and where a live node's frames are kept.

use std::collections::BTreeSet;

use fantoccini::wd::WebDriverCompatibleCommand;
use peerscope_introspection::{
    Endpoint,
    recording::{Item, Reader},
};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    live::{crash, told},
    network, page,
    recordings::{made, number, open, viewer},
};

/// Files that the page hands to the user come to the test instead.
pub const CATCH: &str = "window.caught = []; const make = URL.createObjectURL; \
    URL.createObjectURL = blob => { window.caught.push({ blob }); return make(blob); }; \
    HTMLAnchorElement.prototype.click = function () { window.caught.at(-1).name = this.download; };";

/// Saves what is chosen in the dialog; the file's name and its bytes.
pub async fn save(browser: &Browser) -> (String, Vec<u8>) {
    browser.js("window.caught.length = 0").await;
    browser.click("export-save").await;
    browser.until("the file", "return window.caught[0]?.name").await;
    let script = "const { name, blob } = window.caught[0]; const bytes = new Uint8Array(await blob.arrayBuffer()); \
        let text = ''; for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768)); \
        return [name, text]";
    let caught: (String, String) =
        serde_json::from_value(browser.js(script).await).expect("a name and a text");
    let bytes = caught.1.chars().map(|c| u8::try_from(u32::from(c)).expect("a byte")).collect();
    (caught.0, bytes)
}

/// Sets all four switches.
pub async fn replace(browser: &Browser, on: bool) {
    for switch in ["addresses", "peer-ids", "events", "agents"] {
        let id = format!("replace-{switch}");
        let is = browser.find(&id).await.attr("aria-checked").await.expect("an attribute");
        if is.as_deref() != Some(if on { "true" } else { "false" }) {
            browser.click(&id).await;
        }
    }
}

/// Opens bytes as a recording.
async fn open_bytes(browser: &Browser) {
    browser.js("await window.peerscope.open(await window.caught[0].blob.arrayBuffer())").await;
}

fn frames(bytes: &[u8]) -> usize {
    let mut reader = Reader::new();
    reader.push(bytes);
    reader.finish();
    let mut count = 0;
    for item in reader {
        match item {
            Item::Frame { .. } => count += 1,
            Item::Problem(problem) => panic!("{problem}"),
        }
    }
    count
}

/// What a row says that the time before the range does not matter to.
fn facts(rows: &[Value]) -> BTreeSet<String> {
    let open = rows.iter().filter(|row| row["status"] == "active");
    open.map(|row| {
        let keys = [
            "id",
            "peer",
            "agent",
            "transport",
            "direction",
            "remote",
            "rtt_ns",
            "age_ms",
            "streams",
            "total_in",
            "total_out",
        ];
        keys.map(|key| row[key].to_string()).join(" ")
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_saved_whole_in_part_and_redacted() {
    let dist = page!();
    let figures =
        ["--connections", "40", "--streams", "2", "--event-rate", "30", "--duration", "60", "--churn", "1"];
    let Some(file) = made("e2e-saving.libp2p.trace", &figures) else { return };
    let original = std::fs::read(&file).expect("it was made");
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&url).await;
    browser.js(CATCH).await;
    open(&browser, &file).await;
    let stats = browser.stats().await;
    let (first, last) = (number(&stats, "first_ms"), number(&stats, "last_ms"));

    // The dialog has the focus and keeps it; Escape closes it and gives it back.
    browser.click("export").await;
    browser.find("export-save").await;
    let inside =
        "return !!document.activeElement.closest('[role=dialog]') && document.querySelector('.app').inert";
    browser.until("the focus in the dialog", inside).await;
    for _ in 0..30 {
        browser.press("\u{e004}").await;
        assert_eq!(browser.js(inside).await, true);
    }
    browser
        .until("real rows", "return document.querySelectorAll('[data-testid=preview] tr.b').length >= 2")
        .await;
    browser.screenshot("saving-dark").await;
    browser.press("\u{e00c}").await;
    browser.until("the focus back", "return document.activeElement.dataset.testid === 'export'").await;

    // Whole: the bytes of the file that was opened.
    browser.click("export").await;
    replace(&browser, false).await;
    let (name, whole) = save(&browser).await;
    assert!(whole == original, "{} bytes of {}", whole.len(), original.len());
    assert!(name.starts_with("peerscope-") && name.ends_with(".libp2p.trace"), "{name}");

    // Packed, it is smaller and opens as well.
    browser.click("export").await;
    replace(&browser, false).await;
    browser.click("export-pack").await;
    let (name, packed) = save(&browser).await;
    assert!(
        name.ends_with(".libp2p.trace.gz") && packed.len() < whole.len() && packed.starts_with(&[0x1f, 0x8b]),
        "{name}"
    );
    assert_eq!(frames(&packed), frames(&whole));

    // A part of it, redacted: nothing of peers, hosts and agents is left, and all rows are there.
    let rows = browser.query("connections").await;
    browser.click("export").await;
    replace(&browser, true).await;
    let (_, redacted) = save(&browser).await;
    assert_eq!(frames(&redacted), frames(&whole));
    let text = String::from_utf8_lossy(&redacted);
    let events = browser.query("events").await;
    let mut secrets: BTreeSet<String> =
        rows.iter().chain(&events).filter_map(|row| row["peer"].as_str()).map(str::to_owned).collect();
    for row in &rows {
        secrets.extend(row["agent"].as_str().map(str::to_owned));
        let host = row["remote"].as_str().and_then(|remote| remote.rsplit_once(':'));
        secrets.extend(host.map(|(host, _)| host.trim_matches(['[', ']']).to_owned()));
    }
    assert!(secrets.len() > 60, "{}", secrets.len());
    for secret in &secrets {
        assert!(!text.contains(&**secret), "{secret} is in the file");
    }
    open_bytes(&browser).await;
    let again = browser.stats().await;
    for key in [
        "frames",
        "states",
        "events",
        "runtimes",
        "bad_frames",
        "first_ms",
        "last_ms",
        "connections",
        "streams",
        "peers",
    ] {
        assert_eq!(again[key], stats[key], "{key}");
    }

    // A part, as it was: at a moment within it the same rows.
    browser.goto("about:blank").await;
    browser.goto(&url).await;
    browser.js(CATCH).await;
    open(&browser, &file).await;
    let (from, to, at) = (first + 20_000, first + 40_000, first + 30_000);
    assert!(to < last);
    browser.js(&format!("location.hash = '#/connections?from={from}&to={to}&t={at}'")).await;
    browser.js(&format!("await window.peerscope.seek({at})")).await;
    let then = browser.query("connections").await;
    browser.click("export").await;
    replace(&browser, false).await;
    let (_, part) = save(&browser).await;
    assert!(part.len() < whole.len() / 2 && frames(&part) < frames(&whole) / 2);
    open_bytes(&browser).await;
    let stats = browser.stats().await;
    assert_eq!((number(&stats, "runtimes"), number(&stats, "bad_frames")), (1, 0));
    assert!(number(&stats, "first_ms") >= from && number(&stats, "last_ms") <= to, "{stats:#}");
    browser.js(&format!("await window.peerscope.seek({at})")).await;
    assert!(!facts(&then).is_empty());
    assert_eq!(facts(&browser.query("connections").await), facts(&then));
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.end().await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_node_is_kept_in_files_and_saved_while_it_goes_on() {
    let dist = page!();
    let network = network::two_nodes(dist).await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&network.endpoint.viewer_url().expect("it runs")).await;
    browser.js(CATCH).await;
    browser.until_link("live").await;
    network.watched.dial(network.address.clone()).await;
    let kept = "const stats = await window.peerscope.stats(); return stats.kept_in === 'files' && stats.stored_bytes > 0 && stats.states > 3";
    browser.until("frames in files", kept).await;
    browser.click("record").await;
    let said = browser.find("kept-in").await.text().await.expect("text");
    assert!(said.contains("private files"), "{said}");
    browser.screenshot("recording-dark").await;
    browser.press("\u{e00c}").await;

    let before = browser.stats().await;
    browser.click("export").await;
    replace(&browser, false).await;
    let (_, bytes) = save(&browser).await;
    assert!(frames(&bytes) as u64 >= number(&before, "frames"), "{} of {before:#}", frames(&bytes));
    browser.until_link("live").await;
    let more = format!("return (await window.peerscope.stats()).states > {}", number(&before, "states") + 2);
    browser.until("it goes on", &more).await;

    // Once more: now there is a part that was ended by saving, and one after it.
    let before = browser.stats().await;
    browser.click("export").await;
    replace(&browser, true).await;
    let (_, bytes) = save(&browser).await;
    assert!(frames(&bytes) as u64 >= number(&before, "frames"));
    let text = String::from_utf8_lossy(&bytes);
    let (me, other) = (network.watched.peer.to_string(), network.other.peer.to_string());
    assert!(!text.contains(&me) && !text.contains(&other) && !text.contains("127.0.0.1"));

    // Another source: the files of this one go.
    let files = "const root = await navigator.storage.getDirectory(); const all = []; \
        const walk = async folder => { for await (const entry of folder.values()) \
            entry.kind === 'file' ? all.push(entry.name) : await walk(entry); }; await walk(root); return all.length;";
    assert!(browser.js(files).await.as_u64() > Some(1));
    browser.js("window.peerscope.open(new ArrayBuffer(0))").await;
    browser
        .until("no files", &format!("const count = await (async () => {{ {files} }})(); return count === 0"))
        .await;
    browser.end().await;
    network.endpoint.close().await;
    network.watched.stop().await;
    network.other.stop().await;
}

/// A command of Chromium's own protocol.
#[derive(Debug)]
struct BeforeEachPage(&'static str);

impl WebDriverCompatibleCommand for BeforeEachPage {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let command =
            json!({ "cmd": "Page.addScriptToEvaluateOnNewDocument", "params": { "source": self.0 } });
        (http::Method::POST, Some(command.to_string()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_private_files_the_page_keeps_the_frames_and_says_so() {
    let dist = page!();
    let network = network::two_nodes(dist).await;
    let browser = Browser::start(1440, 900).await;
    let no_locks =
        BeforeEachPage("Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })");
    browser.client.issue_cmd(no_locks).await.expect("it is run");
    browser.goto(&network.endpoint.viewer_url().expect("it runs")).await;
    browser.js(CATCH).await;
    browser.until_link("live").await;
    network.watched.dial(network.address.clone()).await;
    let kept = "const stats = await window.peerscope.stats(); return stats.kept_in === 'page' && stats.states > 3 && stats.events > 2";
    browser.until("frames in the page", kept).await;
    browser.click("record").await;
    let said = browser.find("kept-in").await.text().await.expect("text");
    assert!(said.contains("this tab’s memory") && said.contains("locks"), "{said}");
    browser.press("\u{e00c}").await;
    let events = browser.query("events").await;
    crash(&browser, 1).await;
    assert_eq!(told(&browser.query("events").await)[..events.len()], told(&events)[..]);
    let before = browser.stats().await;
    browser.click("export").await;
    replace(&browser, false).await;
    let (_, bytes) = save(&browser).await;
    assert!(frames(&bytes) as u64 >= number(&before, "states") + number(&before, "events"));
    browser.end().await;
    network.endpoint.close().await;
    network.watched.stop().await;
    network.other.stop().await;
}
