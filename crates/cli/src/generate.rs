//! `generate`: a made-up node's life as a recording, as fast as it can be made.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use peerscope_introspection::{
    frame::MAX_SEGMENT_LEN,
    recording::Writer,
    wire::{PROTOCOL_VERSION, ServerMessage, Version, server_message::Payload},
};
use prost::Message;

use crate::synthetic::{Figures, World};

/// Written at a time.
const PIECE: usize = 1 << 20;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    figures: Figures,
    /// How long the recording is, in seconds
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=31 * 86_400))]
    duration: u64,
    /// When it begins, in milliseconds since 1970
    #[arg(long, value_name = "MS", default_value_t = 1_700_000_000_000,
        value_parser = clap::value_parser!(u64).range(86_400_000..=100_000_000_000_000))]
    start: u64,
    /// Another seed gives another node
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let path = &arguments.out;
    let said = || format!("{} can't be written", path.display());
    let Some(part) = beside(path) else {
        return write(arguments, File::create(path).with_context(said)?).with_context(said);
    };
    let file = File::create(&part).with_context(said)?;
    let written = write(arguments, file).and_then(|()| Ok(fs::rename(&part, path)?));
    if written.is_err() {
        drop(fs::remove_file(&part));
    }
    written.with_context(said)
}

/// Where the recording grows, so that neither half of one is left behind nor a good one of that name lost. A device or a pipe is
/// written as it is.
fn beside(path: &Path) -> Option<PathBuf> {
    if path.exists() && !path.is_file() {
        return None;
    }
    let mut name = OsString::from(path);
    name.push(".part");
    Some(name.into())
}

/// The Runtime, then a state at the beginning of each interval and the events as they happen.
fn write(arguments: &Arguments, file: File) -> Result<()> {
    let out = &mut Out { writer: Writer::new(), file: BufWriter::new(file) };
    let progress = progress_bar(arguments.duration);
    let figures = &arguments.figures;
    let end = arguments.start + arguments.duration * 1_000;
    let mut world = World::new(figures, arguments.seed, arguments.start);
    let mut events = Vec::new();
    out.put(Payload::Runtime(world.runtime()))?;
    for now in (arguments.start..end).step_by(usize::try_from(figures.interval)?) {
        world.advance(now, &mut events);
        out.put_events(&mut events)?;
        out.put(Payload::State(world.state(now)))?;
        progress.set_position((now - arguments.start) / 1_000);
    }
    world.advance(end, &mut events);
    out.put_events(&mut events)?;
    out.flush()?;
    out.file.flush()?;
    progress.finish_and_clear();
    Ok(())
}

struct Out {
    writer: Writer,
    file: BufWriter<File>,
}

impl Out {
    fn put(&mut self, payload: Payload) -> Result<()> {
        let version = Some(Version { version: PROTOCOL_VERSION });
        let message = ServerMessage { version, payload: Some(payload) }.encode_to_vec();
        ensure!(
            message.len() <= MAX_SEGMENT_LEN,
            "a state of {} MiB is longer than a frame may be ({} MiB): take fewer connections or streams",
            message.len() >> 20,
            MAX_SEGMENT_LEN >> 20
        );
        self.writer.put(&message);
        if self.writer.pending() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn put_events(&mut self, events: &mut Vec<peerscope_introspection::wire::Event>) -> Result<()> {
        events.drain(..).try_for_each(|event| self.put(Payload::Event(event)))
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.file.write_all(&self.writer.take())?)
    }
}

/// Shown on a terminal only.
fn progress_bar(seconds: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} s, {eta} left");
    ProgressBar::new(seconds).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
