//! The page's end of the worker: starts it, asks it, watches over it, and fills a new one when it is lost.

mod kept;
mod pulse;
mod running;
mod tab;

use std::collections::HashMap;

use peerscope_engine::{frame::Frame, view::View};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;
use yew::Callback;

use crate::{
    bridge::{self, Envelope, Export, FromWorker, Open, Saved, ToWorker},
    dom,
    host::{kept::Kept, pulse::Pulse, running::Running, tab::Tab},
    model::{
        Budget, Link, Said, Trouble,
        saving::{self, Replace, Saving},
    },
    route,
};

/// So many losses within [`LOSS_WINDOW_MS`] mean that it would be lost again.
const LOSSES: usize = 3;
const LOSS_WINDOW_MS: f64 = 60_000.0;

/// What reaches the page from a worker; the number tells workers apart, so that a dead one is not listened to.
pub enum Heard {
    Message(u32, JsValue),
    /// Its script failed: to load, or by an error that nobody caught.
    Error(u32, String),
    /// Whose files this tab's are, from now on.
    Tab(Tab),
}

/// An answer to [`ToWorker::Query`] and [`ToWorker::Stats`], as JSON.
pub type OnAnswer = Box<dyn FnOnce(Result<String, String>)>;

pub struct Host {
    heard: Callback<Heard>,
    running: Option<Running>,
    /// Number of the worker running.
    number: u32,
    opened: Option<(Open, Option<JsValue>)>,
    kept: Kept,
    tab: Tab,
    /// Counts sources, each of which has a folder of its own.
    source: u32,
    /// Counts what was saved, and the name of the last.
    exports: u32,
    file_name: String,
    pulse: Pulse,
    /// The view sent last; its rev is the newest.
    sent: Option<View>,
    rev: u32,
    /// No frame has answered the view sent last yet.
    outstanding: bool,
    /// Sent as soon as the worker is ready.
    backlog: Vec<(ToWorker, Option<JsValue>)>,
    answers: HashMap<u32, OnAnswer>,
    next_answer: u32,
    losses: Vec<f64>,
    /// Why the worker before this one was lost, until this one is filled.
    recovering: Option<String>,
    paused: bool,
    budget: Budget,
}

impl Host {
    pub fn new(heard: Callback<Heard>) -> Self {
        let mut host = Self {
            heard,
            running: None,
            number: 0,
            opened: None,
            kept: Kept::default(),
            tab: Tab::default(),
            source: 0,
            exports: 0,
            file_name: String::new(),
            pulse: Pulse::default(),
            sent: None,
            rev: 0,
            outstanding: false,
            backlog: Vec::new(),
            answers: HashMap::new(),
            next_answer: 0,
            losses: Vec::new(),
            recovering: None,
            paused: false,
            // Every worker of this page has the same.
            budget: route::read(&dom::window().location().hash().unwrap_or_default()).route.budget,
        };
        tab::ask(&host.heard);
        host.start();
        host
    }

    /// Opens a source; what was open before is closed by the worker. A file goes beside it.
    pub fn open(&mut self, open: Open, file: Option<JsValue>) {
        self.kept = Kept::default();
        if self.recovering.take().is_some() {
            // What is being filled again is of another source.
            self.send(ToWorker::Close, None);
        }
        self.source += 1;
        self.losses.clear();
        self.paused = false;
        self.new_history();
        self.opened = Some((open.clone(), file.clone()));
        if self.running.is_none() {
            self.start();
        }
        self.send_folder();
        self.send(ToWorker::Open(open), file);
    }

    fn send_folder(&mut self) {
        self.send(ToWorker::Store(None), None);
    }

    pub fn close(&mut self) {
        self.kept = Kept::default();
        self.opened = None;
        self.recovering = None;
        self.new_history();
        self.send(ToWorker::Close, None);
    }

    pub fn pause(&mut self, pause: bool) {
        self.paused = pause;
        self.send(ToWorker::Pause(pause), None);
    }

