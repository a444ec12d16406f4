//! Overview: figures, churn, who and what moves most bytes, what is in use.

use peerscope_engine::view::{OverviewAsk, Panel};
use yew::prelude::*;

use super::ScreenProps;
use crate::model::Model;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {}

pub fn update(_state: &mut State, action: Action) {
    match action {}
}

pub fn ask(_model: &Model) -> Panel {
    Panel::Overview(OverviewAsk { spark_points: 60, peers: 20, protocols: 7, churn_bars: 60 })
}

#[component]
pub fn Overview(_props: &ScreenProps) -> Html {
    html! { <main class="view" data-testid="screen-overview"><div class="viewbar"><h1>{ "Overview" }</h1></div></main> }
}
