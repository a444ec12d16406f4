//! Where things lie, and how other programs are run: from the root, with the installed tools first on PATH.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

/// Variables that `cargo run` sets for this program. A build started from here must not see them: build scripts that watch
/// them would run anew each time.
const SET_BY_CARGO_RUN: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];

/// The checkout.
pub struct Repo {
    pub root: PathBuf,
    /// Cargo's target directory, wherever it was set.
    pub target: PathBuf,
}

impl Repo {
    /// The checkout this program was started for.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").context("start this by `cargo xtask`")?;
        let root = Path::new(&manifest).parent().context("xtask lies in the repository")?.to_owned();
        // Relative ones are meant from where cargo was started, which is here.
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(set) => env::current_dir()?.join(set),
            None => root.join("target"),
        };
        let mut repo = Self { root, target };
        let metadata = output(repo.cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
        repo.target =
            metadata["target_directory"].as_str().context("cargo names its target directory")?.into();
        Ok(repo)
    }

    /// Where a task installs what it does not find.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// A program, run from the root, with the installed tools first on PATH.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", self.path());
        // Made absolute: it runs from the root.
        if env::var_os("CARGO_TARGET_DIR").is_some() {
            command.env("CARGO_TARGET_DIR", &self.target);
        }
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(|name| SET_BY_CARGO_RUN.iter().any(|set| name.starts_with(set))) {
                command.env_remove(name);
            }
        }
        command
    }

    /// The cargo that started this program.
    pub fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// Where a program lies, looking as [`Self::command`] does.
    pub fn which(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.path()).map(|folder| folder.join(program)).find(|file| is_executable(file))
    }

    fn path(&self) -> OsString {
        let own = [self.tools().join("bin"), self.tools().join("npm/node_modules/.bin")];
        let rest = env::var_os("PATH").unwrap_or_default();
        env::join_paths(own.into_iter().chain(env::split_paths(&rest))).unwrap_or(rest)
    }
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.with_extension("exe").is_file() || file.is_file()
}

/// Runs a command that sets something up. What it prints goes to standard error: standard output is that of what is set up,
/// and scripts read it.
pub fn prepare(command: &mut Command) -> Result<()> {
    run(command.stdout(std::io::stderr()))
}

/// Runs a command and lets it print. An error names it.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("`{}` could not be started", shown(command)))?;
    ensure!(status.success(), "`{}` failed ({status})", shown(command));
    Ok(())
}

/// Runs a command and takes what it prints on standard output. Its standard error is in the error alone.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{}` could not be started", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", shown(command), output.status, said.trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// A command as one would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Says what is going on, apart from what the programs print themselves.
pub fn say(text: impl std::fmt::Display) {
    eprintln!("xtask: {text}");
}
