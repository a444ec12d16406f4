//! The node's recording on its way to those who ask for it: shared while somebody reads it, and a bounded number of
//! copies, since each takes megabytes and a slow reader holds its own for minutes.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use peerscope_introspection::Introspector;
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::options::Tuning;

/// Copies that are being read at a time: with the flight recorder's usual 8 MiB they take 32.
const MAX_COPIES: usize = 4;

/// The copies that are being read.
#[derive(Debug)]
pub(crate) struct Recordings {
    room: Arc<Semaphore>,
    newest: Mutex<Option<(Instant, Weak<Kept>)>>,
}

/// A copy, and its place among those that may be read.
#[derive(Debug)]
struct Kept {
    bytes: Bytes,
    _place: OwnedSemaphorePermit,
}

/// One who reads a copy; the last one gives its place back.
struct Reader(Arc<Kept>);

impl AsRef<[u8]> for Reader {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

/// Why there is no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRecording {
    /// The node keeps none.
    NotKept,
    /// As many copies are being read as may be.
    Busy,
    /// The node did not answer in time.
    Late,
}

impl Default for Recordings {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(MAX_COPIES)), newest: Mutex::default() }
    }
}

impl Recordings {
    /// The recording as it is now, or as it was a moment ago for somebody who still reads it.
    pub(crate) async fn get(&self, from: &dyn Introspector, tuning: &Tuning) -> Result<Bytes, NoRecording> {
        let asking = async {
            let mut newest = self.newest.lock().await;
            let now = Instant::now();
            if let Some((at, copy)) = &*newest
                && now.duration_since(*at) < tuning.snapshot_age
                && let Some(kept) = copy.upgrade()
            {
                return Ok(kept);
            }
            let place = Arc::clone(&self.room).try_acquire_owned().map_err(|_| NoRecording::Busy)?;
            let bytes = from.recording().await.ok_or(NoRecording::NotKept)?;
            let kept = Arc::new(Kept { bytes, _place: place });
            *newest = Some((now, Arc::downgrade(&kept)));
            Ok(kept)
        };
        let asked = tokio::time::timeout(tuning.answer, asking).await;
        asked.unwrap_or(Err(NoRecording::Late)).map(|kept| Bytes::from_owner(Reader(kept)))
    }
}
