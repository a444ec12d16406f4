//! `cargo xtask test`: every check of the repository, in the order that builds least. `.ci/run` is this.
//!
//! libp2p is compiled twice and no more: once as metadata, which clippy and rustdoc share, and once as code in the dev
//! profile, which the tests and the command they drive share. So all of them take the whole workspace: picking
//! packages would change libp2p's features and with them its build.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    page,
    repo::{Repo, run, say},
    setup,
};

/// What is built for wasm32 too.
const FOR_WASM: [&str; 8] = [
    "--target",
    "wasm32-unknown-unknown",
    "--package",
    "peerscope-app",
    "--package",
    "peerscope-engine",
    "--package",
    "peerscope-introspection",
];

pub fn run_all(repo: &Repo, args: &[String]) -> Result<()> {
    let args = match args {
        [] => &[],
        [first, rest @ ..] if first == "--" => rest,
        [first, ..] => bail!("unknown argument {first:?}: what `cargo test` should get goes after `--`"),
    };
    let mut steps = Steps::default();
    let done = checks(repo, args, &mut steps);
    steps.report();
    done
}

fn checks(repo: &Repo, args: &[String], steps: &mut Steps) -> Result<()> {
    let deny = ["--", "-D", "warnings"];
    steps.step("set-up", || setup::for_tests(repo))?;
    steps.step("format", || {
        run(cargo(repo).args(["fmt", "--all", "--check"])).context("`cargo fmt` puts it right")
    })?;
    let dist = steps.step("page", || page::build(repo))?;
    steps.step("clippy", || {
        run(cargo(repo).args(["clippy", "--locked", "--workspace", "--all-targets"]).args(deny))
    })?;
    steps
        .step("clippy, wasm32", || run(cargo(repo).args(["clippy", "--locked"]).args(FOR_WASM).args(deny)))?;
    steps.step("docs", || {
        let docs = || {
            let mut command = cargo(repo);
            command.args(["doc", "--locked", "--no-deps", "--lib"]).env("RUSTDOCFLAGS", "-D warnings");
            command
        };
        run(docs().arg("--workspace"))?;
        run(docs().args(FOR_WASM))
    })?;
    steps
        .step("build", || run(cargo(repo).args(["build", "--locked", "--workspace", "--bins", "--tests"])))?;
    steps.step("tests", || {
        let mut command = cargo(repo);
        command.args(["test", "--locked", "--workspace"]).args(args);
        command.env(
            "PEERSCOPE_BIN",
            repo.target.join(format!("debug/peerscope{}", std::env::consts::EXE_SUFFIX)),
        );
        command.env("PEERSCOPE_DIST", &dist);
        if let Some(browser) = setup::browser(repo) {
            command.env("PEERSCOPE_CHROMIUM", browser);
        }
        run(&mut command)
    })
}

fn cargo(repo: &Repo) -> Command {
    let mut command = repo.cargo();
    // In CI nothing is built twice.
    if std::env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// What was done, and how long it took.
#[derive(Default)]
struct Steps {
    done: Vec<(&'static str, Duration, bool)>,
}

impl Steps {
    fn step<T>(&mut self, name: &'static str, what: impl FnOnce() -> Result<T>) -> Result<T> {
        say(format!("== {name}"));
        let start = Instant::now();
        let result = what();
        self.done.push((name, start.elapsed(), result.is_ok()));
        result.context(name)
    }

    fn report(&self) {
        eprintln!();
        for (name, took, ok) in &self.done {
            eprintln!("{:>7.1} s  {name}{}", took.as_secs_f64(), if *ok { "" } else { ": FAILED" });
        }
        let all: Duration = self.done.iter().map(|(_, took, _)| *took).sum();
        eprintln!("{:>7.1} s  in all", all.as_secs_f64());
    }
}
