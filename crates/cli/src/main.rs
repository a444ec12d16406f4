//! `peerscope`: the subcommands, and how the process ends. What each does is in its own module.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::{filter::Targets, prelude::*};

mod announce;
mod demo;
mod frames;
mod generate;
mod glimpse;
mod inspect;
mod options;
mod record;
mod replay;
mod serve;
mod serve_ui;
mod shutdown;
mod simulate;
mod synthetic;

/// See what a libp2p node is doing, live and back in time.
#[derive(Debug, Parser)]
#[command(name = "peerscope", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs real libp2p nodes on loopback and serves what the first of them sees
    Demo(demo::Arguments),
    /// Serves the viewer alone: for recordings, and for endpoints elsewhere
    ServeUi(serve_ui::Arguments),
    /// Serves an endpoint of a made-up node, for load and for tests of the protocol
    Simulate(simulate::Arguments),
    /// Writes a recording of a made-up node: same figures and same seed, same bytes
    Generate(generate::Arguments),
    /// Writes what an endpoint tells into a recording, over lost connections too
    Record(record::Arguments),
    /// Serves a recording as a live endpoint
    Replay(replay::Arguments),
    /// Tells what is in a recording, and what is wrong with it
    Inspect(inspect::Arguments),
}

fn main() -> ExitCode {
    // Standard output is for what scripts read.
    let logs = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // Colours are a feature of the crate that is not built in: asked for on a terminal, they end the program.
        .with_ansi(false);
    // libp2p warns of what the demo's nodes do on purpose, and tells each peer id that a swarm gets.
    let shown = Targets::new()
        .with_default(tracing::Level::INFO)
        .with_target("libp2p", tracing::Level::ERROR)
        .with_target("quinn", tracing::Level::ERROR);
    tracing_subscriber::registry().with(logs.with_filter(shown)).init();
    let done = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::ServeUi(arguments) => serve_ui::run(arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Record(arguments) => record::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peerscope: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
