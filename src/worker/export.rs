//! Saving a recording: from the frames as they came in to the bytes of a file, in slices, without holding all of it.

pub mod cut;
mod pack;
pub mod preview;

use std::rc::Rc;

use bytes::Bytes;
use js_sys::Array;
use peerscope_introspection::{
    frame::read_message,
    recording::{Item, Progress, Reader},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, Response};

use self::cut::Cut;
use super::{
    Worker,
    file::stream::plain_request,
    refill::piece,
    store::{
        self,
        opfs::Refused,
        record::{Kind, Records},
    },
    turn,
};
use crate::{
    bridge::{self, Export, FromWorker, Saved},
    model::saving::Saving,
};

/// Bytes of a piece of the file that is made: 4 MiB.
const OUT: usize = 4 << 20;
/// How often progress is said.
const SAY_MS: f64 = 100.0;

/// Where the frames of a source are.
#[derive(Clone, Default)]
pub enum Origin {
    #[default]
    None,
    /// In the store, and with the page.
    Live,
    File(Blob),
    /// It is fetched again.
    Url(String),
}

/// Why nothing was saved.
enum Ended {
    /// The user said so, or opened something else.
    Cancelled,
    Failed(String),
}

impl From<JsValue> for Ended {
    fn from(error: JsValue) -> Self {
        Ended::Failed(bridge::reason(&error))
    }
}

/// What the page kept of a live source, with its numbers.
pub struct FromPage {
    pub numbers: Vec<u64>,
    pub frames: Vec<JsValue>,
}

fn file_gone(why: Refused) -> Ended {
    Ended::Failed(format!(
        "The file can't be read any more ({why}). Was it moved or changed since it was opened? Open it again, then save."
    ))
}

fn part_gone(why: Refused) -> Ended {
    Ended::Failed(format!(
        "A part of what the browser wrote can't be read any more ({why}), so nothing was saved. Try once more; if it fails \
         again, record with peerscope record, which writes to disk."
    ))
}

/// Saves what is asked for; another one that is under way is ended.
pub fn export(worker: &Rc<Worker>, export: Export, page: FromPage) {
    let worker = worker.clone();
    let id = export.id;
    worker.exporting.set(Some(id));
    spawn_local(async move {
        let packed = export.packed;
        let mut job = Job {
            epoch: worker.epoch(),
            worker: worker.clone(),
            id,
            cut: Cut::new(export.range, export.replace, export.salt),
            pieces: Array::new(),
            read: 0.0,
            total: 1.0,
            said_ms: 0.0,
            slice_ms: 0.0,
            skipped: 0,
        };
        let made = match job.run(page).await {
            Ok(()) => job.file(packed).await,
            Err(ended) => Err(ended),
        };
        if worker.exporting.get() == Some(id) {
            worker.exporting.set(None);
        }
        match made {
            Ok(blob) => {
                let saved = Saved {
                    id,
                    frames: job.cut.frames,
                    bytes: blob.size() as u64,
                    damaged: job.cut.damaged,
                    left_out: job.cut.left_out(),
                };
                worker.post_with(&FromWorker::Saved(saved), vec![blob.into()]);
                if let Some(text) = skipped(job.skipped) {
                    worker.post(&FromWorker::Note(text));
                }
            }
            Err(Ended::Cancelled) => {}
            Err(Ended::Failed(why)) => worker.post(&FromWorker::Saving { id, saving: Saving::Failed(why) }),
        }
    });
}

struct Job {
    worker: Rc<Worker>,
    epoch: u32,
    id: u32,
    cut: Cut,
    /// Of the file, as Blobs.
    pieces: Array,
    read: f64,
    total: f64,
    said_ms: f64,
    /// When this slice began.
    slice_ms: f64,
    /// Parts of what was written that could not be opened.
    skipped: u32,
}

/// What the page says of parts that are not in the file.
fn skipped(parts: u32) -> Option<String> {
    let (which, is) = match parts {
        0 => return None,
        1 => ("One part".to_owned(), "is"),
        n => (format!("{n} parts"), "are"),
    };
    Some(format!(
        "{which} of what the browser wrote could not be opened and {is} missing in the saved file. Save again; if this \
         is said again, record with peerscope record, which writes to disk."
    ))
}

impl Job {
    async fn run(&mut self, page: FromPage) -> Result<(), Ended> {
        let origin = self.worker.origin();
        self.slice_ms = self.worker.now();
        match origin {
            Origin::None => Err(Ended::Failed("Nothing is open.".to_owned())),
            Origin::File(blob) => self.recording(&blob).await,
            Origin::Url(url) => {
                let blob = fetch(&self.worker, &url).await?;
                self.recording(&blob).await
            }
            Origin::Live => {
                let worker = self.worker.clone();
                let sealed = store::seal(&worker, self.epoch).await;
                self.skipped = sealed.skipped;
                let done = self.live(sealed.files, page).await;
                store::unseal(&worker, self.epoch);
                done
            }
        }
    }

