//! The root of the page: one [`Model`], changed by [`update`], and all that has to be done besides.

mod address_bar;
mod keys;
mod listen;
mod opening;
mod timing;

use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::{
    app::{address_bar::AddressBar, listen::Listeners, timing::Timing},
    ask,
    bridge::Export,
    console::{self, Call},
    dom,
    host::{Heard, Host},
    model::{Action, Link, Model, Said, SourceRef, Theme},
    route, shell, store, update,
};

pub enum Msg {
    Act(Action),
    Heard(Heard),
    Beat,
    /// Back, forward, a pasted link.
    AddressChanged,
    /// An endpoint's address as a user wrote it, its token included.
    Address(String),
    /// A file that was dropped, chosen, or handed over by a script, and its name.
    File(JsValue, String),
    Call(Call),
}

/// What a script waits for.
enum Until {
    /// What was asked for is on the screen.
    Shown,
    /// And the source is open, or can't be opened.
    Opened,
}

struct Waiter {
    until: Until,
    done: Box<dyn FnOnce()>,
}

pub struct App {
    model: Rc<Model>,
    host: Host,
    address_bar: AddressBar,
    /// The file that is open.
    file: Option<JsValue>,
    /// The rev of a frame that is being painted.
    painting: Option<u32>,
    waiters: Vec<Waiter>,
    timing: Timing,
    _beat: Interval,
    _listeners: Listeners,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link();
        let host = Host::new(link.callback(Msg::Heard));
        console::install(&link.callback(Msg::Call));
        let mut model = Model {
            theme: store::theme(),
            recents: store::recents(),
            window: listen::window_size(),
            system_dark: listen::system_dark(),
            now_ms: js_sys::Date::now(),
            zone_minutes: -js_sys::Date::new_0().get_timezone_offset() as i32,
            ..Model::default()
        };
        show_theme(model.theme);
        let mut address_bar = AddressBar::default();
        let route = address_bar.read();
        let effects = update::update(&mut model, Action::Route(Box::new(route)));
        let mut app = Self {
            model: Rc::new(model),
            address_bar,
            file: None,
            painting: None,
            waiters: Vec::new(),
            timing: Timing::new(),
            _beat: {
                let beat = link.callback(|()| Msg::Beat);
                Interval::new(1000, move || beat.emit(()))
            },
            _listeners: Listeners::new(link),
            host,
        };
        app.effects(ctx, effects);
        app.follow();
        app
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Act(action) => self.act(ctx, action),
            Msg::Heard(heard) => {
                let arrived_ms = self.timing.now();
                let said = self.host.hear(heard, js_sys::Date::now());
                if let Some(Said::Frame(frame)) = said.first() {
                    self.painting = Some(frame.rev);
                    self.timing.frame_came(arrived_ms);
                }
                self.said(ctx, said)
            }
            Msg::Beat => {
                let said = self.host.beat(js_sys::Date::now());
                let spoke = self.said(ctx, said);
                let counts = self.model.lost_at_ms.is_some()
                    || matches!(self.model.link, Link::Waiting { .. })
                    || self.model.source_panel;
                spoke || counts && self.act(ctx, Action::Tick(js_sys::Date::now()))
            }
            Msg::AddressChanged => {
                let route = self.address_bar.read();
                self.act(ctx, Action::Route(Box::new(route)))
            }
            Msg::Address(text) => {
                let address = route::address(&text);
                if let Some(token) = &address.token {
                    store::put_token(&address.url, token);
                }
                self.act(ctx, Action::Open(SourceRef::Endpoint(address.url)))
            }
            Msg::File(file, name) => {
                self.file = Some(file);
                self.act(ctx, Action::Open(SourceRef::File(name)))
            }
            Msg::Call(call) => self.call(ctx, call),
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        html! {
            <shell::Shell
                model={self.model.clone()}
                dispatch={link.callback(Msg::Act)}
                on_address={link.callback(Msg::Address)}
                on_file={link.callback(|(file, name)| Msg::File(file, name))}
            />
        }
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        if let Some(rev) = self.painting.take() {
            self.timing.frame_painted();
            self.host.taken(rev);
        }
        self.resolve();
    }
}

impl App {
    fn act(&mut self, ctx: &Context<Self>, action: Action) -> bool {
        let before = self.model.clone();
        let model = Rc::make_mut(&mut self.model);
        if matches!(action, Action::Open(_) | Action::SourcePanel(_)) {
            model.now_ms = js_sys::Date::now();
        }
        let effects = update::update(model, action);
        self.effects(ctx, effects);
        let changed = before != self.model;
        if !changed {
            // The same allocation says to all that draw from it that nothing changed.
            self.model = before;
        }
        self.follow();
        changed
    }

    fn said(&mut self, ctx: &Context<Self>, said: Vec<Said>) -> bool {
        let mut changed = false;
        for said in said {
            let clock = matches!(said, Said::Link(Link::Waiting { .. }));
            if clock {
                self.act(ctx, Action::Tick(js_sys::Date::now()));
            }
            changed |= self.act(ctx, Action::Said(Box::new(said)));
        }
        changed
    }

