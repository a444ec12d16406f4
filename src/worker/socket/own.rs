//! The node's own recording: its endpoint is asked for it, and what is new of it goes into the history. Whatever goes wrong with
//! it, the session that waits for it goes on.

use std::{cell::Cell, rc::Rc};

use bytes::Bytes;
use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use peerscope_introspection::{
    frame::put_segment,
    glance::glance,
    recording::{Item, Problem, Progress, Reader},
    seam::{
        Join, Overlap,
        terms::{Again, Answer, MAX_BYTES, Patience, Trouble, since},
    },
    wire::PROTOCOL_VERSION,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    ReadableStreamDefaultReader, ReadableStreamReadResult, RequestCache, RequestInit, RequestRedirect,
    Response,
};

use super::{take, wait::release};
use crate::{
    bridge::FromWorker,
    model::OwnRecording,
    route::{origin_of, own_recording},
    worker::{
        Worker,
        file::stream::{Stop, plain_request},
        store::record::Kind,
        turn,
    },
};

/// Frames are kept together up to so many bytes.
const MESSAGE: usize = 64 << 10;

/// Asks for it. In the end the session goes on, if the source is still this one.
pub fn ask(worker: &Rc<Worker>) {
    let init = plain_request();
    init.set_cache(RequestCache::NoStore);
    // To no origin but the endpoint's.
    init.set_redirect(RequestRedirect::Error);
    let asked = worker.live(|live| {
        live.own.stop = Some(Stop::new(&init)?);
        Some((own_recording(&live.url), live.dials))
    });
    let Some(Some((url, dial))) = asked else {
        release(worker);
        return;
    };
    let epoch = worker.epoch();
    let known = worker.store(epoch, |store| (store.seam.since_ms(), store.seam.join()));
    let Some((since_ms, join)) = known else { return };
    let patience = Rc::new(Cell::new(Patience::new(worker.now())));
    let mut job = Job {
        _timers: Patience::LIMITS_MS.map(|after_ms| timer(worker, epoch, dial, &patience, after_ms)),
        worker: worker.clone(),
        epoch,
        patience,
        reader: Reader::new(),
        join,
        overlap: Overlap::default(),
        bytes: 0,
        is_cut_off: false,
        slice_ms: worker.now(),
        message: Vec::new(),
        payloads: Vec::new(),
        own: OwnRecording::default(),
    };
    spawn_local(async move {
        let ended = job.run(&since(&url, since_ms), &init).await;
        job.end(ended);
    });
}

/// Ends the question where patience does.
fn timer(
    worker: &Rc<Worker>,
    epoch: u32,
    dial: u32,
    patience: &Rc<Cell<Patience>>,
    after_ms: u32,
) -> Timeout {
    let (worker, patience) = (Rc::downgrade(worker), patience.clone());
    Timeout::new(after_ms, move || {
        if let Some(worker) = worker.upgrade()
            && worker.epoch() == epoch
            && patience.get().over(worker.now()).is_some()
        {
            worker.live(|live| {
                if live.dials == dial {
                    live.own.stop();
                }
            });
        }
    })
}

/// Why the recording, or the rest of it, is not taken in.
enum Ended {
    /// The source is another.
    Unwanted,
    /// The endpoint has none. Whether it is asked again.
    Without(Again),
    Failed(Trouble),
}

struct Job {
    worker: Rc<Worker>,
    epoch: u32,
    patience: Rc<Cell<Patience>>,
    _timers: [Timeout; 2],
    reader: Reader,
    join: Join,
    overlap: Overlap,
    /// That came.
    bytes: u64,
    is_cut_off: bool,
    /// When this slice began.
    slice_ms: f64,
    /// What was taken in and is not kept yet: one message, and its payloads.
    message: Vec<u8>,
    payloads: Vec<Bytes>,
    own: OwnRecording,
}

impl Job {
    /// Err: nobody waits for it any more.
    fn wanted(&self) -> Result<(), Ended> {
        if self.worker.epoch() != self.epoch {
            return Err(Ended::Unwanted);
        }
        match self.patience.get().over(self.worker.now()) {
            Some(late) => Err(Ended::Failed(late)),
            None => Ok(()),
        }
    }

    async fn run(&mut self, url: &str, init: &RequestInit) -> Result<(), Ended> {
        let is_ours = self.worker.scope().location().origin() == origin_of(url);
        let answer = JsFuture::from(self.worker.scope().fetch_with_str_and_init(url, init)).await;
        self.wanted()?;
        let Ok(Ok(response)) = answer.map(|answer| answer.dyn_into::<Response>()) else {
            let is_gone = self.worker.live(|live| live.is_gone()) == Some(true);
            // Of another origin it may be that this page may not read what an older endpoint says.
            return Err(if is_ours || is_gone {
                Ended::Failed(Trouble::Unreachable)
            } else {
                Ended::Without(Again::Once)
            });
        };
        match Answer::of(response.status()) {
            Answer::Recording => {}
            Answer::Without(again) => return Err(Ended::Without(again)),
            Answer::Failed(trouble) => return Err(Ended::Failed(trouble)),
        }
        let Some(body) = response.body() else { return self.take_all(true).await };
        let body: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        loop {
            let read = JsFuture::from(body.read()).await;
            self.wanted()?;
            let read: ReadableStreamReadResult =
                read.map_err(|_| Ended::Failed(Trouble::CutOff))?.unchecked_into();
            if read.get_done() == Some(true) {
                self.reader.finish();
                return self.take_all(true).await;
            }
            self.push(&read.get_value().unchecked_into())?;
            self.take_all(false).await?;
        }
    }

