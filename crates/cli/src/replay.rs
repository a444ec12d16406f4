//! `replay`: a recording as a live endpoint. Times stay as they were recorded; only when they come is of now.

mod clock;
mod node;
mod recorded;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;
use indicatif::HumanCount;

use self::{clock::Clock, node::Replayed, recorded::Recorded};
use crate::{inspect::report, options::EndpointArguments, serve, shutdown};

/// The endpoint's own figures would come with the time of now, years after what was recorded: they never do.
const NEVER: Duration = Duration::from_secs(20 * 366 * 86_400);

/// The replay begins when the first client asks for events or a state. Times are shown as they were recorded, and what is
/// pushed is the newest state at the time that the replay has come to. At its end it stays with the last state.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A recording, plain or packed by gzip
    file: PathBuf,
    /// How many times as fast as it was recorded
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = clock::speed)]
    speed: f64,
    #[command(flatten)]
    endpoint: EndpointArguments,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut options = arguments.endpoint.options()?;
    options.tuning.stats_every = NEVER;
    let recorded = Recorded::read(&arguments.file)?;
    tell(&recorded, arguments);
    let clock = Clock::new(recorded.span_ms.0, arguments.speed);
    shutdown::run(serve::until_shutdown(Arc::new(Replayed::new(recorded, clock)), options))
}

/// What is replayed, for how long, and what is wrong with it.
fn tell(recorded: &Recorded, arguments: &Arguments) {
    let (first, last) = recorded.span_ms;
    let takes = Clock::new(first, arguments.speed).due(last);
    tracing::info!(
        "{}: {} states and {} events from {} to {} ({}). The replay begins with the first viewer and takes {}",
        arguments.file.display(),
        HumanCount(recorded.states.len() as u64),
        HumanCount(recorded.events),
        report::date(first),
        report::date(last),
        report::span(last - first),
        humantime::format_duration(Duration::from_millis(
            u64::try_from(takes.as_millis()).unwrap_or(u64::MAX)
        )),
    );
    let problems = &recorded.problems;
    for (count, what) in [
        (problems.damaged, "damaged frames were skipped"),
        (problems.undecodable, "frames can't be decoded and were skipped"),
        (problems.truncated_bytes, "bytes at the end are no whole frame"),
    ] {
        if count > 0 {
            tracing::warn!("{}: {} {what}", arguments.file.display(), HumanCount(count));
        }
    }
    if let Some(problem) = &problems.packing {
        tracing::warn!("{}: {problem}", arguments.file.display());
    }
}
