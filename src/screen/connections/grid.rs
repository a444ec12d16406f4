//! The table itself: only the rows near the view are in the page, spacers stand for the rest.

use std::rc::Rc;

use peerscope_engine::{
    frame::{ConnRow, Frame, StreamRow, Table, TableRow},
    view::{Column as By, Group, Key, Sort},
};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use crate::part::each;

use super::{
    Action as Own, Focus, SORT, cell,
    column::{self, Around, COLUMNS, DIRECTION, PEER},
    columns, group, grouped, head_px, heights,
    keys::{self, Deed},
    phone, table,
};
use crate::{
    model::{Action, Model},
    part::{
        badge, copy, empty, figure,
        glyph::{Arrow, StatusGlyph},
        peer::Peer,
        scroll::{spacer, use_scroll},
        spark,
    },
};

#[derive(Clone, Properties)]
pub struct GridProps {
    pub model: Rc<Model>,
    pub dispatch: Callback<Action>,
    pub frame: Rc<Frame>,
}

impl PartialEq for GridProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.model, &other.model) && Rc::ptr_eq(&self.frame, &other.frame)
    }
}

#[component]
pub fn Grid(props: &GridProps) -> Html {
    let scroll = use_node_ref();
    let model = &props.model;
    let dispatch = &props.dispatch;
    let tell =
        dispatch.reform(|(scroll_px, height_px)| Action::Connections(Own::Scrolled { scroll_px, height_px }));
    use_scroll(&scroll, model.connections.scroll_px, tell);
    let Some(table) = table(&props.frame) else { return Html::default() };
    let phone = model.window.phone();
    let around =
        Around { spark_max: table.spark_max, zone_minutes: model.zone_minutes, query: &model.route.query };

    let onkeydown = {
        let (props, scroll) = (props.clone(), scroll.clone());
        Callback::from(move |event: KeyboardEvent| pressed(&event, &props, &scroll))
    };
    let high: u32 = table.rows.iter().map(|row| u32::from(height(model, row))).sum();
    let below = table.total_px.saturating_sub(table.offset_px.saturating_add(high));
    let shown = columns(model);
    let columns = if phone { phone::HEADS.len() } else { shown.len() };
    let rows = table.rows.iter().enumerate().map(|(i, row)| {
        let number = table.first as usize + i + 2;
        match row {
            TableRow::Connection(row) => connection(props, table, row, number, &shown, around),
            TableRow::Stream(row) => stream(props, table, row, number, &shown, around),
            TableRow::Group(row) => group::head(props, row, number, &shown),
        }
    });
    let active = model.connections.focus.as_ref().and_then(|focus| {
        let at = table.rows.iter().position(|row| *keys::key(row) == focus.row)?;
        Some(cell_id(table.first as usize + at, focus.column))
    });
    html! {
        <div class="scroll vtable" ref={scroll}>
            <table class={classes!("t", phone.then_some("phone-rows"))} role="treegrid" data-testid="table" tabindex="0"
                aria-label="Connections" aria-rowcount={(table.row_count + 1).to_string()} aria-activedescendant={active}
                {onkeydown}>
                { if phone { phone_head() } else { head(model.route.sort.unwrap_or(SORT), &shown, dispatch) } }
                <tbody>
                    { spacer(table.offset_px, columns) }
                    { each(rows) }
                    { spacer(below, columns) }
                </tbody>
            </table>
        </div>
    }
}

/// How high a row is, px.
fn height(model: &Model, row: &TableRow) -> u16 {
    let (row_px, sub_row_px) = heights(model.window);
    match row {
        TableRow::Group(_) => head_px(model.window),
        // By protocol the streams are the rows.
        TableRow::Stream(_) if grouped(model) != Some(Group::Protocol) => sub_row_px,
        TableRow::Stream(_) | TableRow::Connection(_) => row_px,
    }
}

fn cell_id(row: usize, column: usize) -> String {
    format!("cell-{row}-{column}")
}

