//! `cargo xtask sample`: two minutes of the demo, recorded from its endpoint, as the page's built-in sample.
//!
//! A recording is the version and then the segments of all messages, so what comes over the wire is appended as it is; the
//! one real reader, `peerscope inspect`, says afterwards whether it is sound.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tungstenite::{Message, WebSocket};

use crate::{
    build, page,
    repo::{Repo, output, run, say},
    setup,
};

const LENGTH: Duration = Duration::from_secs(120);
/// States come each second: a minute of silence is a broken endpoint.
const SILENCE: Duration = Duration::from_secs(60);
/// Compressed; it is part of the repository and of every copy of the page.
const AT_MOST_BYTES: usize = 1 << 20;
const VERSION: [u8; 4] = 1u32.to_le_bytes();

/// `ClientCommand`s, by the field numbers of `proto/introspection.proto`: id = 1.., and
/// HELLO with config { state_snapshot_interval_ms: 1000 }
const HELLO: &[u8] = &[0x10, 1, 0x2a, 3, 0x10, 0xe8, 0x07];
/// REQUEST of RUNTIME, PUSH_ENABLE of EVENTS, PUSH_ENABLE of STATE (0, so left out).
const THEN: [&[u8]; 3] = [&[0x10, 2, 0x18, 1, 0x20, 1], &[0x10, 3, 0x18, 2, 0x20, 2], &[0x10, 4, 0x18, 2]];

/// A sample without one of these would leave a screen empty.
const EVENTS: [&str; 9] = [
    "PeerConnected",
    "PeerDisconnected",
    "DialFailure",
    "DialAttempt",
    "DhtQueryFinished",
    "GossipsubSnapshot",
    "Reservation",
    "HolePunch",
    "Reachability",
];

/// Records it and puts it where the page has it.
pub fn record(repo: &Repo) -> Result<()> {
    setup::for_native(repo)?;
    // What the demo shows of itself has nothing to do with the page, but its command carries one.
    page::build(repo)?;
    let peerscope = build::native(repo, "release")?;

    let demo = Demo::start(repo.command(&peerscope).arg("demo"))?;
    say(format!("recording {} for {} s", demo.address(), LENGTH.as_secs()));
    let recording = listen(&demo.endpoint)?;
    drop(demo);

    let plain = repo.target.join("sample.libp2p.trace");
    std::fs::write(&plain, &recording)?;
    check(repo, &peerscope, &plain)?;

    let mut gzip = flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::best());
    gzip.write_all(&recording)?;
    let packed = gzip.finish()?;
    ensure!(
        packed.len() <= AT_MOST_BYTES,
        "the sample has {} bytes; {AT_MOST_BYTES} are allowed",
        packed.len()
    );
    let file = repo.root.join("static/sample.libp2p.trace.gz");
    std::fs::write(&file, &packed)?;
    say(format!("wrote {}: {} bytes, {} unpacked", file.display(), packed.len(), recording.len()));
    run(repo.command(&peerscope).arg("inspect").arg(&file))
}

/// A running demo, ended with this value.
struct Demo {
    child: Child,
    endpoint: String,
}

impl Demo {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().context("the demo could not be started")?;
        let mut line = String::new();
        let out = child.stdout.take().context("the demo's output")?;
        BufReader::new(out).read_line(&mut line)?;
        let endpoint = ready(&line);
        let demo = Self { child, endpoint: endpoint.as_ref().map(Clone::clone).unwrap_or_default() };
        endpoint.map(|_| demo)
    }

    /// Without the token.
    fn address(&self) -> &str {
        self.endpoint.split('?').next().unwrap_or_default()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            say(format!("the demo could not be ended: {error}"));
        }
    }
}

fn ready(line: &str) -> Result<String> {
    let ready: serde_json::Value =
        serde_json::from_str(line).with_context(|| format!("no ready line: {line:?}"))?;
    Ok(ready["endpoint"].as_str().context("the ready line names no endpoint")?.to_owned())
}

/// Everything that an endpoint sends for [`LENGTH`], as a recording.
fn listen(endpoint: &str) -> Result<Vec<u8>> {
    let authority =
        endpoint.strip_prefix("ws://").and_then(|rest| rest.split('/').next()).context("ws://HOST:PORT/…")?;
    let stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(SILENCE))?;
    let (mut socket, _) = tungstenite::client(endpoint, stream).context("the endpoint refused the socket")?;

    let mut recording = VERSION.to_vec();
    socket.send(Message::binary(HELLO))?;
    take(&mut socket, &mut recording)?;
    for command in THEN {
        socket.send(Message::binary(command))?;
    }
    let start = Instant::now();
    while start.elapsed() < LENGTH {
        take(&mut socket, &mut recording)?;
    }
    socket.close(None).context("the socket could not be closed")?;
    Ok(recording)
}

fn take(socket: &mut WebSocket<TcpStream>, recording: &mut Vec<u8>) -> Result<()> {
    match socket.read().context("the endpoint went away, or fell silent")? {
        Message::Binary(bytes) => {
            let segments = bytes.strip_prefix(&VERSION).context("a message of another protocol version")?;
            recording.extend_from_slice(segments);
            Ok(())
        }
        Message::Close(why) => bail!("the endpoint ended the session: {why:?}"),
        _ => Ok(()),
    }
}

/// Whether it is whole, and shows what a sample should.
fn check(repo: &Repo, peerscope: &Path, file: &Path) -> Result<()> {
    let text = output(repo.command(peerscope).args(["inspect", "--json"]).arg(file))?;
    let found: serde_json::Value = serde_json::from_str(&text)?;
    for broken in ["bad_checksums", "undecodable", "truncated_bytes"] {
        ensure!(found[broken] == 0, "the sample has {broken}: {}", found[broken]);
    }
    for needed in ["runtimes", "states", "connections", "streams", "dht_peers"] {
        ensure!(found[needed].as_u64() > Some(0), "the sample has no {needed}");
    }
    for event in EVENTS {
        ensure!(found["event_types"][event].as_u64() > Some(0), "the sample has no event {event}");
    }
    Ok(())
}
