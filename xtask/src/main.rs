//! `cargo xtask …`: set-up and chores. No logic of the product.

use std::process::ExitCode;

use anyhow::{Result, bail};

mod build;
mod compare;
mod demo;
mod page;
mod repo;
mod sample;
mod schema;
mod setup;
mod test;

const HELP: &str = "\
cargo xtask TASK

  demo [--open] [ARGS]  real libp2p nodes, the endpoint of one of them, and the viewer; --open opens a browser too;
                        ARGS go to `peerscope demo`, whose --help tells them
  test [-- ARGS]        every check of this repository, as in CI; ARGS go to `cargo test`
  build                 the page in dist/ (and in dist-static/ for hosts that set no headers), and the command
                        `peerscope` with that page inside it
  page                  the page alone
  compare [FILE]        decoding and charts beside those of other libraries, in a headless browser: a table and JSON;
                        FILE is a recording to take instead of a made one
  schema                the Rust types from proto/introspection.proto
  sample                two minutes of the demo as static/sample.libp2p.trace.gz, the page's built-in sample
  help                  this

What a task needs and does not find on PATH it installs: Rust tools, and wasm-opt by npm, into the folder `tools` of the
target directory; a C compiler, Node.js and a browser with apt-get, where that is there and may.
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.is_empty() {
        args.push("help".to_owned());
    }
    let task = args.remove(0);
    let repo = || repo::Repo::find();
    match task.as_str() {
        "demo" => demo::run(&repo()?, args),
        "test" => test::run_all(&repo()?, &args),
        "build" => build::all(&repo()?),
        "page" => page::build(&repo()?).map(drop),
        "compare" => compare::run_all(&repo()?, &args),
        "schema" => schema::generate(),
        "sample" => sample::record(&repo()?),
        demo::OPENER => demo::open_first(),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("there is no task {other:?}; `cargo xtask help` lists them"),
    }
}
