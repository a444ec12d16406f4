//! The table on a phone: rows of two lines, and what it is sorted by above them.

use peerscope_engine::{
    frame::{ConnRow, Table},
    view::{Key, Sort},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::part::each;

use super::{
    SORT, ScreenProps, cell,
    column::{COLUMNS, clock},
};
use crate::{
    model::Action,
    part::{figure, glyph::StatusGlyph, peer::Peer, spark},
};

pub fn sort_bar(props: &ScreenProps) -> Html {
    let sort = props.model.route.sort.unwrap_or(SORT);
    let choices = || COLUMNS.iter().filter_map(|column| column.by.map(|by| (by, column)));
    let onchange = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
            let chosen = select.and_then(|select| usize::try_from(select.selected_index()).ok());
            if let Some((by, column)) = chosen.and_then(|at| choices().nth(at)) {
                dispatch.emit(Action::Sort(Sort { by, descending: column.descends }));
            }
        })
    };
    let turn = props
        .dispatch
        .reform(move |_: MouseEvent| Action::Sort(Sort { by: sort.by, descending: !sort.descending }));
    let options =
        choices().map(|(by, column)| html! { <option selected={by == sort.by}>{ column.head }</option> });
    html! {
        <div class="filterbar">
            <label class="fbtn"><span class="t3">{ "Sort" }</span><select {onchange}>{ each(options) }</select></label>
            <button class="fbtn" onclick={turn} aria-label={if sort.descending { "Greatest first" } else { "Least first" }}>
                { if sort.descending { "↓" } else { "↑" } }
            </button>
            { super::group::menu(props) }
        </div>
    }
}

/// Cells of a connection; a tap on the row selects it, and the inspector shows its streams.
pub fn cells(row: &ConnRow, table: &Table, zone_minutes: i32) -> Html {
    let error = row.end.as_ref().is_some_and(|end| end.error);
    let right = match &row.end {
        Some(end) => html! { <span data-testid="cell-end">{ clock(end.at_ms, zone_minutes) }</span> },
        None => html! {
            <>
                <span class="in-c" data-testid="cell-in">{ figure::rate_with_unit(row.flow.rate_in) }</span>
                <span class="m2 out-c" data-testid="cell-out">{ figure::rate_with_unit(row.flow.rate_out) }</span>
            </>
        },
    };
    let curve = match row.end {
        Some(_) => Html::default(),
        None => spark::flow(&row.flow, table.spark_max, 72, 24),
    };
    html! {
        <>
            <td role="gridcell" data-testid="cell-status"><StatusGlyph status={row.status} end={row.end.clone()} /></td>
            <td role="gridcell" data-testid="cell-peer">
                <Peer id={row.peer.clone()} />
                <bdi class={classes!("m2", error.then_some("err"))}>{ cell::second_line(row) }</bdi>
            </td>
            <td role="gridcell" data-testid="cell-spark">{ curve }</td>
            <td role="gridcell" class="r">{ right }</td>
        </>
    }
}

/// Widths of the columns.
pub const WIDTHS: [Option<u16>; 4] = [Some(30), None, Some(84), Some(94)];

/// Only what a head would tell readers.
pub const HEADS: [&str; 4] = ["Status", "Peer", "Last 60 s", "In and out per second"];

/// What a tap does.
pub fn select(key: &Key) -> Action {
    Action::Select(Some(key.clone()))
}
