//! `inspect`: what is in a recording, and what is wrong with it.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use peerscope_introspection::recording::Item;

pub mod report;
mod tally;

use tally::Tally;

use crate::frames;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A recording, plain or packed by gzip
    file: PathBuf,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let path = &arguments.file;
    let nothing = || format!("nothing could be read from {}", path.display());
    let mut tally = Tally::default();
    tally.bytes = frames::each(&frames::open(path)?, path, |item, _| {
        match item {
            Item::Problem(problem) if problem.is_fatal() => return Err(problem).with_context(nothing),
            Item::Problem(problem) => tally.problem(&problem),
            Item::Frame { payload, .. } => tally.frame(payload),
        }
        Ok(())
    })?;
    if !tally.has_content() {
        return Err(anyhow!(tally.why_empty()).context(nothing()));
    }
    let text = if arguments.json { report::json(path, &tally)? } else { report::text(path, &tally) };
    print(&text)
}

/// Prints to standard output; that a reader like `head` has enough is no error.
fn print(text: &str) -> Result<()> {
    use std::io::{ErrorKind, Write};
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output can't be written to"),
    }
}