fn head(sort: Sort, shown: &[usize], dispatch: &Callback<Action>) -> Html {
    let shown = || shown.iter().map(|i| &COLUMNS[*i]);
    let widths = shown().map(|column| {
        html! { <col style={column.width.map(|width| format!("width:{width}px"))} /> }
    });
    let heads = shown().map(|column| {
        let sorted = column.by == Some(sort.by);
        let order = match (sorted, sort.descending) {
            (false, _) => column.by.map(|_| "none"),
            (true, true) => Some("descending"),
            (true, false) => Some("ascending"),
        };
        let arrow = match order {
            Some("descending") => "↓",
            Some("ascending") => "↑",
            _ => "",
        };
        let name = html! { <span class={column.silent.then_some("vh")}>{ column.head }</span> };
        let label = match column.by {
            None => html! { { name } },
            Some(by) => {
                let descending = if sorted { !sort.descending } else { column.descends };
                let onclick = dispatch.reform(move |_: MouseEvent| Action::Sort(Sort { by, descending }));
                // Over the units of the cells below.
                let slot = matches!(by, By::RateIn | By::RateOut).then(|| html! { <i class="u"></i> });
                let arrow = (!arrow.is_empty()).then(|| html! { <span class="arrow" aria-hidden="true">{ arrow }</span> });
                html! { <button class="sort" {onclick}>{ each(arrow) }{ name }{ each(slot) }</button> }
            }
        };
        let class = classes!(column.class.contains('r').then_some("r"), (column.class == "c").then_some("c"), sorted.then_some("sorted"));
        let class = if column.class == "mono" { classes!(sorted.then_some("sorted")) } else { class };
        html! { <th role="columnheader" scope="col" {class} aria-sort={order} title={column.hint}>{ label }</th> }
    });
    html! {
        <>
            <colgroup>{ each(widths) }</colgroup>
            <thead><tr role="row">{ each(heads) }</tr></thead>
        </>
    }
}

fn phone_head() -> Html {
    let widths = phone::WIDTHS.iter().map(|width| {
        html! { <col style={width.map(|width| format!("width:{width}px"))} /> }
    });
    html! { <colgroup>{ each(widths) }</colgroup> }
}

/// What rows have in common.
struct Row<'a> {
    key: &'a Key,
    class: Classes,
    selected: bool,
    /// From 1, the head included.
    number: usize,
    expanded: Option<bool>,
    level: u8,
}

impl Row<'_> {
    fn html(self, props: &GridProps, cells: Html) -> Html {
        let onclick = {
            let (dispatch, key) = (props.dispatch.clone(), self.key.clone());
            Callback::from(move |event: MouseEvent| {
                // A click into a cell moves the focus of keys there too.
                let cell = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                let column = cell
                    .and_then(|cell| cell.closest("td").ok().flatten())
                    .and_then(|cell| cell.get_attribute("data-column"))
                    .and_then(|column| column.parse().ok())
                    .unwrap_or(PEER);
                dispatch.emit(Action::Connections(Own::Focus(Some(Focus { row: key.clone(), column }))));
                dispatch.emit(phone::select(&key));
            })
        };
        html! {
            <tr key={self.key.0.clone()} role="row" class={self.class} data-testid="row" data-key={self.key.0.clone()}
                aria-rowindex={self.number.to_string()} aria-selected={self.selected.to_string()}
                aria-expanded={self.expanded.map(|open| open.to_string())} aria-level={self.level.to_string()} {onclick}>
                { cells }
            </tr>
        }
    }
}

/// Attributes of a cell, whichever row it is in.
struct Place {
    id: String,
    class: Classes,
    column: String,
}

fn place(props: &GridProps, key: &Key, number: usize, column: usize, class: &'static str) -> Place {
    let focused = props
        .model
        .connections
        .focus
        .as_ref()
        .is_some_and(|focus| focus.row == *key && focus.column == column);
    Place {
        id: cell_id(number - 2, column),
        class: classes!(class, focused.then_some("cell-focus")),
        column: column.to_string(),
    }
}

