//! `cargo xtask build`: the release page, and the release command that carries it.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    page,
    repo::{Repo, run, say},
    setup,
};

pub fn all(repo: &Repo) -> Result<()> {
    setup::for_native(repo)?;
    let dist = page::build(repo)?;
    let command = native(repo, "release")?;
    say(format!(
        "the page is in {}, the command with the page inside it is {}",
        dist.display(),
        command.display()
    ));
    Ok(())
}

/// Builds the command `peerscope` in one of the profiles; returns where it is.
pub fn native(repo: &Repo, profile: &str) -> Result<PathBuf> {
    say(format!("building the command `peerscope` (profile {profile})"));
    run(repo.cargo().args(["build", "--locked", "--package", "peerscope", "--profile", profile]))?;
    Ok(repo.target.join(profile).join(format!("peerscope{}", std::env::consts::EXE_SUFFIX)))
}
