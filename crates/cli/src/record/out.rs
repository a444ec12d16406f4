//! The recording's file: written as frames come, so that what was received is kept whatever happens next.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use peerscope_introspection::recording::Writer;
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
};

/// Bytes that gather before they are written without waiting for the next flush.
const PIECE: usize = 64 << 10;

pub struct Out {
    path: PathBuf,
    file: File,
    writer: Writer,
    /// Taken from the writer and not in the file yet: kept here, so that a write that is given up loses nothing.
    pending: Bytes,
    /// It did not exist before.
    is_new: bool,
    is_regular: bool,
    has_begun: bool,
}

impl Out {
    /// Opens the file. One that is there already is emptied only with `force`, and only when the first frame comes.
    ///
    /// # Errors
    /// When it can't be written, or is there already.
    pub async fn open(path: &Path, force: bool) -> Result<Self> {
        // A device or a pipe is written as it is.
        let is_regular = fs::metadata(path).await.is_ok_and(|about| about.is_file()) || !path.exists();
        let said = || format!("{} can't be written", path.display());
        let mut options = File::options();
        options.write(true);
        let (file, is_new) = match options.clone().create_new(is_regular).open(path).await {
            Ok(file) => (file, is_regular),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && force => {
                (options.open(path).await.with_context(said)?, false)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(anyhow!(
                    "{} is there already: choose another name, or have it overwritten by --force",
                    path.display()
                ));
            }
            Err(error) => return Err(error).with_context(said),
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            writer: Writer::new(),
            pending: Bytes::new(),
            is_new,
            is_regular,
            has_begun: false,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a frame; it is in the file after the next [`flush`](Self::flush).
    pub fn put(&mut self, payload: &[u8]) {
        self.writer.put(payload);
    }

    /// Whether enough has gathered to be written.
    pub fn is_full(&self) -> bool {
        self.writer.pending() >= PIECE
    }

    /// Writes what has gathered. Given up halfway, it goes on where it was with the next call.
    ///
    /// # Errors
    /// When the file can't be written: what was written before stays.
    pub async fn flush(&mut self) -> Result<()> {
        self.write().await.with_context(|| format!("{} can't be written", self.path.display()))
    }

    async fn write(&mut self) -> Result<()> {
        while !self.pending.is_empty() || self.writer.pending() > 0 {
            if !self.has_begun {
                if self.is_regular {
                    self.file.set_len(0).await?;
                }
                self.has_begun = true;
            }
            if self.pending.is_empty() {
                self.pending = self.writer.take();
            }
            self.file.write_all_buf(&mut self.pending).await?;
        }
        Ok(self.file.flush().await?)
    }

    /// Nothing came: leaves what was there before. Does nothing once something was written.
    pub async fn discard(self) {
        let Self { path, file, is_new, has_begun, .. } = self;
        drop(file);
        if is_new
            && !has_begun
            && let Err(error) = fs::remove_file(&path).await
        {
            tracing::warn!("the empty {} can't be removed: {error}", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use peerscope_introspection::recording::{Item, Reader};

    use super::*;

    fn payloads(path: &Path) -> Vec<Vec<u8>> {
        let mut reader = Reader::new();
        reader.push(&std::fs::read(path).expect("a file"));
        reader.finish();
        let frame =
            |item| if let Item::Frame { payload, .. } = item { payload.to_vec() } else { panic!("{item:?}") };
        reader.map(frame).collect()
    }

    #[tokio::test]
    async fn what_was_flushed_can_be_read_while_it_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        let mut out = Out::open(&path, false).await.expect("it can be written");
        for count in 1..4 {
            out.put(&[10, 0]);
            out.flush().await.expect("written");
            assert_eq!(payloads(&path), vec![vec![10, 0]; count]);
        }
    }

    #[tokio::test]
    async fn a_file_that_is_there_is_kept_until_something_takes_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        std::fs::write(&path, [7; 100]).expect("written");
        let Err(refused) = Out::open(&path, false).await else { panic!("it is there already") };
        assert!(refused.to_string().contains("--force"), "{refused}");
        let out = Out::open(&path, true).await.expect("it can be written");
        out.discard().await;
        assert_eq!(std::fs::read(&path).expect("it is there"), [7; 100]);
        let mut out = Out::open(&path, true).await.expect("it can be written");
        out.put(&[10, 0]);
        out.flush().await.expect("written");
        out.discard().await;
        assert_eq!(payloads(&path), [vec![10, 0]]);
    }

    #[tokio::test]
    async fn nothing_is_left_of_a_recording_without_a_frame() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        let mut out = Out::open(&path, false).await.expect("it can be written");
        out.flush().await.expect("nothing to write");
        out.discard().await;
        assert!(!path.exists());
        assert!(Out::open(&folder.path().join("no/such/folder"), false).await.is_err());
    }
}
