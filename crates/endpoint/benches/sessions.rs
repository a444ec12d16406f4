//! What sessions cost an endpoint: 1 and 64 of them with a snapshot a second of 1,000 connections, and events as fast as
//! all of them take them. CPU time of this process; the clients are another one. A table, and a line of JSON.
//!
//! `cargo bench -p peerscope-endpoint --bench sessions` (Linux)

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use peerscope_endpoint::{Endpoint, EndpointStats, Options, TokenPolicy, Ui, WebSocketEndpoint};

#[path = "../examples/soak/node.rs"]
mod node;

use node::Node;

type Failure = Box<dyn Error + Send + Sync>;

const CONNECTIONS: u64 = 1_000;
/// How long snapshots are looked at.
const LOOK: Duration = Duration::from_secs(8);
/// Events of a run, and so many at a time: fewer than the node and the shortest queue hold.
const EVENTS: u64 = 100_000;
const AT_A_TIME: u64 = 1_000;
const ROUNDS: usize = 3;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [name, addr, count, source, spread_ms] = &args[..]
        && name == "clients"
    {
        return clients(addr.parse()?, count.parse()?, source, Duration::from_millis(spread_ms.parse()?));
    }
    let mut json = serde_json::json!({ "connections": CONNECTIONS, "states": {}, "events": {} });
    let runs = [("1", 1, 0), ("64", 64, 0), ("64 spread", 64, 1_000), ("1 again", 1, 0)];
    println!(
        "a snapshot a second  CPU ms/s  snapshots/s  frames/s  MB/s out  CPU ms a snapshot  CPU ms a frame"
    );
    for (name, rounds) in in_turn(&runs, |(_, sessions, spread)| states(sessions, spread)).await? {
        let [cpu, snapshots, frames, mb] = medians(&rounds);
        println!(
            "{name:19}{cpu:10.1}{snapshots:13.1}{frames:10.1}{mb:10.1}{:19.2}{:16.3}",
            cpu / snapshots,
            cpu / frames
        );
        json["states"][name] = serde_json::json!([cpu, snapshots, frames, mb]);
    }
    println!("as fast as they take  events/s  delivered/s  CPU µs an event  CPU µs a delivered one");
    for (name, rounds) in in_turn(&[runs[0], runs[1], runs[3]], |(_, sessions, _)| events(sessions)).await? {
        let [per_sec, delivered, cpu, each] = medians(&rounds);
        println!("{name:20}{per_sec:10.0}{delivered:13.0}{cpu:17.2}{each:24.3}");
        json["events"][name] = serde_json::json!([per_sec, delivered, cpu, each]);
    }
    println!("{json}");
    Ok(())
}

