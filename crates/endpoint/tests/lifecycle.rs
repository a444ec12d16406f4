//! Each line of the endpoint's promise: started, closed, started again, and who is there.

mod support;

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use futures::{SinkExt, StreamExt};
use peerscope_endpoint::{Endpoint, EndpointError, Options, TokenPolicy, Ui, WebSocketEndpoint};
use support::*;
use tokio_tungstenite::tungstenite::Message;

const CLOSING: (u16, &str) = (1001, "the endpoint is closing");

fn new(options: Options) -> WebSocketEndpoint {
    WebSocketEndpoint::new(Arc::new(Script::default()), options)
}

#[tokio::test]
async fn start_twice_is_an_error_and_the_first_goes_on() {
    let (_script, endpoint) = started(options()).await;
    let addrs = endpoint.listen_addrs();
    assert!(matches!(endpoint.start().await, Err(EndpointError::AlreadyStarted)));
    assert_eq!(endpoint.listen_addrs(), addrs);
    Client::greeted(&endpoint).await;
}

#[tokio::test]
async fn close_before_start_and_close_twice_do_nothing() {
    let endpoint = new(options());
    within("close before start", endpoint.close()).await;
    assert!(endpoint.listen_addrs().is_empty());
    endpoint.start().await.expect("it starts after a close");
    within("close", endpoint.close()).await;
    within("close again", endpoint.close()).await;
    assert!(endpoint.listen_addrs().is_empty());
    assert!(endpoint.sessions().is_empty());
    assert_eq!((endpoint.endpoint_url(), endpoint.viewer_url()), (None, None));
}

#[tokio::test]
async fn several_closes_at_once_all_wait_for_the_end() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    let addr = endpoint.listen_addrs()[0];
    let close = || async {
        endpoint.close().await;
        assert!(endpoint.sessions().is_empty());
        assert!(tokio::net::TcpStream::connect(addr).await.is_err(), "nobody listens");
    };
    let ((), (), (), frame) =
        within("close", async { tokio::join!(close(), close(), close(), client.closed()) }).await;
    assert_eq!((frame.0, frame.1.as_str()), CLOSING);
}

#[tokio::test]
async fn it_starts_again_on_the_same_port_with_the_same_token() {
    let first = new(options());
    first.start().await.expect("it starts");
    let addr = first.listen_addrs()[0];
    first.close().await;

    let script = Arc::new(Script::default());
    let endpoint = WebSocketEndpoint::new(
        script.clone(),
        Options { listen: vec![addr], token: TokenPolicy::Random, ..options() },
    );
    endpoint.start().await.expect("the port is free again");
    let url = endpoint.endpoint_url().expect("it runs");
    for life in 1..=3 {
        assert_eq!(endpoint.listen_addrs(), [addr]);
        assert_eq!(endpoint.endpoint_url().as_deref(), Some(url.as_str()), "the token survives");
        let path = url.strip_prefix(&format!("ws://{addr}")).expect("the address");
        let mut client = Client::with_headers(addr, path, &[]).await.expect("it is let in");
        client.ok(Command::Hello, Source::State).await;
        client.ok(Command::PushEnable, Source::Events).await;
        script.emit(life);
        assert_eq!(client.event().await.ts, life);
        assert_eq!(script.subscriptions.load(SeqCst), life, "once for each start");
        let ((), frame) = tokio::join!(endpoint.close(), client.closed());
        assert_eq!((frame.0, frame.1.as_str()), CLOSING);
        endpoint.start().await.expect("it starts again");
    }
    assert!(!script.closed.load(SeqCst), "the introspector is not closed by it");
}

#[tokio::test]
async fn start_listens_on_every_address_or_on_none() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let spare = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (taken_addr, free) = (taken.local_addr().expect("bound"), spare.local_addr().expect("bound"));
    drop(spare);
    let script = Arc::new(Script::default());
    let endpoint =
        WebSocketEndpoint::new(script.clone(), Options { listen: vec![free, taken_addr], ..options() });
    match endpoint.start().await {
        Err(EndpointError::Bind { addr, .. }) => assert_eq!(addr, taken_addr),
        other => panic!("not a bind error: {other:?}"),
    }
    assert!(endpoint.listen_addrs().is_empty());
    assert_eq!(script.subscriptions.load(SeqCst), 0);
    TcpListener::bind(free).expect("the first address was given back");
    drop(taken);
    endpoint.start().await.expect("a failed start can be tried again");
    assert_eq!(endpoint.listen_addrs(), [free, taken_addr]);
}

#[tokio::test]
async fn several_addresses_with_port_nought_give_the_ports_they_have() {
    let nought: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let (_script, endpoint) = started(Options { listen: vec![nought, nought], ..options() }).await;
    let addrs = endpoint.listen_addrs();
    assert_eq!(addrs.len(), 2);
    assert!(addrs[0] != addrs[1] && addrs.iter().all(|addr| addr.port() != 0));
    for addr in addrs {
        let path = format!("/introspect?token={TOKEN}");
        Client::with_headers(addr, &path, &[])
            .await
            .expect("each listens")
            .ok(Command::Hello, Source::State)
            .await;
    }
}

