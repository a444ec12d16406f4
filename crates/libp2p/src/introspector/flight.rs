//! What the flight recorder has, as bytes and as a file: on demand, and when the process panics.

use std::{
    fs, io, panic,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use bytes::Bytes;

use super::Introspector;

/// Numbers the files that are being written.
static WRITERS: AtomicU64 = AtomicU64::new(0);
/// How long a panic waits for the file.
const PANIC_PATIENCE: Duration = Duration::from_secs(5);

impl Introspector {
    /// The last minutes as a recording, as the flight recorder has them: a file that the viewer opens. `None` when it is
    /// switched off.
    #[must_use]
    pub fn flight_recording(&self) -> Option<Bytes> {
        Some(self.node.teller.recorder()?.recording(self.runtime()))
    }

    /// Writes the last minutes to a file, whole or not at all. How many bytes it has; `None` when the flight recorder is
    /// switched off.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save_flight_recording(&self, path: impl AsRef<Path>) -> io::Result<Option<usize>> {
        let Some(recording) = self.flight_recording() else { return Ok(None) };
        let path = path.as_ref();
        // A name of its own for each writer.
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{}-{}.part", process::id(), WRITERS.fetch_add(1, Relaxed)));
        let written = fs::write(&part, &recording).and_then(|()| fs::rename(&part, path));
        if written.is_err() {
            // What there is of it is of no use; that it can't be removed either says nothing new.
            fs::remove_file(&part).ok();
        }
        written?;
        Ok(Some(recording.len()))
    }

    /// From now on each panic of this process writes the last minutes to that file, after the panic's own message. A later
    /// one replaces it; one that happens while the file is being written does not wait for it. With the flight recorder
    /// switched off nothing is written.
    pub fn save_on_panic(&self, path: impl Into<PathBuf>) {
        let (node, path) = (Arc::downgrade(&self.node), path.into());
        let before = panic::take_hook();
        let writing = AtomicBool::new(false);
        panic::set_hook(Box::new(move |info| {
            before(info);
            let Some(node) = node.upgrade() else { return };
            if writing.swap(true, Relaxed) {
                return;
            }
            // On a thread of its own and with an end: the one that panics may hold what this needs.
            let (done, waited) = mpsc::sync_channel(1);
            let (path, to) = (path.clone(), path.display().to_string());
            let spawned = thread::Builder::new().name("peerscope-panic".to_owned()).spawn(move || {
                done.send(Self::of_node(node).save_flight_recording(path)).ok();
            });
            match spawned.map(|_| waited.recv_timeout(PANIC_PATIENCE)) {
                Ok(Ok(Ok(Some(bytes)))) => {
                    eprintln!("the last minutes of the node are in {to} ({bytes} bytes)")
                }
                Ok(Ok(Ok(None))) => {}
                Ok(Ok(Err(error))) => {
                    eprintln!("the last minutes of the node can't be written to {to}: {error}")
                }
                Ok(Err(_)) | Err(_) => eprintln!("the last minutes of the node could not be written to {to}"),
            }
            writing.store(false, Relaxed);
        }));
    }
}
