//! The facts: a label, a value, and a grey note.

use peerscope_engine::{
    frame::{Direction, Fact, FactValue, Inspector},
    view::Key,
};
use yew::prelude::*;

use crate::part::each;

use super::super::ScreenProps;
use crate::{
    format::{self, Clock, NONE},
    model::Action,
    part::{
        badge,
        glyph::{StatusGlyph, direction_word, status_word},
        peer::Peer,
        text,
    },
};

pub fn facts(props: &ScreenProps, known: &Inspector) -> Html {
    let rows = known.facts.iter().map(|fact| row(props, fact));
    html! { <div class="isec"><dl class="kv">{ each(rows) }</dl></div> }
}

fn row(props: &ScreenProps, fact: &Fact) -> Html {
    let note = fact.note.as_deref().map(|note| html! { <span class="t3">{ " " }{ text::safe(note) }</span> });
    let (class, title, body) = value(props, &fact.value);
    html! { <><dt>{ text::safe(&fact.label) }</dt><dd {class} {title}>{ body }{ each(note) }</dd></> }
}

/// Its class, its tooltip, and what is shown.
fn value(props: &ScreenProps, value: &FactValue) -> (Option<&'static str>, Option<String>, Html) {
    let zone = props.model.zone_minutes;
    let plain = |text: String| html! { { text } };
    match value {
        FactValue::Untold => (Some("t3"), Some("Not told by this source".into()), plain(NONE.into())),
        FactValue::Text(value) => (None, Some(text::title(value)), text::safe(value)),
        FactValue::Mono(value) => (Some("mono"), Some(text::title(value)), text::safe(value)),
        FactValue::Status(status) => {
            let glyph = html! { <><StatusGlyph status={*status} />{ " " }{ status_word(*status) }</> };
            (None, None, glyph)
        }
        FactValue::Direction(Direction::In) => (None, None, plain("inbound, they dialled us".into())),
        FactValue::Direction(Direction::Out) => (None, None, plain("outbound, we dialled".into())),
        FactValue::Direction(direction) => (None, None, plain(direction_word(*direction))),
        FactValue::Time(at) => {
            let date = format::date_clock(*at, zone, Clock::Millis);
            (Some("mono"), Some(date.clone()), plain(date))
        }
        FactValue::Millis(ms) => (None, None, plain(format::duration_ms(*ms))),
        FactValue::Nanos(ns) => {
            (None, Some(format!("{} ns", format::count(*ns))), plain(format::nanos(*ns).text()))
        }
        FactValue::Count(count) => (None, None, plain(format::count(*count))),
        FactValue::Bytes(bytes) => (None, None, plain(format::bytes(*bytes as f64).text())),
        FactValue::Rate(rate) => (None, None, plain(format::bytes(*rate).per_second())),
        FactValue::Transport(name) => (None, Some(text::title(name)), badge::transport(Some(name))),
        FactValue::Peer(id, key) => (None, None, link(props, key, html! { <Peer id={id.clone()} /> })),
        FactValue::Connection(id, key) => (
            None,
            Some(text::title(id)),
            link(props, key, html! { <span class="mono">{ text::safe(id) }</span> }),
        ),
        FactValue::End(end) => {
            let cause = end.cause.as_deref().map_or_else(
                || html! { { if end.inferred { "gone, not told why" } else { "no cause told" } } },
                text::safe,
            );
            let at = format::clock(end.at_ms, zone, Clock::Seconds);
            let inferred = if end.inferred { ", inferred" } else { "" };
            let body = html! {
                <>
                    <span class={end.error.then_some("err")}>{ cause }</span>
                    <span class="t3">{ format!(" at {at}{inferred}") }</span>
                </>
            };
            (Some("wrap"), end.cause.as_deref().map(text::title), body)
        }
    }
}

/// Selects something else.
pub fn link(props: &ScreenProps, key: &Key, body: Html) -> Html {
    let key = key.clone();
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Select(Some(key.clone())));
    html! { <button class="plain" {onclick}>{ body }</button> }
}
