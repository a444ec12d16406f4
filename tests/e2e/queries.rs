//! The query box while it is typed in, groups, and two moments compared, in the real page.

use std::path::PathBuf;

use fantoccini::{Locator, key::Key};
use peerscope_endpoint::ViewerServer;
use serde_json::Value;

use crate::{
    browser::Browser,
    page,
    recordings::{made, viewer},
};

/// A recording of a node whose connections come and go, in a file of the test's own, open in the page.
async fn opened(dist: PathBuf, name: &str) -> Option<(Browser, ViewerServer)> {
    let figures =
        ["--connections", "40", "--streams", "3", "--duration", "60", "--churn", "2", "--event-rate", "5"];
    let file = made(name, &figures)?;
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&url).await;
    let input = browser.find("file-input").await;
    input.send_keys(&file.display().to_string()).await.expect("a file is chosen");
    browser.until_link("file").await;
    browser.until("all of it", "return (await window.peerscope.stats()).states >= 60").await;
    Some((browser, server))
}

async fn text(browser: &Browser, script: &str) -> String {
    browser.js(script).await.as_str().unwrap_or_default().to_owned()
}

const QUERY: &str = "return document.querySelector('[data-testid=search]').value";
const ROWS: &str = "return [...document.querySelectorAll('[data-testid=row]')].length";

