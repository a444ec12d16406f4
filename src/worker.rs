//! The worker: holds the engine, owns the socket, reads files, answers the page. It works in slices, and in each of them
//! in this order: the view, what came in live, what is being loaded; then what is patient: filling again, saving.

mod answering;
mod export;
mod file;
mod pace;
mod refill;
mod socket;
mod stats;
mod store;
mod turn;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use js_sys::{Function, Promise};
use peerscope_engine::{Engine, Options, view::View};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent, Performance};

use crate::{
    bridge::{self, Envelope, FromWorker, Open, ToWorker},
    model::Link,
    worker::{
        export::Origin, file::Loading, refill::FromPage, socket::Live, stats::Took, store::Store, turn::Turns,
    },
};

/// While a recording is loaded, the page gets news 4 times a second at most.
const LOAD_PUSH_MS: f64 = 250.0;

enum Source {
    Closed,
    Live(Box<Live>),
    File(Box<Loading>),
}

struct State {
    engine: Engine,
    options: Options,
    source: Source,
    /// Counts sources: what belongs to an earlier one is not wanted any more.
    epoch: u32,
    view: Option<View>,
    /// The rev and the history's version answered last.
    answered: Option<(u32, u64)>,
    /// That answer had nothing to show yet.
    answered_nothing: bool,
    /// The page has the last frame on the screen.
    taken: bool,
    pushed_ms: f64,
    push_later: Option<Timeout>,
    link_said: Option<Link>,
    link_said_ms: f64,
    took: Took,
    /// Readers that wait until another piece is wanted.
    hungry: Vec<Function>,
    origin: Origin,
    store: Store,
    store_later: Option<Timeout>,
    /// It holds what a worker before it had, which may be nothing; its store is open.
    refilled: bool,
    /// What has to wait until this worker is filled again, and what goes beside it.
    deferred: Option<Vec<Envelope<ToWorker>>>,
}

/// One for each worker.
pub struct Worker {
    scope: DedicatedWorkerGlobalScope,
    performance: Option<Performance>,
    state: RefCell<State>,
    turns: RefCell<Option<Turns>>,
    greeted: Cell<bool>,
    /// Where the next live source is kept.
    folder: RefCell<Option<String>>,
    /// Work that goes on when the slices have time for it.
    patient: RefCell<Vec<Function>>,
    /// Slices in a row that had none.
    busy: Cell<u32>,
    /// What is being saved.
    exporting: Cell<Option<u32>>,
}

/// Runs the worker: listens to the page, and says that it is ready.
///
/// # Panics
/// Outside of a worker.
pub fn start() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    tell_panics(scope.clone());
    let performance = js_sys::Reflect::get(&scope, &"performance".into())
        .ok()
        .and_then(|performance| performance.dyn_into().ok());
    let worker = Rc::new(Worker {
        scope: scope.clone(),
        performance,
        state: RefCell::new(State::new(Options::default(), 0)),
        turns: RefCell::new(None),
        greeted: Cell::new(false),
        folder: RefCell::default(),
        patient: RefCell::default(),
        busy: Cell::new(0),
        exporting: Cell::new(None),
    });
    let slice = Rc::downgrade(&worker);
    *worker.turns.borrow_mut() = Some(Turns::new(move || {
        if let Some(worker) = slice.upgrade() {
            worker.slice();
        }
    }));
    let hear = worker.clone();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(envelope) = Envelope::open(&event.data()) {
            hear.hear(envelope);
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // Both live as long as the worker.
    on_message.forget();
    worker.post(&FromWorker::Ready { build: bridge::BUILD.to_owned() });
}

/// A panic ends the worker: the page gets to know why before it does. (After it, no destructor runs and nothing more is
/// answered; the page puts another worker in its place.)
fn tell_panics(scope: DedicatedWorkerGlobalScope) {
    thread_local!(static SCOPE: RefCell<Option<DedicatedWorkerGlobalScope>> = const { RefCell::new(None) });
    SCOPE.set(Some(scope));
    std::panic::set_hook(Box::new(|info| {
        let what = info.payload();
        let what = what.downcast_ref::<String>().map(String::as_str).or_else(|| what.downcast_ref().copied());
        let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        let said = FromWorker::Crashed(format!("{}{place}", what.unwrap_or("it panicked")));
        SCOPE.with_borrow(|scope| {
            if let Some(scope) = scope {
                // If even this fails, the heartbeat tells.
                drop(bridge::post_to_page(scope, &said, []));
            }
        });
    }));
}

impl State {
    fn new(options: Options, epoch: u32) -> Self {
        Self {
            engine: Engine::new(options),
            options,
            source: Source::Closed,
            epoch,
            view: None,
            answered: None,
            answered_nothing: true,
            taken: true,
            pushed_ms: 0.0,
            push_later: None,
            link_said: None,
            link_said_ms: 0.0,
            took: Took::default(),
            hungry: Vec::new(),
            origin: Origin::default(),
            store: Store::default(),
            store_later: None,
            refilled: false,
            deferred: None,
        }
    }

