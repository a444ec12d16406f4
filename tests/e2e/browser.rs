//! A real browser, driven by the WebDriver protocol, and what a test asks of the page in it.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
    elements::Element,
    wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A condition that does not hold within this time never will.
const PATIENCE: Duration = Duration::from_secs(45);

/// Without a window, GPU or any request of the browser's own.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
];

pub struct Browser {
    pub client: Client,
    profile: Profile,
    _driver: Child,
}

/// The browser's folder. A test that fails does not end its session: the browser is ended by the folder's name, which
/// no other program has among its arguments.
struct Profile(PathBuf);

impl Drop for Profile {
    fn drop(&mut self) {
        let folder = format!("--user-data-dir={}", self.0.display());
        std::process::Command::new("pkill").args(["-f", "--", &folder]).status().ok();
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// The built page, as `cargo xtask test` made it.
pub fn dist() -> Option<PathBuf> {
    let dist = std::env::var_os("PEERSCOPE_DIST").map(PathBuf::from)?;
    assert!(dist.join("index.html").is_file(), "no page in {}", dist.display());
    Some(dist)
}

impl Browser {
    pub async fn start(width: u32, height: u32) -> Browser {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver on PATH");
        let mut lines = BufReader::new(driver.stdout.take().expect("a pipe")).lines();
        let port = loop {
            let line = lines.next_line().await.expect("text").expect("chromedriver says its port");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // Whatever it says later must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let folder = format!("peerscope-e2e-{}-{port}", std::process::id());
        let profile = Profile(std::env::temp_dir().join(folder));
        let mut args: Vec<String> = FLAGS.map(str::to_owned).into();
        args.push(format!("--user-data-dir={}", profile.0.display()));
        args.push(format!("--window-size={width},{height}"));
        let mut options = json!({ "args": args });
        if let Ok(binary) = std::env::var("PEERSCOPE_CHROMIUM") {
            options["binary"] = binary.into();
        }
        let capabilities = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser session");
        Browser { client, profile, _driver: driver }
    }

    pub async fn end(self) {
        self.client.close().await.expect("the session ends");
        drop(self.profile);
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.expect("the page loads");
    }

    /// The result of a script's body; promises are waited for.
    pub async fn js(&self, body: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];\
             (async () => {{ {body} }})().then(value => done({{ value }}), error => done({{ error: String(error) }}));"
        );
        let answer = self.client.execute_async(&script, Vec::new()).await.expect("a script runs");
        if let Some(error) = answer.get("error") {
            panic!("{body}: {error}");
        }
        answer.get("value").cloned().unwrap_or(Value::Null)
    }

    /// Waits until a script answers something that is neither null, false nor an empty text.
    pub async fn until(&self, what: &str, body: &str) -> Value {
        let start = Instant::now();
        loop {
            let value = self.js(body).await;
            if !matches!(&value, Value::Null | Value::Bool(false)) && value != "" {
                return value;
            }
            if start.elapsed() > PATIENCE {
                let text = self.js("return document.body.innerText").await;
                panic!("waited in vain for {what}; the page says:\n{}", text.as_str().unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn find(&self, id: &str) -> Element {
        let css = format!("[data-testid='{id}']");
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(&css)).await;
        found.unwrap_or_else(|error| panic!("no {id}: {error}"))
    }

    pub async fn click(&self, id: &str) {
        self.find(id).await.click().await.unwrap_or_else(|error| panic!("clicking {id}: {error}"));
    }

    /// Presses the mouse at one part of an element's width and lets it go at another; the same twice is a click.
    pub async fn drag(&self, css: &str, from: f64, to: f64) {
        let place = format!(
            "const box = document.querySelector({css:?}).getBoundingClientRect(); return [box.left, box.top, box.width, box.height]"
        );
        let place: [f64; 4] = serde_json::from_value(self.js(&place).await).expect("four numbers");
        let [left, top, width, height] = place;
        let to_point = |part: f64| PointerAction::MoveTo {
            duration: None,
            x: left + width * part,
            y: top + height / 2.0,
        };
        let mouse = MouseActions::new("mouse".into())
            .then(to_point(from))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(to_point(from.midpoint(to)))
            .then(to_point(to))
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(mouse).await.expect("the mouse moves");
    }

    /// Types where the focus is.
    pub async fn press(&self, key: &str) {
        let keys = fantoccini::actions::KeyActions::new("keys".into())
            .then(fantoccini::actions::KeyAction::Down { value: key.chars().next().expect("a key") })
            .then(fantoccini::actions::KeyAction::Up { value: key.chars().next().expect("a key") });
        self.client.perform_actions(keys).await.expect("a key is pressed");
    }

    pub async fn until_screen(&self, screen: &str) {
        self.find(&format!("screen-{screen}")).await;
    }

    pub async fn until_link(&self, word: &str) {
        let script = format!(
            "return document.querySelector('[data-testid=link-state]')?.textContent?.trim() === '{word}'"
        );
        self.until(&format!("the link to be {word}"), &script).await;
    }

    /// Rows of a screen, by the page's own interface for scripts.
    pub async fn query(&self, screen: &str) -> Vec<Value> {
        let rows = self.js(&format!("return await window.peerscope.query('{screen}')")).await;
        rows.as_array().cloned().unwrap_or_default()
    }

    pub async fn stats(&self) -> Value {
        self.js("return await window.peerscope.stats()").await
    }

    /// A command of Chromium's own, which WebDriver has none for.
    pub async fn cdp(&self, cmd: &'static str, params: Value) -> Value {
        self.client.issue_cmd(Cdp { cmd, params }).await.unwrap_or_else(|error| panic!("{cmd}: {error}"))
    }

    /// What the console says since the last call, warnings and worse.
    pub async fn console(&self) -> Vec<String> {
        let log = self.client.issue_cmd(ConsoleLog).await.expect("the console's log");
        log.as_array()
            .into_iter()
            .flatten()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// Keeps a picture of the page beside the build, to be looked at.
    pub async fn screenshot(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screens");
        std::fs::create_dir_all(&folder).expect("a folder");
        let png = self.client.screenshot().await.expect("a screenshot");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("written");
    }
}

/// A command of the Chrome DevTools Protocol.
#[derive(Debug)]
struct Cdp {
    cmd: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for Cdp {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.cmd, "params": self.params }).to_string()))
    }
}

/// Chromium's log of the page's console.
#[derive(Debug)]
struct ConsoleLog;

impl WebDriverCompatibleCommand for ConsoleLog {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}
