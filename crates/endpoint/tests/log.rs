//! The token is in no log. In a process of its own, since there is one log in each.

mod support;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use peerscope_endpoint::Endpoint;
use support::*;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_token_is_in_no_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer({
            let log = log.clone();
            move || log.clone()
        })
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("it is the first");
    let (_script, endpoint) = started(options()).await;
    let addr = endpoint.listen_addrs()[0];
    let path = format!("/introspect?token={TOKEN}");
    let mut client = Client::greeted(&endpoint).await;
    ask(addr, "GET", &path, &[]).await;
    ask(addr, "GET", &format!("/recording?token={TOKEN}"), &[]).await;
    assert!(Client::with_headers(addr, &format!("/introspect?token={TOKEN}x"), &[]).await.is_err());
    raw(addr, format!("GET {} BAD\r\n\r\n", path).as_bytes()).await;
    client.send_bytes(vec![0xff]).await;
    client.closed().await;
    endpoint.close().await;
    let text = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("text");
    assert!(text.contains("a session begins"), "something was logged: {text}");
    assert!(!text.contains(TOKEN), "{text}");
}
