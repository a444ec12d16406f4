//! What is logged, for whom, and that the token is not. In a process of its own, since there is one `log` in each.

mod support;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use peerscope_endpoint::Endpoint;
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tracing_subscriber::filter::LevelFilter;

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

/// The same, of programs that take `log` for it: the WebSocket's layer does.
impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().expect("no panic").extend_from_slice(format!("{}\n", record.args()).as_bytes());
    }
    fn flush(&self) {}
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text")
    }

    /// Takes what this thread says from now on, down to a level.
    fn listen(&self, level: LevelFilter) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
        tracing::subscriber::set_default(subscriber.with_writer(move || log.clone()).finish())
    }
}

/// A session by hand, since a client of this process would log its own request: it greets, and says what is no command.
async fn talk(addr: std::net::SocketAddr) {
    let mut socket = hostile::upgraded(addr).await;
    let hello = hostile::masked(0x82, b"");
    let enable = hostile::masked(0x82, b"\x10\x07\x18\x02\x20\x02");
    let nonsense = hostile::masked(0x82, &[0xff]);
    socket.write_all(&[hello, enable, nonsense].concat()).await.expect("it is taken");
    let mut said = Vec::new();
    within("the end", socket.read_to_end(&mut said)).await.expect("an end");
}

#[tokio::test]
async fn the_token_is_in_no_log_and_each_line_says_whose_it_is() {
    let log = Log::default();
    let _listening = log.listen(LevelFilter::TRACE);
    let others = Log::default();
    log::set_boxed_logger(Box::new(others.clone())).expect("it is the first");
    log::set_max_level(log::LevelFilter::Trace);
    let (_script, endpoint) = started(options()).await;
    let addr = endpoint.listen_addrs()[0];
    let path = format!("/introspect?token={TOKEN}");
    talk(addr).await;
    talk(addr).await;
    ask(addr, "GET", &path, &[]).await;
    ask(addr, "GET", &path, &[("origin", "http://evil.example")]).await;
    ask(addr, "GET", &format!("/recording?token={TOKEN}"), &[]).await;
    ask(addr, "GET", &format!("/introspect?token={TOKEN}x"), &[]).await;
    ask(addr, "GET", &format!("/{TOKEN}?{TOKEN}"), &[("x", TOKEN), ("cookie", TOKEN)]).await;
    raw(addr, format!("GET {path} BAD\r\n\r\n").as_bytes()).await;
    endpoint.close().await;

    let text = log.text();
    for number in 0..2 {
        let line = |what: &str| {
            let session = format!("session{{number={number} remote=127.0.0.1:");
            let mut lines = text.lines().filter(|line| line.contains(&session) && line.contains(what));
            let line = lines.next().unwrap_or_else(|| panic!("{number} {what}: {text}"));
            assert!(line.contains("connection{remote=127.0.0.1:"), "{line}");
        };
        line("a session begins");
        line("a command id=0 act=Greet");
        line("a command id=7 act=Enable(Events)");
        line("a session ends why=Undecodable");
    }
    assert!(text.contains("a request is refused refusal=Origin"), "{text}");
    assert!(text.contains("a request is refused refusal=WrongToken"), "{text}");
    assert!(!text.contains(TOKEN), "{text}");
    let others = others.text();
    assert!(others.contains("Received message"), "the WebSocket's layer was heard: {others}");
    assert!(!others.contains(TOKEN), "{others}");
}

#[tokio::test]
async fn by_default_only_the_endpoints_own_begin_and_end_are_logged() {
    let log = Log::default();
    let _listening = log.listen(LevelFilter::INFO);
    let (_script, endpoint) = started(options()).await;
    let addr = endpoint.listen_addrs()[0];
    talk(addr).await;
    assert_eq!(ask(addr, "GET", "/introspect", &[]).await.status, 401);
    endpoint.close().await;
    let text = log.text();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains("session{") && !text.contains("connection{"), "{text}");
}
