//! Which libp2p is being built against: libp2p itself doesn't say. The lock file of the build knows; it lies above the
//! target directory or above this package. Where it is not found, the release that this crate is made for is named.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

const MADE_FOR: &str = "0.57";

fn main() {
    let starts = ["OUT_DIR", "CARGO_MANIFEST_DIR"].map(|name| env::var_os(name).map(PathBuf::from));
    let lock =
        starts.iter().flatten().flat_map(|start| start.ancestors()).map(|folder| folder.join("Cargo.lock"));
    let found = lock.filter(|path| path.is_file()).find_map(|path| Some((version(&path)?, path)));
    let version = found.map_or(MADE_FOR.to_owned(), |(version, path)| {
        println!("cargo::rerun-if-changed={}", path.display());
        version
    });
    println!("cargo::rustc-env=PEERSCOPE_LIBP2P_VERSION={version}");
    println!("cargo::rerun-if-changed=build.rs");
}

/// The version of the package `libp2p` of the release that this crate is made for.
fn version(lock: &Path) -> Option<String> {
    let text = fs::read_to_string(lock).ok()?;
    let versions =
        text.split("[[package]]").filter(|package| package.lines().any(|line| line == "name = \"libp2p\""));
    versions
        .filter_map(|package| {
            package.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        })
        .find(|version| version.starts_with(MADE_FOR))
        .map(str::to_owned)
}