    /// What the user wants to be tried again may be the engine itself.
    pub fn retry(&mut self) {
        if self.running.is_none() && self.opened.is_some() {
            self.losses.clear();
            self.start_again("it could not run");
        } else {
            self.send(ToWorker::RetryNow, None);
        }
    }

    /// What would be saved, in three rows.
    pub fn preview(&mut self, view: View, replace: Replace, salt: [u8; 32]) {
        self.send(ToWorker::Preview { view: Box::new(view), replace, salt }, None);
    }

    /// Saves a file of this name. One that is under way is ended.
    pub fn export(&mut self, export: Export, name: String) {
        self.exports += 1;
        self.file_name = name;
        let export = Export { id: self.exports, ..export };
        self.send(ToWorker::Export { export, numbers: Vec::new() }, None);
    }

    pub fn cancel_export(&mut self) {
        // What is said of it from now on is not listened to.
        self.exports += 1;
        self.send(ToWorker::CancelExport, None);
    }

    pub fn stop_trying(&mut self) {
        self.send(ToWorker::StopTrying, None);
    }

    pub fn cancel_reading(&mut self) {
        self.send(ToWorker::CancelReading, None);
    }

    pub fn crash(&mut self) {
        self.send(ToWorker::Crash, None);
    }

    /// Frames that answer what was asked before are not about what is open now.
    fn new_history(&mut self) {
        self.sent = None;
        self.outstanding = false;
    }

    /// Asks for what is on the screen, if that is something else than was asked last. At most one is under way: the
    /// newest is asked for when the answer came.
    pub fn show(&mut self, mut view: View) {
        if self.outstanding || self.opened.is_none() || self.running.is_none() {
            return;
        }
        view.rev = self.rev;
        if self.sent.as_ref() == Some(&view) {
            return;
        }
        self.rev = self.rev.wrapping_add(1);
        view.rev = self.rev;
        self.outstanding = true;
        self.sent = Some(view.clone());
        self.send(ToWorker::View(Box::new(view)), None);
    }

    /// Whether the frame on the screen answers this view.
    pub fn settled(&self, mut view: View) -> bool {
        view.rev = self.rev;
        !self.outstanding && self.sent.as_ref() == Some(&view)
    }

    /// The frame is on the screen: the worker may push the next.
    pub fn taken(&mut self, rev: u32) {
        self.send(ToWorker::Taken(rev), None);
    }

    /// Asks for something as JSON.
    pub fn ask(&mut self, make: impl FnOnce(u32) -> ToWorker, on_answer: OnAnswer) {
        let id = self.next_answer;
        self.next_answer = self.next_answer.wrapping_add(1);
        self.answers.insert(id, on_answer);
        self.send(make(id), None);
    }

    /// Once a second. A worker that does not answer is lost.
    pub fn beat(&mut self, now_ms: f64) -> Vec<Said> {
        if self.tab == Tab::Asked {
            // Nobody else can hold a lock of this name: it will not come any more.
            self.heard.emit(Heard::Tab(Tab::Nameless));
        }
        match self.running.as_ref().map(|running| running.ready) {
            None => Vec::new(),
            Some(ready) => match self.pulse.beat(ready) {
                pulse::Beat::Fine => Vec::new(),
                pulse::Beat::Ping(number) => {
                    self.send(ToWorker::Ping(number), None);
                    Vec::new()
                }
                pulse::Beat::Dead if !ready => self.give_up("its script did not start"),
                pulse::Beat::Dead => self.lost("it does not answer any more".to_owned(), now_ms),
            },
        }
    }

