//! A dialog over the page: it has the focus and keeps it, Escape closes it, and what had the focus before gets it back. What
//! lies behind is `inert`, which is the page's to say.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::dom;

const FOCUSABLE: &str = "button:not([disabled]), input:not([disabled]), a[href], [tabindex='0']";

#[derive(Clone, PartialEq, Properties)]
pub struct DialogProps {
    /// The id of its heading.
    pub label: AttrValue,
    pub class: AttrValue,
    pub on_close: Callback<()>,
    pub children: Html,
}

#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let before =
                dom::document().active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok());
            if let Some(dialog) = node.cast::<HtmlElement>() {
                focus(&dialog);
            }
            move || before.as_ref().map_or((), focus)
        });
    }
    let onkeydown = {
        let (node, on_close) = (node.clone(), props.on_close.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" => {
                event.prevent_default();
                event.stop_propagation();
                on_close.emit(());
            }
            "Tab" => {
                if let Some(dialog) = node.cast::<HtmlElement>()
                    && let Some(next) = beyond(&dialog, event.shift_key())
                {
                    event.prevent_default();
                    focus(&next);
                }
            }
            _ => {}
        })
    };
    let on_veil = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <>
            <div class="shade" onclick={on_veil}></div>
            <div ref={node} class={classes!("dlg", props.class.clone())} role="dialog" aria-modal="true"
                aria-labelledby={props.label.clone()} tabindex="-1" {onkeydown}>
                { props.children.clone() }
            </div>
        </>
    }
}

fn focus(element: &HtmlElement) {
    // It may have left the page.
    drop(element.focus());
}

/// Where the focus goes round, if it would leave the dialog.
fn beyond(dialog: &HtmlElement, back: bool) -> Option<HtmlElement> {
    let all = dialog.query_selector_all(FOCUSABLE).ok()?;
    let at = |index: u32| all.item(index).and_then(|node| node.dyn_into::<HtmlElement>().ok());
    let (first, last) = (at(0)?, at(all.length() - 1)?);
    let now = dom::document().active_element();
    let is = |element: &HtmlElement| now.as_ref() == Some(element.as_ref());
    match back {
        true if is(&first) || is(dialog) => Some(last),
        false if is(&last) => Some(first),
        _ => None,
    }
}
