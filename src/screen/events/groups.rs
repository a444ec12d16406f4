//! The log put together by type or peer: how many of each, and the newest of those that are unfolded.

use peerscope_engine::frame::{EventGroup, Events};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::{
    Action as Own, ScreenProps, columns, log,
    row::{self, Around},
};
use crate::{
    format::{self, Clock},
    model::Action,
    part::{badge, each, peer::Peer, text},
};

pub fn groups(props: &ScreenProps, answer: &Events) -> Html {
    let model = &props.model;
    let needle = text::needle(&model.route.query);
    let mut number = 1;
    let body = answer.groups.iter().map(|group| {
        number += 1;
        let head = head(props, group, number);
        let rows = group.rows.iter().map(|event| {
            number += 1;
            let around = Around {
                model,
                dispatch: &props.dispatch,
                needle: &needle,
                stop: None,
                at_cursor: false,
                number,
            };
            row::row(event, &around)
        });
        html! { <>{ head }{ each(rows.collect::<Vec<_>>()) }</> }
    });
    let body: Vec<Html> = body.collect();
    let more = (answer.group_count as usize).saturating_sub(answer.groups.len());
    let more = (more > 0).then(|| {
        html! {
            <tr role="row"><td role="gridcell" class="t3" colspan={columns(model).to_string()}>
                { format!("{} more with fewer events", format::count(more as u64)) }
            </td></tr>
        }
    });
    html! {
        <div class="scroll vtable log">
            <table class={classes!("t", model.window.phone().then_some("phone-rows"))} role="treegrid" data-testid="table"
                aria-label="Events in groups, most first">
                { log::head(model) }
                <tbody>{ each(body) }{ each(more) }</tbody>
            </table>
        </div>
    }
}

fn head(props: &ScreenProps, group: &EventGroup, number: usize) -> Html {
    let model = &props.model;
    let open = model.events.unfolded.contains(&group.key);
    let fold = {
        let (dispatch, key) = (props.dispatch.clone(), group.key.clone());
        Callback::from(move |()| dispatch.emit(Action::Events(Own::Fold(key.clone()))))
    };
    let onkeydown = {
        let fold = fold.clone();
        Callback::from(move |event: KeyboardEvent| {
            let row = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let Some(row) = row.filter(|_| !event.ctrl_key() && !event.meta_key() && !event.alt_key()) else {
                return;
            };
            match event.key().as_str() {
                "Enter" | " " => fold.emit(()),
                "ArrowDown" => row::walk(&row, Element::next_element_sibling),
                "ArrowUp" => row::walk(&row, Element::previous_element_sibling),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let name = match (&group.name, &group.peer_key) {
        (Some(id), Some(_)) => html! { <Peer id={id.clone()} /> },
        (Some(name), None) => badge::event(name),
        (None, _) => html! { <span class="t2">{ "no peer named" }</span> },
    };
    let clock = |at| format::clock(at, model.zone_minutes, Clock::Seconds);
    let when = format!("{} – {}", clock(group.first_ms), clock(group.last_ms));
    let newest = (open && (group.rows.len() as u32) < group.count)
        .then(|| html! { <span class="t3 nw">{ format!("the newest {} below", group.rows.len()) }</span> });
    html! {
        <tr key={group.key.0.clone()} role="row" class="grp" tabindex="0" data-testid="group-head" data-key={group.key.0.clone()}
            aria-level="1" aria-rowindex={number.to_string()} aria-expanded={open.to_string()}
            onclick={fold.reform(|_: MouseEvent| ())} {onkeydown}>
            <td role="gridcell" colspan={columns(model).to_string()}>
                <span class="gname">
                    <span class="twist" aria-hidden="true">{ if open { "▾" } else { "▸" } }</span>
                    { name }
                    <span class="t1" data-testid="group-count">{ format::count(group.count.into()) }</span>
                    <span class="t3 nw">{ when }</span>
                    { each(newest) }
                </span>
            </td>
        </tr>
    }
}
