//! The inspector: what is known of the one thing that is selected, in every screen.

mod facts;
mod lists;
mod story;
mod traffic;

use peerscope_engine::{
    frame::{Answer, Frame, Inspector as Known, Kind, TableRow},
    view::{InspectorAsk, Panel},
};
use yew::prelude::*;

use crate::part::each;

use super::{ScreenProps, use_answered};
use crate::{
    format,
    model::{Action as Act, Model},
    part::{
        copy,
        icon::{Icon, Name},
        identicon::Identicon,
        json::Json,
        text,
    },
};

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

fn known(frame: &Frame) -> Option<&Option<Box<Known>>> {
    frame.panels.iter().find_map(|panel| match panel {
        Answer::Inspector(known) => Some(known),
        _ => None,
    })
}

/// The tabs that fit, with their words.
fn tabs(known: &Known) -> Vec<(Tab, String)> {
    let main = match known.kind {
        Kind::Connection => "Connection",
        Kind::Stream => "Stream",
        Kind::Peer => "Peer",
        Kind::Event => "Event",
    };
    let mut tabs = vec![(Tab::Main, main.to_owned())];
    if known.kind == Kind::Peer {
        tabs.push((Tab::Connections, format!("Connections {}", known.connections.len())));
    }
    if matches!(known.kind, Kind::Peer | Kind::Connection) {
        tabs.push((Tab::Streams, format!("Streams {}", format::count(u64::from(known.stream_count)))));
    }
    tabs.push((Tab::Json, "JSON".into()));
    tabs
}

#[component]
pub fn Inspector(props: &ScreenProps) -> Html {
    let frame = use_answered(&props.model.frame, |answer| matches!(answer, Answer::Inspector(_)));
    let model = &props.model;
    let close = props.dispatch.reform(|_: MouseEvent| Act::Select(None));
    let phone = model.window.phone();
    let body = match frame.as_deref().and_then(known) {
        None => {
            html! { <>{ head(props, None, close.clone()) }<p class="isec t3" aria-busy="true">{ "…" }</p></> }
        }
        Some(None) => html! {
            <>
                { head(props, None, close.clone()) }
                <p class="isec note">
                    { "What is selected is not in this history: it may have left it, or belong to another source." }
                </p>
            </>
        },
        Some(Some(known)) => filled(props, frame.as_deref(), known, close.clone()),
    };
    let step = phone.then(|| stepper(props)).flatten();
    html! {
        <>
            { each(phone.then(|| html! { <div class="scrim" onclick={close}></div> })) }
            <aside class={classes!("inspector", phone.then_some("sheet"))} data-testid="inspector" aria-label="Inspector">
                { each(phone.then(|| html! { <div class="grab" aria-hidden="true"></div> })) }
                { body }
                { each(step) }
            </aside>
        </>
    }
}

fn head(props: &ScreenProps, known: Option<&Known>, close: Callback<MouseEvent>) -> Html {
    let (icon, picture) = if props.model.window.phone() { (16, 36) } else { (14, 30) };
    let identity = known.map(|known| {
        let copied = {
            let (dispatch, id) = (props.dispatch.clone(), known.title.clone());
            Callback::from(move |_: MouseEvent| copy::copy(id.clone(), dispatch.clone()))
        };
        html! {
            <>
                <Identicon id={known.title.clone()} size={picture} />
                <div class="nm">
                    <b title={text::title(&known.title)}><bdi>{ format::visible(&known.title, text::CELL) }</bdi></b>
                    <span class="t2"><bdi>{ format::visible(&known.subtitle, text::CELL) }</bdi></span>
                </div>
                <button class="btn ic" onclick={copied} aria-label="Copy id"><Icon name={Name::Copy} size={icon} /></button>
            </>
        }
    });
    html! {
        <div class="ihead">
            { identity.unwrap_or_else(|| html! { <div class="nm"><b>{ "…" }</b></div> }) }
            <button class="btn ic" onclick={close} aria-label="Close inspector"><Icon name={Name::Close} size={icon} /></button>
        </div>
    }
}

