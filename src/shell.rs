//! What frames every screen: top bar, rail, timeline, banner, messages, and the panel that opens sources.

mod banner;
mod rail;
mod reading;
mod recording;
mod saving;
mod search;
mod source;
mod start;
pub mod timeline;
mod toasts;
mod topbar;

use std::rc::Rc;

use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::{
    model::{Action, Link, Model, Screen, SourceRef},
    screen::{
        connections::Connections, diff::Diff, events::Events, graph::Graph, inspector::Inspector,
        overview::Overview,
    },
};

/// What every part of the shell gets.
#[derive(Clone, Properties)]
pub struct ShellProps {
    pub model: Rc<Model>,
    pub dispatch: Callback<Action>,
    /// An endpoint's address as the user wrote it, its token included.
    pub on_address: Callback<String>,
    /// A file that the user chose, and its name.
    pub on_file: Callback<(JsValue, String)>,
}

impl PartialEq for ShellProps {
    /// A model that changed is another allocation.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.model, &other.model) && self.dispatch == other.dispatch
    }
}

#[component]
pub fn Shell(props: &ShellProps) -> Html {
    let model = &props.model;
    let (shared, dispatch) = (model.clone(), props.dispatch.clone());
    let nothing = !has_history(model) && wants_source(model);
    let screen = match model.route.screen {
        _ if nothing => html! { <start::Start ..props.clone() /> },
        Screen::Overview => html! { <Overview model={shared} {dispatch} /> },
        Screen::Graph => html! { <Graph model={shared} {dispatch} /> },
        Screen::Connections => html! { <Connections model={shared} {dispatch} /> },
        Screen::Events => html! { <Events model={shared} {dispatch} /> },
        Screen::Diff => html! { <Diff model={shared} {dispatch} /> },
    };
    let selected = model.route.selection.is_some() && !nothing;
    let modal = model.saving.is_some();
    html! {
        <>
        <div class="app" inert={modal}>
            <topbar::TopBar ..props.clone() />
            <rail::Rail model={model.clone()} dispatch={props.dispatch.clone()} />
            <div class="stage">
                <banner::Banners model={model.clone()} dispatch={props.dispatch.clone()} />
                { screen }
            </div>
            if selected {
                <Inspector model={model.clone()} dispatch={props.dispatch.clone()} />
            }
            <timeline::Timeline model={model.clone()} dispatch={props.dispatch.clone()} />
            <toasts::Toasts model={model.clone()} dispatch={props.dispatch.clone()} />
        </div>
        if modal { <saving::SavingDialog model={model.clone()} dispatch={props.dispatch.clone()} /> }
        </>
    }
}

/// Something was told, so there is a view that is worth keeping.
fn has_history(model: &Model) -> bool {
    model.frame.as_ref().is_some_and(|frame| frame.head.span.is_some())
}

/// Nothing is open, or it can't be: the source panel has the room.
fn wants_source(model: &Model) -> bool {
    match &model.link {
        Link::Idle | Link::Failed { .. } => true,
        Link::Waiting { .. } => model.error.is_some(),
        Link::Connecting => model.error.is_some(),
        Link::Live { .. } | Link::Paused { .. } | Link::File { .. } => false,
    }
}

/// What a source is called.
fn source_name(source: &SourceRef) -> String {
    match source {
        SourceRef::Endpoint(url) => crate::route::origin_of(url).to_owned(),
        SourceRef::Url(url) => url.rsplit('/').find(|part| !part.is_empty()).unwrap_or(url).to_owned(),
        SourceRef::Sample => "Sample".to_owned(),
        SourceRef::File(name) => name.clone(),
    }
}
