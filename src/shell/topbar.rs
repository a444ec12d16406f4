//! The top bar: brand, source, state of the link, the node, search, pause, theme.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::{
    ShellProps, reading,
    recording::{Recording, open_dialog},
    search::Search,
    source::SourceMenu,
    source_name,
};
use crate::{
    format,
    model::{Action, Link, Model, SourceRef, Theme, saving::Tab},
    part::{
        glyph::{Glyph, Shape},
        icon::{Icon, Name},
        identicon::Identicon,
    },
    update,
};

#[component]
pub fn TopBar(props: &ShellProps) -> Html {
    let model = &props.model;
    let searching = use_state(|| false);
    let toggle = {
        let open = !model.source_panel;
        props.dispatch.reform(move |_: MouseEvent| Action::SourcePanel(open))
    };
    // On a phone the field lies over the bar while it is used.
    let field = use_node_ref();
    let show_search = {
        let (searching, field) = (searching.clone(), field.clone());
        Callback::from(move |_: MouseEvent| {
            let open = !*searching;
            if let Some(field) = field.cast::<HtmlElement>() {
                // Now, not after drawing: a phone shows its keyboard only for what a tap itself does.
                drop(if open { field.focus() } else { field.blur() });
            }
            searching.set(open);
        })
    };
    let hide_search = {
        let searching = searching.clone();
        Callback::from(move |()| searching.set(false))
    };
    {
        let searching = searching.clone();
        use_effect_with(model.route.screen, move |_| searching.set(false));
    }
    // A press on the button is not to take the focus first: left empty, the field would be gone before the click.
    let keep_focus = Callback::from(|event: MouseEvent| event.prevent_default());
    let filtered = !model.route.query.is_empty();
    let icon = match &model.route.source {
        Some(SourceRef::Endpoint(_)) => Some(Name::Plug),
        Some(_) => Some(Name::File),
        None => None,
    };
    let name = model.route.source.as_ref().map(source_name);
    let idle = model.route.source.is_none();
    html! {
        <header class={classes!("topbar", searching.then_some("searching"))}>
            <div class="brand"><Mark /><span>{ "Peerscope" }</span></div>
            <button class="src" aria-haspopup="dialog" aria-expanded={model.source_panel.to_string()} onclick={toggle}
                title={name.clone()}>
                if let Some(name) = icon { <Icon {name} size={14} /> }
                if let Some(name) = name { <span class="mono el">{ name }</span> } else { <span class="t2">{ "No source" }</span> }
                <span class="caret" aria-hidden="true">{ "▾" }</span>
            </button>
            if model.source_panel { <SourceMenu ..props.clone() /> }
            { link(props) }
            { node(props) }
            <span class="sp"></span>
            if !idle {
                <Search shell={props.clone()} {field} on_left={hide_search} />
                <button class={classes!("btn", "ic", "phone", filtered.then_some("on"))} aria-expanded={searching.to_string()}
                    aria-label={if *searching { "Hide the search" } else { "Search" }} onmousedown={keep_focus} onclick={show_search}>
                    <Icon name={if *searching { Name::Close } else { Name::Search }} />
                </button>
                { pause(props) }
                <Recording model={props.model.clone()} dispatch={props.dispatch.clone()} />
                { save(props, Tab::File, Name::Save, "export", "Save a file…") }
                { save(props, Tab::Link, Name::Share, "share", "Link to this view…") }
                <span class="vr desk"></span>
            }
            { theme(props) }
        </header>
    }
}

#[component]
fn Mark() -> Html {
    html! {
        <svg width="18" height="18" viewBox="0 0 18 18" fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true">
            <circle cx="9" cy="9" r="7.2" /><circle cx="9" cy="9" r="3.4" opacity=".55" /><path d="M9 9l5.6-4.3" />
            <circle cx="5.6" cy="11.6" r="1.5" fill="currentColor" stroke="none" />
        </svg>
    }
}

fn link(props: &ShellProps) -> Html {
    let model = &props.model;
    let shape = match &model.link {
        Link::Idle | Link::File { .. } => Shape::Closed,
        Link::Connecting => Shape::Opening,
        Link::Live { .. } if model.behind.is_some() => Shape::Warning,
        Link::Live { .. } => Shape::Active,
        Link::Paused { .. } => Shape::Closing,
        Link::Waiting { .. } => Shape::Warning,
        Link::Failed { .. } => Shape::Error,
    };
    let word = model.link.word();
    html! {
        <span class="link">
            <Glyph {shape} label="" size={9} />
            <span class="word" data-testid="link-state" role="status" title={cause(model)}>{ word }</span>
            { beside(model) }
            { reading::progress(props) }
            if !update::follows(model) { <span class="past">{ "viewing the past" }</span> }
        </span>
    }
}

