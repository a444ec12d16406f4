//! Events: the log, a chart of its rate by type, and the types to switch on and off.

use std::collections::BTreeSet;

use peerscope_engine::view::{EventsAsk, Key, Panel};
use yew::prelude::*;

use super::ScreenProps;
use crate::model::Model;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Types that are switched off.
    pub hidden: BTreeSet<String>,
    /// Events whose content is shown.
    pub expanded: BTreeSet<Key>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    ToggleType(String),
    Toggle(Key),
}

pub fn update(state: &mut State, action: Action) {
    match action {
        Action::ToggleType(name) => {
            if !state.hidden.remove(&name) {
                state.hidden.insert(name);
            }
        }
        Action::Toggle(key) => {
            if !state.expanded.remove(&key) {
                state.expanded.insert(key);
            }
        }
    }
}

pub fn ask(model: &Model) -> Panel {
    Panel::Events(EventsAsk {
        hidden: model.events.hidden.iter().cloned().collect(),
        first: None,
        rows: 60,
        chart_bars: 120,
        expanded: model.events.expanded.iter().cloned().collect(),
    })
}

#[component]
pub fn Events(_props: &ScreenProps) -> Html {
    html! { <main class="view" data-testid="screen-events"><div class="viewbar"><h1>{ "Events" }</h1></div></main> }
}
