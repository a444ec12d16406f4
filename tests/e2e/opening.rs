//! Recordings that come slowly, are cancelled, or break off: what the page says, and that what was read stays.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use crate::{
    browser::Browser,
    page,
    recordings::{made, number, viewer},
};

/// A server that sends of a recording what the test says, when it says so.
struct Server {
    url: String,
    requests: mpsc::Receiver<TcpStream>,
}

impl Server {
    async fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (heard, requests) = mpsc::channel(4);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let heard = heard.clone();
                // A browser may open a connection and ask for nothing on it.
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        match stream.read_u8().await {
                            Ok(byte) => head.push(byte),
                            Err(_) => return,
                        }
                    }
                    heard.send(stream).await.ok();
                });
            }
        });
        Server { url: format!("http://127.0.0.1:{port}/a.libp2p.trace"), requests }
    }

    /// The next request, answered: so many bytes will come, or nobody knows how many.
    async fn answer(&mut self, length: Option<usize>) -> TcpStream {
        let mut stream = self.requests.recv().await.expect("a request");
        let length = length.map(|length| format!("Content-Length: {length}\r\n")).unwrap_or_default();
        let head =
            format!("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n{length}\r\n");
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream
    }
}

const PROGRESS: &str = "document.querySelector('[data-testid=progress]')";
const NOTICE: &str = "document.querySelector('[data-testid=notice]')?.innerText ?? ''";

async fn until_states(browser: &Browser) {
    let states =
        "const stats = await window.peerscope.stats(); return stats.states > 3 && stats.connections === 50";
    browser.until("snapshots of what came so far", states).await;
    let figures = "return document.querySelector('[data-testid=kpi-connections]')?.innerText.includes('50')";
    browser.until("the first screen while it loads", figures).await;
}

async fn until_notice(browser: &Browser, says: &str) -> String {
    browser.until(&format!("a notice of {says:?}"), &format!("return ({NOTICE}).includes({says:?})")).await;
    assert_eq!(browser.js(&format!("return {PROGRESS}")).await, serde_json::Value::Null);
    browser.until_link("file").await;
    browser.js(&format!("return {NOTICE}")).await.as_str().unwrap_or_default().to_owned()
}

