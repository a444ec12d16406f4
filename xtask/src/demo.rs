//! `cargo xtask demo`: builds what is not fresh, then becomes `peerscope demo`, so that signals and exit code are its own.

use std::{
    io::{BufRead, Write},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    build, page,
    repo::{Repo, say},
    setup,
};

/// The hidden task behind `--open`: passes lines on, and opens the viewer that the first one names.
pub const OPENER: &str = "open-first-viewer";

/// Optimised a little: real nodes encrypt what they send. Far cheaper to build than a release.
const PROFILE: &str = "demo";

pub fn run(repo: &Repo, mut args: Vec<String>) -> Result<()> {
    let before = args.len();
    args.retain(|arg| arg != "--open");
    let open = args.len() < before;

    setup::for_native(repo)?;
    page::build(repo)?;
    let peerscope = build::native(repo, PROFILE)?;

    let mut command = repo.command(peerscope);
    command.arg("demo").args(args);
    if open {
        let mut opener = Command::new(std::env::current_exe()?)
            .arg(OPENER)
            .stdin(Stdio::piped())
            .spawn()
            .context("what opens the browser could not be started")?;
        let lines = opener.stdin.take().context("the opener reads")?;
        command.stdout(lines);
    }
    say("starting the nodes; Ctrl+C ends them");
    become_it(command)
}

#[cfg(unix)]
fn become_it(mut command: Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| format!("`{}` could not be started", crate::repo::shown(&command)))
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<()> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1));
}

/// Copies standard input to standard output line by line; opens the first line's `viewer` in a browser.
pub fn open_first() -> Result<()> {
    let mut out = std::io::stdout();
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line?;
        writeln!(out, "{line}")?;
        out.flush()?;
        if number == 0
            && let Err(error) = open(&line)
        {
            say(format!("no browser could be opened ({error:#}): open the address of `viewer` yourself"));
        }
    }
    Ok(())
}

fn open(line: &str) -> Result<()> {
    let ready: serde_json::Value =
        serde_json::from_str(line).context("the first line is not the ready line")?;
    let viewer = ready["viewer"].as_str().context("the ready line names no viewer")?;
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let status = Command::new(program)
        .args(before)
        .arg(viewer)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("`{program}` could not be started"))?;
    if !status.success() {
        bail!("`{program}` failed ({status})");
    }
    Ok(())
}