    /// Takes in what a worker sent; what it means for the model.
    pub fn hear(&mut self, heard: Heard, now_ms: f64) -> Vec<Said> {
        match heard {
            Heard::Message(number, data) if number == self.number => {
                match Envelope::<FromWorker>::open(&data) {
                    Some(envelope) => self.message(envelope, now_ms),
                    None => self.give_up("its script is of another version: reload the page"),
                }
            }
            Heard::Error(number, text) if number == self.number => match &self.running {
                Some(running) if running.ready => self.lost(text, now_ms),
                Some(_) => self.give_up("its script could not be loaded"),
                None => Vec::new(),
            },
            Heard::Message(..) | Heard::Error(..) => Vec::new(),
            Heard::Tab(tab) => {
                if self.tab == Tab::Asked {
                    self.tab = tab;
                    self.send_backlog();
                }
                Vec::new()
            }
        }
    }

    fn message(&mut self, envelope: Envelope<FromWorker>, now_ms: f64) -> Vec<Said> {
        match envelope.message {
            FromWorker::Ready { build } => self.greet(&build),
            FromWorker::Frame(frame) => self.frame(*frame).into_iter().collect(),
            FromWorker::Link(link) => {
                let (over, whole) = match &link {
                    Link::File(reading) => (reading.is_over(), reading.is_whole()),
                    _ => (false, false),
                };
                let mut said = vec![Said::Link(link)];
                if over && let Some(why) = self.recovering.take() {
                    let missing = if whole { ": nothing is missing" } else { ", as far as it could be" };
                    said.push(Said::Recovered(format!(
                        "The engine stopped ({why}) and was started again. The recording was read anew{missing}."
                    )));
                }
                said
            }
            FromWorker::Answer { id, json } => {
                if let Some(on_answer) = self.answers.remove(&id) {
                    on_answer(Ok(json));
                }
                Vec::new()
            }
            FromWorker::Trouble(trouble) => vec![Said::Trouble(trouble)],
            FromWorker::Note(text) => vec![Said::Note(text)],
            FromWorker::Behind(behind) => vec![Said::Behind(behind)],
            FromWorker::Own(own) => vec![Said::Own(own)],
            FromWorker::RawFrames { first } => {
                self.kept.add(first, envelope.beside);
                Vec::new()
            }
            FromWorker::Preview(preview) => vec![Said::Preview(preview)],
            FromWorker::Saving { id, saving } if id == self.exports => vec![Said::Saving(saving)],
            FromWorker::Saved(saved) if saved.id == self.exports => self.saved(&saved, &envelope.beside),
            FromWorker::Saving { .. } | FromWorker::Saved(_) => Vec::new(),
            FromWorker::Stored(stored) => {
                self.kept.stored(stored);
                vec![Said::Recording(self.kept.recording())]
            }
            FromWorker::Refilled { frames, unread } => match self.recovering.take() {
                Some(why) => vec![Said::Recovered(self.kept.sentence(&why, frames, unread))],
                None => Vec::new(),
            },
            FromWorker::Pong(number) => {
                self.pulse.pong(number);
                Vec::new()
            }
            FromWorker::Crashed(why) => self.lost(why, now_ms),
        }
    }

    /// Hands the file to the user.
    fn saved(&self, saved: &Saved, beside: &[JsValue]) -> Vec<Said> {
        let blob = beside.first().and_then(|blob| blob.dyn_ref::<Blob>());
        let given = blob.is_some_and(|blob| dom::download(blob, &self.file_name).is_ok());
        if !given {
            return vec![Said::Saving(Saving::Failed("The browser did not take the file.".to_owned()))];
        }
        let Saved { frames, damaged, left_out, .. } = *saved;
        vec![Said::Saved(saving::Saved { name: self.file_name.clone(), frames, damaged, left_out })]
    }

    fn greet(&mut self, build: &str) -> Vec<Said> {
        if build != bridge::BUILD {
            return self.give_up("its script is of another version: reload the page");
        }
        if let Some(running) = &mut self.running {
            running.ready = true;
        }
        self.pulse = Pulse::default();
        let hello = ToWorker::Hello { build: bridge::BUILD.to_owned(), budget_bytes: self.budget.bytes() };
        self.send(hello, None);
        self.send_backlog();
        Vec::new()
    }

