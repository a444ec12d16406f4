//! Sixty-four sessions, some of which do not keep up: what each lost is told exactly, nobody else notices, and a frame is
//! encoded once for all of them. By counting, not by time.

mod support;

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use futures::future::join_all;
use peerscope_endpoint::{Endpoint, EndpointStats, Options, WebSocketEndpoint};
use support::*;

const SESSIONS: usize = 64;
/// Events that are emitted before the quick sessions take them.
const CHUNK: u64 = 100;
const QUEUE_BYTES: usize = 64 << 10;

/// Options whose sockets hold little and whose queues are short.
fn narrow() -> Options {
    let mut options = Options { queue_bytes: QUEUE_BYTES, max_sessions: SESSIONS + 1, ..options() };
    options.tuning.send_buffer = Some(32 << 10);
    // Events are counted here, and these would be among them.
    options.tuning.stats_every = Duration::from_secs(3600);
    options
}

/// So many greeted sessions that get events and are slow as soon as they do not read.
async fn slow_ones(endpoint: &WebSocketEndpoint, count: usize) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = Client::narrow(endpoint).await;
        client.ok(Command::PushEnable, Source::Events).await;
        clients.push(client);
    }
    clients
}

/// Takes these numbers, none missing and nothing between them.
async fn take_all(client: &mut Client, numbers: std::ops::Range<u64>) {
    for number in numbers {
        assert_eq!(client.event().await.ts, number, "a quick session loses nothing");
    }
}

/// Emits numbered events as fast as the quick ones take them, and looks at the figures after each chunk.
async fn flood(script: &Script, quick: &mut [Client], count: u64, mut each: impl FnMut(u64)) {
    for from in (0..count).step_by(CHUNK as usize) {
        let numbers = from..(from + CHUNK).min(count);
        for number in numbers.clone() {
            script.emit(number);
        }
        join_all(quick.iter_mut().map(|client| take_all(client, numbers.clone()))).await;
        each(numbers.end);
    }
}

/// What one session got and what it was told is missing.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    got: u64,
    told: u64,
}

