//! The types of events in the range, with their counts; a press switches one off or on.

use peerscope_engine::frame::{Events, TypeCount};
use yew::prelude::*;

use crate::part::each;

use super::{super::ScreenProps, Action as Own};
use crate::{
    format,
    model::Action,
    part::{
        colour::{self, Swatch},
        text,
    },
};

pub fn list(props: &ScreenProps, answer: Option<&Events>) -> Html {
    let types = answer.map(|log| log.types.as_slice()).unwrap_or_default();
    let shown = types.iter().filter(|kind| !kind.hidden).count();
    let toggles = types.iter().map(|kind| toggle(props, kind));
    let all = (!props.model.events.hidden.is_empty()).then(|| {
        let onclick = props.dispatch.reform(|_: MouseEvent| Action::Events(Own::AllTypes));
        html! { <button class="btn" {onclick}>{ "Show all" }</button> }
    });
    let none = (answer.is_some() && types.is_empty())
        .then(|| html! { <li class="none t3">{ "None in this range" }</li> });
    html! {
        <aside class="fac" aria-label="Types of events">
            <h2>{ "Type" }<span class="sp"></span>{ format!("{shown} of {}", types.len()) }</h2>
            <ul>{ each(toggles) }{ each(none) }</ul>
            { each(all) }
        </aside>
    }
}

fn toggle(props: &ScreenProps, kind: &TypeCount) -> Html {
    let name = kind.name.clone();
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Events(Own::ToggleType(name.clone())));
    html! {
        <li key={kind.name.clone()}>
            <button class={classes!("type", kind.hidden.then_some("off"))} aria-pressed={(!kind.hidden).to_string()}
                title={text::title(&kind.name)} data-type={kind.name.clone()} {onclick}>
                <Swatch token={colour::event(&kind.name)} />
                <span class="el">{ text::safe(&kind.name) }</span>
                <span class="n">{ format::count(u64::from(kind.count)) }</span>
            </button>
        </li>
    }
}
