use futures::StreamExt;

use super::*;

fn simulated(event_rate: u32) -> Simulated {
    let figures = Figures { connections: 5, streams: 2, event_rate, churn: 0.0, interval: 100 };
    Simulated::new(&figures, 1, Clock::start())
}

#[tokio::test]
async fn a_snapshot_is_of_now_and_the_runtime_names_every_event_type() {
    let node = simulated(0);
    let state = node.fetch_full_state().await.expect("a state");
    assert!(state.instant_ts >= node.node.lock().expect("not poisoned").clock.start_ms);
    assert_eq!(state.subsystems.expect("subsystems").connections.len(), 5);
    let runtime = node.fetch_runtime().await.expect("a runtime");
    assert_eq!(runtime.event_types, node.event_metadata());
}

#[tokio::test]
async fn events_come_one_stream_at_a_time() {
    let node = simulated(2_000);
    let mut events = node.event_stream().expect("a stream");
    assert!(matches!(node.event_stream(), Err(IntrospectError::AlreadySubscribed)));
    let mut last = 0;
    for _ in 0..100 {
        let Some(Told::Event(event)) = events.next().await else { panic!("an event") };
        assert!(event.ts >= last, "in their order");
        last = event.ts;
    }
    drop(events);
    let mut again = node.event_stream().expect("another one");
    assert!(matches!(again.next().await, Some(Told::Event(_))));
}

#[tokio::test]
async fn a_closed_node_says_so_and_ends_its_events() {
    let node = simulated(1);
    let mut events = node.event_stream().expect("a stream");
    node.close();
    node.close();
    while events.next().await.is_some() {}
    assert!(matches!(node.fetch_full_state().await, Err(IntrospectError::Closed)));
    assert!(matches!(node.fetch_runtime().await, Err(IntrospectError::Closed)));
    assert!(matches!(node.event_stream(), Err(IntrospectError::Closed)));
}

#[tokio::test]
async fn what_has_no_room_is_counted() {
    let (sender, mut receiver) = mpsc::channel(4);
    send(&sender, vec![Event::default(); 10]);
    drop(sender);
    let mut told = Vec::new();
    while let Some(one) = receiver.recv().await {
        told.push(one);
    }
    assert_eq!(told.len(), 4);
    assert_eq!(told[3], Told::Lost(7));
}
