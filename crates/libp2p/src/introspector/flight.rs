//! What the flight recorder has, as bytes and as a file: on demand, and when the process panics.

use std::{
    fs, io, panic,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use bytes::Bytes;

use super::Introspector;

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
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        fs::write(&part, &recording)?;
        fs::rename(&part, path)?;
        Ok(Some(recording.len()))
    }

    /// From now on each panic of this process writes the last minutes to that file, after the panic's own message. A later
    /// one replaces it.
    pub fn save_on_panic(&self, path: impl Into<PathBuf>) {
        let (node, path) = (Arc::downgrade(&self.node), path.into());
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            before(info);
            let Some(node) = node.upgrade() else { return };
            // On a thread of its own and with an end: the one that panics may hold what this needs.
            let (done, waited) = mpsc::sync_channel(1);
            let (path, to) = (path.clone(), path.display().to_string());
            let writing = thread::Builder::new().name("peerscope-panic".to_owned()).spawn(move || {
                done.send(Self::of_node(node).save_flight_recording(path)).ok();
            });
            match writing.map(|_| waited.recv_timeout(PANIC_PATIENCE)) {
                Ok(Ok(Ok(Some(bytes)))) => {
                    eprintln!("the last minutes of the node are in {to} ({bytes} bytes)")
                }
                Ok(Ok(Ok(None))) => {}
                Ok(Ok(Err(error))) => {
                    eprintln!("the last minutes of the node can't be written to {to}: {error}")
                }
                Ok(Err(_)) | Err(_) => eprintln!("the last minutes of the node could not be written to {to}"),
            }
        }));
    }
}
