//! Three real rows, now and as they would be saved; and what stays readable whatever is replaced.

use yew::prelude::*;

use crate::{
    format,
    model::saving::{Cells, PreviewRow, State},
    part::{
        each,
        glyph::{Glyph, Shape},
        peer::Peer,
        text,
    },
};

/// Characters of an address or a content that have room.
const WHAT: usize = 60;

pub fn preview(state: &State) -> Html {
    html! {
        <>
            <div class="dh">{ "Preview" }<span class="t3">{ "real rows, now and as saved" }</span><span class="sp"></span>
                <span class="ch">{ "replaced" }</span></div>
            <table class="pvw" data-testid="preview">
                <colgroup><col class="c1" /><col class="c2" /><col class="c3" /><col /></colgroup>
                <thead><tr><th><span class="vh">{ "When" }</span></th><th>{ "Peer" }</th><th>{ "Agent" }</th><th>{ "Address or content" }</th></tr></thead>
                <tbody>{ rows(state) }</tbody>
            </table>
            <dl class="stay">
                <dt>{ "Stays readable" }</dt><dd>{ "times, sizes, rates, round trips, ports, transports, protocol and topic names, causes" }</dd>
                <dt>{ "Never saved" }</dt><dd>{ "the endpoint’s address and token, settings of this browser" }</dd>
            </dl>
            <div class="note"><Glyph shape={Shape::Warning} label="" size={12} />
                <span><b>{ "Not anonymous." }</b>{ " Someone who watched the same node can match times and sizes." }
                    if state.replace.peer_ids { { " Buckets keep their numbers; XOR distances inside a bucket are lost." } }
                    if state.replace.any() { { " What is not understood is left out, and counted." } }
                </span>
            </div>
        </>
    }
}

fn rows(state: &State) -> Html {
    match &state.preview {
        None => html! { <tr><td colspan="4" class="t3">{ "…" }</td></tr> },
        Some(preview) if preview.rows.is_empty() => {
            html! { <tr><td colspan="4" class="t3">{ "Nothing to show at this moment." }</td></tr> }
        }
        Some(preview) => each(preview.rows.iter().map(row)),
    }
}

fn row(row: &PreviewRow) -> Html {
    html! {
        <>
            <tr class="a"><td>{ "Now" }</td>{ cells(row, &row.now, false) }</tr>
            <tr class="b"><td>{ "Saved" }</td>{ cells(row, &row.saved, true) }</tr>
        </>
    }
}

fn cells(row: &PreviewRow, cells: &Cells, saved: bool) -> Html {
    let mark = |changed: bool| (saved && changed).then_some("ch");
    let middle = match &row.event {
        Some(kind) => html! { <td>{ text::safe(kind) }</td> },
        None if cells.agent.is_empty() => html! { <td class="t3">{ format::NONE }</td> },
        None => {
            html! { <td><span class={mark(row.now.agent != row.saved.agent)}>{ text::safe(&cells.agent) }</span></td> }
        }
    };
    let emptied = saved && cells.what.is_empty() && !row.now.what.is_empty();
    let what = if emptied { "content emptied".to_owned() } else { format::visible(&cells.what, WHAT) };
    html! {
        <>
            <td><span class={mark(row.now.peer != row.saved.peer)}><Peer id={cells.peer.clone()} /></span></td>
            { middle }
            <td class="mono" title={text::title(&cells.what)}><span class={mark(row.now.what != row.saved.what)}><bdi>{ what }</bdi></span></td>
        </>
    }
}
