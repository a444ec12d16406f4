//! An endpoint under load for as long as you like: 64 sessions that come and go, pause, fall asleep and vanish, attacks
//! beside them, a snapshot a second and hundreds of events. Memory, tasks and open files are told every minute; at the
//! end all that the clients caused has to be gone. Fails when it is not, when memory grew, or when a client saw a wrong
//! answer.
//!
//! `cargo run --release -p peerscope-endpoint --example soak -- 30` for 30 minutes.

mod client;
mod crowd;
mod node;

use std::{process::Command, sync::Arc, time::Duration};

use peerscope_endpoint::{Endpoint, EndpointStats, Options, TokenPolicy, Ui, WebSocketEndpoint};
use tokio::time::{Instant, MissedTickBehavior};

use crate::{client::Failure, node::Node};

const TOKEN: &str = "soak";
/// Each with two streams: some 30 kB a snapshot.
const CONNECTIONS: u64 = 100;
const EVENTS_PER_SEC: u64 = 200;
/// What was seen is sampled so often.
const SAMPLE: Duration = Duration::from_secs(10);

/// What the process has of what the clients could leave behind.
#[derive(Clone, Copy, Debug)]
struct Sample {
    rss_bytes: u64,
    tasks: usize,
    open_files: usize,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["crowd", addr, seconds] => {
            crowd::run(addr.parse()?, TOKEN.into(), Duration::from_secs(seconds.parse()?)).await
        }
        [minutes] => soak(Duration::from_secs_f64(minutes.parse::<f64>()? * 60.0)).await,
        _ => Err("usage: soak MINUTES".into()),
    }
}

async fn soak(time: Duration) -> Result<(), Failure> {
    let node = Arc::new(Node::new(CONNECTIONS, 8 << 20));
    let mut options = Options {
        token: TokenPolicy::Given(TOKEN.into()),
        viewer: Ui::None,
        // The crowd's 64, and those that only pretend.
        max_sessions: 68,
        ..Options::default()
    };
    options.tuning.send_buffer = Some(64 << 10);
    let endpoint = WebSocketEndpoint::new(node.clone(), options);
    let emitting = tokio::spawn(emit(Arc::clone(&node)));
    let idle = Sample::now()?;
    endpoint.start().await?;
    let started = Sample::now()?;
    let addr = *endpoint.listen_addrs().first().ok_or("it listens")?;
    let mut crowd = Command::new(std::env::current_exe()?)
        .args(["crowd", &addr.to_string(), &time.as_secs().to_string()])
        .spawn()?;
    println!("minute   rss MiB  tasks  files  {}", HEAD);
    let mut samples = Vec::new();
    let (began, mut ticks) = (Instant::now(), tokio::time::interval(SAMPLE));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let left = loop {
        ticks.tick().await;
        let sample = Sample::now()?;
        if samples.len() % 6 == 0 {
            sample.print(began.elapsed(), &endpoint.stats());
        }
        samples.push(sample);
        if let Some(left) = crowd.try_wait()? {
            break left;
        }
    };
    if !left.success() {
        return Err("a client saw a wrong answer".into());
    }
    crowd.wait()?;
    settle("the clients left", started, || endpoint.stats().sessions == 0).await?;
    Sample::now()?.print(began.elapsed(), &endpoint.stats());
    endpoint.close().await;
    settle("the endpoint was closed", idle, || true).await?;
    emitting.abort();
    println!("nothing is left: as many tasks and open files as before it was started");
    flat(&samples)
}

async fn emit(node: Arc<Node>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        node.emit(EVENTS_PER_SEC / 20);
    }
}

/// Waits until there are no more tasks and open files than there were then. A task that has ended goes a moment later.
async fn settle(what: &str, then: Sample, holds: impl Fn() -> bool) -> Result<(), Failure> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let now = Sample::now()?;
        if holds() && now.tasks <= then.tasks && now.open_files <= then.open_files {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(format!("{what}, and this is left: {now:?}; it began with {then:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Compares the last quarter with the second: the first one fills what is kept and allocated once.
fn flat(samples: &[Sample]) -> Result<(), Failure> {
    let quarter = samples.len() / 4;
    let median = |samples: &[Sample]| {
        let mut rss: Vec<_> = samples.iter().map(|sample| sample.rss_bytes).collect();
        rss.sort_unstable();
        rss.get(rss.len() / 2).copied().unwrap_or_default()
    };
    let (early, late) = (median(&samples[quarter..quarter * 2]), median(&samples[quarter * 3..]));
    println!("memory: {:.1} MiB in the second quarter, {:.1} in the last", mib(early), mib(late));
    // What of the sessions just then is asleep or paused differs by some MiB.
    if late > early + early / 10 + (8 << 20) { Err("memory grew".into()) } else { Ok(()) }
}

const HEAD: &str = "sessions  begun  frames sent  encoded  dropped  replaced  refused  ended";

impl Sample {
    fn now() -> Result<Self, Failure> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib: u64 = rss.trim().trim_end_matches(" kB").parse()?;
        Ok(Self {
            rss_bytes: kib << 10,
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            open_files: std::fs::read_dir("/proc/self/fd")?.count(),
        })
    }

    fn print(self, at: Duration, stats: &EndpointStats) {
        let refused = stats.refused_connections
            + stats.refused_sessions
            + stats.refused_tokens
            + stats.refused_recordings;
        println!(
            "{:6.1}  {:8.1}  {:5}  {:5}  {:8}  {:5}  {:11}  {:7}  {:7}  {:8}  {:7}  {:5}",
            at.as_secs_f64() / 60.0,
            mib(self.rss_bytes),
            self.tasks,
            self.open_files,
            stats.sessions,
            stats.began_sessions,
            stats.frames_sent,
            stats.encoded_frames,
            stats.dropped_frames,
            stats.replaced_states,
            refused,
            stats.ended_ungreeted + stats.ended_invalid,
        );
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