    fn push(&mut self, piece: &Uint8Array) -> Result<(), Ended> {
        self.patience.set(self.patience.get().begun());
        self.bytes += u64::from(piece.length());
        if self.bytes > MAX_BYTES {
            return Err(Ended::Failed(Trouble::TooLong));
        }
        self.reader.push_with(piece.length() as usize, |slot| piece.copy_to(slot));
        Ok(())
    }

    /// Takes in what there is, in slices.
    async fn take_all(&mut self, is_all: bool) -> Result<(), Ended> {
        loop {
            match self.reader.step() {
                Progress::Item(Item::Frame { offset, .. }) if offset > MAX_BYTES => {
                    return Err(Ended::Failed(Trouble::TooLong));
                }
                Progress::Item(Item::Frame { payload, .. }) => {
                    self.join.take(payload).into_iter().for_each(|payload| self.take(payload));
                }
                Progress::Item(Item::Problem(problem)) => self.problem(&problem)?,
                Progress::Working => {}
                Progress::Starved => break,
            }
            if self.worker.now() - self.slice_ms >= turn::SLICE_MS {
                self.give_way().await?;
            }
        }
        if is_all && self.is_cut_off { Err(Ended::Failed(Trouble::CutOff)) } else { Ok(()) }
    }

    fn problem(&mut self, problem: &Problem) -> Result<(), Ended> {
        if problem.is_fatal() {
            return Err(Ended::Failed(Trouble::NoRecording(problem.to_string())));
        }
        self.worker.engine(|engine, _| engine.bad_frames(1));
        self.is_cut_off |= matches!(problem, Problem::Truncated { .. } | Problem::Gzip { .. });
        Ok(())
    }

    async fn give_way(&mut self) -> Result<(), Ended> {
        loop {
            self.worker.pause().await;
            self.wanted()?;
            if self.worker.store(self.epoch, |store| store.is_crowded()) != Some(true) {
                break;
            }
        }
        self.slice_ms = self.worker.now();
        Ok(())
    }

    /// One frame that is new.
    fn take(&mut self, payload: Bytes) {
        if self.own.frames == 0 {
            self.begin();
        }
        self.own.frames += 1;
        self.overlap.recorded(&payload);
        let at_ms = glance(&payload).ok().and_then(|told| told.at_ms);
        self.own.from_ms = [self.own.from_ms, at_ms].into_iter().flatten().min();
        self.worker.engine(|engine, _| _ = engine.take(payload.clone()));
        put_segment(&mut self.message, &payload);
        self.payloads.push(payload);
        if self.message.len() >= MESSAGE {
            self.keep();
        }
    }

    fn begin(&mut self) {
        if self.join.reaches_back() {
            self.worker.live(|live| live.lost = false);
        } else {
            take::mark_lost(&self.worker);
        }
        self.worker.engine(|engine, _| engine.own_recording(true));
    }

    fn keep(&mut self) {
        let payloads = std::mem::take(&mut self.payloads);
        if payloads.is_empty() {
            return;
        }
        let mut message = PROTOCOL_VERSION.to_le_bytes().to_vec();
        message.append(&mut self.message);
        let raw: JsValue = Uint8Array::from(message.as_slice()).into();
        take::keep(&self.worker, Kind::Own, &message, &payloads, raw);
    }

    fn end(mut self, ended: Result<(), Ended>) {
        if self.worker.epoch() != self.epoch {
            return;
        }
        // What was read stays.
        let rest = self.join.finish();
        rest.into_iter().for_each(|payload| self.take(payload));
        self.keep();
        let (fills, took) = (self.join.reaches_back(), self.own.frames > 0);
        if fills && ended.is_ok() {
            // Even where there is nothing new: a node that had no snapshot to add is no gap.
            self.worker.engine(|engine, _| engine.own_recording(true));
        }
        self.worker.engine(|engine, _| engine.own_recording(false));
        let (is_whole, again, trouble) = match ended {
            Ok(()) => (true, Again::Yes, None),
            Err(Ended::Unwanted) => return,
            Err(Ended::Without(again)) => (false, again, None),
            Err(Ended::Failed(trouble)) => (false, trouble.again(), Some(trouble.sentence())),
        };
        let filled = self.worker.live(|live| {
            // A node that goes away says nothing of whether it records itself.
            live.own.lessons.learn(if again == Again::Once && live.is_gone() { Again::Yes } else { again });
            live.overlap = self.overlap;
            // A part of it leaves the rest missing.
            live.lost = if is_whole && fills { false } else { live.lost || (took && !is_whole) };
            !live.lost
        });
        let fills = fills && filled == Some(true);
        self.worker.post(&FromWorker::Own(OwnRecording { fills, trouble, ..self.own }));
        release(&self.worker);
    }
}
