//! A schema error fails the build of the app too; the types themselves are committed (`cargo xtask schema`). And the
//! build gets its id: page and worker tell by it whether they belong together.

use std::{fs, path::Path};

/// All that both sides of the bridge are made from.
const SOURCES: [&str; 5] = ["src", "crates/engine/src", "crates/introspection/src", "Cargo.lock", "build.rs"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto/introspection.proto");
    protox::compile(["proto/introspection.proto"], ["proto"])?;
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
        add(Path::new(source), &mut hash)?;
    }
    println!("cargo:rustc-env=PEERSCOPE_BUILD={hash:016x}");
    Ok(())
}

/// FNV-1a over every file, in the order of their names.
fn add(path: &Path, hash: &mut u64) -> std::io::Result<()> {
    if path.is_dir() {
        let mut inside =
            fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        inside.sort();
        return inside.iter().try_for_each(|path| add(path, hash));
    }
    for byte in fs::read(path)? {
        *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    Ok(())
}
