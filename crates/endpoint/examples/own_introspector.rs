//! An introspector of one's own, written by hand: one connection whose bytes grow, and an event every second.
//!
//! `cargo run -p peerscope-endpoint --example own_introspector [FOLDER_OF_A_BUILT_PAGE]`

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use peerscope_endpoint::{Endpoint, Introspector, Options, Ui, WebSocketEndpoint};
use peerscope_introspection::{
    BoxFuture, EventStream, IntrospectError, Told,
    wire::{
        Connection, DataGauge, Event, EventType, Runtime, State, Subsystems, Traffic,
        connection::Timeline,
        event_type::{EventProperty, event_property::PropertyType},
    },
};

struct Node {
    started_ms: u64,
}

impl Introspector for Node {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        let runtime = Runtime {
            implementation: "by hand".into(),
            peer_id: "QmaVzDSTPcDsCjUmnWdeJ3bzGDNwaCZEMN6yJpEnzPA9Qg".into(),
            event_types: self.event_metadata(),
            ..Runtime::default()
        };
        Box::pin(async { Ok(runtime) })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        let now = now_ms();
        let traffic = Traffic {
            traffic_in: Some(DataGauge { cum_bytes: now - self.started_ms, ..DataGauge::default() }),
            traffic_out: None,
        };
        let connection = Connection {
            id: "1".into(),
            peer_id: "QmbLHAnMoJPWSCR5Zhtx6BHJX9KiKNN6tpvbUcqanj75Nb".into(),
            timeline: Some(Timeline { open_ts: self.started_ms, ..Timeline::default() }),
            traffic: Some(traffic),
            ..Connection::default()
        };
        let state = State {
            instant_ts: now,
            start_ts: self.started_ms,
            traffic: Some(traffic),
            subsystems: Some(Subsystems { connections: vec![connection], dht: None }),
            ..State::default()
        };
        Box::pin(async { Ok(state) })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        Ok(Box::pin(futures::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = now_ms();
            let kind = EventType { name: "Tick".into(), property_types: Vec::new() };
            let event = Event { r#type: Some(kind), ts: now, content: format!("{{\"at\":{now}}}") };
            Some((Told::Event(event), ()))
        })))
    }

    fn event_metadata(&self) -> Vec<EventType> {
        let at =
            EventProperty { name: "at".into(), r#type: PropertyType::Number.into(), has_multiple: false };
        vec![EventType { name: "Tick".into(), property_types: vec![at] }]
    }

    fn close(&self) {}
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let viewer = std::env::args_os().nth(1).map_or_else(Ui::default, |folder| Ui::Dir(folder.into()));
    let node = Node { started_ms: now_ms() };
    let endpoint = WebSocketEndpoint::new(Arc::new(node), Options { viewer, ..Options::default() });
    endpoint.start().await?;
    println!("{}", endpoint.viewer_url().ok_or("it does not run")?);
    std::future::pending().await
}
