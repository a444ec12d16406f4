//! A page that is slowed down: it asks the node for fewer snapshots, says so, and goes back when it keeps up again.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{browser::Browser, page};

/// `peerscope simulate`, and the address of its viewer; None, loudly, where it is not built.
async fn simulated(dist: &std::path::Path, figures: &[&str]) -> Option<(Child, String)> {
    let Some(tool) = std::env::var_os("PEERSCOPE_BIN") else {
        eprintln!("SKIPPED: PEERSCOPE_BIN names no command; `cargo xtask test` does");
        return None;
    };
    let mut command = Command::new(tool);
    command.arg("simulate").args(figures).arg("--ui").arg(dist);
    let mut node = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("it runs");
    let mut lines = BufReader::new(node.stdout.take().expect("a pipe")).lines();
    let line = lines.next_line().await.expect("text").expect("a line");
    let ready: Value = serde_json::from_str(&line).expect("JSON");
    Some((node, ready["viewer"].as_str().expect("an address").to_owned()))
}

const NOTICE: &str = "(document.querySelector('[data-testid=notice]')?.innerText ?? '')";
/// The interval that the endpoint says it keeps, as the top bar has it.
const INTERVAL: &str =
    "(document.querySelector('.link')?.innerText.match(/([0-9.]+ m?s) snapshots/)?.[1] ?? '')";

#[tokio::test(flavor = "multi_thread")]
async fn a_slowed_page_gets_fewer_snapshots_until_it_keeps_up() {
    let dist = page!();
    let figures = ["--connections", "8000", "--streams", "1", "--interval", "500"];
    let Some((node, viewer)) = simulated(&dist, &figures).await else { return };
    let browser = Browser::start(1440, 900).await;
    browser.goto(&viewer.replace("#/overview", "#/graph")).await;
    browser.until_link("live").await;
    browser.until("snapshots", "return (await window.peerscope.stats()).states >= 3").await;
    assert_eq!(browser.js(&format!("return {INTERVAL}")).await, "1.0 s");
    assert_eq!(browser.js(&format!("return {NOTICE}")).await, "");

    // On a machine that is quicker than most, 20 times slower is quick enough.
    for rate in [20, 60, 180] {
        browser.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": rate })).await;
        let states = browser.stats().await["states"].as_u64().expect("a number");
        let told = format!(
            "return {INTERVAL} !== '1.0 s' || (await window.peerscope.stats()).states > {states} + 12"
        );
        browser.until("a longer interval, or many snapshots at the one asked for", &told).await;
        if browser.js(&format!("return {INTERVAL}")).await != "1.0 s" {
            break;
        }
    }
    browser.until("a longer interval", &format!("return {INTERVAL} && {INTERVAL} !== '1.0 s'")).await;
    browser
        .until(
            "the page to say so",
            &format!("return {NOTICE}.includes('could not take in a snapshot every 1.0 s')"),
        )
        .await;
    browser.screenshot("slowed").await;
    // The view goes on: slower, and whole.
    browser.until_link("live").await;
    let states = browser.stats().await["states"].as_u64().expect("a number");
    browser
        .until("another snapshot", &format!("return (await window.peerscope.stats()).states > {states}"))
        .await;

    browser.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": 1 })).await;
    // Step by step, each of which is waited for.
    for _ in 0..8 {
        let before = browser.js(&format!("return {INTERVAL}")).await;
        if before == "1.0 s" {
            break;
        }
        browser
            .until(
                &format!("an interval shorter than {before}"),
                &format!("return {INTERVAL} && {INTERVAL} !== {before}"),
            )
            .await;
    }
    browser.until("the interval asked for", &format!("return {INTERVAL} === '1.0 s'")).await;
    browser.until("the notice to go", &format!("return !{NOTICE}.includes('could not take in')")).await;
    browser.end().await;
    drop(node);
}
