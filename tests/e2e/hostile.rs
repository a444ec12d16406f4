//! A node that tells lies: markup everywhere, a text of 1 MB, a state of 10,000 connections.

use std::{pin::Pin, sync::Arc};

use futures::{StreamExt, stream};
use peerscope_endpoint::{Options, Ui, WebSocketEndpoint};
use peerscope_introspection::{
    BoxFuture, Endpoint, EventStream, IntrospectError, Introspector, Told,
    wire::{self, Connection, Event, EventType, Runtime, State, Stream, StreamList, Subsystems},
};

use crate::{browser::Browser, page};

const MARKUP: &str =
    "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>\u{202e}'\"`${7}";
const CONNECTIONS: usize = 10_000;

struct Liar;

fn hostile(what: &str) -> String {
    format!("{what}{MARKUP}")
}

impl Introspector for Liar {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        let runtime = Runtime {
            implementation: hostile("implementation"),
            version: hostile("version"),
            platform: hostile("platform"),
            peer_id: hostile("me"),
            event_types: self.event_metadata(),
        };
        Box::pin(async { Ok(runtime) })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        let connection = |at: usize| Connection {
            id: at.to_string().into(),
            peer_id: hostile(&format!("peer{at}")),
            transport_id: hostile("transport").into(),
            endpoints: Some(wire::EndpointPair {
                src_multiaddr: hostile("/ip4/1.2.3.4/tcp/1"),
                dst_multiaddr: hostile("/dns4/a"),
            }),
            attribs: Some(wire::connection::Attributes {
                multiplexer: hostile("mux"),
                encryption: hostile("enc"),
            }),
            user_provided_tags: vec![hostile("agent="), hostile("tag")],
            close_cause: hostile("cause"),
            status: if at % 5 == 4 { 1 } else { (at % 5) as i32 * 7 },
            role: at as i32,
            streams: (at < 20).then(|| StreamList {
                streams: vec![Stream {
                    id: b"s".to_vec().into(),
                    protocol: hostile("/p"),
                    ..Stream::default()
                }],
                ..StreamList::default()
            }),
            ..Connection::default()
        };
        let connections = (0..CONNECTIONS).map(connection).collect();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| d.as_millis() as u64);
        let state = State {
            subsystems: Some(Subsystems { connections, dht: None }),
            instant_ts: now,
            start_ts: 1,
            ..State::default()
        };
        Box::pin(async { Ok(state) })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        let event = |name: &str, content: String| {
            let kind = EventType { name: name.into(), property_types: Vec::new() };
            Told::Event(Event { r#type: Some(kind), ts: 1_700_000_000_000, content })
        };
        let told = [
            event(&hostile("Type"), format!("{{\"peer\":{:?},\"x\":[[{{}}]]}}", hostile("p"))),
            event("Long", format!("{{\"text\":\"{}\"}}", "long ".repeat(200_000))),
            event("NoJson", MARKUP.into()),
            event("Deep", "[".repeat(100_000)),
        ];
        let endless: Pin<Box<dyn futures::Stream<Item = Told> + Send>> =
            Box::pin(stream::iter(told).chain(stream::pending()));
        Ok(endless)
    }

    fn event_metadata(&self) -> Vec<EventType> {
        vec![EventType { name: hostile("Type"), property_types: Vec::new() }]
    }

    fn session_events(&self) -> BoxFuture<'_, Vec<Event>> {
        let events = self.event_stream().map(|told| told.take(4));
        Box::pin(async {
            match events {
                Ok(events) => {
                    let told: Vec<Told> = events.collect().await;
                    told.into_iter()
                        .filter_map(|told| match told {
                            Told::Event(event) => Some(event),
                            Told::Lost(_) => None,
                        })
                        .collect()
                }
                Err(_) => Vec::new(),
            }
        })
    }

    fn close(&self) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_peer_tells_is_text() {
    let dist = page!();
    let options = Options { viewer: Ui::Dir(dist), ..Options::default() };
    let endpoint = WebSocketEndpoint::new(Arc::new(Liar), options);
    endpoint.start().await.expect("it starts");
    let browser = Browser::start(1440, 900).await;
    browser.goto(&endpoint.viewer_url().expect("it runs")).await;
    browser.until("a snapshot", "return (await window.peerscope?.stats())?.states > 0").await;
    browser.until("events", "return (await window.peerscope?.stats())?.events >= 4").await;
    for screen in ["overview", "graph", "connections", "events"] {
        browser.click(&format!("nav-{screen}")).await;
        browser.find(&format!("screen-{screen}")).await;
        browser.screenshot(&format!("hostile-{screen}")).await;
        if screen == "connections" {
            browser.until("rows", "return document.querySelectorAll('[data-testid=row]').length > 10").await;
            browser.js("document.querySelector('[data-testid=row]').click()").await;
            browser.find("inspector").await;
        }
        if screen == "events" {
            browser.until("rows", "return document.querySelectorAll('[data-testid=row]').length >= 4").await;
        }
        let rows = browser.js("return document.querySelectorAll('[data-testid=row]').length").await;
        assert!(rows.as_u64().is_some_and(|rows| rows <= 120), "{screen}: {rows} rows in the page");
        let harm = browser
            .js("return [window.hacked ?? 0, document.querySelectorAll('img[src=x]').length,\
                [...document.scripts].filter(s => s.textContent.includes('hacked')).length]")
            .await;
        assert_eq!(harm, serde_json::json!([0, 0, 0]), "{screen}");
    }
    let stats = browser.stats().await;
    assert_eq!(stats["connections"], CONNECTIONS - CONNECTIONS / 5, "{stats:#}");
    assert_eq!(stats["bad_frames"], 0);
    browser.end().await;
    endpoint.close().await;
}
