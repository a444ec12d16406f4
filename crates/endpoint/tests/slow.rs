//! Sessions that do not keep up: bounded, told what they lost, and nobody else's trouble.

mod support;

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use peerscope_endpoint::{Endpoint, Options};
use peerscope_introspection::Told;
use support::*;

/// Options whose sockets hold little, so that a client that does not read is slow at once.
fn narrow() -> Options {
    let mut options = options();
    options.tuning.send_buffer = Some(64 << 10);
    options
}

/// Emits numbered events until `count`, as fast as a session that keeps up takes them.
async fn emit_seen_by(script: &Script, witness: &mut Client, count: u64) {
    for from in (0..count).step_by(500) {
        let numbers = from..(from + 500).min(count);
        for number in numbers.clone() {
            script.emit(number);
        }
        for number in numbers {
            assert_eq!(witness.event().await.ts, number, "a slow session never delays or thins another");
        }
    }
}

/// Reads events up to the number `last`: each gap was told before it, with its number. Returns what was lost.
async fn read_with_gaps(client: &mut Client, last: u64) -> u64 {
    let (mut next, mut told, mut lost) = (0, 0, 0);
    loop {
        match client.payload().await {
            Payload::Event(event) => {
                assert_eq!(event.ts, next + told, "a gap is told ahead of what follows it");
                if event.ts == last {
                    return lost;
                }
                (next, told) = (event.ts + 1, 0);
            }
            Payload::Notice(notice) => {
                told += notice.discarded_events;
                lost += notice.discarded_events;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_slow_session_is_bounded_in_bytes_told_what_it_lost_and_delays_nobody() {
    let (script, endpoint) = started(Options { queue_bytes: 100_000, ..narrow() }).await;
    let mut slow = Client::narrow(&endpoint).await;
    let mut witness = Client::greeted(&endpoint).await;
    slow.ok(Command::PushEnable, Source::Events).await;
    witness.ok(Command::PushEnable, Source::Events).await;
    emit_seen_by(&script, &mut witness, 60_000).await;
    assert!(read_with_gaps(&mut slow, 59_999).await > 10_000);
}

#[tokio::test]
async fn what_a_session_does_not_take_within_5_s_falls_out_and_30_s_do_not_end_it() {
    let (script, endpoint) = started(narrow()).await;
    let mut slow = Client::narrow(&endpoint).await;
    let mut witness = Client::greeted(&endpoint).await;
    slow.ok(Command::PushEnable, Source::Events).await;
    witness.ok(Command::PushEnable, Source::Events).await;
    emit_seen_by(&script, &mut witness, 30_000).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(6)).await;
    script.emit(30_000);
    assert_eq!(witness.event().await.ts, 30_000);
    // 6 s: short of the 10 s after which the endpoint's own figures would be among the numbers.
    tokio::time::resume();
    assert_eq!(endpoint.sessions().len(), 2);
    assert!(read_with_gaps(&mut slow, 30_000).await > 5_000);
}

#[tokio::test]
async fn what_is_found_late_when_it_would_be_sent_is_in_the_endpoints_figures() {
    let mut options = narrow();
    options.tuning.stats_every = Duration::from_secs(3600);
    let (script, endpoint) = started(options).await;
    let mut slow = Client::narrow(&endpoint).await;
    let mut witness = Client::greeted(&endpoint).await;
    slow.ok(Command::PushEnable, Source::Events).await;
    witness.ok(Command::PushEnable, Source::Events).await;
    emit_seen_by(&script, &mut witness, 30_000).await;
    tokio::time::pause();
    // Nothing is pushed any more: only the writer can find out that what waits is late.
    tokio::time::advance(Duration::from_secs(6)).await;
    tokio::time::resume();
    let lost = loop {
        if let Payload::Notice(notice) = slow.payload().await {
            break notice.discarded_events;
        }
    };
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3600)).await;
    tokio::time::resume();
    let figures: serde_json::Value =
        serde_json::from_str(&witness.event().await.content).expect("the endpoint's figures");
    assert!(lost > 0);
    assert_eq!(figures["droppedFrames"], lost);
}

#[tokio::test]
async fn a_session_that_reads_nothing_for_half_a_minute_goes_on() {
    let (script, endpoint) = started(narrow()).await;
    let mut slow = Client::narrow(&endpoint).await;
    slow.ok(Command::PushEnable, Source::Events).await;
    for number in 0..30_000 {
        script.emit(number);
    }
    tokio::time::pause();
    for _ in 0..40 {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    tokio::time::resume();
    script.tell(Told::Event(event_of("Last", 1)));
    let (mut lost, mut told_since) = (0, false);
    loop {
        match slow.payload().await {
            Payload::Event(event) if event.r#type.as_ref().is_some_and(|kind| kind.name == "Last") => break,
            Payload::Event(_) => {}
            Payload::Notice(notice) => {
                lost += notice.discarded_events;
                told_since = true;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(told_since && lost > 0);
}

#[tokio::test]
async fn of_states_a_slow_session_gets_the_newest() {
    let mut options = narrow();
    options.tuning.snapshot_age = Duration::ZERO;
    options.tuning.stats_every = Duration::from_secs(3600);
    let (script, endpoint) = started(options).await;
    script.padding.store(4 << 20, SeqCst);
    let mut slow = Client::narrow(&endpoint).await;
    configure(&mut slow, 0, 500).await;
    slow.ok(Command::PushEnable, Source::State).await;
    until("states are due", || script.snapshots.load(SeqCst) >= 4).await;
    script.padding.store(0, SeqCst);
    let (mut last, mut replaced) = (0, 0);
    while replaced == 0 {
        let state = slow.state().await;
        replaced += state.instant_ts - last - 1;
        last = state.instant_ts;
    }
    assert!(last >= 4 && replaced >= 2, "{replaced} replaced before state {last}, and no notice of them");
    // The endpoint's own figures have them.
    let mut witness = Client::greeted(&endpoint).await;
    witness.ok(Command::PushEnable, Source::Events).await;
    let id = slow.command(Command::PushDisable.into(), Source::State.into(), None).await;
    slow.answer_past_pushes(id).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3600)).await;
    tokio::time::resume();
    let figures: serde_json::Value =
        serde_json::from_str(&witness.event().await.content).expect("the endpoint's figures");
    assert!(figures["replacedStates"].as_u64() >= Some(replaced), "{figures}");
    assert_eq!(figures["droppedFrames"], 0);
}

#[tokio::test]
async fn a_client_that_asks_and_never_reads_is_not_answered_without_end() {
    let mut options = narrow();
    options.tuning.snapshot_age = Duration::ZERO;
    let (script, endpoint) = started(options).await;
    script.padding.store(1 << 20, SeqCst);
    let mut client = Client::narrow(&endpoint).await;
    for _ in 0..500 {
        client.command(1, 0, None).await;
    }
    // Another session's answer shows that the endpoint had its turn.
    let mut other = Client::greeted(&endpoint).await;
    other.command(1, 0, None).await;
    other.state().await;
    assert!(script.snapshots.load(SeqCst) < 100, "{} snapshots", script.snapshots.load(SeqCst));
    // Once it reads, it gets all of them.
    script.padding.store(0, SeqCst);
    for _ in 0..500 {
        client.state().await;
    }
}
