//! Keys of the whole page. A field that is being typed in keeps its own.

use peerscope_engine::view::Cursor;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::{
    dom,
    model::{Action, Screen},
};

/// What a key means; `Some(None)`: it was dealt with here. None: nothing of ours.
pub fn action(event: &KeyboardEvent) -> Option<Option<Action>> {
    if dom::document().query_selector("[aria-modal=true]").ok().flatten().is_some() {
        // What is over the page has all keys.
        return None;
    }
    let key = event.key();
    let control = event.ctrl_key() || event.meta_key();
    if control && !event.alt_key() && !event.shift_key() && key == "f" {
        return focus_search().then_some(None);
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let inside =
        |selector: &str| target.as_ref().and_then(|target| target.closest(selector).ok().flatten()).is_some();
    if control || event.alt_key() || inside("input, textarea, select, [contenteditable]") {
        return None;
    }
    let action = match key.as_str() {
        "/" => return focus_search().then_some(None),
        "," => Action::Step(-1),
        "." => Action::Step(1),
        "p" | "P" => Action::Hold,
        " " if !inside("button, a, [role=row], [role=tab], [role=treeitem], [tabindex]") => Action::Hold,
        "m" | "M" => Action::PinHere,
        "l" | "L" => Action::Cursor(Cursor::Live),
        "Escape" => Action::Escape,
        digit => {
            let number = digit.parse::<usize>().ok()?;
            Action::Go(*Screen::ALL.get(number.checked_sub(1)?)?)
        }
    };
    Some(Some(action))
}

fn focus_search() -> bool {
    let field = dom::document().query_selector("[data-testid=search]").ok().flatten();
    let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) else { return false };
    if let Some(input) = field.dyn_ref::<web_sys::HtmlInputElement>() {
        input.select();
    }
    field.focus().is_ok()
}
