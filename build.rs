//! A schema error fails the build of the app too; the types themselves are committed (`cargo xtask schema`).

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto/introspection.proto");
    protox::compile(["proto/introspection.proto"], ["proto"])?;
    Ok(())
}
