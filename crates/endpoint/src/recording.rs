//! The node's recording on its way to those who ask for it: shared while somebody reads it, and a bounded number of
//! copies, since each takes megabytes and a slow reader holds its own for minutes.

mod shape;

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;
use peerscope_introspection::Introspector;
use tokio::{
    sync::{Mutex, OnceCell, OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use crate::options::Tuning;

pub(crate) use shape::Ask;

/// Copies that are being read at a time: with the flight recorder's usual 8 MiB they take 32, and packed some 5 more.
const MAX_COPIES: usize = 4;
/// What is shorter is not packed.
const MIN_PACKED: usize = 16 << 10;
/// Who can't have it packed in so long has it as it is: 8 MiB take some 0.1 s.
const PACKING: Duration = Duration::from_secs(2);

/// The copies that are being read.
#[derive(Debug)]
pub(crate) struct Recordings {
    room: Arc<Semaphore>,
    /// For those that are packed for one reader alone.
    packing: Arc<Semaphore>,
    newest: Mutex<Option<(Instant, Weak<Kept>)>>,
}

/// A copy, and its place among those that may be read.
#[derive(Debug)]
struct Kept {
    bytes: Bytes,
    /// All of it packed, once somebody asked for that.
    packed: OnceCell<Bytes>,
    _place: OwnedSemaphorePermit,
}

/// What one reader gets: the one after the other.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) pieces: [Bytes; 2],
    pub(crate) is_packed: bool,
}

/// Bytes, and whose place is given back once nobody reads them.
struct Held<T>(Bytes, T);

impl<T> AsRef<[u8]> for Held<T> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn held<T: Send + 'static>(bytes: Bytes, by: T) -> Bytes {
    Bytes::from_owner(Held(bytes, by))
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
        let places = || Arc::new(Semaphore::new(MAX_COPIES));
        Self { room: places(), packing: places(), newest: Mutex::default() }
    }
}

impl Recordings {
    /// The recording as it is now: never older than the question, since who asks relies on it. Those who wait share a copy.
    pub(crate) async fn get(
        &self,
        from: &dyn Introspector,
        tuning: &Tuning,
        ask: Ask,
    ) -> Result<Copy, NoRecording> {
        let asked = Instant::now();
        let asking = async {
            let mut newest = self.newest.lock().await;
            if let Some((at, copy)) = &*newest
                && *at >= asked
                && let Some(kept) = copy.upgrade()
            {
                return Ok(kept);
            }
            let place = Arc::clone(&self.room).try_acquire_owned().map_err(|_| NoRecording::Busy)?;
            let at = Instant::now();
            let bytes = from.recording().await.ok_or(NoRecording::NotKept)?;
            let kept = Arc::new(Kept { bytes, packed: OnceCell::new(), _place: place });
            *newest = Some((at, Arc::downgrade(&kept)));
            Ok(kept)
        };
        let kept = timeout(tuning.answer, asking).await.unwrap_or(Err(NoRecording::Late))?;
        Ok(self.shaped(&kept, ask).await)
    }

    /// As it was asked for, as far as that can be had.
    async fn shaped(&self, kept: &Arc<Kept>, ask: Ask) -> Copy {
        let whole = [Bytes::new(), held(kept.bytes.clone(), Arc::clone(kept))];
        let pieces = match ask.since_ms {
            Some(since_ms) => shape::since(whole, since_ms).await,
            None => whole,
        };
        let len = pieces.iter().map(Bytes::len).sum::<usize>();
        if !ask.packed || len < MIN_PACKED {
            return Copy { pieces, is_packed: false };
        }
        let packed = if len == kept.bytes.len() {
            let packing = kept.packed.get_or_try_init(|| shape::pack(pieces.clone()));
            let packed = timeout(PACKING, packing).await.ok().and_then(Result::ok);
            packed.map(|packed| held(packed.clone(), Arc::clone(kept)))
        } else {
            self.pack_for_one(&pieces).await
        };
        match packed {
            Some(packed) => Copy { pieces: [Bytes::new(), packed], is_packed: true },
            None => Copy { pieces, is_packed: false },
        }
    }

    /// None: as many are packed for one reader as may be, or it takes too long.
    async fn pack_for_one(&self, pieces: &[Bytes; 2]) -> Option<Bytes> {
        let place = Arc::clone(&self.packing).try_acquire_owned().ok()?;
        let packed = timeout(PACKING, shape::pack(pieces.clone())).await.ok()?.ok()?;
        Some(held(packed, place))
    }
}
