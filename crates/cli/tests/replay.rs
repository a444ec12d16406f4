//! `replay` as a process: what a recording holds comes out of it again, by `record`.
#![cfg(unix)]

use std::{
    collections::HashMap,
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

use flate2::{Compression, write::GzEncoder};
use peerscope_introspection::wire::Event;
use support::{
    process::{PATIENCE, Server},
    recording::{Contents, Recording, inspected},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

mod support {
    pub mod process;
    pub mod recording;
}

/// Twenty seconds of a made-up node.
async fn generated() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("original");
    let figures = ["--connections", "6", "--churn", "3", "--event-rate", "40", "--duration", "20"];
    let made = Command::new(env!("CARGO_BIN_EXE_peerscope"))
        .args(["generate", "--out", text(&path)])
        .args(figures)
        .status()
        .await
        .expect("it runs");
    assert!(made.success());
    (folder, path)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("plain text")
}

/// An event's type is told with its properties the first time, so these do not count.
fn told(events: &[Event]) -> Vec<(&str, u64, &str)> {
    events
        .iter()
        .map(|event| {
            let name = event.r#type.as_ref().map_or("", |kind| kind.name.as_str());
            (name, event.ts, event.content.as_str())
        })
        .collect()
}

/// Records a replay of the file until its last event and its last state are there.
async fn round(file: &Path, original: &Contents, speed: &str, again: &Path) -> Contents {
    let server = Server::start(&["replay", text(file), "--speed", speed]).await;
    let mut recording = Recording::start(server.address("viewer"), again, &["--interval", "500"]);
    recording.says("recording from").await;
    let (events, last) = (original.events.len(), original.states.last().expect("states").instant_ts);
    let all = |file: Contents| {
        file.events.len() >= events && file.states.last().is_some_and(|state| state.instant_ts == last)
    };
    recording.holds(all).await;
    let (said, code) = recording.stop("-TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("dropped"), "{said}");
    server.end("-TERM").await;
    Contents::read(again)
}

#[tokio::test]
async fn what_was_recorded_comes_out_again() {
    let (folder, path) = generated().await;
    let original = Contents::read(&path);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&std::fs::read(&path).expect("a recording")).expect("packed");
    let packed = folder.path().join("packed");
    std::fs::write(&packed, gzip.finish().expect("packed")).expect("written");

    for (file, speed) in [(&path, "10"), (&packed, "1000000")] {
        let path = folder.path().join(format!("at {speed}"));
        let again = round(file, &original, speed, &path).await;
        let mut expected = original.events.clone();
        expected.sort_by_key(|event| event.ts);
        assert_eq!(told(&again.events), told(&expected), "at {speed}");

        let states: HashMap<u64, _> = original.states.iter().map(|state| (state.instant_ts, state)).collect();
        for state in &again.states {
            assert_eq!(states.get(&state.instant_ts), Some(&state), "at {speed}");
        }
        assert!(again.states.is_sorted_by_key(|state| state.instant_ts));
        assert_eq!(again.runtimes.len(), 1);
        let (was, is) = (&original.runtimes[0], &again.runtimes[0]);
        assert_eq!(
            (&is.implementation, &is.version, &is.platform, &is.peer_id),
            (&was.implementation, &was.version, &was.platform, &was.peer_id)
        );
        assert!(was.event_types.iter().all(|kind| is.event_types.contains(kind)));
        assert_eq!(inspected(&path).await["bad_checksums"], 0);
    }
}

#[tokio::test]
async fn its_end_is_said_and_the_last_state_stays() {
    let (folder, path) = generated().await;
    let mut replay = Command::new(env!("CARGO_BIN_EXE_peerscope"))
        .args(["replay", text(&path), "--speed", "1000", "--no-token"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(replay.stdout.take().expect("its output")).lines();
    let ready =
        timeout(PATIENCE, lines.next_line()).await.expect("in time").expect("readable").expect("a line");
    let ready: serde_json::Value = serde_json::from_str(&ready).expect("JSON");
    let endpoint = ready["endpoint"].as_str().expect("an address");
    assert!(ready["viewer"].as_str().is_some_and(|viewer| viewer.contains("#/overview?ws=")), "{ready}");

    let first = Recording::start(endpoint, &folder.path().join("first"), &["--interval", "500"]);
    let mut said = BufReader::new(replay.stderr.take().expect("its messages")).lines();
    loop {
        let line = timeout(PATIENCE, said.next_line()).await.expect("in time").expect("readable");
        if line.expect("it goes on").contains("the recording is over") {
            break;
        }
    }
    first.stop("-TERM").await;
    // Who comes now sees what it was at last.
    let path = folder.path().join("second");
    let second = Recording::start(endpoint, &path, &["--interval", "500"]);
    second.holds(|file| file.states.len() > 1).await;
    second.stop("-TERM").await;
    let file = Contents::read(&path);
    assert_eq!(file.states[0], file.states[1]);
    assert_eq!(file.states[0].instant_ts, 1_700_000_019_000);
    assert!(file.events.is_empty(), "{:?}", file.events);
    support::process::send(&replay, "-TERM").await;
    let status = timeout(PATIENCE, replay.wait()).await.expect("it ends").expect("a status");
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn what_is_no_recording_is_refused() {
    let (folder, _) = generated().await;
    let path = folder.path().join("other");
    std::fs::write(&path, [3, 0, 0, 0, 1, 2, 3, 4]).expect("written");
    for (file, speed, code, why) in [
        (text(&path), "1", 1, "protocol version 3"),
        ("/no/such/file", "1", 1, "can't be opened"),
        (text(&path), "0", 2, "not from 0.001"),
    ] {
        let replay =
            Command::new(env!("CARGO_BIN_EXE_peerscope")).args(["replay", file, "--speed", speed]).output();
        let out = timeout(PATIENCE, replay).await.expect("in time").expect("it runs");
        assert_eq!(out.status.code(), Some(code));
        assert!(out.stdout.is_empty() && String::from_utf8_lossy(&out.stderr).contains(why), "{out:?}");
    }
}