    /// Gives way when the slice is over. Err: it is not wanted any more.
    async fn step(&mut self) -> Result<(), Ended> {
        if let Some(bytes) = self.cut.ready(OUT) {
            self.pieces.push(&pack::piece(&bytes)?);
        }
        let now_ms = self.worker.now();
        if now_ms - self.slice_ms < turn::SLICE_MS {
            return Ok(());
        }
        if now_ms - self.said_ms >= SAY_MS {
            self.said_ms = now_ms;
            let done = (self.read / self.total).min(1.0) as f32;
            self.worker.post(&FromWorker::Saving { id: self.id, saving: Saving::Running(done) });
        }
        self.worker.pause().await;
        self.slice_ms = self.worker.now();
        let wanted = self.worker.exporting.get() == Some(self.id) && self.worker.epoch() == self.epoch;
        if wanted { Ok(()) } else { Err(Ended::Cancelled) }
    }

    async fn recording(&mut self, blob: &Blob) -> Result<(), Ended> {
        self.total = blob.size().max(1.0);
        let mut reader = Reader::new();
        let mut is_over = false;
        loop {
            match reader.step() {
                Progress::Item(Item::Frame { payload, .. }) => self.cut.take(payload),
                Progress::Item(Item::Problem(_)) => self.cut.damaged += 1,
                Progress::Working => {}
                Progress::Starved if is_over => return Ok(()),
                Progress::Starved => match piece(blob, &mut self.read).await.map_err(file_gone)? {
                    Some(piece) => reader.push(&piece.to_vec()),
                    None => {
                        is_over = true;
                        reader.finish();
                    }
                },
            }
            self.step().await?;
        }
    }

    async fn live(&mut self, files: Vec<Blob>, page: FromPage) -> Result<(), Ended> {
        self.total = files.iter().map(Blob::size).sum::<f64>() + page.frames.iter().map(size).sum::<f64>();
        self.total = self.total.max(1.0);
        let (mut next, mut is_first) = (0, true);
        for file in files {
            let (mut records, mut at) = (Records::default(), 0.0);
            while let Some(piece) = piece(&file, &mut at).await.map_err(part_gone)? {
                self.read += f64::from(piece.length());
                records.push(&piece.to_vec());
                while let Some(record) = records.next() {
                    match record.kind {
                        Kind::Message | Kind::Own => self.message(&record.bytes),
                        Kind::Lead if is_first => self.cut.learn(&record.bytes),
                        Kind::Lead | Kind::Lost => {}
                    }
                    if record.kind != Kind::Lead {
                        next = record.number + 1;
                    }
                    is_first = false;
                    self.step().await?;
                }
            }
        }
        let gone = is_first && page.numbers.first().is_some_and(|first| *first > 0);
        if let Some(lead) =
            self.worker.store(self.epoch, |store| store.lead.payload()).flatten().filter(|_| gone)
        {
            // What was told first is no longer kept; what the node is, is known.
            self.cut.learn(&lead);
        }
        for (number, frame) in page.numbers.into_iter().zip(page.frames) {
            self.read += size(&frame);
            if number >= next
                && let Some((bytes, _)) = bridge::raw_frame(&frame)
            {
                self.message(&bytes.to_vec().into());
            }
            self.step().await?;
        }
        Ok(())
    }

    fn message(&mut self, message: &Bytes) {
        for segment in read_message(message) {
            match segment {
                Ok(payload) => self.cut.take(message.slice_ref(payload)),
                Err(_) => self.cut.damaged += 1,
            }
        }
    }

    async fn file(&mut self, packed: bool) -> Result<Blob, Ended> {
        if self.cut.frames == 0 {
            return Err(Ended::Failed("There is nothing to save in this range.".to_owned()));
        }
        if let Some(bytes) = self.cut.ready(0) {
            self.pieces.push(&pack::piece(&bytes)?);
        }
        let blob = pack::join(&self.pieces)?;
        Ok(if packed { pack::gzip(&blob).await? } else { blob })
    }
}

fn size(frame: &JsValue) -> f64 {
    bridge::raw_frame(frame).map_or(0.0, |(bytes, _)| f64::from(bytes.length()))
}

/// The recording once more, as the browser keeps it: outside of WebAssembly's memory.
async fn fetch(worker: &Worker, url: &str) -> Result<Blob, Ended> {
    let init = plain_request();
    let answer = JsFuture::from(worker.scope().fetch_with_str_and_init(url, &init)).await?;
    let response: Response = answer.dyn_into()?;
    if !response.ok() {
        return Err(Ended::Failed(format!("Fetched again, its server answered {}.", response.status())));
    }
    Ok(JsFuture::from(response.blob()?).await?.dyn_into()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_missing_are_said() {
        assert_eq!(skipped(0), None);
        assert!(
            skipped(1).is_some_and(|text| text.starts_with("One part of") && text.contains(" is missing"))
        );
        assert!(
            skipped(3).is_some_and(|text| text.starts_with("3 parts of") && text.contains(" are missing"))
        );
    }
}
