//! What comes with the system: looked for on PATH, else installed by apt-get where that is there and may.

use anyhow::{Result, bail};

use crate::repo::{Repo, output, prepare, say};

/// A program of the system.
#[derive(Clone, Copy)]
pub struct Package {
    /// Names it goes by; one of them on PATH is enough.
    programs: &'static [&'static str],
    /// Debian's packages that bring it.
    debian: &'static [&'static str],
    why: &'static str,
}

pub const COMPILER: Package = Package {
    programs: &["cc"],
    debian: &["gcc", "libc6-dev"],
    why: "a C compiler and linker, without which Rust links no program",
};
pub const NODE: Package = Package {
    programs: &["node"],
    debian: &["nodejs"],
    why: "Node.js, in which wasm-opt and the comparison run",
};
pub const NPM: Package = Package {
    programs: &["npm"],
    debian: &["npm"],
    why: "npm, which brings a current wasm-opt and the libraries to compare with",
};
pub const CHROMIUM: Package = Package {
    programs: &["chromium", "chromium-browser", "google-chrome"],
    debian: &["chromium", "fonts-liberation"],
    why: "the browser in which the tests drive the page",
};
pub const CHROMEDRIVER: Package = Package {
    programs: &["chromedriver"],
    debian: &["chromium-driver"],
    why: "what the tests drive the browser with",
};

impl Package {
    /// Where it is, under whichever name.
    pub fn find(&self, repo: &Repo) -> Option<std::path::PathBuf> {
        self.programs.iter().find_map(|program| repo.which(program))
    }
}

/// Makes sure that all of them are there, in one go.
pub fn ensure(repo: &Repo, packages: &[Package]) -> Result<()> {
    let missing: Vec<_> = packages.iter().filter(|package| package.find(repo).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut names: Vec<&str> = Vec::new();
    for package in &missing {
        say(format!("missing: {} ({})", package.programs[0], package.why));
        names.extend(package.debian);
    }
    let names = names.join(" ");
    if repo.which("apt-get").is_none() {
        bail!(
            "there is no apt-get here: install what is missing with your system's tools (Debian's names: {names}), then try again"
        );
    }
    if !is_root(repo) {
        bail!(
            "only root may install it: run `sudo apt-get install --no-install-recommends {names}`, then try again"
        );
    }
    say(format!("installing {names} with apt-get"));
    prepare(apt(repo).args(["update", "-qq"]))?;
    prepare(apt(repo).args(["install", "-y", "-qq", "--no-install-recommends"]).args(names.split(' ')))?;
    match missing.iter().find(|package| package.find(repo).is_none()) {
        Some(package) => bail!("{} is still not on PATH after installing {names}", package.programs[0]),
        None => Ok(()),
    }
}

fn apt(repo: &Repo) -> std::process::Command {
    let mut command = repo.command("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root(repo: &Repo) -> bool {
    output(repo.command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
