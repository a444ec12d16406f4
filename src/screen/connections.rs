//! Connections: the table of all that is open and what ended, with streams under the expanded rows.

use std::collections::BTreeSet;

use peerscope_engine::view::{Column, Key, Panel, Sort, TableAsk};
use yew::prelude::*;

use super::ScreenProps;
use crate::model::Model;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Connections whose streams are shown.
    pub expanded: BTreeSet<Key>,
    /// Where the visible part begins, px below the first row.
    pub scroll_px: u32,
    /// How high the visible part is; 0 until it was measured.
    pub height_px: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Scrolled {
        scroll_px: u32,
        height_px: u32,
    },
    /// Shows or hides a connection's streams.
    Toggle(Key),
}

pub fn update(state: &mut State, action: Action) {
    match action {
        Action::Scrolled { scroll_px, height_px } => {
            state.scroll_px = scroll_px;
            state.height_px = height_px;
        }
        Action::Toggle(key) => {
            if !state.expanded.remove(&key) {
                state.expanded.insert(key);
            }
        }
    }
}

/// What is sorted by when nothing else was chosen.
pub const SORT: Sort = Sort { by: Column::RateIn, descending: true };

pub fn ask(model: &Model) -> Panel {
    let state = &model.connections;
    Panel::Connections(TableAsk {
        sort: model.route.sort.unwrap_or(SORT),
        scroll_px: state.scroll_px,
        height_px: state.height_px.max(600),
        row_px: 26,
        sub_row_px: 22,
        expanded: state.expanded.iter().cloned().collect(),
    })
}

#[component]
pub fn Connections(_props: &ScreenProps) -> Html {
    html! {
        <main class="view" data-testid="screen-connections"><div class="viewbar"><h1>{ "Connections" }</h1></div></main>
    }
}
