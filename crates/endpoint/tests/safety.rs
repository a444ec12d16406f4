//! Each line of the endpoint's safety, over a real socket.

mod support;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use peerscope_endpoint::{
    Endpoint, EndpointError, Options, TokenPolicy, Ui, ViewerServer, WebSocketEndpoint,
};
use support::*;
use tokio_tungstenite::tungstenite;

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; style-src-attr \
     'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self'; manifest-src 'self'; connect-src 'self' ws: wss: \
     http: https:; base-uri 'none'; frame-ancestors 'none'";

type Headers<'a> = &'a [(&'static str, &'a str)];

fn path() -> String {
    format!("/introspect?token={TOKEN}")
}

/// The status that a handshake is refused with.
async fn refused(addr: SocketAddr, path: &str, headers: &[(&'static str, &str)]) -> u16 {
    match Client::with_headers(addr, path, headers).await {
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was let in"),
    }
}

/// A built page in a folder.
fn page(policy: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, body: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, body).expect("a file");
    };
    write("index.html", "<!doctype html>page");
    write("app-0123456789abcdef.js", "app");
    write("app-0123456789abcdef_bg.wasm", "\0asm");
    write("engine-0011223344556677/engine.js", "worker");
    write("sample.libp2p.trace", "frames");
    write("style.css", "css");
    if let Some(policy) = policy {
        write("policy.txt", policy);
    }
    folder
}

#[tokio::test]
async fn it_listens_on_loopback_by_default_and_elsewhere_only_when_told() {
    let (_script, endpoint) = started(Options { token: TokenPolicy::Random, ..Options::default() }).await;
    assert!(endpoint.listen_addrs().iter().all(|addr| addr.ip().is_loopback()));

    let all: SocketAddr = "0.0.0.0:0".parse().expect("an address");
    for addr in [all, "[::]:0".parse().expect("an address"), "192.0.2.1:0".parse().expect("an address")] {
        let endpoint =
            WebSocketEndpoint::new(Arc::new(Script::default()), Options { listen: vec![addr], ..options() });
        assert!(matches!(endpoint.start().await, Err(EndpointError::NotLoopback(told)) if told == addr));
        let viewer = ViewerServer::start(Options { listen: vec![addr], ..options() }).await;
        assert!(matches!(viewer, Err(EndpointError::NotLoopback(_))));
    }
}

#[tokio::test]
async fn the_ready_addresses_hold_a_token_of_128_bits_and_work() {
    let (_script, endpoint) =
        started(Options { token: TokenPolicy::Random, viewer: Ui::None, ..Options::default() }).await;
    let addr = endpoint.listen_addrs()[0];
    let url = endpoint.endpoint_url().expect("it runs");
    let token =
        url.strip_prefix(&format!("ws://{addr}/introspect?token=")).expect("the form of the contract");
    assert_eq!(token.len(), 32);
    assert_eq!(
        endpoint.viewer_url().expect("it runs"),
        format!(
            "http://{addr}/#/overview?ws=ws%3A%2F%2F127.0.0.1%3A{}%2Fintrospect%3Ftoken%3D{token}",
            addr.port()
        )
    );
    Client::with_headers(addr, &format!("/introspect?token={token}"), &[]).await.expect("it is let in");
}

#[tokio::test]
async fn without_the_token_or_with_another_nobody_gets_in() {
    let (_script, endpoint) = started(options()).await;
    let addr = endpoint.listen_addrs()[0];
    for path in [
        "/introspect".to_owned(),
        "/introspect?token=".into(),
        format!("/introspect?token={}", TOKEN.to_uppercase()),
        format!("/introspect?token={TOKEN}0"),
        format!("/introspect?token={}", &TOKEN[1..]),
        format!("/introspect?t={TOKEN}"),
    ] {
        assert_eq!(refused(addr, &path, &[]).await, 401, "{path}");
    }
    assert!(endpoint.sessions().is_empty());
}

#[tokio::test]
async fn without_a_token_policy_none_is_needed_but_pages_are_still_checked() {
    let (_script, endpoint) = started(Options { token: TokenPolicy::None, ..options() }).await;
    let addr = endpoint.listen_addrs()[0];
    assert_eq!(endpoint.endpoint_url(), Some(format!("ws://{addr}/introspect")));
    Client::with_headers(addr, "/introspect", &[]).await.expect("it is let in");
    assert_eq!(refused(addr, "/introspect", &[("origin", "http://evil.example")]).await, 403);
    assert_eq!(refused(addr, "/introspect", &[("host", "evil.example")]).await, 403);
}

