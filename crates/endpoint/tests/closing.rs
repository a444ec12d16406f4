//! Closed in the middle of everything: whoever is there hears why, whoever does not listen holds nothing up, and nothing is
//! left.

mod support;

use std::{net::SocketAddr, time::Duration};

use futures::future::join_all;
use peerscope_endpoint::{Endpoint, Options};
use support::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

const CLOSING: (u16, &str) = (1001, "the endpoint is closing");

fn narrow() -> Options {
    let mut options = options();
    options.tuning.send_buffer = Some(32 << 10);
    options
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// The last frame that a socket by hand gets: a close frame's code.
async fn close_code(mut stream: TcpStream) -> u16 {
    let mut said = Vec::new();
    within("an end", stream.read_to_end(&mut said)).await.expect("an end, not a reset");
    let last = said.iter().rposition(|byte| *byte == 0x88).expect("a close frame");
    u16::from_be_bytes([said[last + 2], said[last + 3]])
}

async fn half_a_request(addr: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.expect("it listens");
    let request = hostile::handshake(addr);
    stream.write_all(&request.as_bytes()[..request.len() / 2]).await.expect("it is taken");
    stream
}

#[tokio::test]
async fn quick_slow_paused_and_silent_sessions_are_all_told_why_and_nothing_is_left() {
    let before = tasks();
    let (script, endpoint) = started(narrow()).await;
    let addr = endpoint.listen_addrs()[0];
    let mut told = crowd(&endpoint, 4).await;
    let mut paused = Client::greeted(&endpoint).await;
    paused.ok(Command::PushEnable, Source::Events).await;
    paused.ok(Command::PushEnable, Source::State).await;
    paused.ok(Command::PushPause, Source::State).await;
    let mut slow = Client::narrow(&endpoint).await;
    slow.ok(Command::PushEnable, Source::Events).await;
    for number in 0..5_000 {
        script.emit(number);
    }
    // Each of the quick ones has them, so they wait for the slow one too.
    for client in &mut told {
        for number in 0..5_000 {
            assert_eq!(client.event().await.ts, number);
        }
    }
    told.extend([paused, slow, Client::connect(&endpoint).await, Client::connect(&endpoint).await]);
    // Just let in, by hand; and not even asked in full.
    let silent = hostile::upgraded(addr).await;
    let half = half_a_request(addr).await;
    assert_eq!(endpoint.sessions().len(), 9);

    let closing = join_all(told.iter_mut().map(Client::closed));
    let ((), heard, code) =
        within("close", async { tokio::join!(endpoint.close(), closing, close_code(silent)) }).await;
    for (number, (code, reason)) in heard.iter().enumerate() {
        assert_eq!((*code, reason.as_str()), CLOSING, "{number}");
    }
    assert_eq!(code, CLOSING.0);
    assert!(endpoint.sessions().is_empty());
    assert!(raw_end(half).await.is_empty());
    drop(told);
    until("no task is left", || tasks() == before).await;
}

/// What comes until the end, whichever.
async fn raw_end(mut stream: TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    drop(within("an end", stream.read_to_end(&mut said)).await);
    said
}

#[tokio::test]
async fn those_who_hear_nothing_hold_it_up_for_its_bound_and_no_longer() {
    let before = tasks();
    let (script, endpoint) = started(narrow()).await;
    let addr = endpoint.listen_addrs()[0];
    let mut witness = crowd(&endpoint, 1).await.remove(0);
    let mut deaf = Vec::new();
    for _ in 0..16 {
        let mut client = Client::narrow(&endpoint).await;
        client.ok(Command::PushEnable, Source::Events).await;
        deaf.push(client);
    }
    for number in 0..5_000 {
        script.emit(number);
    }
    for number in 0..5_000 {
        assert_eq!(witness.event().await.ts, number);
    }
    // Those who say nothing more, in every state, and those who were just ended for what they said.
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(TcpStream::connect(addr).await.expect("it listens"));
        others.push(half_a_request(addr).await);
        others.push(hostile::upgraded(addr).await);
        let mut ended = hostile::upgraded(addr).await;
        ended.write_all(&hostile::masked(0x82, &[0xff])).await.expect("it is taken");
        others.push(ended);
    }
    until("some were ended", || endpoint.stats().ended_invalid == 4).await;
    drop(witness);
    tokio::time::pause();
    let began = Instant::now();
    within("close", endpoint.close()).await;
    // Half a second to write the close frame, and half a second for an answer to it; of the clock that stands still
    // unless somebody waits for it.
    assert!(began.elapsed() <= Duration::from_millis(1100), "{:?}", began.elapsed());
    tokio::time::resume();
    assert!(endpoint.sessions().is_empty());
    drop((deaf, others));
    until("no task is left", || tasks() == before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_and_started_again_while_clients_storm_it_nothing_is_left() {
    let before = tasks();
    let (_script, endpoint) = started(narrow()).await;
    let addr = endpoint.listen_addrs()[0];
    endpoint.close().await;
    let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut storm = tokio::task::JoinSet::new();
    for number in 0..8 {
        let over = over.clone();
        storm.spawn(async move {
            while !over.load(std::sync::atomic::Ordering::SeqCst) {
                let Ok(mut stream) = TcpStream::connect(addr).await else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let request = hostile::handshake(addr);
                // Some ask in full and stay to the end, some ask in part and vanish.
                let stays = number % 2 == 1;
                let part = if stays { request.len() } else { request.len() * number / 8 };
                if stream.write_all(&request.as_bytes()[..part]).await.is_ok() && stays {
                    raw_end(stream).await;
                }
            }
        });
    }
    drop(endpoint);
    let script = std::sync::Arc::new(Script::default());
    let options = Options { listen: vec![addr], ..narrow() };
    let endpoint = peerscope_endpoint::WebSocketEndpoint::new(script, options);
    for _ in 0..10 {
        endpoint.start().await.expect("it starts");
        let sessions = endpoint.stats().began_sessions;
        until("sessions come", || endpoint.stats().began_sessions > sessions).await;
        within("close", endpoint.close()).await;
        assert!(endpoint.sessions().is_empty());
    }
    over.store(true, std::sync::atomic::Ordering::SeqCst);
    while let Some(ended) = within("the storm ends", storm.join_next()).await {
        ended.expect("no panic");
    }
    until("no task is left", || tasks() == before).await;
}
