//! The log: only the rows near the view are in the page. It follows the newest until someone scrolls up.

use std::rc::Rc;

use peerscope_engine::{
    frame::{Events, Frame},
    view::Cursor,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::part::each;

use super::{
    Action as Own, PEER, SINCE, TIME, TYPE, answered, columns, room,
    row::{self, Around},
    row_px, rows_for,
};
use crate::{
    format,
    model::{Action, Model},
    part::{empty, scroll::spacer, text, watch::Watch},
};

#[derive(Clone, Properties)]
pub struct LogProps {
    pub model: Rc<Model>,
    pub dispatch: Callback<Action>,
    pub frame: Rc<Frame>,
}

impl PartialEq for LogProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.model, &other.model) && Rc::ptr_eq(&self.frame, &other.frame)
    }
}

/// The end of the log counts as reached within this.
const END_PX: i32 = 8;

#[component]
pub fn LogTable(props: &LogProps) -> Html {
    let scroll = use_node_ref();
    let model = &props.model;
    let row_px = row_px(model);
    // What a scroll has to know, without setting the listener up anew for each answer.
    let known = use_mut_ref(Known::default);
    if let Some(log) = answered(&props.frame) {
        *known.borrow_mut() = Known {
            first: log.first,
            matching: log.matching,
            end: log.first as usize + log.rows.len() >= log.matching as usize,
            query: model.route.query.clone(),
            row_px,
            live: model.route.cursor == Cursor::Live,
        };
    }
    use_effect_with(scroll.clone(), {
        let (dispatch, known) = (props.dispatch.clone(), known.clone());
        let reading = model.events.reading.as_ref().map(|reading| reading.first);
        move |scroll| {
            // Coming back to the screen finds the place again.
            if let (Some(first), Some(element)) = (reading, scroll.cast::<Element>()) {
                let height = u32::try_from(element.client_height()).unwrap_or(0);
                let (over, _) = rows_for(height, row_px);
                let top = if first == 0 { 0 } else { (first + over).saturating_mul(row_px) };
                element.set_scroll_top(i32::try_from(top).unwrap_or(i32::MAX));
            }
            let watch = scroll.cast::<Element>().map(|element| {
                Watch::new(&element, move |element| {
                    let action = seen(element, &known.borrow());
                    dispatch.emit(Action::Events(action));
                })
            });
            move || drop(watch)
        }
    });
    let follows = model.events.reading.is_none() && model.route.cursor == Cursor::Live;
    let shown = answered(&props.frame).map(|log| (log.first, log.matching, log.rows.len(), log.at_cursor));
    // Following: every new answer is scrolled to its end.
    use_effect_with((follows, shown, row_px), {
        let scroll = scroll.clone();
        move |(follows, ..)| {
            if let Some(element) = scroll.cast::<Element>().filter(|_| *follows) {
                element.set_scroll_top(element.scroll_height());
            }
        }
    });
    // Looking into the past: the row at the cursor comes into view when the cursor moves.
    use_effect_with((model.route.cursor, shown.and_then(|shown| shown.3)), {
        let scroll = scroll.clone();
        move |(cursor, row)| {
            if let (Cursor::At(_), Some(row), Some(element)) = (cursor, row, scroll.cast::<Element>()) {
                let top = i64::from(*row) * i64::from(row_px) - i64::from(element.client_height()) / 2;
                element.set_scroll_top(i32::try_from(top.max(0)).unwrap_or(i32::MAX));
            }
        }
    });
    // From the past back to now: it follows again.
    let was_past = use_mut_ref(|| false);
    use_effect_with(model.route.cursor, {
        let (dispatch, rows) = (props.dispatch.clone(), model.events.rows);
        move |cursor| {
            let past = *cursor != Cursor::Live;
            if was_past.replace(past) && !past {
                dispatch.emit(Action::Events(Own::Tail { rows }));
            }
        }
    });
    let Some(log) = answered(&props.frame) else { return Html::default() };
    let above = log.first * row_px;
    let below = log.matching.saturating_sub(log.first + log.rows.len() as u32) * row_px;
    let columns = columns(model);
    let needle = text::needle(&model.route.query);
    let past = matches!(model.route.cursor, Cursor::At(_));
    let stop = follows.then(|| Own::Read {
        first: log.first,
        rows: model.events.rows,
        matching: log.matching,
        query: model.route.query.clone(),
    });
    let rows = log.rows.iter().enumerate().map(|(i, event)| {
        let number = log.first + i as u32;
        row::row(
            event,
            &Around {
                model,
                dispatch: &props.dispatch,
                needle: &needle,
                stop: stop.as_ref(),
                at_cursor: past && log.at_cursor == Some(number),
                number: number as usize + 2,
            },
        )
    });
    html! {
        <>
            <div class="scroll vtable log" ref={scroll}>
                <table class={classes!("t", model.window.phone().then_some("phone-rows"))} role="treegrid" data-testid="table"
                    aria-label="Events, newest last" aria-rowcount={(log.matching + 1).to_string()}>
                    { head(model) }
                    <tbody>{ spacer(above, columns) }{ each(rows) }{ spacer(below, columns) }</tbody>
                </table>
            </div>
            { each(pill(props, log)) }
        </>
    }
}

