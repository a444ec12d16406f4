//! Strips above the view: the link is lost, the page is behind, events were lost, the engine was replaced. The view stays
//! as it is below them.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    format,
    model::{Action, Link, Model},
    part::{
        glyph::{Glyph, Shape},
        icon::{Icon, Name},
    },
    update,
};

#[derive(Clone, Properties)]
pub struct PartProps {
    pub model: Rc<Model>,
    pub dispatch: Callback<Action>,
}

impl PartialEq for PartProps {
    /// A model that changed is another allocation.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.model, &other.model) && self.dispatch == other.dispatch
    }
}

#[component]
pub fn Banners(props: &PartProps) -> Html {
    let model = &props.model;
    html! {
        <>
            { link(props) }
            { behind(props) }
            { super::reading::not_whole(props) }
            if let Some(notice) = &model.notice {
                <div class="banner" role="status" data-testid="notice">
                    <Glyph shape={Shape::Warning} label="notice" size={12} /><span class="wrap">{ notice }</span><i class="sp"></i>
                    { hide(props, Action::DismissNotice) }
                </div>
            }
        </>
    }
}

/// Shown once there is a view to stand above; before, the start panel says it.
fn link(props: &PartProps) -> Html {
    let model = &props.model;
    let retry = props.dispatch.reform(|_: MouseEvent| Action::RetryNow);
    let stop = props.dispatch.reform(|_: MouseEvent| Action::StopTrying);
    if !super::has_history(model) {
        return Html::default();
    }
    match &model.link {
        Link::Waiting { cause, lost_at_ms, retry_at_ms, attempt } => {
            let lost = lost_at_ms.map_or_else(|| "No link.".to_owned(), |at| lost(model, at));
            html! {
                <div class="banner" role="alert" data-testid="notice">
                    <Glyph shape={Shape::Warning} label="link lost" size={12} />
                    <span class="wrap"><b>{ lost }</b>{ " " }{ cause }<span class="t2">{ " The last snapshot stays." }</span></span>
                    <i class="sp"></i>
                    <span class="nw" aria-live="off">
                        { format!("Try {} in ", attempt + 1) }<b>{ format!("{} s", seconds_until(*retry_at_ms, model.now_ms)) }</b>
                    </span>
                    <button class="btn line" onclick={retry}>{ "Retry now" }</button>
                    <button class="btn" onclick={stop}>{ "Stop trying" }</button>
                </div>
            }
        }
        Link::Connecting => html! {
            <div class="banner" role="status" data-testid="notice">
                <Glyph shape={Shape::Opening} label="connecting" size={12} /><span>{ "Connecting… The last snapshot stays." }</span>
            </div>
        },
        Link::Failed { cause } => html! {
            <div class="banner bad" role="alert" data-testid="error">
                <Glyph shape={Shape::Error} label="error" size={12} />
                <span class="wrap"><b>{ gone(model) }{ " " }</b>
                    { cause }
                    if let Some(check) = model.error.as_ref().and_then(|trouble| trouble.checks.first()) {
                        <span class="t2">{ " " }{ check }</span>
                    }
                </span>
                <i class="sp"></i>
                <button class="btn line" onclick={retry}>{ "Try again" }</button>
                <button class="btn" onclick={props.dispatch.reform(|_: MouseEvent| Action::SourcePanel(true))}>{ "Open another…" }</button>
            </div>
        },
        Link::Idle | Link::Live { .. } | Link::Paused { .. } | Link::File { .. } => Html::default(),
    }
}

fn lost(model: &Model, at_ms: f64) -> String {
    format!("Link lost at {}.", clock(model, at_ms))
}

/// What happened to a link that is not tried again: since when, or what is known besides.
fn gone(model: &Model) -> String {
    match (&model.error, model.lost_at_ms) {
        (Some(trouble), Some(at)) => format!("{} {}.", lost(model, at), trouble.title),
        (Some(trouble), None) => format!("{}.", trouble.title),
        (None, Some(at)) => lost(model, at),
        (None, None) => "The link is gone.".to_owned(),
    }
}

fn behind(props: &PartProps) -> Html {
    let model = &props.model;
    let lost = update::lost_events(model);
    let unseen = lost.saturating_sub(model.lost_seen);
    if model.behind.is_none() && unseen == 0 {
        return Html::default();
    }
    html! {
        <div class="banner" role="status" data-testid="notice">
            <Glyph shape={Shape::Warning} label="behind" size={12} />
            <span class="wrap">
                if let Some(behind) = &model.behind {
                    <b>{ format!("Behind by {}. ", format::duration_ms(behind.lag_ms)) }</b>
                    if behind.interval_ms > behind.wanted_ms {
                        { format!(
                            "This page could not take in a snapshot every {}, so it asked for one every {}. ",
                            format::duration_ms(behind.wanted_ms),
                            format::duration_ms(behind.interval_ms),
                        ) }
                    }
                    if behind.dropped > 0 {
                        { format!("It threw away {} messages because its queue was full. ", format::count(behind.dropped)) }
                    }
                }
                if unseen > 0 {
                    <b>{ format!("The node dropped {} events", format::count(unseen)) }</b>
                    { ": this page did not take them in time." }
                    <span class="t2">{ " They are missing in Events; connections and traffic come from snapshots." }</span>
                }
            </span>
            <i class="sp"></i>
            { hide(props, Action::DismissBehind) }
        </div>
    }
}

fn hide(props: &PartProps, action: Action) -> Html {
    let onclick = props.dispatch.reform(move |_: MouseEvent| action.clone());
    html! { <button class="btn ic" aria-label="Hide this notice" {onclick}><Icon name={Name::Close} size={13} /></button> }
}

/// Whole seconds to wait, not below 0.
pub fn seconds_until(at_ms: f64, now_ms: f64) -> u64 {
    ((at_ms - now_ms).max(0.0) / 1000.0).ceil() as u64
}

fn clock(model: &Model, at_ms: f64) -> String {
    format::clock(at_ms as u64, model.zone_minutes, format::Clock::Seconds)
}