#[tokio::test(flavor = "multi_thread")]
async fn the_query_box_proposes_and_corrects() {
    let Some((browser, server)) = opened(page!(), "e2e-typed.libp2p.trace").await else { return };
    browser.click("nav-connections").await;
    browser.until("rows", ROWS).await;

    // Fields, then values with the rows left, by keys alone.
    browser.press("/").await;
    let search = browser.find("search").await;
    search.send_keys("tran").await.expect("typed");
    browser
        .until(
            "a field",
            "return document.querySelector('[data-testid=proposal]')?.innerText.startsWith('transport')",
        )
        .await;
    search.send_keys(&format!("{}{}", char::from(Key::Down), char::from(Key::Enter))).await.expect("keys");
    assert_eq!(text(&browser, QUERY).await, "transport:");
    let values = "return [...document.querySelectorAll('[data-testid=proposal]')].map(option => [option.title, option.querySelector('.n')?.innerText])";
    browser
        .until(
            "values",
            "return document.querySelector('[data-testid=proposal]')?.title.startsWith('transport:')",
        )
        .await;
    let values = browser.js(values).await;
    let first = values[0].clone();
    let errors = browser.client.find_all(Locator::Css("[data-testid=query-error]")).await.expect("found");
    assert!(errors.is_empty(), "what is unfinished is no mistake");
    search.send_keys(&format!("{}{}", char::from(Key::Down), char::from(Key::Tab))).await.expect("keys");
    let query = text(&browser, QUERY).await;
    assert_eq!(Value::from(query.clone()), first[0]);
    let left: usize = first[1].as_str().and_then(|count| count.parse().ok()).expect("a count");
    browser
        .until("the rows", &format!("return (await window.peerscope.query('connections')).length === {left}"))
        .await;
    let focus = text(&browser, "return document.activeElement.dataset.testid").await;
    assert_eq!(focus, "search");

    // A mistake: its place, a way out on Tab, and the rest of the query holds meanwhile.
    search.send_keys(" in>1kX").await.expect("typed");
    browser.until("the mistake", "return document.querySelector('[data-testid=query-error]')").await;
    assert_eq!(text(&browser, "return document.querySelector('.wave u').innerText").await, "X");
    assert_eq!(browser.query("connections").await.len(), left);
    browser.screenshot("query-error").await;
    search.send_keys(&char::from(Key::Tab).to_string()).await.expect("a key");
    assert_eq!(text(&browser, QUERY).await, format!("{query} in>1kB"));
    browser.until("no mistake", "return !document.querySelector('[data-testid=query-error]')").await;

    // Escape closes the list, then clears, then leaves.
    search.send_keys(" ").await.expect("typed");
    browser.until("the list", "return document.querySelector('[data-testid=completion]')").await;
    search.send_keys(&char::from(Key::Escape).to_string()).await.expect("a key");
    browser.until("no list", "return !document.querySelector('[data-testid=completion]')").await;
    assert!(text(&browser, QUERY).await.contains("in>1kB"));
    search.send_keys(&char::from(Key::Escape).to_string()).await.expect("a key");
    browser
        .until("nothing typed", "return document.querySelector('[data-testid=search]').value === ''")
        .await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.end().await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_grouped() {
    let Some((browser, server)) = opened(page!(), "e2e-grouped.libp2p.trace").await else { return };
    browser.click("nav-connections").await;
    browser.until("rows", ROWS).await;
    let all = browser.query("connections").await.len();
    let select = "const select = document.querySelector('[data-testid=group]'); select.selectedIndex = 3; select.dispatchEvent(new Event('change', { bubbles: true })); return true";
    browser.js(select).await;
    let heads =
        "return [...document.querySelectorAll('[data-testid=group-head]')].map(head => head.innerText)";
    browser.until("heads", "return document.querySelectorAll('[data-testid=group-head]').length > 0").await;
    browser.until("the address", "return location.hash.includes('group=transport')").await;
    browser.click("fold-all").await;
    browser.until("heads alone", "return document.querySelectorAll('[data-testid=row]').length === 0").await;
    // "3 open, 1 closed": the counts of all heads are all rows.
    let heads = browser.js(heads).await;
    let count = |head: &Value| -> usize {
        let head = head.as_str().unwrap_or_default();
        let number = |word: &str| {
            head.split(word)
                .next()
                .filter(|_| head.contains(word))
                .and_then(|before| before.split_whitespace().last()?.parse::<usize>().ok())
        };
        number(" open").unwrap_or(0) + number(" closed").unwrap_or(0)
    };
    assert_eq!(heads.as_array().expect("heads").iter().map(count).sum::<usize>(), all, "{heads:?}");
    browser.click("group-head").await;
    browser.until("rows of one group", ROWS).await;
    browser.screenshot("groups").await;
    browser.end().await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_moments_are_compared() {
    let Some((browser, server)) = opened(page!(), "e2e-compared.libp2p.trace").await else { return };
    browser.click("nav-diff").await;
    browser.find("screen-diff").await;
    // At a press: the beginning against now.
    browser.click("pin-begin").await;
    browser.until("the comparison", "return document.querySelector('[data-testid=compared]')").await;
    browser.click("unpin").await;
    browser.find("pin-begin").await;
    let open_keys = "return (await window.peerscope.query('connections')).filter(row => row.end_ms === null).map(row => row.key)";
    let first =
        browser.js("return (await window.peerscope.stats()).first_ms").await.as_u64().expect("a time");
    let (a, b) = (first + 10_000, first + 50_000);
    let mut keys = Vec::new();
    for at in [a, b] {
        browser.js(&format!("await window.peerscope.seek({at})")).await;
        keys.push(browser.js(open_keys).await.as_array().expect("keys").clone());
        if at == a {
            browser.click("pin").await;
            browser
                .until("nothing differs", "return document.body.innerText.includes('Nothing differs')")
                .await;
        }
    }
    let only = |here: &[Value], there: &[Value]| here.iter().filter(|key| !there.contains(key)).count();
    let (vanished, appeared) = (only(&keys[0], &keys[1]), only(&keys[1], &keys[0]));
    assert!(vanished > 0 && appeared > 0, "the recording has churn");
    let head = |word: &str, count: usize| {
        format!(
            "return document.querySelector('[data-testid=head-{word}]')?.innerText.includes('{count} {word}')"
        )
    };
    browser.until("what vanished", &head("vanished", vanished)).await;
    let rows = browser.query("diff").await;
    let of = |change: &str| {
        rows.iter().filter(|row| row["section"] == "connections" && row["change"] == change).count()
    };
    assert_eq!((of("vanished"), of("appeared")), (vanished, appeared));
    assert!(rows.iter().any(|row| row["section"] == "peers"));
    browser.screenshot("diff").await;

    // The link alone shows the same, and turned round it is the mirror.
    browser.until("the address", &format!("return location.hash.includes('a={a}')")).await;
    browser.click("swap").await;
    browser.until("the mirror", &head("vanished", appeared)).await;
    browser.click("section-streams").await;
    browser.until("rows", ROWS).await;

    // On a phone nothing is wider than the screen.
    browser.client.set_window_size(390, 844).await.expect("a size");
    browser.until("the phone's layout", "return document.querySelector('.dt.phone-rows')").await;
    let over = browser.js("return document.documentElement.scrollWidth - window.innerWidth").await;
    assert!(over.as_i64().is_some_and(|px| px <= 0), "{over}");
    browser.screenshot("diff-phone").await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.end().await;
    server.close().await;
}