/// Why it is so, in a sentence.
fn cause(model: &Model) -> String {
    match &model.link {
        Link::Idle => "Nothing is open.".to_owned(),
        Link::Connecting => "The endpoint was not heard of yet.".to_owned(),
        Link::Live { .. } => "The endpoint sends as things happen.".to_owned(),
        Link::Paused { .. } => {
            "The node holds its snapshots and events back, because you said so.".to_owned()
        }
        Link::Waiting { cause, .. } | Link::Failed { cause } => cause.clone(),
        Link::File(_) => reading::cause(model).unwrap_or_default(),
    }
}

fn beside(model: &Model) -> Html {
    match &model.link {
        Link::Live { interval_ms, lag_ms } => html! {
            <span class="t3 desk wide">
                { format!("{} snapshots · lag {:.1} s", format::duration_ms(*interval_ms), *lag_ms as f64 / 1000.0) }
            </span>
        },
        Link::Paused { interval_ms } => html! {
            <span class="t3 desk wide">{ format!("{} snapshots", format::duration_ms(*interval_ms)) }</span>
        },
        Link::Waiting { retry_at_ms, lost_at_ms, .. } => html! {
            <span class="t3 desk">
                { format!("{} s", super::banner::seconds_until(*retry_at_ms, model.now_ms)) }
                if let Some(at) = lost_at_ms { { format!(" · lost {}", super::source::ago(model.now_ms, *at)) } }
            </span>
        },
        Link::Failed { .. } => match model.lost_at_ms {
            Some(at) => {
                html! { <span class="t3 desk">{ format!("lost {}", super::source::ago(model.now_ms, at)) }</span> }
            }
            None => Html::default(),
        },
        Link::Idle | Link::Connecting | Link::File { .. } => Html::default(),
    }
}

/// Which node it is; a click selects nothing: it is not one of its own peers.
fn node(props: &ShellProps) -> Html {
    let Some(card) = props.model.frame.as_ref().and_then(|frame| frame.head.node.clone()) else {
        return Html::default();
    };
    html! {
        <span class="link desk wide">
            if let Some(id) = &card.peer_id {
                <span class="peer" title={id.clone()}><Identicon id={id.clone()} /><span class="pid">{ short(id) }</span></span>
            }
            if let Some(agent) = &card.agent { <span class="t3 el agent">{ format::visible(agent, 60) }</span> }
        </span>
    }
}

fn short(id: &str) -> Html {
    let (head, tail) = format::peer_parts(id);
    if head.is_empty() {
        return html! { { tail } };
    }
    html! { <><i>{ head }{ "…" }</i>{ tail }</> }
}

/// There only when there is something to pause.
fn pause(props: &ShellProps) -> Html {
    let (paused, label) = match props.model.link {
        Link::Live { .. } => (false, "Pause the node's snapshots and events"),
        Link::Paused { .. } => (true, "Resume"),
        _ => return Html::default(),
    };
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Pause(!paused));
    html! {
        <button class={classes!("btn", "ic", paused.then_some("on"))} data-testid="pause" aria-label={label} title={label}
            aria-pressed={paused.to_string()} {onclick}>
            <Icon name={if paused { Name::Play } else { Name::Pause }} size={15} />
        </button>
    }
}

/// Opens the dialog on one of its tabs, once there is something to save.
fn save(props: &ShellProps, tab: Tab, name: Name, id: &'static str, label: &'static str) -> Html {
    if !super::has_history(&props.model) {
        return Html::default();
    }
    html! {
        <button class={classes!("btn", "ic", (tab == Tab::Link).then_some("desk"))} data-testid={id} aria-label={label} title={label} aria-haspopup="dialog"
            onclick={open_dialog(&props.dispatch, tab)}><Icon {name} size={15} /></button>
    }
}

fn theme(props: &ShellProps) -> Html {
    let (next, label) = match props.model.theme {
        Theme::System => (Theme::Dark, "Theme: as the system"),
        Theme::Dark => (Theme::Light, "Theme: dark"),
        Theme::Light => (Theme::System, "Theme: light"),
    };
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Theme(next));
    html! {
        <button class="btn ic" data-testid="theme" aria-label={label} title={label} {onclick}><Icon name={Name::Theme} size={15} /></button>
    }
}
