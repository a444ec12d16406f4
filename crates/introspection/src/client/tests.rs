use proptest::prelude::*;

use super::*;

/// What was sent, in words: command, source, id.
fn sent(messages: &[Vec<u8>]) -> Vec<(Command, Source, u64)> {
    messages
        .iter()
        .map(|bytes| {
            let command = ClientCommand::decode(&bytes[..]).unwrap();
            (command.command(), command.source(), command.id)
        })
        .collect()
}

fn config_of(message: &[u8]) -> Option<(u64, u64)> {
    let config = ClientCommand::decode(message).unwrap().config?;
    Some((config.state_snapshot_interval_ms, config.retention_period_ms))
}

fn ok(id: u64) -> CommandResponse {
    CommandResponse { id, ..Default::default() }
}

fn granted(id: u64, interval_ms: u64) -> CommandResponse {
    let config = Configuration { retention_period_ms: 60_000, state_snapshot_interval_ms: interval_ms };
    CommandResponse { effective_config: Some(config), ..ok(id) }
}

fn err(id: u64, error: &str) -> CommandResponse {
    CommandResponse { result: command_response::Result::Err.into(), error: error.into(), ..ok(id) }
}

fn live() -> Client {
    let mut client = Client::new(Config::default());
    let hello = sent(&client.connected(0))[0].2;
    client.response(&granted(hello, 1_000));
    client
}

#[test]
fn the_greeting_comes_first_and_alone() {
    let mut client = Client::new(Config::default());
    assert_eq!(client.link(), Link::Down);
    let hello = client.connected(0);
    assert_eq!(sent(&hello), [(Command::Hello, Source::State, 1)]);
    assert_eq!(config_of(&hello[0]), Some((1_000, 120_000)));
    assert_eq!(client.link(), Link::Greeting);
    // Until it is answered nothing is sent.
    assert!(
        client.pause().is_empty() && client.resume().is_empty() && client.runtime_again(99_999).is_empty()
    );
}

#[test]
fn once_greeted_it_asks_in_the_order_of_the_protocol() {
    let mut client = Client::new(Config::default());
    client.connected(0);
    assert_eq!(client.response(&ok(99)), Step::default(), "another id is no answer to the greeting");
    let message = ServerMessage { payload: Some(Payload::Response(granted(1, 2_000))), ..Default::default() };
    let step = client.answer(&message);
    assert_eq!(
        sent(&step.send),
        [
            (Command::Request, Source::Runtime, 2),
            (Command::PushEnable, Source::Events, 3),
            (Command::PushEnable, Source::State, 4)
        ]
    );
    assert_eq!(client.link(), Link::Live { interval_ms: 2_000, retention_ms: 60_000, paused: false });
}

#[test]
fn who_overhears_hears_answers_alone_and_takes_them_in_later() {
    let bytes = |payload| ServerMessage { payload: Some(payload), ..Default::default() }.encode_to_vec();
    let mut client = Client::new(Config::default());
    client.connected(0);
    for payload in [bytes(Payload::Runtime(Default::default())), vec![0xff]] {
        assert_eq!(client.overhear(&payload), Step::default());
    }
    let greeted = bytes(Payload::Response(granted(1, 2_000)));
    assert_eq!(sent(&client.overhear(&greeted).send).len(), 3);
    assert_eq!(client.overhear(&greeted), Step::default(), "once");
    assert!(!client.has_begun());
    client.overhear(&bytes(Payload::Response(ok(4))));
    assert!(!client.has_begun(), "that was for states");
    client.overhear(&bytes(Payload::Response(ok(3))));
    assert!(client.has_begun());
    client.disconnected(0);
    client.connected(1);
    assert!(!client.has_begun(), "another connection");
    assert_eq!(client.overhear(&bytes(Payload::State(Default::default()))), Step::default());
    assert!(client.has_begun(), "it tells something");
}

#[test]
fn an_endpoint_that_tells_no_configuration_is_taken_at_what_was_asked() {
    let mut client = Client::new(Config { interval_ms: 700, retention_ms: 9_000 });
    client.connected(0);
    client.response(&ok(1));
    assert_eq!(client.link(), Link::Live { interval_ms: 700, retention_ms: 9_000, paused: false });
}

#[test]
fn a_pause_is_on_when_it_is_confirmed() {
    let mut client = live();
    let asked = sent(&client.pause());
    assert_eq!(asked, [(Command::PushPause, Source::State, 5)]);
    assert!(matches!(client.link(), Link::Live { paused: false, .. }));
    client.response(&ok(5));
    assert!(matches!(client.link(), Link::Live { paused: true, .. }));
    assert_eq!(sent(&client.resume()), [(Command::PushResume, Source::State, 6)]);
    client.response(&ok(6));
    assert!(matches!(client.link(), Link::Live { paused: false, .. }));
}

#[test]
fn a_pause_outlives_a_lost_connection() {
    let mut client = live();
    client.pause();
    client.response(&ok(5));
    client.disconnected(1_000);
    assert_eq!(client.link(), Link::Down);
    let hello = sent(&client.connected(1_500))[0].2;
    let step = client.response(&granted(hello, 1_000));
    assert_eq!(sent(&step.send).last().map(|(command, ..)| *command), Some(Command::PushPause));
}

#[test]
fn a_pause_wanted_before_the_link_is_live_is_asked_then() {
    let mut client = Client::new(Config::default());
    client.pause();
    client.connected(0);
    let step = client.response(&ok(1));
    assert_eq!(sent(&step.send).len(), 4);
    assert_eq!(sent(&step.send)[3].0, Command::PushPause);
}

