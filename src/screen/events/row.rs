//! One event in the log, and its content below it when expanded.

use peerscope_engine::frame::EventRow;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::part::each;

use super::Action as Own;
use crate::{
    format::{self, Clock},
    model::{Action, Model},
    part::{badge, json::Json, peer::Peer, text},
};

/// What a row needs besides itself.
pub struct Around<'a> {
    pub model: &'a Model,
    pub dispatch: &'a Callback<Action>,
    pub needle: &'a str,
    pub at_cursor: bool,
    /// While the tail is followed: what stops it here. A row that is looked into must not run away.
    pub stop: Option<&'a Own>,
    /// From 1, the head included.
    pub number: usize,
}

pub fn row(row: &EventRow, around: &Around) -> Html {
    let model = around.model;
    let phone = model.window.phone();
    let expanded = model.events.expanded.contains(&row.key);
    let selected = model.route.selection.as_ref() == Some(&row.key);
    let press = {
        let (dispatch, key, stop) = (around.dispatch.clone(), row.key.clone(), around.stop.cloned());
        Callback::from(move |()| {
            if let Some(stop) = &stop {
                dispatch.emit(Action::Events(stop.clone()));
            }
            // Selected and open go together. On a phone the inspector lies over the log and has the content.
            if !phone && (!expanded || selected) {
                dispatch.emit(Action::Events(Own::Toggle(key.clone())));
            }
            dispatch.emit(Action::Select((!(expanded && selected)).then(|| key.clone())));
        })
    };
    let onkeydown = keys(press.clone());
    let onclick = press.reform(|_: MouseEvent| ());
    let time = format::clock(row.at_ms, model.zone_minutes, Clock::Millis);
    let date = format::date_clock(row.at_ms, model.zone_minutes, Clock::Millis);
    let what = text::marked(&row.text, around.needle);
    let cells = if phone {
        let peer =
            row.peer.as_deref().map(|peer| format!("{} · ", format::visible(&format::peer_short(peer), 24)));
        html! {
            <>
                <td role="gridcell" class="mono t2" data-testid="cell-time" title={date}>{ time }</td>
                <td role="gridcell">
                    { badge::event(&row.kind) }
                    <span class={classes!("m2", row.error.then_some("err"))} data-testid="cell-text">
                        <bdi>{ peer.unwrap_or_default() }</bdi>{ what }
                    </span>
                </td>
            </>
        }
    } else {
        let room = super::room(model);
        let since = room.since.then(|| {
            let since = row.since_ms.map(|ms| format!("+{}", format::duration_ms(ms)));
            html! { <td role="gridcell" class="r t3" data-testid="cell-delta">{ since.unwrap_or_default() }</td> }
        });
        let peer = room.peer.then(|| {
            html! { <td role="gridcell" data-testid="cell-peer">{ peer(row, around.dispatch) }</td> }
        });
        html! {
            <>
                <td role="gridcell" class="mono t2" data-testid="cell-time" title={date}>{ time }</td>
                { each(since) }
                <td role="gridcell" data-testid="cell-type">{ badge::event(&row.kind) }</td>
                { each(peer) }
                <td role="gridcell" class="t2" data-testid="cell-text" title={text::title(&row.text)}>{ what }</td>
            </>
        }
    };
    let class = classes!(
        selected.then_some("sel"),
        around.at_cursor.then_some("at-cursor"),
        row.error.then_some("bad")
    );
    let content = expanded.then(|| {
        let body = match &row.content {
            Some(content) => html! { <Json text={content.clone()} cut={row.cut} /> },
            None => html! { <div class="json"><i class="sk"></i></div> },
        };
        html! {
            <tr class="content" role="row">
                <td role="gridcell" colspan={super::columns(model).to_string()} data-testid="content">{ body }</td>
            </tr>
        }
    });
    html! {
        <key={row.key.0.clone()}>
            <tr {class} role="row" tabindex="0" data-testid="row" data-key={row.key.0.clone()}
                aria-rowindex={around.number.to_string()} aria-expanded={expanded.to_string()}
                aria-selected={selected.to_string()} {onclick} {onkeydown}>
                { cells }
            </tr>
            { each(content) }
        </>
    }
}

/// A press selects the peer everywhere.
fn peer(row: &EventRow, dispatch: &Callback<Action>) -> Html {
    let Some(id) = row.peer.clone() else { return html! { <span class="t3">{ format::NONE }</span> } };
    let Some(key) = row.peer_key.clone() else { return html! { <Peer {id} /> } };
    let dispatch = dispatch.clone();
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        dispatch.emit(Action::Select(Some(key.clone())));
    });
    html! { <button class="plain" tabindex="-1" {onclick}><Peer {id} /></button> }
}

/// Enter and Space do what a click does; arrows go from row to row.
fn keys(press: Callback<()>) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let row = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(row) = row.filter(|row| row.tag_name() == "TR") else { return };
        match event.key().as_str() {
            "Enter" | " " => press.emit(()),
            "ArrowDown" => walk(&row, Element::next_element_sibling),
            "ArrowUp" => walk(&row, Element::previous_element_sibling),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    })
}

pub fn walk(from: &Element, next: fn(&Element) -> Option<Element>) {
    let mut at = next(from);
    while let Some(element) = at {
        if element.has_attribute("data-key") {
            if let Ok(row) = element.dyn_into::<HtmlElement>() {
                row.focus().ok();
            }
            return;
        }
        at = next(&element);
    }
}
