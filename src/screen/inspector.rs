//! The inspector: what is known of the one thing that is selected, in every screen.

use peerscope_engine::view::{InspectorAsk, Panel};
use yew::prelude::*;

use super::ScreenProps;
use crate::model::Model;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub tab: Tab,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Facts, traffic, story.
    #[default]
    Main,
    Connections,
    Streams,
    Json,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Tab(Tab),
}

pub fn update(state: &mut State, action: Action) {
    match action {
        Action::Tab(tab) => state.tab = tab,
    }
}

pub fn ask(_model: &Model) -> Panel {
    Panel::Inspector(InspectorAsk { chart_columns: 120 })
}

#[component]
pub fn Inspector(_props: &ScreenProps) -> Html {
    html! { <aside class="inspector" data-testid="inspector" aria-label="Inspector"></aside> }
}