fn connection(
    props: &GridProps,
    table: &Table,
    row: &ConnRow,
    number: usize,
    shown: &[usize],
    around: Around,
) -> Html {
    // A peer that is selected is each of its connections; a stream is itself alone.
    let selection = props.model.route.selection.as_ref();
    let selected = selection == Some(&row.key) || selection == Some(&row.peer_key);
    let dim = column::ended(row);
    let phone = props.model.window.phone();
    let head = Row {
        key: &row.key,
        class: classes!(dim.then_some("dim"), selected.then_some("sel")),
        selected,
        number,
        expanded: (!phone).then_some(row.expanded),
        level: if grouped(&props.model).is_some() { 2 } else { 1 },
    };
    if phone {
        return head.html(props, phone::cells(row, table, around.zone_minutes));
    }
    let own = if dim { column::end_at(shown) } else { shown.len() };
    let cells = shown[..own].iter().map(|i| {
        let column = &COLUMNS[*i];
        let place = place(props, &row.key, number, *i, column.class);
        let twist = (*i == 0).then(|| twist(props, row));
        html! {
            <td role="gridcell" id={place.id} class={place.class} data-column={place.column} data-testid={format!("cell-{}", column.id)}>
                { each(twist) }{ (column.connection)(row, around) }
            </td>
        }
    });
    let end = row
        .end
        .as_ref()
        .map(|end| ended(props, &row.key, number, shown, cell::end(end, around.zone_minutes)));
    head.html(props, html! { <>{ each(cells) }{ each(end) }</> })
}

/// Why a row ended, in place of its last figures.
fn ended(props: &GridProps, key: &Key, number: usize, shown: &[usize], body: Html) -> Html {
    let first = shown.get(column::end_at(shown)).copied().unwrap_or_default();
    let place = place(props, key, number, first, "end");
    html! {
        <td role="gridcell" id={place.id} class={place.class} colspan={column::END.to_string()} data-column={place.column}
            data-testid="cell-end">
            { body }
        </td>
    }
}

/// Shows and hides the streams of a row that has some.
fn twist(props: &GridProps, row: &ConnRow) -> Html {
    let any = row.expanded || row.streams.is_some_and(|streams| streams > 0) || row.end.is_some();
    if !any {
        return html! { <span class="twist"></span> };
    }
    let (dispatch, key) = (props.dispatch.clone(), row.key.clone());
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        dispatch.emit(Action::Connections(Own::Toggle(key.clone())));
    });
    let label = if row.expanded { "Hide streams" } else { "Show streams" };
    html! {
        <button class="twist" tabindex="-1" aria-label={label} {onclick}>{ if row.expanded { "▾" } else { "▸" } }</button>
    }
}

fn stream(
    props: &GridProps,
    table: &Table,
    row: &StreamRow,
    number: usize,
    shown: &[usize],
    around: Around,
) -> Html {
    let selected = props.model.route.selection.as_ref() == Some(&row.key);
    let is_row = grouped(&props.model) == Some(Group::Protocol);
    let head = Row {
        key: &row.key,
        class: classes!(
            (!is_row).then_some("sub"),
            row.end.is_some().then_some("dim"),
            selected.then_some("sel")
        ),
        selected,
        number,
        expanded: None,
        level: 2,
    };
    let td = |column: usize, span: usize, class: &'static str, testid: &'static str, body: Html| {
        let place = place(props, &row.key, number, column, class);
        html! {
            <td role="gridcell" id={place.id} class={place.class} colspan={span.to_string()} data-column={place.column}
                data-testid={testid}>
                { body }
            </td>
        }
    };
    let glyph = html! { <StatusGlyph status={row.status} end={row.end.clone()} size={9} /> };
    // Under a head with the protocol, whose it is.
    let protocol = match is_row {
        true => html! { <Peer id={row.peer.clone()} /> },
        false => badge::protocol(row.protocol.as_deref()),
    };
    let name =
        html! { <span class="t3">{ "stream " }<bdi>{ crate::format::visible(&row.id, 24) }</bdi></span> };
    if props.model.window.phone() {
        let rates = html! {
            <>
                <span class="in-c">{ figure::rate_with_unit(row.flow.rate_in) }</span>
                <span class="m2 out-c">{ figure::rate_with_unit(row.flow.rate_out) }</span>
            </>
        };
        let cells = html! {
            <>
                { td(0, 1, "", "cell-status", glyph) }
                { td(1, 1, "", "cell-protocol", html! { <>{ protocol }<span class="m2">{ name }</span></> }) }
                { td(2, 1, "", "cell-spark", spark::flow(&row.flow, table.spark_max, 72, 20)) }
                { td(3, 1, "r", "cell-in", rates) }
            </>
        };
        return head.html(props, cells);
    }
    let own = if row.end.is_some() { column::end_at(shown) } else { shown.len() };
    // The protocol is as wide as all that tells of a connection's other end.
    let wide = shown.iter().filter(|i| (PEER..DIRECTION).contains(i)).count();
    let cells = shown[..own].iter().filter(|i| !(PEER + 1..DIRECTION).contains(i)).map(|i| {
        let column = &COLUMNS[*i];
        let (span, testid, body) = match column.id {
            "status" => (1, "cell-status", glyph.clone()),
            "peer" => (wide, if is_row { "cell-peer" } else { "cell-protocol" }, protocol.clone()),
            "direction" => (1, "cell-direction", html! { <Arrow direction={row.direction} /> }),
            "remote" => (1, "cell-stream", name.clone()),
            "age" => (1, "cell-age", figure::age(row.age_ms)),
            "spark" => (1, "cell-spark", spark::flow(&row.flow, table.spark_max, 80, 16)),
            "in" => (1, "cell-in", figure::rate(row.flow.rate_in)),
            "out" => (1, "cell-out", figure::rate(row.flow.rate_out)),
            // A stream has neither a round trip nor streams of its own.
            _ => (1, "", Html::default()),
        };
        let class = if column.class == "mono" { "" } else { column.class };
        td(*i, span, class, testid, body)
    });
    let end = row
        .end
        .as_ref()
        .map(|end| ended(props, &row.key, number, shown, cell::end(end, around.zone_minutes)));
    let cells = html! { <>{ each(cells) }{ each(end) }</> };
    head.html(props, cells)
}

