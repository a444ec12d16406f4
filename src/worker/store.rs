//! The frame store of a live source: what the endpoint sent, as it was sent, in private files of the browser. The newest
//! part waits in memory for up to a second; the page keeps each message until it is said to be written, and all of them,
//! up to a bound, where nothing can be written.

mod files;
pub mod opfs;
pub mod parts;
pub mod record;

use std::rc::Rc;

use bytes::Bytes;
use peerscope_introspection::{excerpt::Lead, seam::Seam};
use web_sys::FileSystemDirectoryHandle;

use self::{
    opfs::Writing,
    parts::{Part, Parts},
    record::Kind,
};
use crate::{
    bridge::{FromWorker, Stored},
    model::KeptIn,
};

pub use self::files::{discard, open, seal, unseal, write};

use super::Worker;

/// Written when there is 1 MiB, which takes a millisecond or two,
const BATCH: usize = 1 << 20;
/// or when the oldest of it has waited for 1 s.
const WAIT_MS: f64 = 1000.0;
/// What may wait until the files are open; the page has it too.
const OPENING: usize = 16 << 20;

enum Place {
    /// No live source yet.
    Idle,
    /// Nothing can be written yet; the folder, once it is open.
    Opening(Option<FileSystemDirectoryHandle>),
    Files {
        folder: FileSystemDirectoryHandle,
        writing: Writing,
        /// The next part is being made.
        turning: bool,
    },
    /// Nothing can be written any more: why, and where what was written before lies.
    Page(String, Option<FileSystemDirectoryHandle>),
}

pub struct Store {
    /// `TAB/NUMBER`
    pub name: Option<String>,
    place: Place,
    pub parts: Parts,
    /// Records that are not written.
    waiting: Vec<u8>,
    /// When the first of them came.
    since_ms: Option<f64>,
    messages_waiting: u64,
    /// The number of the next record, and of the first that is not written.
    next: u64,
    written: u64,
    pub lead: Lead,
    /// How far the source is told.
    pub seam: Seam,
    /// So many read its parts: none may go.
    pub reading: u32,
    changed: bool,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            name: None,
            place: Place::Idle,
            parts: Parts::new(0),
            waiting: Vec::new(),
            since_ms: None,
            messages_waiting: 0,
            next: 0,
            written: 0,
            lead: Lead::default(),
            seam: Seam::default(),
            reading: 0,
            changed: false,
        }
    }
}

impl Store {
    /// A new record; its number.
    pub fn add(&mut self, kind: Kind, bytes: &[u8], now_ms: f64) -> u64 {
        let number = self.next;
        self.next += 1;
        if matches!(self.place, Place::Idle | Place::Page(..)) {
            return number;
        }
        if matches!(self.place, Place::Opening(_)) && self.waiting.len() + bytes.len() > OPENING {
            self.give_up("the browser takes too long to open its private files".to_owned());
            return number;
        }
        record::put(&mut self.waiting, kind, number, bytes);
        self.messages_waiting += u64::from(kind.is_message());
        self.since_ms.get_or_insert(now_ms);
        number
    }

    /// A payload went into the history.
    pub fn note(&mut self, payload: &Bytes) {
        self.lead.learn(payload);
        self.seam.note(payload);
    }

    /// Nothing is written yet, and no more should come before it is.
    pub fn is_crowded(&self) -> bool {
        matches!(self.place, Place::Opening(_)) && self.waiting.len() > OPENING / 2
    }

    /// The number that the next record gets. What the page kept comes with its own.
    pub fn number(&self) -> u64 {
        self.next
    }

    pub fn skip_to(&mut self, number: u64) {
        self.next = self.next.max(number);
    }

    /// What was in a part that was there before this worker was.
    pub fn resume(&mut self, number: u32, messages: u64, from_ms: Option<u64>, next: u64) {
        self.parts.tell(number, messages, from_ms);
        self.next = self.next.max(next);
        self.written = self.next;
    }

    fn give_up(&mut self, why: String) {
        let folder = self.folder();
        self.place = Place::Page(why, folder);
        self.waiting = Vec::new();
        self.since_ms = None;
        self.changed = true;
    }

