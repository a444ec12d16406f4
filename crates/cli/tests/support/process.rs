//! The program as a process that serves.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// For what takes moments; a loaded machine may take longer.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    pub child: Child,
    pub ready: serde_json::Value,
}

impl Server {
    pub async fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_peerscope"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line =
            timeout(PATIENCE, lines.next_line()).await.expect("in time").expect("readable").expect("a line");
        Self { child, ready: serde_json::from_str(&line).expect("one line of JSON") }
    }

    pub fn address(&self, name: &str) -> &str {
        self.ready[name].as_str().expect("a text")
    }

    /// Ends it by a signal, as it should end: with exit code 0.
    pub async fn end(mut self, signal: &str) {
        send(&self.child, signal).await;
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").expect("a status");
        assert_eq!(status.code(), Some(0), "after {signal}");
    }
}

pub async fn send(child: &Child, signal: &str) {
    let id = child.id().expect("it runs").to_string();
    let sent = Command::new("kill").args([signal, &id]).status().await.expect("kill runs");
    assert!(sent.success());
}