#[tokio::test]
async fn sessions_are_listed_with_their_address_until_they_leave() {
    let (_script, endpoint) = started(options()).await;
    let one = Client::greeted(&endpoint).await;
    let mut other = Client::greeted(&endpoint).await;
    let remotes = |endpoint: &WebSocketEndpoint| -> Vec<_> {
        endpoint.sessions().iter().map(|session| session.remote_addr()).collect()
    };
    let local = |client: &Client| client.socket.get_ref().local_addr().expect("connected");
    assert_eq!(remotes(&endpoint), [local(&one), local(&other)]);
    let left = local(&other);
    drop(one);
    until("the vanished one left", || remotes(&endpoint) == [left]).await;
    other.socket.close(None).await.expect("it says goodbye");
    until("the other left", || endpoint.sessions().is_empty()).await;
}

#[tokio::test]
async fn a_client_that_vanishes_while_it_is_written_to_leaves_the_list() {
    let (script, endpoint) = started(options()).await;
    let mut client = Client::narrow(&endpoint).await;
    client.ok(Command::PushEnable, Source::Events).await;
    for number in 0..20_000 {
        script.emit(number);
    }
    until("the client is behind", || endpoint.sessions().len() == 1).await;
    drop(client);
    until("it left", || endpoint.sessions().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_sessions_are_closed_at_once() {
    let (_script, endpoint) = started(Options { max_sessions: 100, ..options() }).await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = Client::greeted(&endpoint).await;
        client.ok(Command::PushEnable, Source::State).await;
        clients.push(client);
    }
    assert_eq!(endpoint.sessions().len(), 100);
    let told = futures::future::join_all(clients.iter_mut().map(Client::closed));
    let ((), told) = within("close", async { tokio::join!(endpoint.close(), told) }).await;
    assert!(told.iter().all(|(code, reason)| (*code, reason.as_str()) == CLOSING));
    assert!(endpoint.sessions().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn close_ends_beside_a_client_that_floods_and_one_that_reads_nothing() {
    let (script, endpoint) = started(options()).await;
    let flooding = Arc::new(AtomicBool::new(false));
    let flood = tokio::spawn({
        let (mut client, flooding) = (Client::greeted(&endpoint).await, Arc::clone(&flooding));
        async move {
            let bytes = prost::Message::encode_to_vec(&ClientCommand { command: 1, ..hello(1) });
            // It never reads, and ends only when its socket does.
            while client.socket.send(Message::Binary(bytes.clone().into())).await.is_ok() {
                flooding.store(true, SeqCst);
            }
        }
    });
    let mut deaf = Client::narrow(&endpoint).await;
    deaf.ok(Command::PushEnable, Source::Events).await;
    for number in 0..20_000 {
        script.emit(number);
    }
    until("it floods", || flooding.load(SeqCst)).await;
    within("close", endpoint.close()).await;
    assert!(endpoint.sessions().is_empty());
    within("the flood ends", flood).await.expect("no panic");
}

#[tokio::test]
async fn clients_that_say_half_a_request_do_not_hold_a_close_up() {
    use tokio::io::AsyncWriteExt;

    let (_script, endpoint) = started(options()).await;
    let mut half = tokio::net::TcpStream::connect(endpoint.listen_addrs()[0]).await.expect("it listens");
    half.write_all(b"GET /introspect HTTP/1.1\r\nhost: local").await.expect("it is taken");
    let _silent = tokio::net::TcpStream::connect(endpoint.listen_addrs()[0]).await.expect("it listens");
    within("close", endpoint.close()).await;
}

#[test]
fn a_socket_whose_answer_is_stuck_does_not_hold_a_close_up() {
    use tokio::io::AsyncWriteExt;

    // The page's policy is read from a folder, by a thread that has something else to do.
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
    runtime.expect("a runtime").block_on(async {
        let (_script, endpoint) =
            started(Options { viewer: Ui::Dir(folder.path().into()), ..options() }).await;
        let addr = endpoint.listen_addrs()[0];
        let (busy, until_then) = std::sync::mpsc::sync_channel::<()>(0);
        let thread = tokio::task::spawn_blocking(move || until_then.recv());
        let mut client = tokio::net::TcpStream::connect(addr).await.expect("it listens");
        let request = format!(
            "GET /introspect?token={TOKEN} HTTP/1.1\r\nhost: {addr}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        client.write_all(request.as_bytes()).await.expect("it is taken");
        until("the session is let in", || endpoint.sessions().len() == 1).await;
        within("close", endpoint.close()).await;
        assert!(endpoint.sessions().is_empty());
        drop(busy);
        thread.await.expect("no panic").expect_err("nothing was sent");
    });
}

#[tokio::test]
async fn an_introspector_that_can_not_be_used_fails_the_start_and_nothing_is_listened_on() {
    use peerscope_introspection::{BoxFuture, EventStream, IntrospectError, Introspector};

    struct Closed;
    impl Introspector for Closed {
        fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
            Box::pin(async { Err(IntrospectError::Closed) })
        }
        fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
            Box::pin(async { Err(IntrospectError::Closed) })
        }
        fn event_stream(&self) -> Result<EventStream, IntrospectError> {
            Err(IntrospectError::Closed)
        }
        fn event_metadata(&self) -> Vec<EventType> {
            Vec::new()
        }
        fn close(&self) {}
    }
    let endpoint = WebSocketEndpoint::new(Arc::new(Closed), options());
    assert!(matches!(endpoint.start().await, Err(EndpointError::Introspector(_))));
    assert!(endpoint.listen_addrs().is_empty());
}

#[tokio::test]
async fn sessions_go_on_when_the_introspector_ends_its_events() {
    use peerscope_introspection::Introspector;

    let (script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::Events).await;
    script.close();
    client.command(1, 0, None).await;
    client.state().await;
    within("close", endpoint.close()).await;
    assert!(client.socket.next().await.is_some());
}
