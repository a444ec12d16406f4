//! Reading a recording: a file piece by piece, one ahead, or a stream from the network.

use std::{collections::VecDeque, rc::Rc};

use bytes::Bytes;
use js_sys::{ArrayBuffer, Uint8Array};
use peerscope_engine::{Engine, TakenKind};
use peerscope_introspection::recording::{Item, Problem, Progress, Reader};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, ReadableStreamDefaultReader, ReadableStreamReadResult, ReferrerPolicy, RequestCredentials,
    RequestInit, Response,
};

use super::Worker;
use crate::{
    bridge::Open,
    model::{Link, Trouble},
};

/// 4 MiB at a time.
const PIECE: u64 = 4 << 20;
/// The piece being taken in, and one ahead.
const PIECES: usize = 2;

/// A recording that is being read.
pub struct Loading {
    name: String,
    reader: Reader,
    pieces: VecDeque<Bytes>,
    /// Bytes that were handed to the reader, of so many when that is known.
    read: u64,
    total: Option<u64>,
    /// No more pieces will come.
    ended: bool,
    finished: bool,
    frames: u64,
    undecodable: u64,
    first_problem: Option<Problem>,
    /// Why the rest could not be had.
    broken: Option<String>,
}

impl Loading {
    pub fn new(open: &Open) -> Self {
        let (Open::Endpoint { url: name } | Open::Url { url: name } | Open::File { name }) = open;
        Self {
            name: name.clone(),
            reader: Reader::new(),
            pieces: VecDeque::new(),
            read: 0,
            total: None,
            ended: false,
            finished: false,
            frames: 0,
            undecodable: 0,
            first_problem: None,
            broken: None,
        }
    }

    pub fn link(&self) -> Link {
        match self.trouble().filter(|_| self.finished) {
            Some(trouble) => Link::Failed { cause: trouble.text },
            None => Link::File { done: self.done() },
        }
    }

    /// How much of it is in, 0 to 1; 1 only when all is.
    fn done(&self) -> f32 {
        if self.finished {
            return 1.0;
        }
        let part = self.total.filter(|total| *total > 0).map_or(0.0, |total| self.read as f64 / total as f64);
        part.min(0.99) as f32
    }

    pub fn finished(&self) -> bool {
        self.finished
    }

    pub fn hungry(&self) -> bool {
        self.pieces.len() < PIECES && !self.reader.is_done()
    }

    /// Works until the time is over or there is nothing to do. True: there is more to do now.
    pub fn work(&mut self, engine: &mut Engine, over: impl Fn() -> bool) -> bool {
        while !self.finished {
            match self.reader.step() {
                Progress::Item(Item::Frame { payload, .. }) => {
                    self.frames += 1;
                    if engine.take(payload).kind == TakenKind::Undecodable {
                        self.undecodable += 1;
                    }
                }
                Progress::Item(Item::Problem(problem)) => {
                    if !problem.is_fatal() {
                        engine.bad_frames(1);
                    }
                    self.first_problem.get_or_insert(problem);
                }
                // A large part of it has to be looked through or unpacked: go on in the next slice.
                Progress::Working => {}
                Progress::Starved => match self.pieces.pop_front() {
                    Some(piece) => {
                        self.read += piece.len() as u64;
                        self.reader.push(&piece);
                    }
                    None if self.reader.is_done() => self.finished = true,
                    None if self.ended => {
                        self.ended = false;
                        self.reader.finish();
                    }
                    None => return false,
                },
            }
            if over() {
                return !self.finished;
            }
        }
        false
    }

    /// What to say when nothing at all could be read.
    pub fn trouble(&self) -> Option<Trouble> {
        if self.frames > self.undecodable {
            return None;
        }
        let text = match (&self.broken, &self.first_problem) {
            (Some(broken), _) => broken.clone(),
            (None, Some(problem)) => format!("Nothing in it could be read: {problem}."),
            (None, None) if self.frames > 0 => "Its frames are none of libp2p introspection.".to_owned(),
            (None, None) => "It holds no frames.".to_owned(),
        };
        Some(Trouble {
            title: format!("Cannot open {}", self.name),
            text,
            checks: vec![
                "Is it a recording of libp2p introspection? Its name ends in .libp2p.trace or .mock, or either with .gz."
                    .to_owned(),
                "What is wrong with it, byte by byte: peerscope inspect FILE".to_owned(),
            ],
        })
    }