    fn send_backlog(&mut self) {
        for (message, beside) in std::mem::take(&mut self.backlog) {
            self.send(message, beside);
        }
    }

    fn frame(&mut self, frame: Frame) -> Option<Said> {
        if frame.rev != self.rev || self.sent.is_none() {
            return None;
        }
        self.outstanding = false;
        Some(Said::Frame(frame.into()))
    }

    /// Replaces the worker and has the new one filled from what is kept.
    fn lost(&mut self, why: String, now_ms: f64) -> Vec<Said> {
        self.stop();
        self.losses.retain(|at| now_ms - at < LOSS_WINDOW_MS);
        self.losses.push(now_ms);
        if self.losses.len() > LOSSES {
            return self.give_up(&format!(
                "it stopped {} times within a minute, last because {why}",
                self.losses.len()
            ));
        }
        self.start_again(&why);
        vec![Said::Lost(why)]
    }

    /// Starts a worker and has it filled and the source opened, if there is one.
    fn start_again(&mut self, why: &str) {
        self.start();
        let Some((open, file)) = self.opened.clone() else { return };
        self.recovering = Some(why.to_owned());
        if matches!(open, Open::Endpoint { .. }) {
            // Its frames come first, from the same folder.
            self.backlog.push((ToWorker::Store(None), None));
            self.backlog.push((ToWorker::TakeFrames { numbers: Vec::new(), dropped: 0 }, None));
        }
        self.backlog.push((ToWorker::Open(open), file));
        if self.paused {
            self.backlog.push((ToWorker::Pause(true), None));
        }
    }

    fn give_up(&mut self, why: &str) -> Vec<Said> {
        self.stop();
        self.recovering = None;
        let text = format!("The part of this page that holds the data has stopped: {why}.");
        let link = Said::Link(Link::Failed { cause: text.clone() });
        vec![
            link,
            Said::Trouble(Trouble {
                title: "The engine can't run".to_owned(),
                text,
                checks: vec![
                    "Reload the page. What was recorded live and not saved is lost with it.".to_owned(),
                    "Is this a recent browser, and is WebAssembly allowed for this page?".to_owned(),
                ],
            }),
        ]
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.end();
        }
        self.new_history();
        self.backlog.clear();
        for (_, on_answer) in self.answers.drain() {
            on_answer(Err("the engine stopped".to_owned()));
        }
    }

    fn start(&mut self) {
        self.number += 1;
        self.pulse = Pulse::default();
        match Running::start(self.number, &self.heard) {
            Ok(running) => self.running = Some(running),
            Err(why) => self.heard.emit(Heard::Error(self.number, why)),
        }
    }

    fn send(&mut self, message: ToWorker, beside: Option<JsValue>) {
        let Some(running) = &self.running else { return };
        let greets = matches!(message, ToWorker::Hello { .. } | ToWorker::Ping(_));
        if !running.ready || (self.tab == Tab::Asked && !greets) {
            self.backlog.push((message, beside));
            return;
        }
        // What is kept, and where, is said as it is when it is sent.
        let sent = match message {
            ToWorker::TakeFrames { .. } => {
                let (numbers, dropped) = (self.kept.numbers(), self.kept.dropped_from_files());
                let message = ToWorker::TakeFrames { numbers, dropped };
                bridge::lend_to_worker(&running.worker, &message, self.kept.frames())
            }
            ToWorker::Export { export, .. } => {
                let message = ToWorker::Export { export, numbers: self.kept.numbers() };
                bridge::lend_to_worker(&running.worker, &message, self.kept.frames())
            }
            ToWorker::Store(_) => {
                let message = ToWorker::Store(self.tab.folder(self.source));
                bridge::post_to_worker(&running.worker, &message, None)
            }
            message => bridge::post_to_worker(&running.worker, &message, beside),
        };
        if let Err(error) = sent {
            self.heard.emit(Heard::Error(self.number, bridge::reason(&error)));
        }
    }
}
