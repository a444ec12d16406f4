//! Messages at the bottom right: a success leaves by itself, an error stays until it is closed.

use yew::prelude::*;

use super::banner::PartProps;
use crate::{
    model::Action,
    part::{
        each,
        glyph::{Glyph, Shape},
        icon::{Icon, Name},
    },
};

#[component]
pub fn Toasts(props: &PartProps) -> Html {
    html! {
        <div class="toasts">{ each(props.model.toasts.iter().map(|toast| {
            let id = toast.id;
            let onclick = props.dispatch.reform(move |_: MouseEvent| Action::DismissToast(id));
            let (shape, word, role) = if toast.error { (Shape::Error, "error", "alert") } else { (Shape::Active, "done", "status") };
            html! {
                <div class="toast" key={id} {role}>
                    <Glyph {shape} label={word} size={12} /><span>{ &toast.text }</span>
                    <button class="btn ic" aria-label="Close" {onclick}><Icon name={Name::Close} size={13} /></button>
                </div>
            }
        })) }</div>
    }
}
