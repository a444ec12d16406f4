//! The event stream: who reports, what is lost, who comes late, and the user's own events.

mod support;

use futures::{FutureExt, StreamExt};
use libp2p::{
    core::transport::ListenerId,
    swarm::{self, FromSwarm, NetworkBehaviour},
};
use peerscope_introspection::{
    IntrospectError, Introspector as _, Told, wire::event_type::event_property::PropertyType,
};
use peerscope_libp2p::{Introspector, Property, TypedEvent};
use serde_json::json;
use support::{Behaviour, Setup, connected};

#[tokio::test]
async fn of_several_wrapped_fields_one_reports() {
    // Both ping and identify are wrapped.
    let (a, b) = (Setup::default().start(), Setup::default().start());
    let (id, _) = connected(&a, &b, b.listen_tcp().await).await;
    a.close(&id).await;
    let mut names = Vec::new();
    loop {
        if let Told::Event(event) = a.told().await {
            let name = event.r#type.expect("a type").name;
            let done = name == "PeerDisconnected";
            names.push(name);
            if done {
                break;
            }
        }
    }
    // `connected` took the first; a second would be here.
    assert_eq!(names.iter().filter(|name| *name == "PeerConnected").count(), 0, "{names:?}");
    // And after the one end comes nothing but what comes from the other field's events.
    b.event("PeerDisconnected", |_| true).await;
    assert_eq!(a.connections().await.len(), 1);
}

#[tokio::test]
async fn a_listener_in_trouble() {
    let a = Setup::default().start();
    let listener = ListenerId::next();
    // No transport of libp2p's can be made to fail so, and go on: made by hand, and told to each field, as the swarm does.
    a.swarm(move |swarm| {
        let error = std::io::Error::other("too many open files");
        let error =
            FromSwarm::ListenerError(swarm::behaviour::ListenerError { listener_id: listener, err: &error });
        let Behaviour { ping, identify, .. } = swarm.behaviour_mut();
        ping.on_swarm_event(error);
        identify.on_swarm_event(error);
    })
    .await;
    a.introspector.emit("Done", &json!({})).expect("a map");
    let mut told = Vec::new();
    while told.last().is_none_or(|(name, _)| name != "Done") {
        told.extend(a.named(a.told().await));
    }
    let expected = json!({ "listener": listener.to_string(), "error": "too many open files" });
    assert_eq!(told, [("ListenerError".to_owned(), expected), ("Done".to_owned(), json!({}))]);
}

#[tokio::test]
async fn a_slow_reader_is_told_how_many_it_lost() {
    let a = Setup { max_queued_events: 4, ..Setup::default() }.start();
    for number in 0..10 {
        a.introspector.emit("Counted", &json!({ "number": number })).expect("a map");
    }
    for number in 0..4 {
        let Told::Event(event) = a.told().await else { panic!("an event first") };
        assert_eq!(event.content, json!({ "number": number }).to_string());
    }
    assert_eq!(a.told().await, Told::Lost(6));
}

#[derive(serde::Serialize)]
struct Synced {
    height: u64,
}

impl TypedEvent for Synced {
    const NAME: &'static str = "Synced";
    const PROPERTIES: &'static [Property] = &[Property::one("height", PropertyType::Number)];
}

#[test]
fn own_events_and_one_reader() {
    let introspector = Introspector::new();
    // Without a reader the type is learned, and the event is gone.
    introspector.emit("Early", &json!(["/ip4/127.0.0.1/tcp/1"])).expect("a list");
    let mut events = introspector.event_stream().expect("the first reader");
    assert!(matches!(introspector.event_stream().err(), Some(IntrospectError::AlreadySubscribed)));
    introspector.tell(&Synced { height: 7 }).expect("a map");
    let Some(Some(Told::Event(event))) = events.next().now_or_never() else { panic!("an event") };
    assert_eq!(
        (event.r#type.expect("a type").name.as_str(), event.content.as_str()),
        ("Synced", r#"{"height":7}"#)
    );
    let types = introspector.event_metadata();
    let properties =
        |name: &str| types.iter().find(|kind| kind.name == name).expect("known").property_types.clone();
    assert_eq!(properties("Synced")[0].r#type, i32::from(PropertyType::Number));
    assert_eq!(properties("Early")[0].r#type, i32::from(PropertyType::Multiaddr));
    assert!(properties("Early")[0].has_multiple);

    drop(events);
    let mut events = introspector.event_stream().expect("the place is free again");
    introspector.close();
    introspector.close();
    assert_eq!(events.next().now_or_never(), Some(None));
    assert!(matches!(introspector.event_stream().err(), Some(IntrospectError::Closed)));
    let state = introspector.fetch_full_state().now_or_never().expect("at once");
    assert!(matches!(state.err(), Some(IntrospectError::Closed)));
}

#[tokio::test]
async fn who_comes_late_gets_the_addresses() {
    let a = Setup::default().start();
    let address = a.listen_tcp().await;
    let external = "/ip4/192.0.2.1/tcp/4001".parse::<libp2p::Multiaddr>().expect("a multiaddr");
    let added = external.clone();
    a.swarm(move |swarm| swarm.add_external_address(added)).await;
    assert_eq!(a.event("ExternalAddrConfirmed", |_| true).await["address"], external.to_string());
    let events = a.introspector.session_events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].r#type.as_ref().expect("a type").name, "NodeSnapshot");
    let content = serde_json::from_str::<serde_json::Value>(&events[0].content).expect("JSON");
    assert_eq!(content["listenAddrs"], json!([address]));
    assert_eq!(content["externalAddrs"], json!([external]));
}
