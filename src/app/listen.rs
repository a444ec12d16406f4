//! What the page hears of the browser: window, address, keys, files dropped.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, Event, KeyboardEvent};
use yew::html::Scope;

use super::{App, Msg, keys};
use crate::{
    dom,
    model::{Action, Window},
};

const DARK: &str = "(prefers-color-scheme: dark)";

/// Listens as long as it lives.
pub struct Listeners(#[expect(dead_code, reason = "held to keep listening")] Vec<EventListener>);

impl Listeners {
    pub fn new(link: &Scope<App>) -> Self {
        let window = dom::window();
        let active = EventListenerOptions::enable_prevent_default();
        let mut all = Vec::new();
        let to = link.clone();
        all.push(EventListener::new(&window, "resize", move |_| {
            to.send_message(Msg::Act(Action::Window(window_size())));
        }));
        if let Ok(Some(dark)) = window.match_media(DARK) {
            let to = link.clone();
            all.push(EventListener::new(&dark, "change", move |_| {
                to.send_message(Msg::Act(Action::SystemDark(system_dark())));
            }));
        }
        let to = link.clone();
        all.push(EventListener::new(&window, "hashchange", move |_| to.send_message(Msg::AddressChanged)));
        let to = link.clone();
        all.push(EventListener::new_with_options(&window, "keydown", active, move |event| {
            if let Some(event) = event.dyn_ref::<KeyboardEvent>()
                && let Some(action) = keys::action(event)
            {
                event.prevent_default();
                if let Some(action) = action {
                    to.send_message(Msg::Act(action));
                }
            }
        }));
        // Without this a browser leaves the page for the file.
        all.push(EventListener::new_with_options(&window, "dragover", active, Event::prevent_default));
        let to = link.clone();
        all.push(EventListener::new_with_options(&window, "drop", active, move |event| {
            event.prevent_default();
            let file = event
                .dyn_ref::<DragEvent>()
                .and_then(DragEvent::data_transfer)
                .and_then(|data| data.files())
                .and_then(|files| files.get(0));
            if let Some(file) = file {
                let name = file.name();
                to.send_message(Msg::File(file.into(), name));
            }
        }));
        Self(all)
    }
}

pub fn system_dark() -> bool {
    dom::window().match_media(DARK).ok().flatten().is_some_and(|dark| dark.matches())
}

pub fn window_size() -> Window {
    let window = dom::window();
    let number =
        |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
    Window {
        width: number(window.inner_width()),
        height: number(window.inner_height()),
        scale: window.device_pixel_ratio(),
    }
}
