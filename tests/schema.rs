//! The committed Rust types are those that the schema gives today.
#![cfg(not(target_arch = "wasm32"))]

use std::{fs, path::Path};

#[test]
fn the_committed_types_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schema");
    fs::create_dir_all(&out).expect("a folder for what is made");
    let set = protox::compile([root.join("proto/introspection.proto")], [root.join("proto")])
        .expect("the schema compiles");
    prost_build::Config::new().bytes(["."]).out_dir(&out).compile_fds(set).expect("types are made");

    let read =
        |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let made = read(&out.join("introspection.rs"));
    let committed = read(&root.join("crates/introspection/src/generated/introspection.rs"));
    let differs = made.lines().zip(committed.lines()).position(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "crates/introspection/src/generated/introspection.rs is not what proto/introspection.proto gives (first at line \
         {}). Run: cargo xtask schema",
        differs.map_or(made.lines().count().min(committed.lines().count()), |line| line) + 1
    );
}
