//! One scripted introspector and one plain client, for every test over a real socket.
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]

mod client;
pub mod hostile;
mod script;

use std::{future::Future, sync::Arc, time::Duration};

use peerscope_endpoint::{Endpoint, Options, TokenPolicy, Ui, WebSocketEndpoint};
pub use peerscope_introspection::wire::{
    ClientCommand, CommandResponse, Configuration, Event, EventType, Runtime, ServerMessage, ServerNotice,
    State,
    client_command::{Command, Source},
    command_response,
    event_type::{EventProperty, event_property::PropertyType},
    server_message::Payload,
};

pub use self::{
    client::{Client, ask, hello, raw},
    script::{Script, event, event_of},
};

/// The token of [`options`].
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// Longer than anything takes; a test that waits so long failed.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Options with the token above and no viewer.
pub fn options() -> Options {
    Options { token: TokenPolicy::Given(TOKEN.into()), viewer: Ui::None, ..Options::default() }
}

/// An endpoint that runs, and its script.
pub async fn started(options: Options) -> (Arc<Script>, WebSocketEndpoint) {
    let script = Arc::new(Script::default());
    let endpoint = WebSocketEndpoint::new(script.clone(), options);
    endpoint.start().await.expect("it starts");
    (script, endpoint)
}

/// So many greeted sessions whose events are on.
pub async fn crowd(endpoint: &WebSocketEndpoint, count: usize) -> Vec<Client> {
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        let mut client = Client::greeted(endpoint).await;
        client.ok(Command::PushEnable, Source::Events).await;
        clients.push(client);
    }
    clients
}

/// Waits for a condition.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    within(what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// Waits for a future, but not for ever.
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, work).await.unwrap_or_else(|_| panic!("{what}: not within {LIMIT:?}"))
}

/// A configuration.
pub fn configuration(retention_period_ms: u64, state_snapshot_interval_ms: u64) -> Configuration {
    Configuration { retention_period_ms, state_snapshot_interval_ms }
}

/// Changes a session's configuration.
pub async fn configure(client: &mut Client, retention_period_ms: u64, state_snapshot_interval_ms: u64) {
    let id = client.command(7, 0, Some(configuration(retention_period_ms, state_snapshot_interval_ms))).await;
    assert_eq!(client.answer_past_pushes(id).await.result(), command_response::Result::Ok);
}
