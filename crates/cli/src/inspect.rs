//! `inspect`: what is in a recording, and what is wrong with it.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use peerscope_introspection::recording::{Item, Problem, Reader};

mod report;
mod tally;

use tally::Tally;

/// Read at a time: enough to keep the reader busy, little enough to show progress.
const PIECE: usize = 1 << 20;

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
    let file = File::open(path).with_context(|| format!("{} can't be opened", path.display()))?;
    let size = file.metadata().map(|about| about.len()).unwrap_or_default();
    let (tally, refused) = read(file, size, path)?;
    if let Some(problem) = refused {
        return Err(anyhow!(problem).context(format!("nothing could be read from {}", path.display())));
    }
    if !tally.has_content() {
        let why = tally.why_empty();
        return Err(anyhow!(why).context(format!("nothing could be read from {}", path.display())));
    }
    let text = if arguments.json { report::json(path, &tally)? } else { report::text(path, &tally) };
    print(&text)
}

/// Reads all of it; the problem is one that left nothing to read.
fn read(mut file: File, size: u64, path: &Path) -> Result<(Tally, Option<Problem>)> {
    let progress = progress_bar(size);
    let mut reader = Reader::new();
    let mut tally = Tally::default();
    let mut piece = vec![0; PIECE];
    loop {
        let count = file.read(&mut piece).with_context(|| format!("{} can't be read", path.display()))?;
        tally.bytes += count as u64;
        match piece.get(..count) {
            Some(read) if count > 0 => reader.push(read),
            _ => reader.finish(),
        }
        for item in reader.by_ref() {
            match item {
                Item::Problem(problem) if problem.is_fatal() => {
                    progress.finish_and_clear();
                    return Ok((tally, Some(problem)));
                }
                Item::Problem(problem) => tally.problem(&problem),
                Item::Frame { payload, .. } => tally.frame(payload),
            }
        }
        progress.set_position(tally.bytes);
        if count == 0 {
            progress.finish_and_clear();
            return Ok((tally, None));
        }
    }
}

/// Shown on a terminal only, and only for a file that takes a while.
fn progress_bar(size: u64) -> ProgressBar {
    if size < 32 << 20 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left");
    ProgressBar::new(size).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
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