    fn link(&self) -> Link {
        match &self.source {
            Source::Closed => Link::Idle,
            Source::Live(live) => live.link(),
            Source::File(loading) => loading.link(),
        }
    }
}

impl Worker {
    pub fn scope(&self) -> &DedicatedWorkerGlobalScope {
        &self.scope
    }

    fn now(&self) -> f64 {
        self.performance.as_ref().map_or_else(js_sys::Date::now, Performance::now)
    }

    fn post(&self, message: &FromWorker) {
        self.post_with(message, Vec::new());
    }

    fn post_with(&self, message: &FromWorker, beside: Vec<JsValue>) {
        let posted = bridge::post_to_page(&self.scope, message, beside);
        debug_assert!(posted.is_ok(), "what is posted can be cloned");
    }

    fn turn(&self) {
        if let Some(turns) = self.turns.borrow_mut().as_mut() {
            turns.ask();
        }
    }

    fn hear(self: &Rc<Self>, envelope: Envelope<ToWorker>) {
        let Envelope { message, beside } = envelope;
        if !self.greeted.get() && !matches!(message, ToWorker::Hello { .. }) {
            return;
        }
        let waits = matches!(
            message,
            ToWorker::Open(_) | ToWorker::Pause(_) | ToWorker::RetryNow | ToWorker::StopTrying
        );
        if waits && let Some(deferred) = &mut self.state.borrow_mut().deferred {
            deferred.push(Envelope { message, beside });
            return;
        }
        match message {
            ToWorker::Hello { build, budget_bytes } => {
                self.greeted.set(build == bridge::BUILD);
                let budget_bytes = usize::try_from(budget_bytes).unwrap_or(usize::MAX);
                *self.state.borrow_mut() = State::new(Options { budget_bytes }, 1);
            }
            ToWorker::View(view) => {
                let mut state = self.state.borrow_mut();
                state.view = Some(*view);
                state.taken = true;
                drop(state);
                self.turn();
            }
            ToWorker::Taken(rev) => {
                let mut state = self.state.borrow_mut();
                state.taken |= state.answered.is_some_and(|(answered, _)| answered == rev);
                drop(state);
                self.push();
            }
            ToWorker::Open(open) => self.open(open, beside.into_iter().next()),
            ToWorker::Close => {
                self.close();
                self.say_link();
            }
            ToWorker::Pause(pause) => {
                self.live(|live| live.pause(pause));
            }
            ToWorker::RetryNow => socket::retry(self),
            ToWorker::StopTrying => socket::stop(self),
            ToWorker::CancelReading => self.cancel_reading(),
            ToWorker::Query { id, screen, view } => {
                let json = self.state.borrow_mut().engine.rows_json(&screen, &view);
                self.post(&FromWorker::Answer { id, json });
            }
            ToWorker::Stats { id, view } => {
                let json = stats::json(&mut self.state.borrow_mut(), *view);
                self.post(&FromWorker::Answer { id, json });
            }
            ToWorker::Ping(number) => {
                self.post(&FromWorker::Pong(number));
                // That nothing comes any more is news too.
                self.turn();
            }
            ToWorker::Crash => panic!("as a script asked by crash()"),
            ToWorker::Preview { view, replace, salt } => {
                let preview =
                    export::preview::preview(&mut self.state.borrow_mut().engine, &view, replace, salt);
                self.post(&FromWorker::Preview(preview));
            }
            ToWorker::Export { export, numbers } => {
                export::export(self, export, export::FromPage { numbers, frames: beside });
            }
            ToWorker::CancelExport => self.exporting.set(None),
            ToWorker::Store(folder) => *self.folder.borrow_mut() = folder,
            ToWorker::TakeFrames { numbers, dropped } => {
                refill::refill(self, FromPage { numbers, frames: beside, dropped });
            }
        }
    }

    /// Forgets the source and its history.
    fn close(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        let old = std::mem::replace(&mut *state, State::new(Options::default(), 0));
        *state = State::new(old.options, old.epoch.wrapping_add(1));
        drop(state);
        for wake in &old.hungry {
            called(wake.call0(&JsValue::NULL));
        }
        store::discard(self, old.store);
    }

