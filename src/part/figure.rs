//! Numbers in cells: the unit is grey and has a slot of its own, nothing told is "–", zero is a grey 0.

use yew::prelude::*;

use crate::format::{self, NONE, Quantity};

fn slotted(quantity: &Quantity, title: Option<String>) -> Html {
    html! { <span {title}>{ quantity.number.clone() }<i class="u">{ quantity.unit }</i></span> }
}

fn none() -> Html {
    html! { <span class="t3">{ NONE }<i class="u"></i></span> }
}

/// Bytes per second under a head that says "/s".
pub fn rate(value: Option<f64>) -> Html {
    match value {
        None => none(),
        Some(value) if value < 0.5 => html! { <><span class="zero">{ "0" }</span><i class="u"></i></> },
        Some(value) => slotted(&format::bytes(value), None),
    }
}

/// Bytes per second where the cell must say "/s".
pub fn rate_with_unit(value: Option<f64>) -> Html {
    match value {
        Some(value) if value >= 0.5 => {
            let quantity = format::bytes(value);
            html! { <>{ quantity.number }<i class="u">{ format!("{}/s", quantity.unit) }</i></> }
        }
        value => rate(value),
    }
}

/// Bytes since the beginning; the exact number in the tooltip.
pub fn total(value: Option<u64>) -> Html {
    match value {
        None => none(),
        Some(0) => html! { <><span class="zero">{ "0" }</span><i class="u"></i></> },
        Some(value) => slotted(&format::bytes(value as f64), Some(format!("{} B", format::count(value)))),
    }
}

/// A round trip.
pub fn round_trip(value: Option<u64>) -> Html {
    match value {
        None => html! { <span class="t3">{ NONE }</span> },
        Some(ns) => {
            let quantity = format::nanos(ns);
            html! { <>{ quantity.number }<i class="u1">{ quantity.unit }</i></> }
        }
    }
}

pub fn age(value: Option<u64>) -> Html {
    match value {
        None => html! { <span class="t3">{ NONE }</span> },
        Some(ms) => html! { { format::duration_ms(ms) } },
    }
}

/// A count; zero is grey, unknown is "–".
pub fn count(value: Option<u64>) -> Html {
    match value {
        None => html! { <span class="t3">{ NONE }</span> },
        Some(0) => html! { <span class="zero">{ "0" }</span> },
        Some(value) => html! { { format::count(value) } },
    }
}

/// The same as plain text, for copying and for readers.
pub fn rate_text(value: Option<f64>) -> String {
    value.map_or(NONE.into(), |value| format::bytes(value.max(0.0)).per_second())
}

pub fn total_text(value: Option<u64>) -> String {
    value.map_or(NONE.into(), |value| format::bytes(value as f64).text())
}
