//! Connections: the table of all that is open and what ended, with streams under the expanded rows.

mod cell;
mod column;
mod grid;
mod group;
mod keys;
mod phone;

use std::{collections::BTreeSet, rc::Rc};

use peerscope_engine::{
    frame::{Answer, ConnRow, Frame, Table, TableRow},
    view::{Column, Folds, Group, Key, Panel, Sort, TableAsk},
};
use yew::prelude::*;

use crate::part::each;

use super::{ScreenProps, as_of, matching, query_error, stage_width, use_answered};
use crate::{
    format,
    model::{Link, Model, Window},
    part::{empty::Empty, figure, text},
};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Connections whose streams are shown.
    pub expanded: BTreeSet<Key>,
    /// Groups that show their head alone.
    pub folds: Folds,
    /// Where the visible part begins, px below the first row.
    pub scroll_px: u32,
    /// How high the visible part is; 0 until it was measured.
    pub height_px: u32,
    /// The cell that keys act on.
    pub focus: Option<Focus>,
}

/// A cell: its row, and the number of its column.
#[derive(Clone, Debug, PartialEq)]
pub struct Focus {
    pub row: Key,
    pub column: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Scrolled {
        scroll_px: u32,
        height_px: u32,
    },
    /// Shows or hides a connection's streams.
    Toggle(Key),
    /// Folds a group, or unfolds it.
    Fold(Key),
    FoldAll(bool),
    Focus(Option<Focus>),
}

pub fn update(state: &mut State, action: Action) {
    match action {
        Action::Scrolled { scroll_px, height_px } => {
            state.scroll_px = scroll_px;
            state.height_px = height_px;
        }
        Action::Toggle(key) => {
            if !state.expanded.remove(&key) {
                state.expanded.insert(key);
            }
        }
        Action::Fold(key) => {
            let but = &mut state.folds.but;
            match but.iter().position(|known| *known == key) {
                Some(at) => _ = but.swap_remove(at),
                None => but.push(key),
            }
        }
        Action::FoldAll(all) => state.folds = Folds { all, but: Vec::new() },
        Action::Focus(focus) => state.focus = focus,
    }
}

/// What is sorted by when nothing else was chosen.
pub const SORT: Sort = Sort { by: Column::RateIn, descending: true };

/// Rows in the page, at most: the contract allows 120.
const MOST_ROWS: u32 = 110;

/// Heights of a connection's and a stream's row, px; they equal those of `screens.css`.
fn heights(window: Window) -> (u16, u16) {
    if window.phone() {
        (48, 44)
    } else if window.width <= 1000.0 {
        (32, 28)
    } else {
        (26, 22)
    }
}

/// What the table is grouped by; what only events have groups nothing here.
fn grouped(model: &Model) -> Option<Group> {
    model.route.group.filter(|group| *group != Group::Type)
}

/// Height of a group's head, px; as in `query.css`.
fn head_px(window: Window) -> u16 {
    if window.phone() { 44 } else { 32 }
}

/// The numbers of the columns that there is room for.
fn columns(model: &Model) -> Vec<usize> {
    column::shown(stage_width(model))
}

pub fn ask(model: &Model) -> Panel {
    let state = &model.connections;
    let (row_px, sub_row_px) = heights(model.window);
    let visible = if state.height_px == 0 { model.window.height.max(300.0) as u32 } else { state.height_px };
    // One screen more on either side, so that scrolling does not wait; less where that would be too many rows.
    let room = (MOST_ROWS * u32::from(sub_row_px)).saturating_sub(visible) / 2;
    let over = visible.min(room);
    // In steps, so that not each pixel asks anew.
    let step = u32::from(row_px) * 8;
    let from = state.scroll_px.saturating_sub(over) / step * step;
    let to = state.scroll_px + visible + over;
    Panel::Connections(TableAsk {
        sort: model.route.sort.unwrap_or(SORT),
        scroll_px: from,
        height_px: to.saturating_sub(from).min(MOST_ROWS * u32::from(sub_row_px)),
        row_px,
        sub_row_px,
        expanded: state.expanded.iter().cloned().collect(),
        head_px: head_px(model.window),
        group: grouped(model),
        folds: state.folds.clone(),
    })
}

fn table(frame: &Frame) -> Option<&Table> {
    frame.panels.iter().find_map(|panel| match panel {
        Answer::Connections(table) => Some(table),
        _ => None,
    })
}