    /// Writes what waits, if it is time.
    fn write(&mut self, now_ms: f64, at_once: bool) {
        let due = self.waiting.len() >= BATCH || self.since_ms.is_some_and(|since| now_ms - since >= WAIT_MS);
        if self.waiting.is_empty() || !(due || at_once) {
            return;
        }
        let Place::Files { writing, .. } = &mut self.place else { return };
        match writing.write(&self.waiting) {
            Ok(()) => {
                self.parts.grow(self.waiting.len() as u64, self.messages_waiting);
                self.waiting.clear();
                self.messages_waiting = 0;
                self.since_ms = None;
                self.written = self.next;
                self.changed = true;
            }
            Err(why) => self.give_up(why),
        }
    }

    /// How it stands, when that changed.
    fn said(&mut self) -> Option<Stored> {
        std::mem::take(&mut self.changed).then(|| self.figures())
    }

    pub fn figures(&self) -> Stored {
        let kept_in = match &self.place {
            Place::Idle | Place::Opening(_) => KeptIn::Opening,
            Place::Files { .. } => KeptIn::Files,
            Place::Page(why, _) => KeptIn::Page(why.clone()),
        };
        Stored {
            until: self.written,
            kept_in,
            bytes: self.parts.bytes(),
            quota: self.parts.quota(),
            from_ms: self.parts.begin_ms(),
            dropped: self.parts.dropped,
        }
    }

    fn begin(&mut self, number: u32, from_ms: Option<u64>) {
        self.parts.begin(Part { number, bytes: 0, messages: 0, from_ms });
        self.changed = true;
        // The parts before it may be dropped; of a first part there are none.
        if number > 0
            && let Some(lead) = self.lead.payload()
        {
            let mut bytes = Vec::new();
            record::put(&mut bytes, Kind::Lead, self.written, &lead);
            self.waiting.splice(0..0, bytes);
        }
    }

    /// Takes parts away until there are few enough, unless they are being read.
    fn shrink(&mut self) -> Vec<Part> {
        if self.reading > 0 {
            return Vec::new();
        }
        std::iter::from_fn(|| self.parts.drop_oldest()).collect()
    }

    /// The folder, once it is open.
    fn folder(&self) -> Option<FileSystemDirectoryHandle> {
        match &self.place {
            Place::Files { folder, .. } => Some(folder.clone()),
            Place::Opening(folder) | Place::Page(_, folder) => folder.clone(),
            Place::Idle => None,
        }
    }

    /// Parts that nothing is written to any more.
    fn sealed(&self) -> Vec<u32> {
        let mut numbers = self.parts.numbers();
        if matches!(self.place, Place::Files { .. }) {
            numbers.pop();
        }
        numbers
    }
}

impl Worker {
    /// Does something with the store, if the source is still this one.
    pub fn store<T>(&self, epoch: u32, with: impl FnOnce(&mut Store) -> T) -> Option<T> {
        let mut state = self.state.borrow_mut();
        (state.epoch == epoch).then(|| with(&mut state.store))
    }

    /// Writes what is due, begins another part where one is full, and tells the page.
    pub fn keep_store(self: &Rc<Self>) {
        let now_ms = self.now();
        let mut state = self.state.borrow_mut();
        let epoch = state.epoch;
        let store = &mut state.store;
        store.write(now_ms, false);
        let full = store.parts.is_full();
        if let Place::Files { folder, turning, .. } = &mut store.place
            && full
            && !*turning
        {
            *turning = true;
            let (worker, folder, number) = (self.clone(), folder.clone(), store.parts.next());
            wasm_bindgen_futures::spawn_local(
                async move { files::turn(worker, epoch, folder, number).await },
            );
        }
        let waits = store.since_ms.is_some();
        let said = store.said();
        if waits && state.store_later.is_none() {
            let worker = Rc::downgrade(self);
            state.store_later = Some(gloo_timers::callback::Timeout::new(WAIT_MS as u32, move || {
                if let Some(worker) = worker.upgrade() {
                    worker.state.borrow_mut().store_later = None;
                    worker.keep_store();
                }
            }));
        }
        drop(state);
        if let Some(said) = said {
            self.post(&FromWorker::Stored(said));
        }
    }
}