fn filled(props: &ScreenProps, frame: Option<&Frame>, known: &Known, close: Callback<MouseEvent>) -> Html {
    let tabs = tabs(known);
    // A tab that this thing has not shows the first instead.
    let chosen = props.model.inspector.tab;
    let open = if tabs.iter().any(|(tab, _)| *tab == chosen) { chosen } else { Tab::Main };
    let row = tabs.iter().map(|(tab, word)| {
        let (tab, on) = (*tab, *tab == open);
        let onclick = props.dispatch.reform(move |_: MouseEvent| Act::Inspector(Action::Tab(tab)));
        html! {
            <button role="tab" class={on.then_some("on")} aria-selected={on.to_string()} {onclick}>{ word.clone() }</button>
        }
    });
    let body = match open {
        Tab::Main => html! {
            <>
                { facts::facts(props, known) }
                { each(known.traffic.as_ref().map(|chart| traffic::traffic(props, frame, chart))) }
                { story::story(props, known) }
            </>
        },
        Tab::Connections => lists::connections(props, known),
        Tab::Streams => lists::streams(props, known),
        Tab::Json => html! { <div class="isec"><Json text={known.json.clone()} /></div> },
    };
    html! {
        <>
            { head(props, Some(known), close) }
            <div class="tabs" role="tablist">{ each(row) }</div>
            <div class={classes!("ibody", (open == Tab::Main).then_some("main"))} role="tabpanel">{ body }</div>
        </>
    }
}

/// On a phone the sheet lies over the list: this steps through its rows.
fn stepper(props: &ScreenProps) -> Option<Html> {
    let model = &props.model;
    let selected = model.route.selection.as_ref()?;
    let table = model.frame.as_ref()?.panels.iter().find_map(|panel| match panel {
        Answer::Connections(table) => Some(table),
        _ => None,
    })?;
    // Only connections are counted; with streams unfolded above, their rows are no connections.
    let at = table.rows.iter().filter_map(|row| match row {
        TableRow::Connection(row) => Some(&row.key),
        TableRow::Stream(_) | TableRow::Group(_) => None,
    });
    let at = at.clone().position(|key| key == selected)?;
    let all = table.open + table.closed;
    let place = if model.connections.expanded.is_empty() {
        format!("{} of {}", table.first as usize + at + 1, format::count(u64::from(all)))
    } else {
        format!("one of {}", format::count(u64::from(all)))
    };
    let go = |by: i32| props.dispatch.reform(move |_: MouseEvent| Act::NextMatch(by));
    Some(html! {
        <div class="step">
            <button class="b44" aria-label="Previous row" onclick={go(-1)}><Icon name={Name::Previous} size={18} /></button>
            <span>{ place }</span>
            <button class="b44" aria-label="Next row" onclick={go(1)}><Icon name={Name::Next} size={18} /></button>
        </div>
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(kind: Kind) -> Known {
        Known {
            key: peerscope_engine::view::Key("x".into()),
            kind,
            title: "12D3".into(),
            subtitle: String::new(),
            facts: Vec::new(),
            traffic: None,
            story: Vec::new(),
            story_cut: 0,
            streams: Vec::new(),
            stream_count: 7,
            connections: Vec::new(),
            spark_max: 0.0,
            json: "{}".into(),
        }
    }

    #[test]
    fn each_kind_has_the_tabs_that_fit() {
        let words = |kind| tabs(&known(kind)).into_iter().map(|(_, word)| word).collect::<Vec<_>>();
        assert_eq!(words(Kind::Connection), ["Connection", "Streams 7", "JSON"]);
        assert_eq!(words(Kind::Peer), ["Peer", "Connections 0", "Streams 7", "JSON"]);
        assert_eq!(words(Kind::Stream), ["Stream", "JSON"]);
        assert_eq!(words(Kind::Event), ["Event", "JSON"]);
    }
}
