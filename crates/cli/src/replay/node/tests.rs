use std::time::Duration;

use futures::StreamExt;
use tokio::time::{advance, timeout};

use super::{
    super::recorded::tests::{event, lost, recorded, runtime, state},
    *,
};

/// Ten seconds: two runs, an event in each, a state each four seconds, and at last an event.
fn node(speed: f64) -> Replayed {
    let recorded = recorded(&[
        runtime("first"),
        event("A", 10_000),
        state(12_000),
        event("A", 13_000),
        lost(3),
        runtime("second"),
        state(16_000),
        event("B", 20_000),
    ]);
    let clock = Clock::new(recorded.span_ms.0, speed);
    Replayed::new(recorded, clock)
}

async fn instant(node: &Replayed) -> Option<u64> {
    node.fetch_full_state().await.ok().map(|state| state.instant_ts)
}

async fn peer(node: &Replayed) -> String {
    node.fetch_runtime().await.expect("a runtime").peer_id
}

#[tokio::test(start_paused = true)]
async fn the_state_is_the_newest_at_the_replays_time() {
    let node = node(2.0);
    // Nobody has asked: nothing goes on.
    advance(Duration::from_secs(3_600)).await;
    assert_eq!(peer(&node).await, "first");
    assert_eq!(instant(&node).await, None, "that began it");
    for (wait_ms, state, who) in [
        (999, None, "first"),
        (1, Some(12_000), "first"),
        (499, Some(12_000), "first"),
        (1, Some(12_000), "second"),
        (1_500, Some(16_000), "second"),
        (86_400_000, Some(16_000), "second"),
    ] {
        advance(Duration::from_millis(wait_ms)).await;
        assert_eq!(
            (instant(&node).await, peer(&node).await.as_str()),
            (state, who),
            "after {wait_ms} ms more"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn events_come_at_their_times_divided_by_the_speed() {
    let node = node(2.0);
    let mut events = node.event_stream().expect("a stream");
    assert!(timeout(Duration::from_secs(60), events.next()).await.is_err(), "nobody listens yet");
    assert!(node.session_events().await.is_empty());
    let begin = Instant::now();
    let mut told = Vec::new();
    while let Ok(Some(one)) = timeout(Duration::from_secs(60), events.next()).await {
        told.push((begin.elapsed().as_millis(), one));
    }
    let event = |name, ms| match event(name, ms) {
        Payload::Event(event) => Told::Event(event),
        other => panic!("{other:?}"),
    };
    // The timer counts whole milliseconds, upwards.
    let times: Vec<_> = told.iter().map(|(at, _)| at / 10 * 10).collect();
    assert_eq!(times, [0, 1_500, 1_500, 5_000]);
    let told: Vec<_> = told.into_iter().map(|(_, one)| one).collect();
    assert_eq!(told, [event("A", 10_000), event("A", 13_000), Told::Lost(3), event("B", 20_000)]);

    // A later stream goes on from now: there is nothing more.
    drop(events);
    let mut later = node.event_stream().expect("another stream");
    assert!(timeout(Duration::from_secs(60), later.next()).await.is_err());
    node.close();
    assert_eq!(later.next().await, None);
    assert!(matches!(node.fetch_full_state().await, Err(IntrospectError::Closed)));
    assert!(matches!(node.event_stream(), Err(IntrospectError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn a_closed_replay_ends_a_stream_that_waits() {
    let node = node(0.001);
    let mut events = node.event_stream().expect("a stream");
    node.session_events().await;
    assert!(events.next().await.is_some());
    let (next, ()) = tokio::join!(events.next(), async { node.close() });
    assert_eq!(next, None);
}