    /// The rest could not be had, after something was read.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }
}

/// Reads a file until it is whole in, or another source was opened.
pub fn read_file(worker: Rc<Worker>, epoch: u32, blob: Blob) {
    let total = blob.size();
    worker.loading(epoch, |loading| loading.total = Some(total as u64));
    spawn_local(async move {
        let mut at = 0.0;
        while at < total {
            if !room(&worker, epoch).await {
                return;
            }
            let end = (at + PIECE as f64).min(total);
            let piece = match blob.slice_with_f64_and_f64(at, end) {
                Ok(piece) => JsFuture::from(piece.array_buffer()).await,
                Err(error) => Err(error),
            };
            match piece.map(|piece| piece.dyn_into::<ArrayBuffer>()) {
                Ok(Ok(buffer)) => add(&worker, epoch, &Uint8Array::new(&buffer)),
                Ok(Err(error)) | Err(error) => {
                    end_broken(
                        &worker,
                        epoch,
                        format!("The file can't be read any more ({}).", said(&error)),
                    );
                    return;
                }
            }
            at = end;
        }
        worker.loading(epoch, |loading| loading.ended = true);
    });
}

/// Fetches a recording, without credentials, and reads it as it comes.
pub fn fetch(worker: Rc<Worker>, epoch: u32, url: String) {
    spawn_local(async move {
        if let Err(broken) = stream(&worker, epoch, &url).await {
            end_broken(&worker, epoch, broken);
        }
    });
}

async fn stream(worker: &Rc<Worker>, epoch: u32, url: &str) -> Result<(), String> {
    let init = RequestInit::new();
    init.set_credentials(RequestCredentials::Omit);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    let answer = JsFuture::from(worker.scope().fetch_with_str_and_init(url, &init)).await;
    let response: Response = answer.and_then(|response| response.dyn_into::<Response>()).map_err(
        |_| "It can't be fetched: nothing answers there, or that server lets no other page read it (CORS).",
    )?;
    if !response.ok() {
        return Err(format!("Its server answered {} {}.", response.status(), response.status_text())
            .replace(" .", "."));
    }
    let total =
        response.headers().get("content-length").ok().flatten().and_then(|length| length.parse().ok());
    worker.loading(epoch, |loading| loading.total = total);
    let body = response.body().ok_or("Its server answered with nothing.")?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        if !room(worker, epoch).await {
            // Another source was opened: the rest is not wanted.
            drop(reader.cancel());
            return Ok(());
        }
        let read = JsFuture::from(reader.read()).await.map_err(|error| cut(&error))?;
        let read: ReadableStreamReadResult = read.unchecked_into();
        if read.get_done() == Some(true) {
            break;
        }
        add(worker, epoch, &read.get_value().unchecked_into::<Uint8Array>());
    }
    worker.loading(epoch, |loading| loading.ended = true);
    Ok(())
}

fn cut(error: &JsValue) -> String {
    format!("Its server stopped sending ({}).", said(error))
}

fn said(error: &JsValue) -> String {
    let message = js_sys::Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| "no reason given".to_owned())
}

fn add(worker: &Rc<Worker>, epoch: u32, piece: &Uint8Array) {
    let bytes = Bytes::from(piece.to_vec());
    worker.loading(epoch, |loading| loading.pieces.push_back(bytes));
}

fn end_broken(worker: &Rc<Worker>, epoch: u32, why: String) {
    worker.loading(epoch, |loading| {
        loading.broken = Some(why);
        loading.ended = true;
    });
}

/// Waits until another piece is wanted. False: the source is another, or is read.
async fn room(worker: &Rc<Worker>, epoch: u32) -> bool {
    loop {
        match worker.hungry(epoch) {
            Some(true) => return true,
            Some(false) => worker.hunger().await,
            None => return false,
        }
    }
}
