//! Embeds what lies in `page/`, and the stand-in page where that folder is empty.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(
        env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("no manifest folder"))?,
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no output folder"))?);
    let (page, stand_in) = (root.join("page"), root.join("stand-in"));

    // A folder that does not exist counts as changed each time, which would build this crate anew each time: so its
    // parent is watched until it is there.
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", stand_in.display());
    println!("cargo:rerun-if-changed={}", if page.is_dir() { page.display() } else { root.display() });

    let mut files = Vec::new();
    if page.join("index.html").is_file() {
        list(&page, "", &mut files)?;
    } else {
        list(&stand_in, "", &mut files)?;
    }
    files.sort();

    let mut table = String::from("&[\n");
    for (name, path) in &files {
        table.push_str(&format!("    File {{ path: {name:?}, body: include_bytes!({path:?}) }},\n"));
    }
    table.push_str("]\n");
    fs::write(out.join("files.rs"), table)
}

/// Every plain file below a folder, by its path with `/` from there.
fn list(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| io::Error::other(format!("{name:?} is no text")))?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&path, &format!("{prefix}{name}/"), files)?;
        } else if kind.is_file() {
            files.push((format!("{prefix}{name}"), path));
        }
    }
    Ok(())
}
