//! `cargo xtask …`: set-up and chores. No logic of the product.

use anyhow::{Context, Result, bail};

mod schema;

fn main() -> Result<()> {
    let task = std::env::args().nth(1).context("usage: cargo xtask TASK")?;
    match task.as_str() {
        "schema" => schema::generate(),
        other => bail!("no task {other}"),
    }
}
