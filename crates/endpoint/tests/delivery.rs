//! What a session that keeps up is sent, and when.

mod support;

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use peerscope_endpoint::Endpoint;
use peerscope_introspection::Told;
use support::*;
use tokio::time::Instant;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn name(event: &Event) -> &str {
    event.r#type.as_ref().map_or("", |kind| &kind.name)
}

fn properties(event: &Event) -> usize {
    event.r#type.as_ref().map_or(0, |kind| kind.property_types.len())
}

#[tokio::test(start_paused = true)]
async fn the_first_state_comes_after_one_interval_and_then_one_each() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::State).await;
    let enabled = Instant::now();
    for number in 1..=3_u32 {
        client.state().await;
        let after = enabled.elapsed();
        assert!(
            after >= ms(1000) * number && after < ms(1000) * (number + 1),
            "state {number} after {after:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn to_enable_states_again_does_not_begin_a_new_interval() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::State).await;
    let enabled = Instant::now();
    tokio::time::sleep(ms(700)).await;
    client.ok(Command::PushEnable, Source::State).await;
    client.state().await;
    assert!(enabled.elapsed() < ms(1700), "{:?}", enabled.elapsed());
}

#[tokio::test(start_paused = true)]
async fn to_disable_states_stops_them_and_events_go_on() {
    let mut options = options();
    options.tuning.stats_every = Duration::from_secs(3600);
    let (script, endpoint) = started(options).await;
    let mut client = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::Events).await;
    client.ok(Command::PushEnable, Source::State).await;
    client.state().await;
    let id = client.command(Command::PushDisable.into(), Source::State.into(), None).await;
    client.answer_past_pushes(id).await;
    let taken = script.snapshots.load(SeqCst);
    tokio::time::sleep(ms(5000)).await;
    script.emit(1);
    assert_eq!(client.event().await.ts, 1, "and no state before it");
    assert_eq!(script.snapshots.load(SeqCst), taken, "the node is not asked for any either");
    client.ok(Command::PushEnable, Source::State).await;
    client.state().await;
}

