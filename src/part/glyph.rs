//! How a status looks: shape first, colour second. And the arrow of a direction.

use peerscope_engine::frame::{Direction, End, Status};
use yew::prelude::*;

/// What is drawn. An end that was an error is a cross, whatever the status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Active,
    Opening,
    Closing,
    Closed,
    Error,
    Warning,
    Unknown,
}

impl Shape {
    pub fn of(status: Status, end: Option<&End>) -> Shape {
        if end.is_some_and(|end| end.error) {
            return Shape::Error;
        }
        match status {
            Status::Opening => Shape::Opening,
            Status::Active => Shape::Active,
            Status::Closing => Shape::Closing,
            Status::Closed => Shape::Closed,
            Status::Error => Shape::Error,
            Status::Unknown(_) => Shape::Unknown,
        }
    }
}

/// The status as a word.
pub fn status_word(status: Status) -> String {
    match status {
        Status::Opening => "opening".into(),
        Status::Active => "active".into(),
        Status::Closing => "closing".into(),
        Status::Closed => "closed".into(),
        Status::Error => "error".into(),
        Status::Unknown(number) => format!("status {number}"),
    }
}

pub fn direction_word(direction: Direction) -> String {
    match direction {
        Direction::In => "in".into(),
        Direction::Out => "out".into(),
        Direction::Unknown(number) => format!("direction {number}"),
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct GlyphProps {
    pub shape: Shape,
    /// For readers; empty where the word stands beside it.
    pub label: AttrValue,
    #[prop_or(10)]
    pub size: u32,
}

#[component]
pub fn Glyph(props: &GlyphProps) -> Html {
    let body = match props.shape {
        Shape::Active => html! { <circle cx="5" cy="5" r="3.5" fill="var(--active)" /> },
        Shape::Opening => html! {
            <>
                <circle cx="5" cy="5" r="3" fill="none" stroke="var(--opening)" stroke-width="1.5" />
                <path d="M5 1.4A3.6 3.6 0 0 1 5 8.6z" fill="var(--opening)" />
            </>
        },
        Shape::Closing => html! {
            <circle cx="5" cy="5" r="3" fill="none" stroke="var(--closing)" stroke-width="1.5" stroke-dasharray="2 1.4" />
        },
        Shape::Closed => html! {
            <circle cx="5" cy="5" r="3" fill="none" stroke="var(--closed)" stroke-width="1.3" />
        },
        Shape::Error => html! {
            <path d="M2 2l6 6M8 2l-6 6" stroke="var(--error)" stroke-width="1.8" stroke-linecap="round" />
        },
        Shape::Warning => html! {
            <path d="M5 1.2L9.2 8.8H.8z" fill="none" stroke="var(--warn)" stroke-width="1.4" stroke-linejoin="round" />
        },
        Shape::Unknown => html! {
            <path d="M2 5h6" stroke="var(--closed)" stroke-width="1.5" stroke-linecap="round" />
        },
    };
    let size = props.size.to_string();
    // Beside the word itself it is for eyes alone.
    let label = Some(props.label.clone()).filter(|label| !label.is_empty());
    let hidden = label.is_none().then_some("true");
    let role = label.is_some().then_some("img");
    html! {
        <svg class="gl" width={size.clone()} height={size} viewBox="0 0 10 10" {role} aria-label={label} aria-hidden={hidden}>
            { body }
        </svg>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct StatusProps {
    pub status: Status,
    #[prop_or_default]
    pub end: Option<End>,
    #[prop_or(10)]
    pub size: u32,
}

/// The glyph of a connection or stream.
#[component]
pub fn StatusGlyph(props: &StatusProps) -> Html {
    let shape = Shape::of(props.status, props.end.as_ref());
    html! { <Glyph {shape} label={status_word(props.status)} size={props.size} /> }
}

#[derive(Clone, PartialEq, Properties)]
pub struct ArrowProps {
    pub direction: Direction,
}

/// In points left (to us), out points right.
#[component]
pub fn Arrow(props: &ArrowProps) -> Html {
    let (class, label, path) = match props.direction {
        Direction::In => ("dir in", "inbound", "M11 5H2M5 2L2 5l3 3"),
        Direction::Out => ("dir out", "outbound", "M1 5h9M7 2l3 3-3 3"),
        Direction::Unknown(_) => {
            return html! { <span class="t3" title={direction_word(props.direction)}>{ "–" }</span> };
        }
    };
    html! {
        <svg {class} width="12" height="10" viewBox="0 0 12 10" role="img" aria-label={label}><path d={path} /></svg>
    }
}