#[tokio::test]
async fn a_foreign_host_name_is_refused_also_for_the_pages_files() {
    let folder = page(None);
    let viewer = Ui::Dir(folder.path().into());
    let (_script, endpoint) =
        started(Options { viewer, allow_hosts: vec!["node.example".into()], ..options() }).await;
    let addr = endpoint.listen_addrs()[0];
    for host in
        ["rebound.evil.example", "rebound.evil.example:80", "127.0.0.1.nip.io", "localhost.evil.example"]
    {
        assert_eq!(refused(addr, &path(), &[("host", host)]).await, 403);
        for path in [&*path(), "/", "/index.html", "/app-0123456789abcdef.js", "/recording"] {
            assert_eq!(ask(addr, "GET", path, &[("host", host)]).await.status, 403, "{host} {path}");
        }
    }
    for host in ["localhost", "localhost:1", "127.0.0.1:9999", "[::1]:5", "node.example", "Node.Example:443"]
    {
        assert_eq!(ask(addr, "GET", "/", &[("host", host)]).await.status, 200, "{host}");
        Client::with_headers(addr, &path(), &[("host", host)]).await.expect("it is let in");
    }
}

#[tokio::test]
async fn an_origin_is_absent_own_or_allowed_and_never_null() {
    let allowed = "http://127.0.0.1:8080";
    let (_script, endpoint) =
        started(Options { allow_origins: vec![allowed.into(), "null".into()], ..options() }).await;
    let addr = endpoint.listen_addrs()[0];
    for foreign in [
        "null",
        "http://evil.example",
        "http://localhost",
        "http://127.0.0.1",
        "http://127.0.0.1:8081",
        "file://",
    ] {
        assert_eq!(refused(addr, &path(), &[("origin", foreign)]).await, 403, "{foreign}");
    }
    // Right address, wrong name: not what the page was loaded from.
    assert_eq!(
        refused(addr, &path(), &[("origin", &format!("http://localhost:{}", addr.port()))]).await,
        403
    );
    for own in [format!("http://{addr}"), format!("https://{addr}"), allowed.to_owned()] {
        Client::with_headers(addr, &path(), &[("origin", &own)]).await.expect("it is let in");
    }
    // Through a tunnel the port is another, and the page's origin with it.
    let tunnel = [("host", "localhost:5000"), ("origin", "http://localhost:5000")];
    Client::with_headers(addr, &path(), &tunnel).await.expect("it is let in");
}