    fn open(self: &Rc<Self>, open: Open, file: Option<JsValue>) {
        // A history that was filled again before its source is opened stays, and its store: to remove its folder and to open
        // the same one anew at once would be a race.
        let refilled = {
            let state = self.state.borrow();
            matches!((&open, &state.source), (Open::Endpoint { .. }, Source::Closed)) && state.refilled
        };
        if !refilled {
            self.close();
        }
        let epoch = self.state.borrow().epoch;
        match &open {
            Open::Endpoint { url } => {
                if !refilled {
                    self.open_store(epoch);
                }
                self.state.borrow_mut().origin = Origin::Live;
                let live = Live::new(url.clone(), refilled);
                self.state.borrow_mut().source = Source::Live(Box::new(live));
                socket::dial(self, epoch);
            }
            Open::Url { url } => {
                self.state.borrow_mut().source = Source::File(Box::new(Loading::new(&open)));
                self.state.borrow_mut().origin = Origin::Url(url.clone());
                file::fetch(self.clone(), epoch, url.clone());
            }
            Open::File { .. } => {
                self.state.borrow_mut().source = Source::File(Box::new(Loading::new(&open)));
                if let Some(blob) = file.and_then(|file| file.dyn_into::<Blob>().ok()) {
                    self.state.borrow_mut().origin = Origin::File(blob.clone());
                    file::read_file(self.clone(), epoch, blob);
                }
            }
        }
        self.say_link();
    }

    fn open_store(self: &Rc<Self>, epoch: u32) {
        let (worker, folder) = (self.clone(), self.folder());
        spawn_local(async move {
            if store::open(&worker, epoch, folder).await.is_some() {
                store::write(&worker, epoch).await;
                worker.keep_store();
            }
        });
    }

    fn origin(&self) -> Origin {
        self.state.borrow().origin.clone()
    }

    fn folder(&self) -> Option<String> {
        self.folder.borrow().clone()
    }

    /// What the page wants of a source waits until it is filled again.
    fn defer(&self) {
        self.state.borrow_mut().deferred = Some(Vec::new());
    }

    /// This source's history is filled again.
    fn refilled(&self, epoch: u32) {
        let mut state = self.state.borrow_mut();
        state.refilled |= state.epoch == epoch;
    }

    /// It is: what waited comes.
    fn go_on(self: &Rc<Self>) {
        let deferred = self.state.borrow_mut().deferred.take();
        deferred.into_iter().flatten().for_each(|envelope| self.hear(envelope));
    }

    /// Time of the newest in the history.
    fn newest_ms(&self) -> Option<u64> {
        self.state.borrow().engine.counters().last_ms
    }

    /// Waits for another turn, after views, intake and loading.
    async fn pause(&self) {
        let promise = Promise::new(&mut |resolve, _| self.patient.borrow_mut().push(resolve));
        self.turn();
        called(JsFuture::from(promise).await);
    }

    /// Lets go on what is patient, if a slice left time for it; it gets a slice in four at least.
    fn be_patient(&self, has_time: bool) {
        self.busy.set(if has_time { 0 } else { self.busy.get() + 1 });
        if !has_time && !self.busy.get().is_multiple_of(4) {
            self.turn();
            return;
        }
        let patient = std::mem::take(&mut *self.patient.borrow_mut());
        patient.iter().for_each(|wake| called(wake.call0(&JsValue::NULL)));
    }

    /// One slice of work.
    fn slice(self: &Rc<Self>) {
        if let Some(turns) = self.turns.borrow_mut().as_mut() {
            turns.began();
        }
        let began = self.now();
        let over = || self.now() - began >= turn::SLICE_MS;
        self.answer_if_asked();
        let more = socket::work(self, over) || self.load(over);
        self.push();
        self.say_link();
        if more {
            self.turn();
        }
        if !self.patient.borrow().is_empty() {
            self.be_patient(!over());
        }
    }

    pub fn epoch(&self) -> u32 {
        self.state.borrow().epoch
    }

    /// Does something with the engine, and with the live source, if there is one; how long it takes is counted as intake.
    pub fn engine(&self, with: impl FnOnce(&mut Engine, Option<&mut Live>)) {
        let began = self.now();
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let live = match &mut state.source {
            Source::Live(live) => Some(&mut **live),
            _ => None,
        };
        with(&mut state.engine, live);
        state.took.intake(self.now() - began);
    }

    /// Does something with the live source, if there is one.
    pub fn live<T>(&self, with: impl FnOnce(&mut Live) -> T) -> Option<T> {
        match &mut self.state.borrow_mut().source {
            Source::Live(live) => Some(with(live)),
            _ => None,
        }
    }

    /// Says how it stands, when that is something else than was said last; progress and lag not more than 4 times a
    /// second.
    pub fn say_link(&self) {
        let mut state = self.state.borrow_mut();
        let link = state.link();
        if state.link_said.as_ref() == Some(&link) {
            return;
        }
        let now = self.now();
        let small = match (&state.link_said, &link) {
            (Some(Link::File { .. }), Link::File(reading)) => !reading.is_over(),
            (Some(Link::Live { interval_ms: before, .. }), Link::Live { interval_ms, .. }) => {
                before == interval_ms
            }
            _ => false,
        };
        if small && now - state.link_said_ms < LOAD_PUSH_MS {
            return;
        }
        state.link_said_ms = now;
        state.link_said = Some(link.clone());
        drop(state);
        self.post(&FromWorker::Link(link));
    }
}

/// The functions of a promise never throw.
fn called(result: Result<JsValue, JsValue>) {
    debug_assert!(result.is_ok());
}
