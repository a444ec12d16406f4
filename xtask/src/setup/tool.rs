//! The tools that build the page: which version fits, and how it is installed into the target directory's `tools`.

use anyhow::{Context, Result, bail};

use super::apt;
use crate::repo::{Repo, output, prepare, say};

/// 0.22 needs a newer Rust than this repository's.
const TRUNK: &str = "0.21.14";
/// Debian's own (108) fails on what today's Rust makes.
const BINARYEN: u32 = 132;

/// Whether the page is optimised by wasm-opt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WasmOpt {
    Used,
    Missing,
}

/// The command of exactly the library's version: the two speak a format of their own.
pub fn wasm_bindgen(repo: &Repo) -> Result<()> {
    let lock = std::fs::read_to_string(repo.root.join("Cargo.lock"))
        .context("Cargo.lock is part of the repository")?;
    let want = locked_version(&lock, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    let fits = |found: &str| found == want;
    rust_tool(
        repo,
        "wasm-bindgen",
        "wasm-bindgen-cli",
        want,
        fits,
        &[],
        "it makes the JavaScript around the page's WebAssembly",
    )
}

pub fn trunk(repo: &Repo) -> Result<()> {
    let fits = |found: &str| {
        let mut parts = found.split('.').map(str::parse::<u32>);
        let patch = TRUNK.rsplit('.').next().and_then(|patch| patch.parse().ok());
        parts.next() == Some(Ok(0))
            && parts.next() == Some(Ok(21))
            && parts.next().and_then(Result::ok) >= patch
    };
    rust_tool(repo, "trunk", "trunk", TRUNK, fits, &["--no-default-features"], "it puts the page together")
}

/// Not necessary, but the page is larger and slower without: so where it can't be had, the build goes on and says so.
pub fn wasm_opt(repo: &Repo) -> Result<WasmOpt> {
    let found = || {
        let said = output(repo.command("wasm-opt").arg("--version")).ok()?;
        number_in(&said)
    };
    if found().is_some_and(|version| version >= BINARYEN) {
        return Ok(WasmOpt::Used);
    }
    match found() {
        Some(version) => say(format!("wasm-opt on PATH is version {version}; {BINARYEN} is needed")),
        None => say("missing: wasm-opt (it makes the page's WebAssembly smaller and faster)"),
    }
    if let Err(error) = install_wasm_opt(repo) {
        say(format!("going on without wasm-opt: the page will be larger and slower to load ({error:#})"));
        return Ok(WasmOpt::Missing);
    }
    match found() {
        Some(version) if version >= BINARYEN => Ok(WasmOpt::Used),
        other => bail!("npm installed binaryen, but `wasm-opt --version` says {other:?}"),
    }
}

/// Whether [`wasm_opt`] has a chance; asked without installing anything.
pub fn wasm_opt_is_in_reach(repo: &Repo) -> bool {
    apt::NPM.find(repo).is_some()
}

fn install_wasm_opt(repo: &Repo) -> Result<()> {
    apt::ensure(repo, &[apt::NODE, apt::NPM])?;
    say(format!("installing binaryen {BINARYEN} with npm, about a minute"));
    let folder = repo.tools().join("npm");
    std::fs::create_dir_all(&folder)?;
    prepare(
        repo.command("npm")
            .args(["install", "--no-audit", "--no-fund", "--no-save", "--loglevel=error", "--prefix"])
            .arg(&folder)
            .arg(format!("binaryen@{BINARYEN}")),
    )
}

/// Installs a Rust tool where the one on PATH does not fit.
fn rust_tool(
    repo: &Repo,
    program: &str,
    package: &str,
    want: &str,
    fits: impl Fn(&str) -> bool,
    options: &[&str],
    why: &str,
) -> Result<()> {
    let found = || output(repo.command(program).arg("--version")).ok().and_then(|said| version_in(&said));
    match found() {
        Some(version) if fits(&version) => return Ok(()),
        Some(version) => say(format!("{program} on PATH is version {version}; {want} is needed")),
        None => say(format!("missing: {program} ({why})")),
    }
    say(format!("installing {package} {want} into {}, a few minutes", repo.tools().display()));
    prepare(
        repo.cargo()
            .args(["install", package, "--version", want, "--locked", "--force"])
            .args(options)
            .arg("--root")
            .arg(repo.tools())
            // It runs for seconds: a quick build is worth more than a quick tool.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
            // One place for all tools: they share most of what they depend on.
            .env("CARGO_TARGET_DIR", repo.tools().join("build")),
    )?;
    match found() {
        Some(version) if fits(&version) => Ok(()),
        other => bail!("{package} was installed, but `{program} --version` says {other:?}"),
    }
}

/// The version in a line such as `trunk 0.21.14`.
fn version_in(said: &str) -> Option<String> {
    let word = said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(word.to_owned())
}

/// The number in a line such as `wasm-opt version 132 (version_132)`.
fn number_in(said: &str) -> Option<u32> {
    said.split_whitespace().find_map(|word| word.parse().ok())
}

/// The version of a package in a `Cargo.lock`.
pub fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_tools_say() {
        assert_eq!(version_in("trunk 0.21.14\n").as_deref(), Some("0.21.14"));
        assert_eq!(version_in("wasm-bindgen 0.2.129").as_deref(), Some("0.2.129"));
        assert_eq!(version_in("command not found"), None);
        assert_eq!(number_in("wasm-opt version 132 (version_132)\n"), Some(132));
        assert_eq!(number_in("wasm-opt version 108"), Some(108));
    }

    #[test]
    fn a_locked_version_is_that_of_the_very_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.129"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }

    #[test]
    fn trunk_here_is_what_the_page_asks_for() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a root");
        let settings = std::fs::read_to_string(root.join("Trunk.toml")).expect("Trunk.toml");
        let line = settings.lines().find(|line| line.starts_with("trunk-version")).expect("trunk-version");
        assert!(line.contains(TRUNK), "Trunk.toml has {line:?}, xtask installs {TRUNK}");
    }
}
