//! What a person does with a recording that comes with the page: goes back and forward, sets the time, changes the theme.

use std::collections::BTreeSet;

use peerscope_introspection::{
    recording::{Item, Progress, Reader},
    wire::{Event, ServerMessage, server_message::Payload},
};
use prost::Message as _;

use crate::{
    browser::Browser,
    page,
    recordings::{number, viewer},
};

const STRIP: &str = "[data-testid=timeline] canvas";
const CHART: &str = "[data-testid=event-chart]";

/// The types of the events in the committed sample, read without the viewer.
fn told_in_the_sample() -> BTreeSet<String> {
    let mut reader = Reader::new();
    reader.push(include_bytes!("../../static/sample.libp2p.trace.gz"));
    reader.finish();
    let mut types = BTreeSet::new();
    loop {
        match reader.step() {
            Progress::Item(Item::Frame { payload, .. }) => {
                let message = ServerMessage::decode(payload).expect("a message");
                if let Some(Payload::Event(Event { r#type: Some(kind), .. })) = message.payload {
                    types.insert(kind.name);
                }
            }
            Progress::Item(Item::Problem(problem)) => panic!("{problem}"),
            Progress::Working => {}
            Progress::Starved => return types,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_looked_through_by_mouse_and_keys() {
    let dist = page!();
    let (server, url) = viewer(dist).await;
    let browser = Browser::start(1440, 900).await;
    browser.goto(&format!("{url}#/overview?sample")).await;
    browser.until_link("file").await;
    browser.until("the whole file", "return !document.querySelector('[data-testid=progress]')").await;
    let stats = browser.stats().await;
    assert!(number(&stats, "connections") > 0 && number(&stats, "events") > 100, "{stats:#}");
    let rows = browser.query("connections").await;
    let ended = rows.iter().filter(|row| row["status"] == "closed" || row["status"] == "error").count();
    assert!(ended > 0 && ended < rows.len(), "open and closed connections at its end");
    let events = browser.query("events").await;
    assert!(events.iter().any(|event| event["type"] == "DialFailure"), "a failed dial");
    // Every kind of event that is in the file is on the screen, those of all protocols.
    let shown = events.iter().filter_map(|event| event["type"].as_str()).collect::<BTreeSet<_>>();
    let told = told_in_the_sample();
    assert_eq!(told.iter().map(String::as_str).collect::<BTreeSet<_>>(), shown);
    for kind in [
        "BlockSynced",
        "DhtQueryFinished",
        "DialAttempt",
        "Graft",
        "HolePunch",
        "Reachability",
        "Reservation",
    ] {
        assert!(shown.contains(kind), "{kind}");
    }

    // Each screen is a step of the browser's own history, once.
    for screen in ["connections", "events", "graph"] {
        browser.click(&format!("nav-{screen}")).await;
        browser.until_screen(screen).await;
    }
    for (step, screen) in [("back", "events"), ("back", "connections"), ("forward", "events")] {
        browser.js(&format!("history.{step}()")).await;
        browser.until_screen(screen).await;
    }

    // A click on the timeline sets the moment; steps go from snapshot to snapshot; Live is the end.
    let cursor = "Number(new URLSearchParams(location.hash.split('?')[1]).get('t'))";
    browser.drag(STRIP, 0.5, 0.5).await;
    browser.until("a moment in the address", &format!("return {cursor} > 0")).await;
    let (first, last) = (number(&stats, "first_ms"), number(&stats, "last_ms"));
    let at = browser.js(&format!("return {cursor}")).await.as_u64().expect("a time");
    let middle = first.midpoint(last);
    assert!(at.abs_diff(middle) < (last - first) / 50, "{at} is not the middle, {middle}");
    browser.js("document.activeElement?.blur()").await;
    browser.press(".").await;
    browser.until("a step on", &format!("return {cursor} > {at} && {cursor} < {at} + 5000")).await;
    browser.click("live").await;
    browser.until("the end again", "return !location.hash.includes('t=')").await;

    // A drag sets the range, on the timeline and on the chart of events.
    for (css, name) in [(STRIP, "the timeline"), (CHART, "the chart")] {
        browser.drag(css, 0.25, 0.5).await;
        browser.until(&format!("a range by {name}"), "return location.hash.includes('from=')").await;
        let range = browser
            .js("const of = new URLSearchParams(location.hash.split('?')[1]); return [of.get('from'), of.get('to')].map(Number)")
            .await;
        let (from, to) = (range[0].as_u64().expect("a time"), range[1].as_u64().expect("a time"));
        let quarter = (last - first) / 4;
        assert!((to - from).abs_diff(quarter) < quarter / 4, "{name}: {from} to {to} of {first} to {last}");
        browser.js("document.querySelector('[aria-label=\"Clear the range\"]').click()").await;
        browser.until("no range", "return !location.hash.includes('from=')").await;
    }

    // The theme goes round: dark, light, as the system.
    for theme in ["dark", "light", ""] {
        browser.click("theme").await;
        let script = format!("return (document.documentElement.dataset.theme ?? '') === '{theme}'");
        browser.until("the theme", &script).await;
    }
    let said = browser.console().await;
    assert!(said.is_empty(), "{said:#?}");
    browser.end().await;
    server.close().await;
}
