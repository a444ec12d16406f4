//! The screens, at the left; on a phone at the bottom.

use yew::prelude::*;

use super::banner::PartProps;
use crate::{
    format,
    model::{Action, Model, Screen},
    part::{
        each,
        icon::{Icon, Name},
    },
    route,
};

#[component]
pub fn Rail(props: &PartProps) -> Html {
    let model = &props.model;
    html! {
        <nav class={classes!("rail", (!super::has_history(model)).then_some("off"))} aria-label="Views">
            { each(Screen::ALL.into_iter().map(|screen| html! {
                <>
                    if let Some(head) = head(screen) { <p class="head">{ head }</p> }
                    { entry(props, screen) }
                </>
            })) }
        </nav>
    }
}

/// What stands above a screen's entry.
fn head(screen: Screen) -> Option<&'static str> {
    match screen {
        Screen::Connections => Some("Links"),
        Screen::Events => Some("Record"),
        Screen::Overview | Screen::Graph | Screen::Diff => None,
    }
}

fn entry(props: &PartProps, screen: Screen) -> Html {
    let model = &props.model;
    let here = model.route.screen == screen;
    let dispatch = props.dispatch.clone();
    let onclick = Callback::from(move |event: MouseEvent| {
        // With a key held the browser opens the link elsewhere.
        if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
            event.prevent_default();
            dispatch.emit(Action::Go(screen));
        }
    });
    let href = route::write(&crate::model::Route { screen, ..model.route.clone() });
    html! {
        <a {href} {onclick} class={classes!(here.then_some("on"))} aria-current={here.then_some("page")}
            data-testid={format!("nav-{}", screen.word())}>
            <Icon name={icon(screen)} size={15} /><span>{ screen.title() }</span>
            if let Some(count) = count(model, screen) { <i class="n">{ count }</i> }
        </a>
    }
}

fn icon(screen: Screen) -> Name {
    match screen {
        Screen::Overview => Name::Overview,
        Screen::Graph => Name::Graph,
        Screen::Connections => Name::Connections,
        Screen::Events => Name::Events,
        Screen::Diff => Name::Compare,
    }
}

fn count(model: &Model, screen: Screen) -> Option<String> {
    let head = &model.frame.as_ref()?.head;
    match screen {
        Screen::Connections => head.connections.map(|count| format::short_count(f64::from(count))),
        Screen::Events => Some(format::short_count(head.events_recorded as f64)),
        Screen::Overview | Screen::Graph | Screen::Diff => None,
    }
}
