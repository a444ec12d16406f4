//! Every row of the protocol's table of commands, over a real socket.

mod support;

use support::*;

const UNKNOWN: i32 = 9;

fn numbers() -> impl Iterator<Item = i32> {
    [1, 2, 3, 4, 5, 6, 7, UNKNOWN, -1].into_iter()
}

#[tokio::test]
async fn hello_is_answered_by_the_effective_configuration() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::connect(&endpoint).await;
    let id = client.command(0, 0, None).await;
    assert_eq!(client.answer(id).await.effective_config, Some(configuration(120_000, 1_000)));

    for (wanted, effective) in [
        (configuration(0, 0), configuration(120_000, 1_000)),
        (configuration(1, 1), configuration(1, 500)),
        (configuration(120_000, 2_000), configuration(120_000, 2_000)),
        (configuration(u64::MAX, u64::MAX), configuration(120_000, 3_600_000)),
    ] {
        let mut client = Client::connect(&endpoint).await;
        let id = client.command(0, 0, Some(wanted)).await;
        let response = client.answer(id).await;
        assert_eq!(response.result(), command_response::Result::Ok);
        assert_eq!(response.effective_config, Some(effective));
    }
}

#[tokio::test]
async fn a_second_hello_is_an_error_and_changes_nothing() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    let id = client.command(0, 0, Some(configuration(7, 700))).await;
    let response = client.answer(id).await;
    assert_eq!((response.result(), response.effective_config), (command_response::Result::Err, None));
    let id = client.command(7, 0, Some(configuration(0, 0))).await;
    assert_eq!(client.answer(id).await.effective_config, Some(configuration(120_000, 1_000)));
}

#[tokio::test]
async fn an_empty_message_is_a_hello_and_the_version_is_not_looked_at() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::connect(&endpoint).await;
    client.send_bytes(Vec::new()).await;
    assert_eq!(client.answer(0).await.result(), command_response::Result::Ok);

    let mut client = Client::connect(&endpoint).await;
    client.send_bytes(vec![0x0a, 0x00]).await;
    assert_eq!(client.answer(0).await.result(), command_response::Result::Ok);

    let mut client = Client::connect(&endpoint).await;
    client.send_bytes(vec![0x0a, 0x02, 0x08, 0x63, 0x10, 0x07]).await;
    assert_eq!(client.answer(7).await.result(), command_response::Result::Ok);
}

#[tokio::test]
async fn before_hello_everything_else_is_an_error_and_hello_still_works() {
    let (script, endpoint) = started(options()).await;
    let mut client = Client::connect(&endpoint).await;
    for command in numbers() {
        for source in [0, 1, 2, UNKNOWN] {
            client.refused(command, source).await;
        }
    }
    client.refused(0, UNKNOWN).await;
    let id = client.command(7, 0, Some(configuration(1, 1))).await;
    assert_eq!(client.answer(id).await.result(), command_response::Result::Err);
    let response = client.ok(Command::Hello, Source::State).await;
    assert_eq!(
        response.effective_config,
        Some(configuration(120_000, 1_000)),
        "nothing was configured before"
    );
    assert_eq!(
        script.snapshots.load(std::sync::atomic::Ordering::SeqCst),
        0,
        "nothing was asked of the node"
    );
}

#[tokio::test]
async fn what_is_requested_comes_itself_without_a_response() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    client.command(1, 0, None).await;
    assert_eq!(client.state().await.instant_ts, 1);
    client.command(1, 1, None).await;
    match client.payload().await {
        Payload::Runtime(runtime) => {
            assert_eq!((runtime.implementation.as_str(), runtime.peer_id.as_str()), ("script", "me"))
        }
        other => panic!("no runtime: {other:?}"),
    }
    assert!(client.refused(1, 2).await.contains("events"));
    // Nothing else came in between: the next answer is the next command's.
    client.ok(Command::PushPause, Source::State).await;
}

#[tokio::test]
async fn the_runtime_is_not_pushed() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    client.refused(2, 1).await;
    client.refused(3, 1).await;
}

#[tokio::test]
async fn unknown_numbers_and_a_missing_configuration_are_errors_and_the_session_goes_on() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    for command in 0..8 {
        client.refused(command, UNKNOWN).await;
    }
    for command in [6, 8, UNKNOWN, -1, i32::MAX, i32::MIN] {
        client.refused(command, 0).await;
    }
    client.refused(7, 0).await;
    client.ok(Command::PushEnable, Source::Events).await;
}

