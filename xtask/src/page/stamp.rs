//! Whether the page has to be built: a hash of all it is made from, and one of what was made, since `trunk serve` and
//! `trunk build` write into the same folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::files;
use crate::{
    repo::Repo,
    setup::{self, WasmOpt},
};

/// Files and folders that the page is made from, and how.
const INPUTS: [&str; 15] = [
    "src",
    "static",
    "index.html",
    "Trunk.toml",
    "proto",
    "build.rs",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo/config.toml",
    "crates/engine/Cargo.toml",
    "crates/engine/src",
    "crates/introspection/Cargo.toml",
    "crates/introspection/src",
    "crates/libp2p/wasm-bindgen-futures",
];
/// And what is done to it afterwards.
const STEPS: [&str; 2] = ["xtask/src/page.rs", "xtask/src/page"];

/// What the page should be made from, and where it is noted what it was made from.
pub struct Stamp {
    inputs: String,
    note: PathBuf,
    wasm_opt_is_in_reach: bool,
}

impl Stamp {
    pub fn new(repo: &Repo) -> Result<Self> {
        let mut paths = Vec::new();
        for input in INPUTS.iter().chain(&STEPS).map(Path::new) {
            if repo.root.join(input).is_dir() {
                paths.extend(files::below(&repo.root.join(input))?.into_iter().map(|path| input.join(path)));
            } else {
                paths.push(input.to_owned());
            }
        }
        Ok(Self {
            inputs: hash_of(&repo.root, paths.iter().map(PathBuf::as_path))?,
            note: repo.target.join("page.stamp"),
            wasm_opt_is_in_reach: setup::wasm_opt_is_in_reach(repo),
        })
    }

    /// Whether what lies in `dist` was made from these inputs.
    pub fn is_fresh(&self, dist: &Path) -> Result<bool> {
        let Ok(note) = fs::read_to_string(&self.note) else { return Ok(false) };
        let used = note == self.text(dist, WasmOpt::Used)?;
        Ok(used || (!self.wasm_opt_is_in_reach && note == self.text(dist, WasmOpt::Missing)?))
    }

    /// Notes that `dist` was just made from these inputs.
    pub fn set(&self, dist: &Path, wasm_opt: WasmOpt) -> Result<()> {
        fs::write(&self.note, self.text(dist, wasm_opt)?).with_context(|| self.note.display().to_string())
    }

    fn text(&self, dist: &Path, wasm_opt: WasmOpt) -> Result<String> {
        let made = files::below(dist)?;
        let made = hash_of(dist, made.iter().map(PathBuf::as_path))?;
        let optimised = wasm_opt == WasmOpt::Used;
        Ok(format!("inputs {}\ndist {made}\nwasm-opt {optimised}\n", self.inputs))
    }
}

/// 64 bits over names and contents, in hexadecimal.
pub fn hash_of<'a>(root: &Path, paths: impl Iterator<Item = &'a Path>) -> Result<String> {
    let mut hash = Sha256::new();
    for path in paths {
        let text = fs::read(root.join(path)).with_context(|| format!("{} can't be read", path.display()))?;
        let name = path.to_string_lossy();
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_fresh_until_its_inputs_or_itself_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let dist = folder.path().join("dist");
        fs::create_dir(&dist).expect("a folder");
        fs::write(dist.join("index.html"), "built").expect("a file");
        let stamp = |inputs: &str, wasm_opt_is_in_reach| Stamp {
            inputs: inputs.to_owned(),
            note: folder.path().join("page.stamp"),
            wasm_opt_is_in_reach,
        };

        assert!(!stamp("a", true).is_fresh(&dist).expect("read"), "nothing was noted");
        stamp("a", true).set(&dist, WasmOpt::Used).expect("noted");
        assert!(stamp("a", true).is_fresh(&dist).expect("read"));
        assert!(!stamp("b", true).is_fresh(&dist).expect("read"), "other inputs");

        stamp("a", false).set(&dist, WasmOpt::Missing).expect("noted");
        assert!(stamp("a", false).is_fresh(&dist).expect("read"));
        assert!(!stamp("a", true).is_fresh(&dist).expect("read"), "wasm-opt can be had now");

        stamp("a", true).set(&dist, WasmOpt::Used).expect("noted");
        fs::write(dist.join("index.html"), "served by trunk").expect("a file");
        assert!(!stamp("a", true).is_fresh(&dist).expect("read"), "another page");
    }
}
