//! A recording read from its file, piece by piece, for who looks at each frame once.

use std::{fs::File, io::Read, path::Path};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use peerscope_introspection::recording::{Item, Reader};

/// Read at a time: enough to keep the reader busy, little enough to show progress.
const PIECE: usize = 1 << 20;

/// Opens a recording.
///
/// # Errors
/// When that can't be.
pub fn open(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("{} can't be opened", path.display()))
}

/// Gives each frame and each problem, in the order of the file, and whether the file is packed. Answers the file's bytes.
///
/// # Errors
/// When the file can't be read; else the receiver's own, which end it.
pub fn each(mut file: &File, path: &Path, mut give: impl FnMut(Item, bool) -> Result<()>) -> Result<u64> {
    let progress = progress_bar(file.metadata().map(|about| about.len()).unwrap_or_default());
    let mut reader = Reader::new();
    let mut piece = vec![0; PIECE];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut piece).with_context(|| format!("{} can't be read", path.display()))?;
        bytes += count as u64;
        match piece.get(..count) {
            Some(read) if count > 0 => reader.push(read),
            _ => reader.finish(),
        }
        while let Some(item) = reader.next() {
            give(item, reader.is_packed())?;
        }
        progress.set_position(bytes);
        if count == 0 {
            return Ok(bytes);
        }
    }
}

/// Shown on a terminal only, and only for a file that takes a while.
fn progress_bar(size: u64) -> ProgressBar {
    if size < 32 << 20 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left");
    ProgressBar::new(size)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_finish(ProgressFinish::AndClear)
}
