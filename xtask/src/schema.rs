//! Makes the Rust types from `proto/introspection.proto`. `tests/schema.rs` proves that the committed ones are fresh.

use std::path::Path;

use anyhow::{Context, Result};

pub fn generate() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the repository")?;
    let set = protox::compile([root.join("proto/introspection.proto")], [root.join("proto")])?;
    let out = root.join("crates/introspection/src/generated");
    prost_build::Config::new().bytes(["."]).out_dir(&out).compile_fds(set)?;
    println!("wrote {}", out.join("introspection.rs").display());
    Ok(())
}
