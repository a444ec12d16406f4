//! How far back the default budget reaches: a recording of any length from standard input, a line each tenth of a GB.
//!
//! `peerscope generate … --out /dev/stdout | cargo bench -p peerscope-engine --bench budget`
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::{io::Read, time::Instant};

use peerscope_engine::{Engine, Options};
use peerscope_introspection::recording::{Item, Reader};

const PIECE: usize = 4 << 20;

/// Bytes of memory of this process, where the system tells it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

fn main() {
    let options = Options::default();
    let mut engine = Engine::new(options);
    let mut reader = Reader::new();
    let mut input = std::io::stdin().lock();
    let mut piece = vec![0; PIECE];
    let (mut read, mut said, mut most) = (0u64, 0u64, 0);
    let start = Instant::now();
    loop {
        let len = input.read(&mut piece).expect("standard input can be read");
        if len == 0 {
            break;
        }
        read += len as u64;
        reader.push(&piece[..len]);
        for item in reader.by_ref() {
            if let Item::Frame { payload, .. } = item {
                engine.take(payload);
                most = most.max(engine.counters().history_bytes);
            }
        }
        if read / 100_000_000 > said {
            said = read / 100_000_000;
            say(&engine, read, most, &start);
        }
    }
    say(&engine, read, most, &start);
    assert!(most <= options.budget_bytes, "the budget holds");
}

fn say(engine: &Engine, read: u64, most: usize, start: &Instant) {
    let counters = engine.counters();
    let span = counters.last_ms.unwrap_or(0) - counters.first_ms.unwrap_or(0);
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    println!(
        "{:7.0} MB read in {:5.1} s: reaches back {:6.1} s; history {:5.1} MB, at most {:5.1}; process {:5.0} MB; {} dropped",
        megabytes(read),
        start.elapsed().as_secs_f64(),
        span as f64 / 1e3,
        megabytes(counters.history_bytes as u64),
        megabytes(most as u64),
        resident().map_or(f64::NAN, megabytes),
        counters.dropped
    );
}
