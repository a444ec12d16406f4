//! What each task needs. Uses what is there, installs what is missing, and says what and why.

use anyhow::{Context, Result, bail};

use crate::repo::{Repo, output, prepare, say};

mod apt;
mod tool;

pub use tool::{WasmOpt, wasm_opt, wasm_opt_is_in_reach};

/// For building native programs: a linker, and a C compiler for the cryptography.
pub fn for_native(repo: &Repo) -> Result<()> {
    apt::ensure(repo, &[apt::COMPILER])
}

/// For building the page. Says whether wasm-opt is there: it may be missing where neither npm nor apt-get can bring it.
pub fn for_page(repo: &Repo) -> Result<WasmOpt> {
    for_native(repo)?;
    wasm_target(repo)?;
    tool::wasm_bindgen(repo)?;
    tool::trunk(repo)?;
    tool::wasm_opt(repo)
}

/// For `compare`. Says where the browser is.
pub fn for_compare(repo: &Repo) -> Result<std::path::PathBuf> {
    apt::ensure(repo, &[apt::COMPILER, apt::NODE, apt::NPM, apt::CHROMIUM])?;
    wasm_target(repo)?;
    tool::wasm_bindgen(repo)?;
    browser(repo).context("a browser was installed and is not on PATH")
}

/// For the checks and tests, besides what the page needs.
pub fn for_tests(repo: &Repo) -> Result<()> {
    apt::ensure(repo, &[apt::COMPILER, apt::CHROMIUM, apt::CHROMEDRIVER])?;
    component(repo, "rustfmt", "fmt")?;
    component(repo, "clippy", "clippy")?;
    wasm_target(repo)
}

/// The browser that the tests drive.
pub fn browser(repo: &Repo) -> Option<std::path::PathBuf> {
    apt::CHROMIUM.find(repo)
}

/// `rust-toolchain.toml` names the target, but a toolchain that is already there goes without it, silently.
fn wasm_target(repo: &Repo) -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let libraries = output(repo.command("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if std::path::Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    say(format!("adding the Rust target {TARGET}, in which the page is built"));
    rustup(repo, &["target", "add", TARGET])
}

fn component(repo: &Repo, name: &str, subcommand: &str) -> Result<()> {
    if output(repo.cargo().args([subcommand, "--version"])).is_ok() {
        return Ok(());
    }
    say(format!("adding the Rust component {name}, which the checks run"));
    rustup(repo, &["component", "add", name])
}

fn rustup(repo: &Repo, args: &[&str]) -> Result<()> {
    if repo.which("rustup").is_none() {
        bail!(
            "`rustup {}` is needed, and rustup is not on PATH: add it to your Rust installation",
            args.join(" ")
        );
    }
    prepare(repo.command("rustup").args(args))
        .with_context(|| format!("try `rustup {}` yourself", args.join(" ")))
}
