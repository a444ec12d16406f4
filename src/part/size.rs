//! How large an element is, as the browser lays it out, and again whenever that changes.

use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

/// In CSS px.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

#[hook]
pub fn use_size(node: &NodeRef) -> Size {
    let size = use_state_eq(Size::default);
    let setter = size.setter();
    use_effect_with(node.clone(), move |node| {
        let element = node.cast::<Element>();
        let measured = element.clone();
        let look = Closure::<dyn FnMut()>::new(move || {
            if let Some(element) = &measured {
                setter.set(Size {
                    width: f64::from(element.client_width()),
                    height: f64::from(element.client_height()),
                });
            }
        });
        // Where a browser has none, the size stays what it was at first: nothing is drawn.
        let observer = ResizeObserver::new(look.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, &element) {
            observer.observe(element);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(look);
        }
    });
    *size
}