/// Takes everything up to the event `last`. Each gap is told ahead of what follows it, with its number.
async fn account(client: &mut Client, mut next: u64, last: u64) -> Account {
    let (mut account, mut gap) = (Account::default(), 0);
    loop {
        match client.payload().await {
            Payload::Event(event) => {
                assert_eq!(event.ts, next + gap, "what is missing here is what was told here");
                account.got += 1;
                (next, gap) = (event.ts + 1, 0);
                if event.ts == last {
                    return account;
                }
            }
            Payload::Notice(notice) => {
                assert!(notice.discarded_events > 0);
                account.told += notice.discarded_events;
                gap += notice.discarded_events;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_sessions_each_slow_or_paused_one_is_told_exactly_what_it_lost_and_the_quick_lose_nothing() {
    const COUNT: u64 = 12_000;
    let (script, endpoint) = started(narrow()).await;
    let mut quick = crowd(&endpoint, 40).await;
    // Sixteen never read, eight are paused.
    let mut slow = slow_ones(&endpoint, 16).await;
    let mut paused = slow_ones(&endpoint, 8).await;
    for client in &mut paused {
        client.ok(Command::PushPause, Source::State).await;
    }
    let silent = Client::connect(&endpoint).await;
    let stats = endpoint.stats();
    assert_eq!((stats.sessions, stats.paused_sessions, stats.ungreeted_sessions), (65, 8, 1));
    drop(silent);
    until("64 are left", || endpoint.sessions().len() == SESSIONS).await;
    flood(&script, &mut quick, COUNT, |_| {}).await;
    for client in &mut paused {
        client.ok(Command::PushResume, Source::State).await;
    }
    let accounts =
        join_all(slow.iter_mut().chain(&mut paused).map(|client| account(client, 0, COUNT - 1))).await;
    for account in &accounts {
        assert_eq!(account.got + account.told, COUNT, "{account:?}");
        assert!(account.got > 0 && account.told > 0, "{account:?}");
    }
    // And again, now that all of them take what comes: nothing is missing any more.
    for number in COUNT..COUNT + CHUNK {
        script.emit(number);
    }
    let all = quick.iter_mut().chain(&mut slow).chain(&mut paused);
    join_all(all.map(|client| take_all(client, COUNT..COUNT + CHUNK))).await;
    let told: u64 = accounts.iter().map(|account| account.told).sum();
    let stats = endpoint.stats();
    assert_eq!((stats.dropped_frames, stats.lost_events), (told, 0), "the endpoint counts what it told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_node_itself_lost_is_told_to_every_one_of_64_sessions() {
    let (script, endpoint) = started(narrow()).await;
    let mut clients = crowd(&endpoint, SESSIONS).await;
    script.emit(0);
    script.tell(peerscope_introspection::Told::Lost(7));
    script.emit(8);
    for client in &mut clients {
        // Ahead of what follows the gap, if not of what was still waiting before it.
        let (mut numbers, mut told) = (Vec::new(), 0);
        while numbers.last() != Some(&8) {
            match client.payload().await {
                Payload::Event(event) => numbers.push(event.ts),
                Payload::Notice(notice) => told += notice.discarded_events,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((numbers, told), (vec![0, 8], 7));
    }
    assert_eq!(endpoint.stats().lost_events, 7);
}

#[tokio::test]
async fn one_slow_client_among_64_costs_nobody_anything_and_is_bounded() {
    const COUNT: u64 = 6_000;
    let (script, endpoint) = started(narrow()).await;
    let mut quick = crowd(&endpoint, SESSIONS - 1).await;
    let mut slow = slow_ones(&endpoint, 1).await.remove(0);
    let mut most = 0;
    flood(&script, &mut quick, COUNT, |_| most = most.max(endpoint.stats().queued_bytes)).await;
    // All that waits is the slow one's: the others have taken theirs.
    assert!(most > QUEUE_BYTES as u64 / 2 && most <= QUEUE_BYTES as u64, "{most} bytes waited");

    // Every snapshot comes to all others too.
    let all_on = quick.iter_mut().map(|client| client.ok(Command::PushEnable, Source::State));
    join_all(all_on).await;
    slow.command(Command::PushEnable.into(), Source::State.into(), None).await;
    for _ in 0..4 {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::time::resume();
        join_all(quick.iter_mut().map(Client::state)).await;
    }
    let stats = endpoint.stats();
    assert!(stats.replaced_states <= 4, "{} replaced: only the slow one's can be", stats.replaced_states);
    // Its answer to the last command waits besides.
    assert!(stats.queued_bytes <= QUEUE_BYTES as u64 + 100, "{stats:?}");
    assert_eq!(stats.sessions, SESSIONS as u64, "and it is not sent away either");
}

/// What was encoded and asked of the node between two looks.
fn encoded(before: EndpointStats, after: EndpointStats) -> (u64, u64) {
    (after.encoded_frames - before.encoded_frames, after.snapshots - before.snapshots)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_taken_and_encoded_once_for_64_sessions() {
    let mut options = options();
    options.tuning.snapshot_age = Duration::from_secs(3600);
    options.tuning.stats_every = Duration::from_secs(3600);
    let (script, endpoint) = started(options).await;
    script.padding.store(100_000, SeqCst);
    let mut clients = crowd(&endpoint, SESSIONS).await;
    let before = endpoint.stats();
    // Some ask for it, some have it pushed.
    let (asking, pushed) = clients.split_at_mut(SESSIONS / 2);
    join_all(pushed.iter_mut().map(|client| client.ok(Command::PushEnable, Source::State))).await;
    for client in asking.iter_mut() {
        client.command(Command::Request.into(), Source::State.into(), None).await;
    }
    for state in join_all(clients.iter_mut().map(Client::state)).await {
        assert_eq!(state.instant_ts, 1);
    }
    let after = endpoint.stats();
    assert_eq!(encoded(before, after), (1, 1));
    assert_eq!(script.snapshots.load(SeqCst), 1);
    let (bytes_encoded, bytes_sent) =
        (after.encoded_bytes - before.encoded_bytes, after.bytes_sent - before.bytes_sent);
    assert!(bytes_encoded > 100_000 && bytes_sent >= bytes_encoded * SESSIONS as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_encoded_once_for_64_sessions_and_once_more_to_tell_its_type() {
    const COUNT: u64 = 1_000;
    let mut options = options();
    options.tuning.stats_every = Duration::from_secs(3600);
    let (script, endpoint) = started(options).await;
    let mut clients = crowd(&endpoint, SESSIONS).await;
    let before = endpoint.stats();
    flood(&script, &mut clients, COUNT, |_| {}).await;
    let after = endpoint.stats();
    assert_eq!(encoded(before, after), (COUNT + 1, 0));
    // One who comes later makes it twice for one event alone.
    drop(clients.pop());
    until("one left", || endpoint.sessions().len() == SESSIONS - 1).await;
    clients.append(&mut crowd(&endpoint, 1).await);
    script.emit(COUNT);
    join_all(clients.iter_mut().map(|client| take_all(client, COUNT..COUNT + 1))).await;
    assert_eq!(encoded(after, endpoint.stats()), (2, 0));
}