fn pressed(event: &KeyboardEvent, props: &GridProps, scroll: &NodeRef) {
    let on_button = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| element.tag_name() == "BUTTON");
    if on_button || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let Some(table) = table(&props.frame) else { return };
    let (row_px, _) = heights(props.model.window);
    let page = props.model.connections.height_px as usize / usize::from(row_px);
    let focus = props.model.connections.focus.as_ref();
    let shown = columns(&props.model);
    let Some(deed) = keys::press(&event.key(), &table.rows, &shown, focus, page.saturating_sub(2)) else {
        return;
    };
    event.prevent_default();
    event.stop_propagation();
    let dispatch = &props.dispatch;
    match deed {
        Deed::Focus(focus) => {
            let mut top = table.offset_px;
            for row in &table.rows {
                let height = u32::from(height(&props.model, row));
                if *keys::key(row) == focus.row {
                    reveal(scroll, top, height);
                    break;
                }
                top += height;
            }
            dispatch.emit(Action::Connections(Own::Focus(Some(focus))));
        }
        Deed::Fold(key) => dispatch.emit(Action::Connections(Own::Fold(key))),
        Deed::Toggle(key) => dispatch.emit(Action::Connections(Own::Toggle(key))),
        Deed::Select(key) => dispatch.emit(phone::select(&key)),
        Deed::Copy { row, column } => {
            let around = Around {
                spark_max: table.spark_max,
                zone_minutes: props.model.zone_minutes,
                query: &props.model.route.query,
            };
            if let Some(row) = table.rows.get(row) {
                copy::copy(column::copied(row, column, &shown, around), dispatch.clone());
            }
        }
    }
}

/// Scrolls as little as it takes to see a row below the head.
fn reveal(scroll: &NodeRef, top_px: u32, height_px: u32) {
    const HEAD: i32 = 26;
    let Some(element) = scroll.cast::<Element>() else { return };
    let (top, height) = (top_px as i32, height_px as i32);
    let (from, room) = (element.scroll_top(), element.client_height() - HEAD);
    if top < from {
        element.set_scroll_top(top);
    } else if top + height > from + room {
        element.set_scroll_top(top + height - room);
    }
}

/// The table before its first answer.
pub fn loading(model: &Model) -> Html {
    if model.window.phone() {
        return html! {
            <div class="scroll"><table class="t phone-rows" aria-busy="true" data-testid="loading">
                { phone_head() }
                <tbody>{ empty::bars(&[10, 150, 60, 50], 8) }</tbody>
            </table></div>
        };
    }
    let shown = columns(model);
    let head = head(SORT, &shown, &Callback::noop());
    let bars: Vec<u16> = shown.iter().map(|i| COLUMNS[*i].width.map_or(110, |width| width * 2 / 3)).collect();
    html! {
        <div class="scroll"><table class="t" aria-busy="true" data-testid="loading">
            { head }
            <tbody>{ empty::bars(&bars, 12) }</tbody>
        </table></div>
    }
}
