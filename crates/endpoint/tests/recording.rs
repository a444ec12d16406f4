//! The node's recording over HTTP: checked like the socket, shared by those who read it at once, and bounded when they
//! are slow.

mod support;

use std::{io::Read, net::SocketAddr, sync::atomic::Ordering::SeqCst, time::Duration};

use bytes::Bytes;
use flate2::read::GzDecoder;
use futures::future::join_all;
use peerscope_endpoint::{Endpoint, Options};
use peerscope_introspection::{frame::segment, recording::Writer};
use support::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// Long enough that no socket holds it.
const LONG: usize = 8 << 20;

fn path() -> String {
    format!("/recording?token={TOKEN}")
}

fn narrow() -> Options {
    let mut options = options();
    options.tuning.send_buffer = Some(32 << 10);
    options
}

fn keeps(script: &Script, bytes: usize) -> Bytes {
    let recording: Bytes = (0..bytes).map(|place| (place % 251) as u8).collect();
    *script.recording.lock().expect("no panic") = Some(recording.clone());
    recording
}

/// A recording of so many events, each a second after the one before.
fn keeps_events(script: &Script, seconds: std::ops::Range<u64>) -> Bytes {
    let mut writer = Writer::new();
    let event = |at| Event { ts: at * 1000, content: format!("{{\"at\":{at}}}"), ..Event::default() };
    seconds.for_each(|at| writer.put_segment(&segment(Payload::Event(event(at)))));
    let recording = Bytes::from(writer.take().to_vec());
    *script.recording.lock().expect("no panic") = Some(recording.clone());
    recording
}

/// One who asks for it and reads no further than the answer's first byte.
async fn slow_reader(addr: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(32 << 10).expect("a small buffer");
    let mut stream = socket.connect(addr).await.expect("it listens");
    let request = format!("GET {} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n", path());
    stream.write_all(request.as_bytes()).await.expect("it is taken");
    within("an answer", stream.readable()).await.expect("an answer");
    stream
}

#[tokio::test]
async fn head_tells_its_length_and_has_the_same_checks() {
    let (script, endpoint) = started(options()).await;
    let addr = endpoint.listen_addrs()[0];
    let recording = keeps(&script, 1000);
    let head = ask(addr, "HEAD", &path(), &[]).await;
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (200, 0, Some("1000")));
    let get = ask(addr, "GET", &path(), &[]).await;
    assert_eq!((get.status, get.body), (200, recording.to_vec()));
    for answer in [&head.headers, &get.headers] {
        assert!(answer.contains(&("cache-control".to_owned(), "no-store".to_owned())));
    }
    for (path, headers, status) in [
        ("/recording", vec![], 401),
        ("/recording?token=x", vec![], 401),
        (&*path(), vec![("origin", "null")], 403),
        (&*path(), vec![("origin", "http://evil.example")], 403),
        (&*path(), vec![("host", "evil.example")], 403),
    ] {
        let head = ask(addr, "HEAD", path, &headers).await;
        assert_eq!((head.status, head.body.len()), (status, 0), "{path} {headers:?}");
    }
    assert_eq!(script.recordings.load(SeqCst), 2, "nobody who is refused costs the node anything");
}

#[tokio::test]
async fn who_knows_the_past_gets_what_is_new() {
    let (script, endpoint) = started(narrow()).await;
    let addr = endpoint.listen_addrs()[0];
    let whole = keeps_events(&script, 0..1000);
    let new = keeps_events(&script, 899..1000);
    keeps_events(&script, 0..1000);
    let since = |since: &str| format!("{}&since={since}", path());
    for (since, body) in [(since("900000"), &new), (since("x"), &whole), (since("0"), &whole)] {
        let get = ask(addr, "GET", &since, &[]).await;
        assert_eq!((get.status, get.header("content-encoding")), (200, None));
        assert!(get.body == *body, "{since}: {} bytes", get.body.len());
        let head = ask(addr, "HEAD", &since, &[]).await;
        assert_eq!(head.header("content-length"), Some(&*body.len().to_string()), "{since}");
    }
    assert_eq!(ask(addr, "GET", "/recording?since=1", &[]).await.status, 401);
}

#[tokio::test]
async fn it_is_packed_for_those_who_unpack_it() {
    let (script, endpoint) = started(narrow()).await;
    let addr = endpoint.listen_addrs()[0];
    let whole = keeps_events(&script, 0..100_000);
    let new = keeps_events(&script, 49_999..100_000);
    let last = keeps_events(&script, 99_998..100_000);
    keeps_events(&script, 0..100_000);
    let (whole_path, new_path) = (path(), format!("{}&since=50000000", path()));
    let last_path = format!("{}&since=99999000", path());
    for (path, body) in [(&whole_path, whole), (&new_path, new)] {
        let answers =
            join_all((0..6).map(|_| ask(addr, "GET", path, &[("accept-encoding", "br, gzip")]))).await;
        for answer in answers {
            assert_eq!((answer.status, answer.header("vary")), (200, Some("accept-encoding")));
            // One that finds no room has it as it is.
            let mut unpacked = Vec::new();
            if answer.header("content-encoding") == Some("gzip") {
                assert!(answer.body.len() < body.len() / 2, "{} of {}", answer.body.len(), body.len());
                GzDecoder::new(&*answer.body).read_to_end(&mut unpacked).expect("gzip");
            } else {
                assert!(path == &new_path, "all of it is packed once");
                unpacked = answer.body;
            }
            assert!(unpacked == body);
        }
    }
    // What is short is not worth it.
    let short = ask(addr, "GET", &last_path, &[("accept-encoding", "gzip")]).await;
    assert_eq!((short.header("content-encoding"), &*short.body), (None, &*last));
}

