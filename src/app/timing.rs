//! How fast the page is, for `stats()`.

use std::{cell::Cell, collections::VecDeque, rc::Rc};

use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::Performance;

use crate::{
    dom,
    model::{Model, SourceRef},
};

/// Frames that the percentiles are taken over.
const FRAMES: usize = 512;

pub struct Timing {
    performance: Option<Performance>,
    came_ms: Option<f64>,
    frames: VecDeque<f64>,
    long_tasks: Rc<Cell<u32>>,
}

impl Timing {
    pub fn new() -> Self {
        let long_tasks = Rc::new(Cell::new(0));
        watch_long_tasks(long_tasks.clone());
        Self { performance: dom::window().performance(), came_ms: None, frames: VecDeque::new(), long_tasks }
    }

    pub fn now(&self) -> f64 {
        self.performance.as_ref().map_or(0.0, Performance::now)
    }

    pub fn frame_came(&mut self, at_ms: f64) {
        self.came_ms = Some(at_ms);
    }

    pub fn frame_painted(&mut self) {
        let Some(came_ms) = self.came_ms.take() else { return };
        self.frames.push_back(self.now() - came_ms);
        if self.frames.len() > FRAMES {
            self.frames.pop_front();
        }
    }

    /// The part of `stats()` that the page knows.
    pub fn page_stats(&self, model: &Model) -> Value {
        let mut sorted: Vec<f64> = self.frames.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |part: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * part) as usize).copied();
        json!({
            "link": model.link.word(),
            "source": model.route.source.as_ref().map(|source| match source {
                SourceRef::Endpoint(url) | SourceRef::Url(url) => url.clone(),
                SourceRef::Sample => "sample".to_owned(),
                SourceRef::File(name) => name.clone(),
            }),
            "frame_ms_p50": at(0.5),
            "frame_ms_p99": at(0.99),
            "long_tasks": self.long_tasks.get(),
        })
    }
}

/// The engine's part and the page's part as one object.
pub fn join(engine: Result<String, String>, page: Value) -> Result<String, String> {
    let mut all: Value = serde_json::from_str(&engine?).map_err(|error| error.to_string())?;
    if let (Some(all), Value::Object(page)) = (all.as_object_mut(), page) {
        all.extend(page);
    }
    Ok(all.to_string())
}

/// Counts tasks over 50 ms, where the browser tells of them.
fn watch_long_tasks(count: Rc<Cell<u32>>) {
    let Ok(class) = js_sys::Reflect::get(&dom::window(), &"PerformanceObserver".into()) else { return };
    let Ok(class) = class.dyn_into::<js_sys::Function>() else { return };
    let seen = Closure::<dyn Fn(JsValue)>::new(move |list: JsValue| {
        let entries = js_sys::Reflect::get(&list, &"getEntries".into())
            .ok()
            .and_then(|get| get.dyn_into::<js_sys::Function>().ok())
            .and_then(|get| get.call0(&list).ok());
        let entries = entries.map_or(0, |entries| js_sys::Array::from(&entries).length());
        count.set(count.get() + entries);
    });
    let started =
        js_sys::Reflect::construct(&class, &js_sys::Array::of1(seen.as_ref())).and_then(|observer| {
            let observe = js_sys::Reflect::get(&observer, &"observe".into())?;
            let options = js_sys::Object::new();
            js_sys::Reflect::set(&options, &"type".into(), &"longtask".into())?;
            observe.dyn_into::<js_sys::Function>()?.call1(&observer, &options)
        });
    if started.is_ok() {
        // It counts for as long as the page lives.
        seen.forget();
    }
}