pub fn head(model: &Model) -> Html {
    if model.window.phone() {
        return html! { <colgroup><col style="width:106px" /><col /></colgroup> };
    }
    let room = room(model);
    let col = |width: u16| html! { <col style={format!("width:{width}px")} /> };
    let since = room.since.then(|| {
        html! { <th role="columnheader" scope="col" class="r" title="Since the row above">{ "Δ" }</th> }
    });
    let peer = room.peer.then(|| html! { <th role="columnheader" scope="col">{ "Peer" }</th> });
    html! {
        <>
            <colgroup>
                { col(TIME) }{ each(room.since.then(|| col(SINCE))) }{ col(TYPE) }{ each(room.peer.then(|| col(PEER))) }<col />
            </colgroup>
            <thead><tr role="row">
                <th role="columnheader" scope="col" class="sorted" aria-sort="ascending">{ "Time ↑" }</th>
                { each(since) }
                <th role="columnheader" scope="col">{ "Type" }</th>
                { each(peer) }
                <th role="columnheader" scope="col">{ "What happened" }</th>
            </tr></thead>
        </>
    }
}

/// Leads back to the newest, with how many came meanwhile.
fn pill(props: &LogProps, log: &Events) -> Option<Html> {
    let reading = props.model.events.reading.as_ref()?;
    if props.model.route.cursor != Cursor::Live {
        return None;
    }
    let new = match &reading.seen {
        Some((seen, query)) if *query == props.model.route.query => log.matching.saturating_sub(*seen),
        _ => 0,
    };
    if new == 0 {
        return None;
    }
    let rows = props.model.events.rows;
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Events(Own::Tail { rows }));
    Some(html! {
        <div class="tail">
            <span class="t2">{ "Tail stopped while you read" }</span>
            <button class="link-button" data-testid="new-events" {onclick}>
                { format!("{} new ↓", format::count(u64::from(new))) }
            </button>
        </div>
    })
}

/// What the answer on the screen says.
#[derive(Default)]
struct Known {
    first: u32,
    matching: u32,
    /// The last row is among those in the page.
    end: bool,
    query: String,
    row_px: u32,
    live: bool,
}

/// Which rows the view shows.
fn seen(element: &Element, known: &Known) -> Own {
    let height = u32::try_from(element.client_height()).unwrap_or(0);
    let row_px = known.row_px.max(1);
    let (over, rows) = rows_for(height, row_px);
    let bottom = element.scroll_top() + element.client_height();
    if known.live && known.end && bottom >= element.scroll_height() - END_PX {
        return Own::Tail { rows };
    }
    let top = first_in_view(element, known.first).unwrap_or(element.scroll_top().max(0) as u32 / row_px);
    Own::Read { first: top.saturating_sub(over), rows, matching: known.matching, query: known.query.clone() }
}

/// The number of the first row in view, by where rows really lie: expanded ones are higher than others. None when the
/// view is over a spacer.
fn first_in_view(element: &Element, first: u32) -> Option<u32> {
    let rows = element.query_selector_all("tr[data-key]").ok()?;
    let (top, bottom) = (element.scroll_top(), element.scroll_top() + element.client_height());
    for i in 0..rows.length() {
        let Some(row) = rows.item(i).and_then(|row| row.dyn_into::<HtmlElement>().ok()) else { continue };
        let lies = row.offset_top();
        if lies >= top {
            return (lies < bottom).then_some(first + i);
        }
    }
    None
}

/// The log before its first answer.
pub fn loading(model: &Model) -> Html {
    let widths: &[u16] = if model.window.phone() { &[80, 160] } else { &[80, 36, 120, 110, 240] };
    html! {
        <div class="scroll"><table class="t" aria-busy="true" data-testid="loading">
            { head(model) }<tbody>{ empty::bars(widths, 12) }</tbody>
        </table></div>
    }
}