    /// What follows from the state alone: the address, and what is asked of the engine.
    fn follow(&mut self) {
        self.address_bar.show(&self.model.route, self.model.window.phone());
        if self.model.route.source.is_some() {
            self.host.show(ask::view(&self.model));
        }
        self.resolve();
    }

    fn effects(&mut self, ctx: &Context<Self>, effects: Vec<update::Effect>) {
        for effect in effects {
            match effect {
                update::Effect::Open(source) => match opening::open(&source, self.file.clone()) {
                    Some((open, file)) => self.host.open(open, file),
                    None => {
                        ctx.link().send_message(Msg::Act(Action::Close));
                    }
                },
                update::Effect::Close => {
                    self.file = None;
                    self.host.close();
                }
                update::Effect::Pause(pause) => self.host.pause(pause),
                update::Effect::RetryNow => self.host.retry(),
                update::Effect::StopTrying => self.host.stop_trying(),
                update::Effect::CancelReading => self.host.cancel_reading(),
                update::Effect::Preview { replace, salt } => {
                    self.host.preview(ask::preview(&self.model), replace, salt);
                }
                update::Effect::Export { range, replace, salt, packed, name } => {
                    let export = Export { id: 0, range, replace, salt, packed };
                    self.host.export(export, name);
                }
                update::Effect::CancelExport => self.host.cancel_export(),
                update::Effect::StoreTheme(theme) => {
                    store::put_theme(theme);
                    show_theme(theme);
                }
                update::Effect::StoreRecents(recents) => store::put_recents(&recents),
                update::Effect::Expire(id) => {
                    let link = ctx.link().clone();
                    Timeout::new(5000, move || link.send_message(Msg::Act(Action::DismissToast(id))))
                        .forget();
                }
            }
        }
    }

    fn call(&mut self, ctx: &Context<Self>, call: Call) -> bool {
        match call {
            Call::Open(what, done) => {
                let changed = match what {
                    console::What::Bytes(bytes) => match console::blob(&bytes) {
                        Some(blob) => {
                            Component::update(self, ctx, Msg::File(blob.into(), "a recording".to_owned()))
                        }
                        None => false,
                    },
                    console::What::Address(text) if opening::is_recording(&text) => {
                        let route::Address { url, token } = route::recording(&text);
                        if let Some(token) = &token {
                            store::put_token(&url, token);
                        }
                        self.act(ctx, Action::Open(SourceRef::Url(url)))
                    }
                    console::What::Address(text) if text == "sample" => {
                        self.act(ctx, Action::Open(SourceRef::Sample))
                    }
                    console::What::Address(text) => Component::update(self, ctx, Msg::Address(text)),
                };
                self.waiters.push(Waiter { until: Until::Opened, done });
                self.resolve();
                changed
            }
            Call::Seek(cursor, done) => {
                let changed = self.act(ctx, Action::Cursor(cursor));
                self.waiters.push(Waiter { until: Until::Shown, done });
                self.resolve();
                changed
            }
            Call::Query(screen, on_answer) => {
                let view = Box::new(ask::view(&self.model));
                self.host.ask(|id| crate::bridge::ToWorker::Query { id, screen, view }, on_answer);
                false
            }
            Call::Stats(on_stats) => {
                let page = self.timing.page_stats(&self.model);
                let on_answer = Box::new(move |engine| on_stats(timing::join(engine, page)));
                let view = Box::new(ask::view(&self.model));
                self.host.ask(|id| crate::bridge::ToWorker::Stats { id, view }, on_answer);
                false
            }
            Call::Crash => {
                self.host.crash();
                false
            }
        }
    }

    /// Keeps the promises whose answer is on the screen.
    fn resolve(&mut self) {
        if self.waiters.is_empty() || self.painting.is_some() {
            return;
        }
        let failed = matches!(self.model.link, Link::Failed { .. } | Link::Waiting { .. } | Link::Idle);
        let open = match self.model.link {
            Link::File(ref reading) => reading.is_over(),
            Link::Live { .. } | Link::Paused { .. } => true,
            _ => failed,
        };
        let shown = failed || self.model.frame.is_some() && self.host.settled(ask::view(&self.model));
        let (ready, waiting) =
            std::mem::take(&mut self.waiters).into_iter().partition(|waiter| match waiter.until {
                Until::Shown => shown,
                Until::Opened => open && shown,
            });
        self.waiters = waiting;
        let ready: Vec<Waiter> = ready;
        if !ready.is_empty() {
            // Canvases are painted by effects, which run after this.
            Timeout::new(0, move || ready.into_iter().for_each(|waiter| (waiter.done)())).forget();
        }
    }
}

fn show_theme(theme: Theme) {
    let Some(root) = dom::document().document_element() else { return };
    let set = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Dark => root.set_attribute("data-theme", "dark"),
        Theme::Light => root.set_attribute("data-theme", "light"),
    };
    debug_assert!(set.is_ok(), "the attribute has a valid name");
}