#[tokio::test(start_paused = true)]
async fn events_do_not_wait_for_the_interval_of_the_states() {
    let (script, endpoint) = started(options()).await;
    *script.first.lock().expect("no panic") = vec![event_of("NodeSnapshot", 100)];
    let mut client = Client::greeted(&endpoint).await;
    configure(&mut client, 0, 3_600_000).await;
    client.ok(Command::PushEnable, Source::State).await;
    client.ok(Command::PushEnable, Source::Events).await;
    let enabled = Instant::now();
    assert_eq!(client.event().await.ts, 100);
    script.emit(1);
    assert_eq!(client.event().await.ts, 1);
    // Less than any interval can be; events gather for 20 ms.
    assert!(enabled.elapsed() < ms(500), "{:?}", enabled.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_changed_interval_takes_effect_at_once() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    configure(&mut client, 0, 3_600_000).await;
    client.ok(Command::PushEnable, Source::State).await;
    tokio::time::sleep(ms(5000)).await;
    configure(&mut client, 0, 500).await;
    let changed = Instant::now();
    client.state().await;
    assert!(changed.elapsed() >= ms(500) && changed.elapsed() < ms(1500), "{:?}", changed.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_session_greets_within_10_s() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::connect(&endpoint).await;
    let connected = Instant::now();
    assert_eq!(client.closed().await, (1008, "no HELLO in time".into()));
    assert!(connected.elapsed() >= ms(9900) && connected.elapsed() < ms(11_000), "{:?}", connected.elapsed());
}

#[tokio::test]
async fn a_type_is_told_whole_the_first_time_in_each_session() {
    let (script, endpoint) = started(options()).await;
    let mut one = Client::greeted(&endpoint).await;
    one.ok(Command::PushEnable, Source::Events).await;
    script.emit(1);
    script.emit(2);
    let (first, second) = (one.event().await, one.event().await);
    assert_eq!((first.ts, properties(&first)), (1, 1));
    assert_eq!((second.ts, properties(&second), name(&second)), (2, 0, "Seen"));

    let mut other = Client::greeted(&endpoint).await;
    other.ok(Command::PushEnable, Source::Events).await;
    script.emit(3);
    assert_eq!(properties(&other.event().await), 1);
    assert_eq!(properties(&one.event().await), 0);
}

#[tokio::test]
async fn the_runtime_tells_every_type_seen_and_the_endpoints_own() {
    let (script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    // One comes while somebody listens, one while nobody does.
    script.tell(Told::Event(event_of("Quiet", 1)));
    let types = |runtime: &Runtime| -> Vec<String> {
        runtime.event_types.iter().map(|known| known.name.clone()).collect()
    };
    within("the runtime names it", async {
        loop {
            client.command(1, 1, None).await;
            let Payload::Runtime(runtime) = client.payload().await else { panic!("no runtime") };
            if types(&runtime) == ["Seen", "EndpointStats", "Quiet"] {
                break;
            }
        }
    })
    .await;
    client.ok(Command::PushEnable, Source::Events).await;
    script.tell(Told::Event(event_of("Heard", 2)));
    client.event().await;
    client.command(1, 1, None).await;
    let Payload::Runtime(runtime) = client.payload().await else { panic!("no runtime") };
    assert_eq!(types(&runtime), ["Seen", "EndpointStats", "Quiet", "Heard"]);
}

#[tokio::test]
async fn what_each_session_gets_first_comes_first_each_time_events_are_turned_on() {
    let (script, endpoint) = started(options()).await;
    *script.first.lock().expect("no panic") =
        vec![event_of("NodeSnapshot", 100), event_of("NodeSnapshot", 101)];
    let mut client = Client::greeted(&endpoint).await;
    for turn in 1..=2 {
        client.ok(Command::PushEnable, Source::Events).await;
        script.emit(turn);
        let mut got = Vec::new();
        for _ in 0..3 {
            got.push(client.event().await.ts);
        }
        assert_eq!(got, [100, 101, turn]);
        // Once more while they are on: nothing comes first.
        client.ok(Command::PushEnable, Source::Events).await;
        script.emit(turn + 10);
        assert_eq!(client.event().await.ts, turn + 10);
        client.ok(Command::PushDisable, Source::Events).await;
    }
}

#[tokio::test]
async fn events_that_happen_while_the_first_ones_are_gathered_come_after_them() {
    let mut options = options();
    options.tuning.answer = ms(200);
    let (script, endpoint) = started(options).await;
    script.stuck.store(true, SeqCst);
    let mut client = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::Events).await;
    script.emit(1);
    assert_eq!(client.event().await.ts, 1, "held until the introspector's time was over");
}

#[tokio::test]
async fn what_was_queued_in_a_pause_comes_in_order_after_the_ok_and_then_live() {
    let (script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    let mut witness = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::Events).await;
    witness.ok(Command::PushEnable, Source::Events).await;
    client.ok(Command::PushPause, Source::State).await;
    for number in 1..=100 {
        script.emit(number);
    }
    for number in 1..=100 {
        assert_eq!(witness.event().await.ts, number, "another session is not paused");
    }
    // A request is answered while paused too, ahead of the queue.
    client.command(1, 0, None).await;
    client.state().await;
    client.ok(Command::PushResume, Source::State).await;
    for number in 1..=100 {
        assert_eq!(client.event().await.ts, number);
    }
    script.emit(101);
    assert_eq!(client.event().await.ts, 101);
}

#[tokio::test(start_paused = true)]
async fn states_of_a_pause_come_too_each_with_its_time() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::State).await;
    client.ok(Command::PushPause, Source::State).await;
    tokio::time::sleep(ms(4500)).await;
    client.ok(Command::PushResume, Source::State).await;
    let mut got = Vec::new();
    for _ in 0..5 {
        got.push(client.state().await.instant_ts);
    }
    assert_eq!(got, [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_the_retention_falls_out_of_a_pause_unsaid() {
    let (script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    configure(&mut client, 2_000, 0).await;
    client.ok(Command::PushEnable, Source::Events).await;
    client.ok(Command::PushPause, Source::State).await;
    script.emit(1);
    tokio::time::sleep(ms(1500)).await;
    script.emit(2);
    tokio::time::sleep(ms(1000)).await;
    client.ok(Command::PushResume, Source::State).await;
    assert_eq!(client.event().await.ts, 2, "the first is gone, and no notice comes");
}

#[tokio::test]
async fn with_both_pushes_off_the_queue_is_dropped_and_with_one_it_stays() {
    let (script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    let mut witness = Client::greeted(&endpoint).await;
    witness.ok(Command::PushEnable, Source::Events).await;
    for source in [Source::State, Source::Events] {
        client.ok(Command::PushEnable, source).await;
    }
    client.ok(Command::PushPause, Source::State).await;
    script.emit(1);
    assert_eq!(witness.event().await.ts, 1);
    client.ok(Command::PushDisable, Source::Events).await;
    script.emit(2);
    assert_eq!(witness.event().await.ts, 2);
    client.ok(Command::PushResume, Source::State).await;
    assert_eq!(client.event().await.ts, 1, "states are on: what was queued stays");

    client.ok(Command::PushEnable, Source::Events).await;
    client.ok(Command::PushPause, Source::State).await;
    script.emit(3);
    assert_eq!(witness.event().await.ts, 3);
    client.ok(Command::PushDisable, Source::State).await;
    client.ok(Command::PushDisable, Source::Events).await;
    client.ok(Command::PushEnable, Source::Events).await;
    client.ok(Command::PushResume, Source::State).await;
    script.emit(4);
    assert_eq!(client.event().await.ts, 4, "2 was missed, 3 was dropped, and neither is told");
}

#[tokio::test]
async fn by_default_16_mib_wait_in_a_pause_and_the_rest_is_told() {
    let (script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    let mut witness = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::Events).await;
    witness.ok(Command::PushEnable, Source::Events).await;
    client.ok(Command::PushPause, Source::State).await;
    for number in 1..=20 {
        let long = Event { content: format!("{{\"text\":\"{}\"}}", "x".repeat(1 << 20)), ..event(number) };
        script.tell(Told::Event(long));
        assert_eq!(witness.event().await.ts, number);
    }
    client.ok(Command::PushResume, Source::State).await;
    let Payload::Notice(notice) = client.payload().await else { panic!("no notice") };
    // Fifteen of a little more than 1 MiB fit.
    assert_eq!(notice.discarded_events, 5);
    for number in 6..=20 {
        assert_eq!(client.event().await.ts, number);
    }
}

#[tokio::test]
async fn events_share_messages_of_at_most_64_kib() {
    let (script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::Events).await;
    let before = client.messages.len();
    for number in 0..5_000 {
        script.emit(number);
    }
    for number in 0..5_000 {
        assert_eq!(client.event().await.ts, number);
    }
    let messages = &client.messages[before..];
    assert!(messages.len() < 500, "{} messages for 5000 events", messages.len());
    // An event takes more than 40 bytes here.
    assert!(messages.iter().all(|segments| segments * 40 <= 64 << 10));
}

#[tokio::test]
async fn a_snapshot_younger_than_250_ms_is_shared_between_sessions() {
    let mut options = options();
    options.tuning.snapshot_age = Duration::from_secs(3600);
    let (script, endpoint) = started(options).await;
    for _ in 0..3 {
        let mut client = Client::greeted(&endpoint).await;
        client.command(1, 0, None).await;
        assert_eq!(client.state().await.instant_ts, 1);
    }
    endpoint.close().await;
    endpoint.start().await.expect("it starts again");
    let mut client = Client::greeted(&endpoint).await;
    client.command(1, 0, None).await;
    assert_eq!(client.state().await.instant_ts, 2, "the next life has its own");
    assert_eq!(script.snapshots.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_older_than_250_ms_is_not() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    for number in 1..=3 {
        client.command(1, 0, None).await;
        assert_eq!(client.state().await.instant_ts, number);
        tokio::time::sleep(ms(251)).await;
    }
}

#[tokio::test]
async fn a_snapshot_of_many_megabytes_comes_as_one_message() {
    let (script, endpoint) = started(options()).await;
    script.padding.store(20 << 20, SeqCst);
    let mut client = Client::greeted(&endpoint).await;
    client.command(1, 0, None).await;
    let state = client.state().await;
    assert_eq!(state.subsystems.expect("padding").connections[0].peer_id.len(), 20 << 20);
}

#[tokio::test]
async fn a_snapshot_longer_than_a_segment_may_be_is_an_error() {
    let (script, endpoint) = started(options()).await;
    script.padding.store(64 << 20, SeqCst);
    let mut client = Client::greeted(&endpoint).await;
    assert!(client.refused(1, 0).await.contains("longer"));
    client.ok(Command::PushPause, Source::State).await;
}

#[tokio::test]
async fn what_the_node_lost_is_told_with_its_number() {
    let (script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::Events).await;
    script.tell(Told::Lost(3));
    script.emit(1);
    let Payload::Notice(notice) = client.payload().await else { panic!("no notice") };
    assert_eq!(notice, ServerNotice { kind: 0, discarded_events: 3 });
    assert_eq!(client.event().await.ts, 1);
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_tells_its_own_figures_every_10_s() {
    let (_script, endpoint) = started(options()).await;
    let began = Instant::now();
    let mut client = Client::greeted(&endpoint).await;
    client.ok(Command::PushEnable, Source::Events).await;
    for number in 1..=2_u32 {
        let event = client.event().await;
        assert_eq!(name(&event), "EndpointStats");
        assert!(began.elapsed() >= ms(10_000) * number && began.elapsed() < ms(10_000) * number + ms(5_000));
        let figures: serde_json::Value = serde_json::from_str(&event.content).expect("JSON");
        let figures = figures.as_object().expect("an object");
        assert_eq!(figures["sessions"], 1);
        assert!(figures["framesSent"].as_u64().expect("a number") >= 2);
        if number == 1 {
            let kind = event.r#type.expect("a type");
            let told: Vec<_> = kind.property_types.iter().map(|property| property.name.as_str()).collect();
            assert!(figures.keys().all(|key| told.contains(&key.as_str())) && told.len() == figures.len());
            assert!(kind.property_types.iter().all(|property| property.r#type() == PropertyType::Number));
        }
    }
}

#[tokio::test]
async fn the_node_is_told_how_long_to_keep_what_closed() {
    let (script, endpoint) = started(options()).await;
    let told = || script.keep.lock().expect("no panic").clone();
    let mut one = Client::greeted(&endpoint).await;
    configure(&mut one, 0, 2_000).await;
    assert!(told().is_empty(), "5 s are enough, and that is what it has");
    configure(&mut one, 0, 10_000).await;
    assert_eq!(told(), [ms(20_000)]);
    let mut other = Client::connect(&endpoint).await;
    let id = other.command(0, 0, Some(configuration(0, 60_000))).await;
    other.answer(id).await;
    assert_eq!(told(), [ms(20_000), ms(120_000)]);
    configure(&mut one, 0, 30_000).await;
    assert_eq!(told().len(), 2, "the longest did not change");
    drop(other);
    until("the longest left", || told().len() == 3).await;
    assert_eq!(told()[2], ms(60_000));
    drop(one);
    until("all left", || told().len() == 4).await;
    assert_eq!(told()[3], ms(5_000));
}
