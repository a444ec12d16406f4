//! `cargo xtask compare`: Peerscope's decoding and charts beside those of other libraries, in one page of a headless browser.
//! What is measured is in `tests/compare`; this builds, installs and starts it. No check runs it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::{
    repo::{Repo, run, say},
    setup,
};

/// As many connections and streams as the aims of `docs/performance.md` are told for.
const RECORDING: [&str; 6] = ["--connections", "1000", "--streams", "8", "--duration", "60"];
const ROUNDS: &str = "7";
const WASM: &str = "wasm32-unknown-unknown";

/// `args`: a recording to take instead of a made one.
pub fn run_all(repo: &Repo, args: &[String]) -> Result<()> {
    let browser = setup::for_compare(repo)?;
    let sources = repo.root.join("tests/compare");
    let folder = repo.target.join("compare");
    std::fs::create_dir_all(&folder)?;

    say("installing the libraries to compare with, from tests/compare/package-lock.json, with npm");
    run(repo.command("npm").current_dir(&sources).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]))?;

    say("building our side as the worker is built");
    run(repo.cargo().args([
        "build",
        "--locked",
        "--profile",
        "worker",
        "--example",
        "compare",
        "--target",
        WASM,
    ]))?;
    let built = repo.target.join(WASM).join("worker/examples/compare.wasm");
    run(repo.command("wasm-bindgen").args(["--target", "web", "--out-dir"]).arg(&folder).arg(built))?;
    if setup::wasm_opt(repo)? == setup::WasmOpt::Used {
        let module = folder.join("compare_bg.wasm");
        run(repo.command("wasm-opt").arg("-O3").arg(&module).arg("-o").arg(&module))?;
    }
    let schema = protox::Compiler::new([repo.root.join("proto")])?
        .include_imports(true)
        .open_file("introspection.proto")?
        .encode_file_descriptor_set();
    std::fs::write(folder.join("introspection.desc"), schema)?;

    let recording = match args {
        [] => made(repo, &folder)?,
        [file, ..] => std::env::current_dir()?.join(file),
    };
    ensure!(recording.is_file(), "{} is no file", recording.display());
    say("measuring, a few minutes: google-protobuf alone takes seconds a round");
    let mut node = repo.command("node");
    run(node.arg(sources.join("run.js")).arg(&folder).arg(recording).arg(browser).arg(ROUNDS))
}

/// A recording by `peerscope generate`.
fn made(repo: &Repo, folder: &Path) -> Result<PathBuf> {
    say("making a recording");
    let file = folder.join("recording.libp2p.trace");
    let mut make = repo.cargo();
    make.args(["run", "--quiet", "--locked", "--package", "peerscope", "--", "generate"]);
    run(make.args(RECORDING).arg("--out").arg(&file)).context("peerscope generate")?;
    Ok(file)
}
