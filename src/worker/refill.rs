//! Filling a new worker again with what the one before had taken in: first from the store, then from what the page kept.

use std::rc::Rc;

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

use super::{
    Worker, socket,
    store::{
        self,
        record::{Kind, Record, Records},
    },
    turn,
};
use crate::bridge::FromWorker;

/// 4 MiB at a time.
pub const PIECE: f64 = (4 << 20) as f64;

/// What the page kept, with its numbers.
pub struct FromPage {
    pub numbers: Vec<u64>,
    pub frames: Vec<JsValue>,
    pub dropped: u64,
}

/// Takes all of it in. What the page wants meanwhile, but views, waits.
pub fn refill(worker: &Rc<Worker>, page: FromPage) {
    let (worker, epoch) = (worker.clone(), worker.epoch());
    worker.defer();
    spawn_local(async move {
        if all(&worker, epoch, page).await.is_none() {
            // Another source is open.
            return;
        }
        let mut frames = 0;
        worker.engine(|engine, _| {
            engine.link_lost();
            frames = engine.counters().frames;
        });
        let now_ms = worker.now();
        let mark = worker.store(epoch, |store| store.add(Kind::Lost, &[], now_ms));
        worker.post_with(&FromWorker::RawFrames { first: mark.unwrap_or_default() }, vec![JsValue::NULL]);
        worker.post(&FromWorker::Refilled { frames });
        worker.keep_store();
        worker.go_on();
    });
}

async fn all(worker: &Rc<Worker>, epoch: u32, page: FromPage) -> Option<()> {
    worker.store(epoch, |store| store.parts.dropped = page.dropped)?;
    let mut is_first = true;
    for (part, file) in store::open(worker, epoch, worker.folder()).await? {
        let (mut records, mut messages, mut next) = (Records::default(), 0, 0);
        let from_ms = worker.newest_ms();
        let mut at = 0.0;
        while let Some(piece) = piece(&file, &mut at).await {
            records.push(&piece.to_vec());
            while take(worker, &mut records, is_first, &mut messages, &mut next) {
                worker.pause().await;
            }
            worker.store(epoch, |_| ())?;
        }
        is_first = false;
        worker.store(epoch, |store| store.resume(part.number, messages, from_ms, next))?;
    }
    store::write(worker, epoch).await;
    let mut began = worker.now();
    for (number, frame) in page.numbers.into_iter().zip(page.frames) {
        // Else the store has it.
        let is_new = worker.store(epoch, |store| {
            let is_new = number >= store.number();
            store.skip_to(number);
            is_new
        })?;
        if is_new {
            one(worker, epoch, &frame);
        }
        if worker.now() - began >= turn::SLICE_MS {
            worker.keep_store();
            worker.pause().await;
            began = worker.now();
        }
    }
    Some(())
}

/// The next bytes of a file; None at its end, or where it can't be read.
pub async fn piece(file: &Blob, at: &mut f64) -> Option<Uint8Array> {
    let end = (*at + PIECE).min(file.size());
    if *at >= end {
        return None;
    }
    let piece = file.slice_with_f64_and_f64(*at, end).ok()?;
    *at = end;
    let buffer = JsFuture::from(piece.array_buffer()).await.ok()?.dyn_into::<ArrayBuffer>().ok()?;
    Some(Uint8Array::new(&buffer))
}

/// Takes in records for the length of a slice. True: there are more.
fn take(
    worker: &Rc<Worker>,
    records: &mut Records,
    is_first: bool,
    messages: &mut u64,
    next: &mut u64,
) -> bool {
    let began = worker.now();
    while let Some(Record { kind, number, bytes }) = records.next() {
        match kind {
            Kind::Message => {
                *messages += 1;
                *next = number + 1;
                message(worker, bytes);
            }
            Kind::Lost => {
                *next = number + 1;
                worker.engine(|engine, _| engine.link_lost());
            }
            // Told by the parts before it, where there are any.
            Kind::Lead if is_first => {
                worker.engine(|engine, _| _ = engine.take(bytes.clone()));
                learn(worker, &[bytes]);
            }
            Kind::Lead => {}
        }
        if worker.now() - began >= turn::SLICE_MS {
            return true;
        }
    }
    false
}

fn message(worker: &Rc<Worker>, bytes: bytes::Bytes) {
    let mut payloads = Vec::new();
    worker.engine(|engine, _| socket::take_in(engine, bytes, |_, payload, _| payloads.push(payload)));
    learn(worker, &payloads);
}

fn learn(worker: &Rc<Worker>, payloads: &[bytes::Bytes]) {
    worker.store(worker.epoch(), |store| payloads.iter().for_each(|payload| _ = store.lead.learn(payload)));
}

/// One that only the page had.
fn one(worker: &Rc<Worker>, epoch: u32, frame: &JsValue) {
    let bytes = frame.dyn_ref::<ArrayBuffer>().map(|buffer| Uint8Array::new(buffer).to_vec());
    let now_ms = worker.now();
    match bytes {
        Some(bytes) => {
            worker.store(epoch, |store| store.add(Kind::Message, &bytes, now_ms));
            message(worker, bytes.into());
        }
        None => {
            worker.store(epoch, |store| store.add(Kind::Lost, &[], now_ms));
            worker.engine(|engine, _| engine.link_lost());
        }
    }
}
