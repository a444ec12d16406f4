//! A swatch and a word: transports, protocols, types of events.

use yew::prelude::*;

use super::{
    colour::{self, Swatch},
    text,
};
use crate::format::NONE;

/// A transport; relayed is dashed, here as everywhere.
pub fn transport(name: Option<&str>) -> Html {
    let Some(name) = name else { return html! { <span class="t3">{ NONE }</span> } };
    let mark = if name == "relayed" {
        html! {
            <svg class="sw" width="8" height="8" aria-hidden="true">
                <path d="M0 4h3M5 4h3" stroke="var(--relayed)" stroke-width="3" />
            </svg>
        }
    } else {
        html! { <Swatch token={colour::transport(Some(name))} /> }
    };
    html! { <span class="badge" title={text::title(name)}>{ mark }<span class="el">{ text::safe(name) }</span></span> }
}

/// A protocol of a stream; None while it negotiates.
pub fn protocol(name: Option<&str>) -> Html {
    match name {
        None => html! { <span class="badge t3">{ "negotiating" }</span> },
        Some(name) => html! {
            <span class="badge" title={text::title(name)}>
                <Swatch token={colour::protocol(Some(name))} />
                <span class="mono el name">{ text::safe(name) }</span>
            </span>
        },
    }
}

/// A type of event.
pub fn event(kind: &str) -> Html {
    html! {
        <span class="badge event" title={text::title(kind)}>
            <Swatch token={colour::event(kind)} />
            <span class="el">{ text::safe(kind) }</span>
        </span>
    }
}
