//! Tells when an element was scrolled or changed its size, at most once a frame.

use std::{cell::Cell, rc::Rc};

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Element, ResizeObserver};

/// Watches until it is dropped.
pub struct Watch {
    _listener: EventListener,
    observer: Option<ResizeObserver>,
    /// The frame that is asked for.
    frame: Rc<Cell<Option<i32>>>,
    _look: Rc<Closure<dyn FnMut()>>,
}

impl Watch {
    /// `look` is also called once at the beginning, when the size is known.
    pub fn new(element: &Element, look: impl Fn(&Element) + 'static) -> Self {
        let frame = Rc::new(Cell::new(None));
        let look = {
            let (element, frame) = (element.clone(), frame.clone());
            Rc::new(Closure::<dyn FnMut()>::new(move || {
                frame.set(None);
                look(&element);
            }))
        };
        let soon = {
            let (look, frame) = (look.clone(), frame.clone());
            move || {
                if frame.get().is_none() {
                    let asked = web_sys::window().and_then(|window| {
                        window.request_animation_frame((*look).as_ref().unchecked_ref()).ok()
                    });
                    frame.set(asked);
                }
            }
        };
        let observer = ResizeObserver::new((*look).as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(element);
        }
        Self {
            _listener: EventListener::new(element, "scroll", move |_| soon()),
            observer,
            frame,
            _look: look,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
        // What is called after it was dropped would be an error in the console.
        if let (Some(frame), Some(window)) = (self.frame.get(), web_sys::window()) {
            window.cancel_animation_frame(frame).ok();
        }
    }
}