#[tokio::test]
async fn pushes_pause_and_resume_are_idempotent() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    for command in [Command::PushEnable, Command::PushDisable] {
        for source in [Source::State, Source::Events] {
            client.ok(command, source).await;
            client.ok(command, source).await;
        }
    }
    for command in [
        Command::PushResume,
        Command::PushPause,
        Command::PushPause,
        Command::PushResume,
        Command::PushResume,
    ] {
        client.ok(command, Source::State).await;
    }
}

#[tokio::test]
async fn update_config_is_clamped_and_nought_leaves_what_was() {
    let (_script, endpoint) = started(options()).await;
    let mut client = Client::greeted(&endpoint).await;
    for (wanted, effective) in [
        (configuration(5_000, 2_000), configuration(5_000, 2_000)),
        (configuration(0, 0), configuration(5_000, 2_000)),
        (configuration(0, 1), configuration(5_000, 500)),
        (configuration(u64::MAX, 0), configuration(120_000, 500)),
        (configuration(0, u64::MAX), configuration(120_000, 3_600_000)),
        (configuration(0, u64::MAX / 1_000_000 + 1), configuration(120_000, 3_600_000)),
    ] {
        let id = client.command(7, 0, Some(wanted)).await;
        let response = client.answer(id).await;
        assert_eq!(
            (response.result(), response.effective_config),
            (command_response::Result::Ok, Some(effective))
        );
    }
}

#[tokio::test]
async fn bytes_that_are_no_command_close_the_session_with_a_reason() {
    let (_script, endpoint) = started(options()).await;
    for greeted in [false, true] {
        for bytes in [vec![0xff; 9], vec![0x0a, 0x7f], vec![0x18], b"hello there".to_vec()] {
            let mut client =
                if greeted { Client::greeted(&endpoint).await } else { Client::connect(&endpoint).await };
            client.send_bytes(bytes.clone()).await;
            assert_eq!(client.closed().await, (1007, "not a ClientCommand".into()), "{bytes:?}");
        }
    }
}

#[tokio::test]
async fn a_command_in_a_text_message_and_one_with_unknown_fields_work() {
    use futures::SinkExt;
    use tokio_tungstenite::tungstenite::Message;

    let (_script, endpoint) = started(options()).await;
    let mut client = Client::connect(&endpoint).await;
    client.socket.send(Message::Text("\u{10}\u{5}".into())).await.expect("it is taken");
    assert_eq!(client.answer(5).await.result(), command_response::Result::Ok);
    // Field 1000, a varint.
    client.send_bytes(vec![0x10, 0x06, 0x18, 0x04, 0xc0, 0x3e, 0x01]).await;
    assert_eq!(client.answer(6).await.result(), command_response::Result::Ok);
}

#[tokio::test]
async fn a_command_may_have_64_kib_and_no_more() {
    let (_script, endpoint) = started(options()).await;
    // HELLO with an unknown field of bytes: tag and length take five bytes.
    let padded = |len: usize| {
        let mut bytes = vec![0xc2, 0x3e];
        let body = len - 5;
        bytes.extend([(body & 0x7f | 0x80) as u8, (body >> 7 & 0x7f | 0x80) as u8, (body >> 14) as u8]);
        bytes.resize(len, 0);
        bytes
    };
    let mut client = Client::connect(&endpoint).await;
    client.send_bytes(padded(64 << 10)).await;
    assert_eq!(client.answer(0).await.result(), command_response::Result::Ok);
    for len in [(64 << 10) + 1, 1 << 20] {
        let mut client = Client::connect(&endpoint).await;
        client.send_bytes(padded(len)).await;
        assert_eq!(client.closed().await, (1009, "a command is longer than 64 KiB".into()), "{len}");
    }
}

#[tokio::test]
async fn a_node_that_fails_or_does_not_answer_is_an_error_and_the_session_goes_on() {
    use std::{sync::atomic::Ordering::SeqCst, time::Duration};

    let mut options = options();
    options.tuning.answer = Duration::from_millis(50);
    let (script, endpoint) = started(options).await;
    let mut client = Client::greeted(&endpoint).await;
    script.broken.store(true, SeqCst);
    assert!(client.refused(1, 0).await.contains("out of order"));
    assert!(client.refused(1, 1).await.contains("out of order"));
    script.stuck.store(true, SeqCst);
    assert!(client.refused(1, 0).await.contains("in time"));
    assert!(client.refused(1, 1).await.contains("in time"));
    script.broken.store(false, SeqCst);
    script.stuck.store(false, SeqCst);
    client.command(1, 0, None).await;
    client.state().await;
}
