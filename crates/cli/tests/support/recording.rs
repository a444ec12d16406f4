//! `record` as a process, and what is in the file that it writes.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use peerscope_introspection::{
    recording::{Item, Reader},
    wire::{Event, Runtime, ServerMessage, State, server_message::Payload},
};
use prost::Message;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::{sleep, timeout},
};

use super::process::{PATIENCE, send};

pub struct Recording {
    child: Child,
    path: PathBuf,
    lines: Lines<BufReader<ChildStderr>>,
    said: String,
}

impl Recording {
    pub fn start(url: &str, path: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_peerscope"))
            .args(["record", url, "--out"])
            .arg(path)
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stderr.take().expect("its messages")).lines();
        Self { child, path: path.to_owned(), lines, said: String::new() }
    }

    /// Waits until it says this.
    pub async fn says(&mut self, part: &str) {
        while !self.said.contains(part) {
            let line = timeout(PATIENCE, self.lines.next_line()).await.expect("in time").expect("readable");
            let line = line.unwrap_or_else(|| panic!("it ended without {part:?}:\n{}", self.said));
            self.said += &line;
            self.said.push('\n');
        }
    }

    /// Waits until the file holds what is wanted.
    pub async fn holds(&self, wanted: impl Fn(Contents) -> bool) {
        let there = async {
            while !std::fs::read(&self.path).is_ok_and(|bytes| Contents::of(&bytes).is_some_and(&wanted)) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, there).await.expect("it is there in time");
    }

    /// Ends it by a signal; what it said, and its exit code.
    pub async fn stop(self, signal: &str) -> (String, Option<i32>) {
        send(&self.child, signal).await;
        self.ends().await
    }

    pub async fn ends(mut self) -> (String, Option<i32>) {
        while let Some(line) =
            timeout(PATIENCE, self.lines.next_line()).await.expect("in time").expect("readable")
        {
            self.said += &line;
            self.said.push('\n');
        }
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").expect("a status");
        (self.said, status.code())
    }
}

#[derive(Default)]
pub struct Contents {
    pub states: Vec<State>,
    pub events: Vec<Event>,
    pub runtimes: Vec<Runtime>,
}

impl Contents {
    /// Of the beginning of a recording, too. None if it is damaged, or none.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let mut contents = Self::default();
        let mut reader = Reader::new();
        reader.push(bytes);
        for item in reader {
            let Item::Frame { payload, .. } = item else { return None };
            // A payload that is no message is nothing here.
            match ServerMessage::decode(payload).ok().and_then(|message| message.payload) {
                Some(Payload::State(state)) => contents.states.push(state),
                Some(Payload::Event(event)) => contents.events.push(event),
                Some(Payload::Runtime(runtime)) => contents.runtimes.push(runtime),
                _ => {}
            }
        }
        Some(contents)
    }

    pub fn read(path: &Path) -> Self {
        Self::of(&std::fs::read(path).expect("a file")).expect("a sound recording")
    }
}

/// What `inspect --json` says.
pub async fn inspected(path: &Path) -> serde_json::Value {
    let program =
        Command::new(env!("CARGO_BIN_EXE_peerscope")).arg("inspect").arg(path).arg("--json").output();
    let out = program.await.expect("the program runs");
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}