#[component]
pub fn Connections(props: &ScreenProps) -> Html {
    let frame = use_answered(&props.model.frame, |answer| matches!(answer, Answer::Connections(_)));
    let model = &props.model;
    let answer = frame.as_deref().and_then(table);
    let sum = answer.map(|table| {
        let as_of = as_of(model).map_or(String::new(), |as_of| format!(", {as_of}"));
        format!("{} open, {} closed{as_of}", count(table.open), count(table.closed))
    });
    let matching = answer
        .filter(|table| table.open + table.closed < table.all)
        .map(|table| matching(&model.route.query, u64::from(table.open + table.closed), table.all.into()));
    let body = match (&frame, answer) {
        (Some(frame), Some(table)) if table.row_count == 0 && table.open + table.closed == 0 => {
            none(model, frame, table)
        }
        (Some(frame), Some(_)) => html! {
            <grid::Grid model={model.clone()} dispatch={props.dispatch.clone()} frame={Rc::clone(frame)} />
        },
        _ => waiting(model),
    };
    html! {
        <main class="view" data-testid="screen-connections">
            <div class="viewbar">
                <h1>{ "Connections" }</h1>
                <span class="sum">{ sum.unwrap_or_default() }</span>
                <span class="sp"></span>
                { each(query_error(model, answer.and_then(|table| table.query_error.as_ref()))) }
                { each(matching) }
                { each((!model.window.phone()).then(|| group::menu(props))) }
            </div>
            { each((model.window.phone() && answer.is_some()).then(|| phone::sort_bar(props))) }
            { body }
            { each(answer.map(|table| status_line(model, table))) }
        </main>
    }
}

fn count(value: u32) -> String {
    format::count(u64::from(value))
}

/// No source, or nothing came yet.
fn waiting(model: &Model) -> Html {
    match model.link {
        Link::Idle | Link::Failed { .. } => html! {
            <Empty title="No source">{ "Open an endpoint or a recording to see its connections." }</Empty>
        },
        _ => grid::loading(model),
    }
}

/// An answer without rows: why.
fn none(model: &Model, frame: &Frame, table: &Table) -> Html {
    if table.all > 0 && !model.route.query.is_empty() {
        let hidden = if table.all == 1 {
            "1 connection is hidden by ".to_owned()
        } else {
            format!("{} connections are hidden by ", count(table.all))
        };
        return html! {
            <Empty title="No connection matches">
                { hidden }<span class="t1">{ text::safe(&model.route.query) }</span>
            </Empty>
        };
    }
    if frame.head.snapshot == 0 {
        return html! {
            <Empty title="No snapshot yet at this moment">{ "Connections come with the source's first snapshot of its state." }</Empty>
        };
    }
    html! {
        <Empty title="No connections at this moment">
            { "None is open, and none ended within the time shown." }
        </Empty>
    }
}

fn connections(table: &Table) -> impl Iterator<Item = &ConnRow> {
    table.rows.iter().filter_map(|row| match row {
        TableRow::Connection(row) => Some(&**row),
        TableRow::Stream(_) | TableRow::Group(_) => None,
    })
}

fn sums(table: &Table) -> Html {
    // Rows of one peer repeat its figures: their sum would count them twice.
    if connections(table).any(|row| row.shared_flow) {
        return html! { <span>{ "* In and out are per peer: this source tells none per connection" }</span> };
    }
    html! {
        <span>{ "Σ in " }{ figure::rate_text(table.sum_in) }{ " · out " }{ figure::rate_text(table.sum_out) }</span>
    }
}

fn status_line(model: &Model, table: &Table) -> Html {
    let selected = model.route.selection.is_some().then(|| html! { <span>{ "1 selected" }</span> });
    let mut never = Vec::new();
    if table.never.stream_traffic {
        never.push("traffic of streams");
    }
    if table.never.latency {
        never.push("round trips");
    }
    if table.never.agent {
        never.push("agents");
    }
    if table.never.transport {
        never.push("transports");
    }
    if table.never.remote {
        never.push("remote addresses");
    }
    let never = (!never.is_empty())
        .then(|| html! { <span>{ format!("Not told by this source: {}", never.join(", ")) }</span> });
    html! {
        <div class="statusline">
            { each(selected) }
            { sums(table) }
            { each(as_of(model).map(|as_of| html! { <span>{ format!("ages and rates {as_of}") }</span> })) }
            { each(never) }
            <span class="sp"></span>
            <span class="keys">{ "Enter opens streams · Space selects · C copies the cell" }</span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(model: &Model) -> TableAsk {
        match ask(model) {
            Panel::Connections(ask) => ask,
            other => panic!("{other:?}"),
        }
    }

    fn model(height_px: u32, scroll_px: u32) -> Model {
        Model {
            window: Window { width: 1440.0, height: 900.0, scale: 1.0 },
            connections: State { height_px, scroll_px, ..State::default() },
            ..Model::default()
        }
    }

    #[test]
    fn asks_for_what_is_seen_and_a_screen_around() {
        let ask = asked(&model(600, 6000));
        assert!(ask.scroll_px <= 5400 && ask.scroll_px + ask.height_px >= 7200, "{ask:?}");
    }

    #[test]
    fn never_asks_for_more_rows_than_allowed_and_always_for_the_visible() {
        for height in [0, 100, 600, 1100, 2000, 2400] {
            for scroll in [0, 7, 207, 5000] {
                let ask = asked(&model(height, scroll));
                assert!(ask.height_px / u32::from(ask.sub_row_px) < 119, "{ask:?}");
                assert!(ask.scroll_px <= scroll);
                assert!(
                    ask.scroll_px + ask.height_px >= scroll + height.min(2200),
                    "{height} {scroll} {ask:?}"
                );
            }
        }
    }

    #[test]
    fn a_few_pixels_ask_nothing_new() {
        assert_eq!(asked(&model(600, 3000)).scroll_px, asked(&model(600, 3010)).scroll_px);
    }
}