type Run = (&'static str, usize, u64);

/// All runs, one after the other, several times over.
async fn in_turn<F: Future<Output = Result<[f64; 4], Failure>>>(
    runs: &[Run],
    run: impl Fn(Run) -> F,
) -> Result<Vec<(&'static str, Vec<[f64; 4]>)>, Failure> {
    let mut seen: Vec<_> = runs.iter().map(|run| (run.0, Vec::new())).collect();
    for _ in 0..ROUNDS {
        for (run_of, (_, rounds)) in runs.iter().zip(&mut seen) {
            rounds.push(run(*run_of).await?);
        }
    }
    Ok(seen)
}

fn medians(rounds: &[[f64; 4]]) -> [f64; 4] {
    [0, 1, 2, 3].map(|figure| {
        let mut values: Vec<_> = rounds.iter().map(|round| round[figure]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

/// CPU ms, snapshots, frames and MB a second with so many sessions.
async fn states(sessions: usize, spread_ms: u64) -> Result<[f64; 4], Failure> {
    let (node, endpoint) = started().await?;
    let crowd = Crowd::begin(&endpoint, sessions, "state", spread_ms)?;
    // The first one warms up.
    until(&endpoint, |stats| stats.snapshots >= 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (before, cpu, began) = (endpoint.stats(), cpu_ns()?, Instant::now());
    tokio::time::sleep(LOOK).await;
    let (after, cpu, time) = (endpoint.stats(), cpu_ns()? - cpu, began.elapsed().as_secs_f64());
    crowd.end()?;
    endpoint.close().await;
    drop(node);
    Ok([
        cpu as f64 / 1e6 / time,
        (after.snapshots - before.snapshots) as f64 / time,
        (after.frames_sent - before.frames_sent) as f64 / time,
        (after.bytes_sent - before.bytes_sent) as f64 / 1e6 / time,
    ])
}

/// Events and delivered events a second, and CPU µs for one of each.
async fn events(sessions: usize) -> Result<[f64; 4], Failure> {
    let (node, endpoint) = started().await?;
    let crowd = Crowd::begin(&endpoint, sessions, "events", 0)?;
    let before = endpoint.stats();
    let (cpu, began) = (cpu_ns()?, Instant::now());
    for sent in (AT_A_TIME..=EVENTS).step_by(AT_A_TIME as usize) {
        if !node.emit(AT_A_TIME) {
            return Err("the node's own queue was too short".into());
        }
        let wanted = before.frames_sent + sent * sessions as u64;
        until(&endpoint, |stats| stats.frames_sent >= wanted).await;
    }
    let (after, cpu, time) = (endpoint.stats(), cpu_ns()? - cpu, began.elapsed().as_secs_f64());
    crowd.end()?;
    endpoint.close().await;
    if after.dropped_frames + after.lost_events > 0 {
        return Err(format!("events were lost: {after:?}").into());
    }
    let delivered = (EVENTS * sessions as u64) as f64;
    Ok([
        EVENTS as f64 / time,
        delivered / time,
        cpu as f64 / 1e3 / EVENTS as f64,
        cpu as f64 / 1e3 / delivered,
    ])
}

async fn started() -> Result<(Arc<Node>, WebSocketEndpoint), Failure> {
    let node = Arc::new(Node::new(CONNECTIONS, 0));
    let mut options = Options { token: TokenPolicy::None, viewer: Ui::None, ..Options::default() };
    // Frames are counted here, and these would be among them.
    options.tuning.stats_every = Duration::from_secs(3600);
    let endpoint = WebSocketEndpoint::new(node.clone(), options);
    endpoint.start().await?;
    Ok((node, endpoint))
}

async fn until(endpoint: &WebSocketEndpoint, holds: impl Fn(EndpointStats) -> bool) {
    while !holds(endpoint.stats()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// CPU time of all threads of this process.
fn cpu_ns() -> Result<u64, Failure> {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        sum += stat.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(sum)
}

/// Clients in a process of their own.
struct Crowd(Child);

impl Crowd {
    /// Begins it and waits until all have what they want.
    fn begin(
        endpoint: &WebSocketEndpoint,
        count: usize,
        source: &str,
        spread_ms: u64,
    ) -> Result<Self, Failure> {
        let addr = endpoint.listen_addrs().first().ok_or("it listens")?.to_string();
        let args = ["clients", &addr, &count.to_string(), source, &spread_ms.to_string()].map(str::to_owned);
        let mut child = Command::new(std::env::current_exe()?)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let said = child.stdout.take().ok_or("a pipe")?;
        tokio::task::block_in_place(|| BufReader::new(said).read_line(&mut line))?;
        if line == "ready\n" { Ok(Self(child)) } else { Err("the clients did not get ready".into()) }
    }

    fn end(mut self) -> Result<(), Failure> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

/// Greets as often as wanted, turns a source on, and throws away what comes, until it is killed.
fn clients(addr: SocketAddr, count: usize, source: &str, spread: Duration) -> Result<(), Failure> {
    let pause = spread / count.max(1) as u32;
    let mut threads = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(addr)?;
        let handshake = format!(
            "GET /introspect HTTP/1.1\r\nhost: {addr}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(handshake.as_bytes())?;
        // HELLO, then PUSH_ENABLE; masked by nothing.
        let enable: &[u8] = if source == "events" { &[0x18, 2, 0x20, 2] } else { &[0x18, 2] };
        stream.write_all(&[0x82, 0x80, 0, 0, 0, 0])?;
        stream.write_all(&[&[0x82, 0x80 | enable.len() as u8, 0, 0, 0, 0], enable].concat())?;
        let mut bytes = vec![0; 256 << 10];
        let mut answers = 0;
        while answers < 2 {
            // Both answers begin with the frame's two bytes and version 1.
            let read = stream.read(&mut bytes)?;
            answers +=
                bytes[..read].windows(6).filter(|six| six[0] == 0x82 && six[2..] == [1, 0, 0, 0]).count();
        }
        threads.push(std::thread::spawn(
            move || while matches!(stream.read(&mut bytes), Ok(more) if more > 0) {},
        ));
        std::thread::sleep(pause);
    }
    println!("ready");
    for thread in threads {
        thread.join().map_err(|_| "a client panicked")?;
    }
    Ok(())
}
