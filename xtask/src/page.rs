//! The page's release build: trunk, then what trunk leaves to do, then into the crate that carries it.
//!
//! Nothing is built again while no source of it changed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{
    repo::{Repo, prepare, say},
    setup::{self, WasmOpt},
};

mod files;
mod headers;
mod policy;
mod size;
mod stamp;
mod worker;

use stamp::Stamp;

/// Builds the page where that is due. Leaves it in `dist/`, for hosts that set no headers in `dist-static/`, and in
/// the viewer crate. Returns `dist/`.
pub fn build(repo: &Repo) -> Result<PathBuf> {
    let dist = repo.root.join("dist");
    let stamp = Stamp::new(repo)?;
    if stamp.is_fresh(&dist)? {
        say("the page is fresh");
    } else {
        let wasm_opt = setup::for_page(repo)?;
        trunk(repo, wasm_opt)?;
        finish(&dist)?;
        stamp.set(&dist, wasm_opt)?;
        size::report(repo, &dist)?;
    }
    let carried = repo.root.join("crates/viewer/page");
    files::mirror(&dist, &carried, |path| path != Path::new(headers::FILE))?;
    Ok(dist)
}

fn trunk(repo: &Repo, wasm_opt: WasmOpt) -> Result<()> {
    say("fetching what Cargo.lock names (the page is built offline)");
    prepare(repo.cargo().args(["fetch", "--locked"]))?;
    say("building the page, two WebAssembly programs, a few minutes");
    let mut command = repo.command("trunk");
    command.args(["build", "--release"]).env("TRUNK_SKIP_VERSION_CHECK", "true");
    // Trunk takes "1", which some set, for no truth value, and fails.
    command.env_remove("NO_COLOR");
    if wasm_opt == WasmOpt::Missing {
        let path = std::env::join_paths(
            std::iter::once(without_wasm_opt(repo)?)
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        )?;
        let own = repo.tools().join("bin");
        let path = std::env::join_paths(std::env::split_paths(&path).chain(std::iter::once(own)))?;
        command.env("PATH", path);
    }
    prepare(&mut command)
}

/// A stand-in that copies, for trunk can't be told to go without.
fn without_wasm_opt(repo: &Repo) -> Result<PathBuf> {
    let folder = repo.tools().join("without-wasm-opt");
    std::fs::create_dir_all(&folder)?;
    let script = folder.join("wasm-opt");
    std::fs::write(&script, include_str!("page/without-wasm-opt.sh"))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(folder)
}

/// What trunk leaves to do: the worker's files named by content, the page's policy, and files for static hosts.
fn finish(dist: &Path) -> Result<()> {
    worker::name_by_content(dist)?;
    let index = dist.join("index.html");
    let html = std::fs::read_to_string(&index).context("trunk left no index.html")?;
    let policy = policy::of(&html);

    let copy = dist.with_file_name("dist-static");
    files::mirror(dist, &copy, |_| true)?;
    std::fs::write(copy.join("index.html"), policy::in_page(&html, &policy)?)?;

    std::fs::write(dist.join(policy::FILE), policy.to_string())?;
    std::fs::write(dist.join(headers::FILE), headers::of(dist, &policy)?)?;
    Ok(())
}
