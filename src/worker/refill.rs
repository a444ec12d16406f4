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
        opfs::Refused,
        record::{Kind, Record, Records},
    },
    turn,
};
use crate::bridge::{self, FromWorker};

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
        let Some(unread) = all(&worker, epoch, page).await else {
            // Another source is open.
            return;
        };
        let mut frames = 0;
        worker.engine(|engine, _| frames = engine.counters().frames);
        worker.refilled(epoch);
        worker.post(&FromWorker::Refilled { frames, unread });
        worker.keep_store();
        worker.go_on();
    });
}

/// How many parts could not be read to their end. None: another source is open.
async fn all(worker: &Rc<Worker>, epoch: u32, page: FromPage) -> Option<u32> {
    worker.store(epoch, |store| store.parts.dropped = page.dropped)?;
    let (mut is_first, mut unread) = (true, 0);
    for (part, file) in store::open(worker, epoch, worker.folder()).await? {
        let Some(file) = file else {
            unread += 1;
            continue;
        };
        let (mut records, mut messages, mut next) = (Records::default(), 0, 0);
        let from_ms = worker.newest_ms();
        let mut at = 0.0;
        loop {
            let piece = match piece(&file, &mut at).await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(_) => {
                    unread += 1;
                    break;
                }
            };
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
    Some(unread)
}

/// The next bytes of a file; None at its end.
pub async fn piece(file: &Blob, at: &mut f64) -> Result<Option<Uint8Array>, Refused> {
    next_of(file.size(), at, async |from, to| {
        let read = async {
            JsFuture::from(file.slice_with_f64_and_f64(from, to)?.array_buffer())
                .await?
                .dyn_into::<ArrayBuffer>()
        };
        let buffer: ArrayBuffer = read.await.map_err(|error: JsValue| bridge::reason(&error))?;
        Ok(Uint8Array::new(&buffer))
    })
    .await
}

/// What is read next of so many bytes, and how far it is then: no further than before when it can't be read.
async fn next_of<T, E>(
    size: f64,
    at: &mut f64,
    read: impl AsyncFnOnce(f64, f64) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let end = (*at + PIECE).min(size);
    if *at >= end {
        return Ok(None);
    }
    let piece = read(*at, end).await?;
    *at = end;
    Ok(Some(piece))
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
            Kind::Message | Kind::Own => {
                *messages += 1;
                *next = number + 1;
                message(worker, kind, bytes);
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

fn message(worker: &Rc<Worker>, kind: Kind, bytes: bytes::Bytes) {
    let mut payloads = Vec::new();
    worker.engine(|engine, _| {
        engine.own_recording(kind == Kind::Own);
        socket::take_in(engine, bytes, |_, payload, _| payloads.push(payload));
    });
    learn(worker, &payloads);
}

fn learn(worker: &Rc<Worker>, payloads: &[bytes::Bytes]) {
    worker.store(worker.epoch(), |store| payloads.iter().for_each(|payload| store.note(payload)));
}

/// One that only the page had.
fn one(worker: &Rc<Worker>, epoch: u32, frame: &JsValue) {
    let now_ms = worker.now();
    match bridge::raw_frame(frame) {
        Some((bytes, is_own)) => {
            let (kind, bytes) = (if is_own { Kind::Own } else { Kind::Message }, bytes.to_vec());
            worker.store(epoch, |store| store.add(kind, &bytes, now_ms));
            message(worker, kind, bytes.into());
        }
        None => {
            worker.store(epoch, |store| store.add(Kind::Lost, &[], now_ms));
            worker.engine(|engine, _| engine.link_lost());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    /// Nothing in it waits.
    fn at_once<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn a_read_that_fails_near_the_end_is_not_the_end() {
        let (size, mut at) = (PIECE + 10.0, 0.0);
        let mut read = |can: bool| {
            let read =
                next_of(size, &mut at, async |from, to| if can { Ok((from, to)) } else { Err("gone") });
            (at_once(read), at)
        };
        assert_eq!(read(true), (Ok(Some((0.0, PIECE))), PIECE));
        assert_eq!(read(false), (Err("gone"), PIECE));
        assert_eq!(read(true), (Ok(Some((PIECE, size))), size));
        assert_eq!(read(false), (Ok(None), size));
    }
}
