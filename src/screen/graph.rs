//! Graph: the radar. Our node in the middle, radius is round trip, sectors by transport.

use peerscope_engine::view::{GraphAsk, Panel};
use yew::prelude::*;

use super::ScreenProps;
use crate::model::Model;

/// How the picture lies under the eye.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// 1 = the whole circle fits.
    pub zoom: f64,
    /// Where the middle lies, from the canvas's middle, CSS px.
    pub pan: (f64, f64),
}

impl Default for State {
    fn default() -> Self {
        Self { zoom: 1.0, pan: (0.0, 0.0) }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Zooms by a factor; the point `at` (from the canvas's middle) stays where it is.
    Zoom {
        factor: f64,
        at: (f64, f64),
    },
    Pan {
        by: (f64, f64),
    },
    Fit,
}

pub fn update(state: &mut State, action: Action) {
    match action {
        Action::Zoom { factor, at } => {
            let zoom = (state.zoom * factor).clamp(0.5, 40.0);
            let real = zoom / state.zoom;
            state.pan = (at.0 - (at.0 - state.pan.0) * real, at.1 - (at.1 - state.pan.1) * real);
            state.zoom = zoom;
        }
        Action::Pan { by } => state.pan = (state.pan.0 + by.0, state.pan.1 + by.1),
        Action::Fit => *state = State::default(),
    }
}

pub fn ask(_model: &Model) -> Panel {
    Panel::Graph(GraphAsk { labels: 8 })
}

#[component]
pub fn Graph(_props: &ScreenProps) -> Html {
    html! { <main class="view" data-testid="screen-graph"><div class="viewbar"><h1>{ "Graph" }</h1></div></main> }
}