#[tokio::test]
async fn those_who_wait_for_the_same_slow_copy_share_it() {
    let mut options = narrow();
    options.tuning.answer = LIMIT;
    let (script, endpoint) = started(options).await;
    let addr = endpoint.listen_addrs()[0];
    keeps(&script, LONG);
    script.slow_ms.store(300, SeqCst);
    let path = path();
    let answers = join_all((0..12).map(|_| ask(addr, "GET", &path, &[]))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!(script.recordings.load(SeqCst) < 4, "{} copies", script.recordings.load(SeqCst));
}

#[tokio::test]
async fn who_asks_gets_nothing_older_than_the_question() {
    let (script, endpoint) = started(narrow()).await;
    let addr = endpoint.listen_addrs()[0];
    keeps(&script, LONG);
    let _slow = slow_reader(addr).await;
    let newer = keeps(&script, LONG + 1);
    let answer = ask(addr, "GET", &path(), &[]).await;
    assert!(answer.status == 200 && answer.body == newer);
}

#[tokio::test]
async fn a_copy_is_kept_as_long_as_somebody_reads_it() {
    let (script, endpoint) = started(narrow()).await;
    let addr = endpoint.listen_addrs()[0];
    let recording = keeps(&script, LONG);
    let mut slow = slow_reader(addr).await;
    keeps(&script, 1);
    assert_eq!(ask(addr, "GET", &path(), &[]).await.body, [0]);
    let mut whole = Vec::new();
    within("the rest", slow.read_to_end(&mut whole)).await.expect("the rest");
    assert!(whole.ends_with(&recording), "the slow one gets all of it too");
}

#[tokio::test]
async fn slow_readers_hold_a_bounded_number_of_copies_and_are_cut_off_in_the_end() {
    let (script, endpoint) = started(narrow()).await;
    let addr = endpoint.listen_addrs()[0];
    let recording = keeps(&script, LONG);
    let mut slow = Vec::new();
    for _ in 0..4 {
        slow.push(slow_reader(addr).await);
    }
    let busy = ask(addr, "GET", &path(), &[]).await;
    assert_eq!((busy.status, busy.header("cache-control")), (503, Some("no-store")));
    assert!(busy.text().contains("try again"), "{}", busy.text());
    assert_eq!((endpoint.stats().refused_recordings, script.recordings.load(SeqCst)), (1, 4));
    // One leaves, and there is room.
    drop(slow.pop());
    within("room for one", async { while ask(addr, "GET", &path(), &[]).await.status != 200 {} }).await;
    slow.push(slow_reader(addr).await);
    assert_eq!(ask(addr, "GET", &path(), &[]).await.status, 503);
    // Whoever does not read is cut off after five minutes.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(301)).await;
    tokio::time::resume();
    for mut stream in slow {
        let mut part = Vec::new();
        // An end or a reset, and not the whole.
        drop(within("it is cut off", stream.read_to_end(&mut part)).await);
        assert!(part.len() < LONG, "{} bytes", part.len());
    }
    let answer = within("room again", ask(addr, "GET", &path(), &[])).await;
    assert!(answer.status == 200 && answer.body == recording);
}

#[tokio::test]
async fn a_node_that_does_not_answer_is_a_503_and_holds_no_place() {
    let mut options = options();
    options.tuning.answer = Duration::from_millis(20);
    let (script, endpoint) = started(options).await;
    let addr = endpoint.listen_addrs()[0];
    keeps(&script, 10);
    script.stuck.store(true, SeqCst);
    for _ in 0..6 {
        let answer = ask(addr, "GET", &path(), &[]).await;
        assert_eq!((answer.status, answer.text().contains("in time")), (503, true));
    }
    script.stuck.store(false, SeqCst);
    assert_eq!(ask(addr, "GET", &path(), &[]).await.status, 200);
    *script.recording.lock().expect("no panic") = None;
    for _ in 0..6 {
        assert_eq!(ask(addr, "GET", &path(), &[]).await.status, 204);
    }
}

#[tokio::test]
async fn a_slow_reader_does_not_hold_a_close_up() {
    let (script, endpoint) = started(narrow()).await;
    keeps(&script, LONG);
    let _slow = slow_reader(endpoint.listen_addrs()[0]).await;
    within("close", endpoint.close()).await;
}