#[tokio::test]
async fn a_plain_get_tells_why_in_a_sentence() {
    let (_script, endpoint) = started(options()).await;
    let addr = endpoint.listen_addrs()[0];
    let foreign = [("origin", "http://evil.example")];
    let cases: [(&str, Headers<'_>, u16); 6] = [
        ("/introspect", &[], 401),
        ("/introspect?token=x", &[], 401),
        (&path(), &foreign, 403),
        (&path(), &[("origin", "null")], 403),
        (&path(), &[("host", "evil.example")], 403),
        (&path(), &[], 426),
    ];
    let mut sentences = Vec::new();
    for (path, headers, status) in cases {
        let answer = ask(addr, "GET", path, headers).await;
        assert_eq!(answer.status, status, "{path} {headers:?}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let text = answer.text();
        assert!(text.ends_with('.') && !text.contains('\n') && !text.contains(TOKEN), "{text}");
        sentences.push(text);
    }
    assert_ne!(sentences[0], sentences[1], "no token and an old one are told apart");
    let upgrade = ask(addr, "GET", &path(), &[]).await;
    assert_eq!(upgrade.header("upgrade"), Some("websocket"));
}

#[tokio::test]
async fn only_pages_that_are_allowed_explicitly_may_read_the_answers() {
    let allowed = "http://127.0.0.1:8080";
    let (script, endpoint) = started(Options { allow_origins: vec![allowed.into()], ..options() }).await;
    *script.recording.lock().expect("no panic") = Some("frames".into());
    let addr = endpoint.listen_addrs()[0];
    let recording = format!("/recording?token={TOKEN}");
    for (path, status) in [("/introspect", 401), (&*path(), 426), (&*recording, 200), ("/recording", 401)] {
        let answer = ask(addr, "GET", path, &[("origin", allowed)]).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(allowed), "{path}");
        let own = ask(addr, "GET", path, &[("origin", &format!("http://{addr}"))]).await;
        assert_eq!((own.status, own.header("access-control-allow-origin")), (status, None), "{path}");
    }
    let page = ask(addr, "GET", "/", &[("origin", allowed)]).await;
    assert_eq!(page.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn an_allowed_page_may_read_the_files_of_the_viewer_alone() {
    let allowed = "http://127.0.0.1:8080";
    let folder = page(None);
    let viewer = ViewerServer::start(Options {
        viewer: Ui::Dir(folder.path().into()),
        allow_origins: vec![allowed.into()],
        allow_hosts: vec!["node.example".into()],
        ..options()
    })
    .await
    .expect("it starts");
    let addr = viewer.listen_addrs()[0];
    let readable = async |origin: &str, host: &str| {
        let answer = ask(addr, "GET", "/sample.libp2p.trace", &[("origin", origin), ("host", host)]).await;
        assert_eq!(
            answer.header("vary"),
            Some("origin"),
            "a cache must not give one page's answer to another"
        );
        (answer.status, answer.header("access-control-allow-origin").map(str::to_owned))
    };
    assert_eq!(readable(allowed, "node.example").await, (200, Some(allowed.to_owned())));
    assert_eq!(readable(allowed, "evil.example").await, (403, None));
    for foreign in ["http://evil.example", "http://127.0.0.1:8081", "null"] {
        assert_eq!(readable(foreign, "node.example").await, (200, None), "{foreign}");
    }
}

#[tokio::test]
async fn the_recording_has_the_same_checks() {
    let (script, endpoint) = started(options()).await;
    let addr = endpoint.listen_addrs()[0];
    let path = format!("/recording?token={TOKEN}");
    let none = ask(addr, "GET", &path, &[]).await;
    assert_eq!((none.status, none.text().as_str()), (204, ""), "this node keeps none, which is no error");
    assert_eq!(none.header("cache-control"), Some("no-store"));
    *script.recording.lock().expect("no panic") = Some("frames".into());
    let answer = ask(addr, "GET", &path, &[]).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "frames"));
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(ask(addr, "GET", "/recording", &[]).await.status, 401);
    assert_eq!(ask(addr, "GET", "/recording?token=x", &[]).await.status, 401);
    assert_eq!(ask(addr, "GET", &path, &[("origin", "null")]).await.status, 403);
    assert_eq!(ask(addr, "GET", &path, &[("host", "evil.example")]).await.status, 403);
    assert_eq!(ask(addr, "POST", &path, &[]).await.status, 405);
}

#[tokio::test]
async fn a_session_too_many_is_told_so_by_1013_when_all_else_is_right() {
    let (_script, endpoint) = started(Options { max_sessions: 2, ..options() }).await;
    let addr = endpoint.listen_addrs()[0];
    let one = Client::greeted(&endpoint).await;
    let mut other = Client::greeted(&endpoint).await;
    let mut third = Client::connect(&endpoint).await;
    assert_eq!(third.closed().await, (1013, "too many sessions: this endpoint takes 2".into()));
    assert_eq!(refused(addr, "/introspect", &[]).await, 401, "the token comes first");
    assert_eq!(endpoint.sessions().len(), 2);
    other.ok(Command::PushPause, Source::State).await;
    drop(one);
    until("one left", || endpoint.sessions().len() == 1).await;
    Client::greeted(&endpoint).await;
}

#[tokio::test]
async fn a_session_that_does_not_greet_is_closed_and_one_that_did_is_not() {
    let mut options = options();
    options.tuning.greeting = Duration::from_millis(300);
    let (_script, endpoint) = started(options).await;
    let mut greeted = Client::greeted(&endpoint).await;
    let mut silent = Client::connect(&endpoint).await;
    let mut other = Client::connect(&endpoint).await;
    other.refused(1, 0).await;
    assert_eq!(silent.closed().await, (1008, "no HELLO in time".into()));
    assert_eq!(other.closed().await, (1008, "no HELLO in time".into()), "other commands are no greeting");
    greeted.ok(Command::PushPause, Source::State).await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_commands_is_slowed_and_all_of_it_answered() {
    let mut options = options();
    options.tuning.commands_per_sec = 10;
    let (_script, endpoint) = started(options).await;
    let mut client = Client::greeted(&endpoint).await;
    let began = tokio::time::Instant::now();
    for _ in 0..40 {
        client.ok(Command::PushPause, Source::State).await;
    }
    assert!(began.elapsed() >= Duration::from_millis(2900), "{:?}", began.elapsed());
}

#[tokio::test]
async fn connections_that_do_not_ask_anything_are_closed_and_capped() {
    use tokio::{io::AsyncReadExt, net::TcpStream};

    let mut options = options();
    options.tuning.greeting = Duration::from_millis(300);
    (options.max_sessions, options.tuning.spare_connections) = (1, 2);
    let (_script, endpoint) = started(options).await;
    let addr = endpoint.listen_addrs()[0];
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(TcpStream::connect(addr).await.expect("it listens"));
    }
    for stream in &mut idle {
        let mut bytes = Vec::new();
        match within("the end", stream.read_to_end(&mut bytes)).await {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }
    Client::greeted(&endpoint).await;
}

#[tokio::test]
async fn malformed_requests_never_panic_and_the_next_one_is_served() {
    let (_script, endpoint) = started(options()).await;
    let addr = endpoint.listen_addrs()[0];
    for (name, answer) in hostile::all_answers(addr).await {
        assert!(answer.is_empty() || answer.starts_with("HTTP/1."), "{name}: {answer}");
        assert!(
            !answer.starts_with("HTTP/1.1 101") && !answer.starts_with("HTTP/1.1 200"),
            "{name}: {answer}"
        );
    }
    assert!(endpoint.sessions().is_empty());
    Client::greeted(&endpoint).await;
}

#[tokio::test]
async fn what_is_no_websocket_frame_ends_the_session_with_a_reason_and_nothing_else() {
    let (_script, endpoint) = started(options()).await;
    let addr = endpoint.listen_addrs()[0];
    let mut bystander = Client::greeted(&endpoint).await;
    for (name, bytes, code) in hostile::frames() {
        assert_eq!(hostile::close_code(addr, &bytes).await, code, "{name}");
    }
    bystander.ok(Command::PushPause, Source::State).await;
    assert_eq!(endpoint.stats().ended_invalid, hostile::frames().len() as u64);
}

#[tokio::test]
async fn the_policy_is_on_pages_worker_scripts_and_refusals() {
    let built = format!("{} 'sha256-abc='", POLICY.split(';').next().expect("a part"));
    for (policy, wanted) in [(Some(format!("{built}\n")), built.as_str()), (None, POLICY)] {
        let folder = page(policy.as_deref());
        let (_script, endpoint) =
            started(Options { viewer: Ui::Dir(folder.path().into()), ..options() }).await;
        let addr = endpoint.listen_addrs()[0];
        for path in [
            "/",
            "/index.html",
            "/engine-0011223344556677/engine.js",
            "/app-0123456789abcdef.js",
            "/none",
            "/introspect",
        ] {
            let answer = ask(addr, "GET", path, &[]).await;
            assert_eq!(answer.header("content-security-policy"), Some(wanted), "{path}");
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        }
        assert_eq!(ask(addr, "GET", "/policy.txt", &[]).await.status, 404);
    }
}

#[tokio::test]
async fn files_have_their_type_and_only_hashed_ones_are_kept() {
    let folder = page(None);
    let viewer = ViewerServer::start(Options { viewer: Ui::Dir(folder.path().into()), ..options() })
        .await
        .expect("it starts");
    let addr = viewer.listen_addrs()[0];
    assert_eq!(viewer.viewer_url(), Some(format!("http://{addr}/")));
    const KEPT: &str = "public, max-age=31536000, immutable";
    for (path, body, kind, cache) in [
        ("/", "<!doctype html>page", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "<!doctype html>page", "text/html; charset=utf-8", "no-cache"),
        ("/app-0123456789abcdef.js", "app", "text/javascript; charset=utf-8", KEPT),
        ("/app-0123456789abcdef_bg.wasm", "\0asm", "application/wasm", KEPT),
        ("/engine-0011223344556677/engine.js", "worker", "text/javascript; charset=utf-8", KEPT),
        ("/sample.libp2p.trace?x=y", "frames", "application/octet-stream", "no-cache"),
        ("/style.css", "css", "text/css; charset=utf-8", "no-cache"),
    ] {
        let answer = ask(addr, "GET", path, &[]).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, body), "{path}");
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{path}");
        let head = ask(addr, "HEAD", path, &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-length"), Some(body.len().to_string().as_str()), "{path}");
    }
    assert_eq!(ask(addr, "GET", "/", &[("host", "evil.example")]).await.status, 403);
    assert_eq!(ask(addr, "GET", &path(), &[]).await.status, 404, "it has no endpoint");
    assert_eq!(ask(addr, "POST", "/", &[]).await.status, 405);
    within("close", viewer.close()).await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served() {
    let outer = page(None);
    let inner = outer.path().join("engine-0011223344556677");
    #[cfg(unix)]
    std::os::unix::fs::symlink(outer.path().join("style.css"), inner.join("link.css")).expect("a link");
    let viewer =
        ViewerServer::start(Options { viewer: Ui::Dir(inner), ..options() }).await.expect("it starts");
    let addr = viewer.listen_addrs()[0];
    assert_eq!(ask(addr, "GET", "/engine.js", &[]).await.status, 200);
    for path in [
        "/../style.css",
        "/%2e%2e/style.css",
        "/..%2fstyle.css",
        "/link.css",
        "//etc/passwd",
        "/./../style.css",
        "/..\\style.css",
    ] {
        assert_ne!(ask(addr, "GET", path, &[]).await.status, 200, "{path}");
    }
}

#[cfg(feature = "viewer")]
#[tokio::test]
async fn the_program_carries_a_page() {
    let (_script, endpoint) = started(Options { viewer: Ui::Embedded, ..options() }).await;
    let answer = ask(endpoint.listen_addrs()[0], "GET", "/", &[]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("Peerscope"));
}