/// What was read is whole in itself: no damage, and every screen answers.
async fn what_was_read_stays(browser: &Browser) {
    let stats = browser.stats().await;
    assert_eq!((number(&stats, "bad_frames"), number(&stats, "connections")), (0, 50), "{stats:#}");
    let (first, last) = (number(&stats, "first_ms"), number(&stats, "last_ms"));
    browser.js(&format!("await window.peerscope.seek({})", first.midpoint(last))).await;
    assert_eq!(browser.query("connections").await.len(), 50);
    browser.js("await window.peerscope.live()").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_from_the_network_shows_how_far_it_is_and_can_be_cancelled() {
    let dist = page!();
    let figures = ["--connections", "50", "--streams", "3", "--duration", "40"];
    let Some(file) = made("e2e-opening.libp2p.trace", &figures) else { return };
    let bytes = std::fs::read(&file).expect("a file");
    let (server, url) = viewer(dist).await;
    let mut source = Server::start().await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&format!("{url}#/overview?url={}", source.url)).await;

    // 60 % of it, in small pieces, as a network has them; then it stalls.
    let mut sent = source.answer(Some(bytes.len())).await;
    for piece in bytes[..bytes.len() * 6 / 10].chunks(1000) {
        sent.write_all(piece).await.expect("sent");
    }
    browser
        .until(
            "60 %",
            &format!("return {PROGRESS}?.ariaValueNow === '59' || {PROGRESS}?.ariaValueNow === '60'"),
        )
        .await;
    browser
        .until("bytes of how many", &format!("return {PROGRESS}.innerText.match(/[0-9]+ % · .*B of .*B/)"))
        .await;
    until_states(&browser).await;
    browser.screenshot("opening-progress").await;
    assert_eq!(number(&browser.stats().await, "bad_frames"), 0);

    browser.click("cancel").await;
    let notice = until_notice(&browser, "cancelled").await;
    assert!(notice.contains("% (") && notice.contains("missing"), "{notice}");
    assert_eq!(sent.read(&mut [0; 16]).await.unwrap_or(0), 0, "the browser let the request go");
    what_was_read_stays(&browser).await;
    browser.screenshot("opening-cancelled").await;

    // Read again, whole; this time nobody says how long it is.
    browser.js("[...document.querySelectorAll('.banner button')].find(button => button.innerText === 'Read it whole').click()").await;
    let mut sent = source.answer(None).await;
    sent.write_all(&bytes[..bytes.len() / 2]).await.expect("sent");
    until_states(&browser).await;
    let words = browser
        .until("bytes alone", &format!("return {PROGRESS}?.innerText.match(/B/) && {PROGRESS}.innerText"))
        .await;
    assert!(words.as_str().is_some_and(|words| !words.contains('%') && !words.contains(" of ")), "{words}");
    sent.write_all(&bytes[bytes.len() / 2..]).await.expect("sent");
    drop(sent);
    browser
        .until(
            "the whole of it",
            &format!("return !{PROGRESS} && (await window.peerscope.stats()).states >= 40"),
        )
        .await;
    assert_eq!(browser.js(&format!("return {NOTICE}")).await, "");

    // And a server that breaks off.
    browser.goto("about:blank").await;
    browser.goto(&format!("{url}#/overview?url={}", source.url)).await;
    let mut sent = source.answer(Some(bytes.len())).await;
    sent.write_all(&bytes[..bytes.len() / 2]).await.expect("sent");
    until_states(&browser).await;
    drop(sent);
    let notice = until_notice(&browser, "stopped sending").await;
    assert!(notice.contains("Read to 4") || notice.contains("Read to 5"), "{notice}");
    let stats = browser.stats().await;
    // The frame that was cut in two.
    assert!(number(&stats, "bad_frames") <= 1 && number(&stats, "connections") == 50, "{stats:#}");
    browser.end().await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_vanishes_leaves_what_was_read() {
    let dist = page!();
    let figures = ["--connections", "50", "--streams", "3", "--duration", "40"];
    let Some(file) = made("e2e-vanishing.libp2p.trace", &figures) else { return };
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&url).await;
    browser.until_link("idle").await;
    // A file of the user's, kept by a field of the test's own.
    browser
        .js("const field = document.createElement('input'); field.type = 'file'; field.dataset.testid = 'own';\
            document.body.append(field)")
        .await;
    let field = browser.find("own").await;
    field.send_keys(&file.display().to_string()).await.expect("a file is chosen");
    // Its beginning as bytes of the tab, as long as the pieces that are read at a time; then the file itself.
    browser
        .js("const file = document.querySelector('[data-testid=own]').files[0];\
            const all = new Uint8Array(await file.arrayBuffer()); const head = [];\
            const state = all.slice(4); let bytes = 4; head.push(all.slice(0, 4));\
            while (bytes < 5 << 20) { head.push(state); bytes += state.length; }\
            document.querySelector('[data-testid=own]').remove(); window.halves = new Blob([...head, file])")
        .await;
    std::fs::remove_file(&file).expect("removed");
    browser.js("window.peerscope.open(window.halves)").await;
    let notice = until_notice(&browser, "changed, moved or deleted").await;
    assert!(notice.contains("Read to") && notice.contains("missing"), "{notice}");
    let stats = browser.stats().await;
    assert!(number(&stats, "states") >= 40 && number(&stats, "connections") == 50, "{stats:#}");
    browser.end().await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_was_cut_off_says_so() {
    let dist = page!();
    let figures = ["--connections", "20", "--duration", "10"];
    let Some(file) = made("e2e-cut-off.libp2p.trace", &figures) else { return };
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&url).await;
    browser.until_link("idle").await;
    let whole = std::fs::metadata(&file).expect("a file").len();
    std::fs::File::options()
        .write(true)
        .open(&file)
        .and_then(|cut| cut.set_len(whole - 10))
        .expect("it is cut");
    let input = browser.find("file-input").await;
    input.send_keys(&file.display().to_string()).await.expect("a file is chosen");
    until_notice(&browser, "in the middle of a frame").await;
    let stats = browser.stats().await;
    assert!(number(&stats, "states") >= 9 && number(&stats, "bad_frames") == 1, "{stats:#}");
    std::fs::remove_file(&file).expect("removed");
    browser.end().await;
    server.close().await;
}