#[test]
fn a_refused_pause_is_reported_and_not_wanted_any_more() {
    let mut client = live();
    client.pause();
    let refused = client.response(&err(5, "no")).refused.unwrap();
    assert_eq!((refused.what, refused.greeting), ("PUSH_PAUSE", false));
    assert_eq!(refused.to_string(), "the endpoint refused PUSH_PAUSE: no");
    assert!(!client.wants_pause());
}

#[test]
fn another_interval_is_asked_at_once_when_live_and_kept() {
    let mut client = live();
    let asked = client.set_interval(4_000);
    assert_eq!(sent(&asked), [(Command::UpdateConfig, Source::State, 5)]);
    assert_eq!(config_of(&asked[0]), Some((4_000, 120_000)), "both figures, or the reference clears one");
    client.response(&granted(5, 3_600));
    assert!(matches!(client.link(), Link::Live { interval_ms: 3_600, .. }));
    client.disconnected(0);
    assert!(client.set_interval(5_000).is_empty());
    assert_eq!(config_of(&client.connected(500)[0]), Some((5_000, 120_000)));
}

#[test]
fn an_interval_changed_while_greeting_is_asked_after_it() {
    let mut client = Client::new(Config::default());
    client.connected(0);
    assert!(client.set_interval(2_000).is_empty());
    let step = client.response(&granted(1, 1_000));
    assert_eq!(sent(&step.send)[3].0, Command::UpdateConfig);
    assert_eq!(config_of(&step.send[3]), Some((2_000, 120_000)));
}

#[test]
fn a_refused_greeting_is_told_as_one() {
    let mut client = Client::new(Config::default());
    client.connected(0);
    let step = client.response(&err(1, "already greeted"));
    assert!(step.send.is_empty());
    assert!(step.refused.unwrap().greeting);
    assert_eq!(client.link(), Link::Greeting);
}

#[test]
fn a_refusal_names_its_command() {
    let mut client = live();
    assert_eq!(client.response(&err(2, "a")).refused.unwrap().what, "REQUEST RUNTIME");
    assert_eq!(client.response(&err(3, "b")).refused.unwrap().what, "PUSH_ENABLE EVENTS");
    assert_eq!(client.response(&err(4, "c")).refused.unwrap().what, "PUSH_ENABLE STATE");
    assert_eq!(client.response(&err(4, "again")).refused, None, "each is answered once");
}

#[test]
fn the_runtime_is_asked_for_once_a_second_at_most() {
    let mut client = live();
    assert!(client.runtime_again(999).is_empty());
    assert_eq!(sent(&client.runtime_again(1_000)), [(Command::Request, Source::Runtime, 5)]);
    assert!(client.runtime_again(1_999).is_empty());
    assert_eq!(client.runtime_again(2_000).len(), 1);
}

#[test]
fn a_runtime_wanted_within_the_second_is_asked_for_when_it_is_over() {
    let mut client = live();
    assert_eq!(client.due_ms(), None);
    assert!(client.runtime_again(300).is_empty());
    assert!(client.runtime_again(400).is_empty());
    assert_eq!(client.due_ms(), Some(1_000));
    assert!(client.tick(999).is_empty());
    assert_eq!(sent(&client.tick(1_000)), [(Command::Request, Source::Runtime, 5)]);
    assert_eq!(client.due_ms(), None);
    assert!(client.tick(9_000).is_empty(), "once for all that asked");
}

#[test]
fn a_new_connection_asks_for_the_runtime_by_itself() {
    let mut client = live();
    assert!(client.runtime_again(300).is_empty());
    client.disconnected(400);
    assert_eq!(client.due_ms(), None);
    assert!(client.tick(5_000).is_empty());
    client.connected(5_000);
    assert!(client.runtime_again(5_001).is_empty(), "the greeting asks for it");
    assert_eq!(client.due_ms(), None);
}

#[test]
fn retries_back_off_to_ten_seconds_and_start_over_after_a_live_session() {
    let mut client = Client::new(Config::default());
    let waits: Vec<u64> = (0..7).map(|_| client.disconnected(0)).collect();
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    // A connection alone does not count: an endpoint that drops everyone is not asked twice a second.
    let hello = sent(&client.connected(0))[0].2;
    assert_eq!(client.disconnected(70), 10_070);
    assert_eq!(client.response(&ok(hello)), Step::default(), "an answer that came too late");
    let hello = sent(&client.connected(0))[0].2;
    client.response(&ok(hello));
    assert_eq!(client.disconnected(100), 600);
}

#[test]
fn an_endpoint_that_never_answers_costs_a_bounded_memory() {
    let mut client = live();
    for _ in 0..1_000 {
        client.pause();
        client.resume();
    }
    assert!(client.unanswered.len() <= MAX_UNANSWERED);
}

proptest! {
    #[test]
    fn any_answer_is_taken_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), ids in prop::collection::vec((0_u64..12, any::<i32>()), 0..20)) {
        let mut client = Client::new(Config::default());
        client.connected(0);
        if let Ok(message) = ServerMessage::decode(&bytes[..]) {
            client.answer(&message);
        }
        for (id, result) in ids {
            let step = client.response(&CommandResponse { id, result, ..Default::default() });
            prop_assert!(step.send.len() <= 5);
        }
    }
}
