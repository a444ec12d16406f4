//! The screens: each has its own state, its actions, what it asks of the engine, and a component that shows the answer.
//! No screen holds data of its own; a later screen never imports another's.

pub mod connections;
pub mod diff;
pub mod events;
pub mod graph;
pub mod inspector;
pub mod overview;

use std::rc::Rc;

use peerscope_engine::{
    frame::{Answer, Frame, Kind, QueryError},
    view::{Group, Key, Range},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::{
    format::{self, Clock},
    model::{Action, Link, Model},
    part::{each, text},
};

/// What every screen gets.
#[derive(Clone, Properties)]
pub struct ScreenProps {
    pub model: Rc<Model>,
    pub dispatch: Callback<Action>,
}

impl PartialEq for ScreenProps {
    /// Two models are the same when they are the same allocation: comparing their frames would cost more than drawing.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.model, &other.model) && self.dispatch == other.dispatch
    }
}

/// Width of the rail and of the inspector, as in `static/tokens.css` and `static/app.css`.
const RAIL: f64 = 148.0;
const RAIL_SMALL: f64 = 44.0;
const INSPECTOR: f64 = 344.0;

/// How wide a screen is, CSS px: the inspector lies beside it, except where it lies below (tablet) or over it (phone).
pub fn stage_width(model: &Model) -> f64 {
    let width = model.window.width;
    let rail = match width {
        _ if model.window.phone() => 0.0,
        ..=1100.0 => RAIL_SMALL,
        _ => RAIL,
    };
    let beside = width > 1000.0 && model.route.selection.is_some();
    (width - rail - if beside { INSPECTOR } else { 0.0 }).max(0.0)
}

/// What is wrong with the query. While it is typed, the query box says it.
pub fn query_error(model: &Model, error: Option<&QueryError>) -> Option<Html> {
    error.filter(|_| model.search.caret.is_none()).map(|error| {
        html! { <span class="warn el qerror" title={text::title(&error.text)}>{ text::safe(&error.text) }</span> }
    })
}

/// While an endpoint is lost, the moment that all figures are of: `as of 14:32:10`.
pub fn as_of(model: &Model) -> Option<String> {
    let lost = matches!(model.link, Link::Waiting { .. } | Link::Connecting | Link::Failed { .. });
    let at = model.frame.as_ref()?.head.cursor_ms.filter(|_| lost && model.lost_at_ms.is_some())?;
    Some(format!("as of {}", format::clock(at, model.zone_minutes, Clock::Seconds)))
}

/// What there is to group rows by.
pub fn group_menu(
    props: &ScreenProps,
    groups: &'static [(Group, &'static str)],
    chosen: Option<Group>,
) -> Html {
    let onchange = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
            let at = select.and_then(|select| usize::try_from(select.selected_index()).ok()).unwrap_or(0);
            // The first choice is none.
            let group = at.checked_sub(1).and_then(|at| groups.get(at)).map(|(group, _)| *group);
            dispatch.emit(Action::Group(group));
        })
    };
    let options = groups.iter().map(|(group, word)| {
        html! { <option selected={Some(*group) == chosen}>{ *word }</option> }
    });
    html! {
        <label class="fbtn">
            <span class="t3">{ "Group" }</span>
            <select data-testid="group" {onchange}><option selected={chosen.is_none()}>{ "none" }</option>{ each(options) }</select>
        </label>
    }
}

/// How many bars a stretch is cut into, so that each lasts a second at least.
pub fn whole_seconds(span: Range, most: u16) -> u16 {
    let seconds = span.to_ms.saturating_sub(span.from_ms) / 1000;
    seconds.clamp(1, u64::from(most)) as u16
}

/// `4 of 60 match`, or which query nothing matches.
pub fn matching(query: &str, some: u64, all: u64) -> Html {
    if some > 0 || query.is_empty() {
        let words = format!("{} of {} match", format::count(some), format::count(all));
        return html! { <span class="sum t3">{ words }</span> };
    }
    html! { <span class="sum"><span class="warn">{ "No match for " }{ text::safe(query) }</span></span> }
}

/// The newest frame that has an answer of one kind: while a newer one is under way the last stays on the screen.
#[hook]
pub fn use_answered(frame: &Option<Rc<Frame>>, is: fn(&Answer) -> bool) -> Option<Rc<Frame>> {
    let last = use_mut_ref(|| None::<Rc<Frame>>);
    let mut last = last.borrow_mut();
    match frame {
        None => *last = None,
        Some(frame) if frame.panels.iter().any(is) => *last = Some(frame.clone()),
        Some(_) => {}
    }
    last.clone()
}

/// What is selected, as every screen shows it: itself, and the peer that it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Selected<'a> {
    key: Option<&'a Key>,
    peer: Option<&'a str>,
}

impl<'a> Selected<'a> {
    pub fn of(model: &'a Model) -> Self {
        let key = model.route.selection.as_ref();
        // Which peer a connection or stream belongs to is what the engine says of the selection.
        let known = model.frame.iter().flat_map(|frame| &frame.panels).find_map(|panel| match panel {
            Answer::Inspector(known) => known.as_deref(),
            _ => None,
        });
        let peer = known
            .filter(|known| Some(&known.key) == key && known.kind != Kind::Event && !known.title.is_empty())
            .map(|known| known.title.as_str());
        Self { key, peer }
    }

    /// The thing itself.
    pub fn is(self, key: &Key) -> bool {
        self.key == Some(key)
    }

    /// The peer, or something of it.
    pub fn is_peer(self, key: &Key, id: &str) -> bool {
        self.is(key) || self.peer == Some(id)
    }
}
