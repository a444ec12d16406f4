//! The rows of the comparison: what vanished, what appeared, what changed. Only those near the view are in the page.

use std::rc::Rc;

use peerscope_engine::{
    frame::{Change, Changes, Diff, DiffItem, DiffLine},
    view::Section,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use super::{Action as Own, heights, words};
use crate::{
    format::{self, Clock},
    model::{Action, Model},
    part::{
        badge, each,
        glyph::Arrow,
        peer::Peer,
        scroll::{spacer, use_scroll},
        text,
    },
};

#[derive(Clone, Properties)]
pub struct ListProps {
    pub model: Rc<Model>,
    pub dispatch: Callback<Action>,
    pub diff: Diff,
}

impl PartialEq for ListProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.model, &other.model)
    }
}

#[component]
pub fn List(props: &ListProps) -> Html {
    let scroll = use_node_ref();
    let (model, diff) = (&props.model, &props.diff);
    let tell =
        props.dispatch.reform(|(scroll_px, height_px)| Action::Diff(Own::Scrolled { scroll_px, height_px }));
    use_scroll(&scroll, model.diff.scroll_px, tell);
    let (row_px, head_px) = heights(model);
    let high: u32 = diff
        .lines
        .iter()
        .map(|line| u32::from(if matches!(line, DiffLine::Head(..)) { head_px } else { row_px }))
        .sum();
    let below = diff.total_px.saturating_sub(diff.offset_px.saturating_add(high));
    let phone = model.window.phone();
    let columns: &[&str] = if phone { &["28px", "", "92px"] } else { &COLUMNS };
    let widths = columns.iter().map(|width| {
        html! { <col style={(!width.is_empty()).then(|| format!("width:{width}"))} /> }
    });
    let lines = diff.lines.iter().enumerate().map(|(at, line)| {
        let number = diff.first as usize + at + 1;
        match line {
            DiffLine::Head(change, count) => head(*change, *count, number, columns.len()),
            DiffLine::Item(item) => row(props, item, number),
        }
    });
    html! {
        <>
        { jumps(diff, (row_px, head_px), &scroll) }
        <div class="scroll vtable" ref={scroll}>
            <table class={classes!("t", "dt", phone.then_some("phone-rows"))} role="grid" data-testid="table"
                aria-label="What differs between A and B" aria-rowcount={diff.line_count.to_string()}>
                <colgroup>{ each(widths) }</colgroup>
                <tbody>{ spacer(diff.offset_px, columns.len()) }{ each(lines) }{ spacer(below, columns.len()) }</tbody>
            </table>
        </div>
        </>
    }
}

/// How many of each, and the way to them.
fn jumps(diff: &Diff, (row_px, head_px): (u16, u16), scroll: &NodeRef) -> Html {
    let Changes { vanished, appeared, changed, .. } = diff.changes;
    let mut top = 0u32;
    let counts = [(Change::Vanished, vanished), (Change::Appeared, appeared), (Change::Changed, changed)];
    let buttons = counts.map(|(change, count)| {
        let from = top;
        if count > 0 {
            top = top.saturating_add(count.saturating_mul(row_px.into())).saturating_add(head_px.into());
        }
        let scroll = scroll.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            if let Some(element) = scroll.cast::<Element>() {
                element.set_scroll_top(i32::try_from(from).unwrap_or(i32::MAX));
            }
        });
        let word = word(change);
        html! {
            <button class="btn" disabled={count == 0} data-testid={format!("jump-{word}")} {onclick}>
                { sign(change) }{ format!("{} {word}", format::count(count.into())) }
            </button>
        }
    });
    html! { <div class="djump">{ each(buttons) }</div> }
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Vanished => "vanished",
        Change::Appeared => "appeared",
        Change::Changed => "changed",
    }
}

/// Sign, who, transport, direction, what, A, B, how much or when.
const COLUMNS: [&str; 8] = ["34px", "170px", "84px", "28px", "", "104px", "104px", "92px"];

fn sign(change: Change) -> Html {
    let (class, sign) = match change {
        Change::Vanished => ("op minus", "−"),
        Change::Appeared => ("op plus", "+"),
        Change::Changed => ("op chg", "≠"),
    };
    html! { <span {class} aria-hidden="true">{ sign }</span> }
}

fn head(change: Change, count: u32, number: usize, columns: usize) -> Html {
    let why = match change {
        Change::Vanished => "open in A, not in B",
        Change::Appeared => "not in A, open in B",
        Change::Changed => "in both, something differs; sorted by how much",
    };
    let word = word(change);
    html! {
        <tr key={word} role="row" class="grp" aria-rowindex={number.to_string()} data-testid={format!("head-{word}")}>
            <td role="gridcell">{ sign(change) }</td>
            <td role="gridcell" colspan={(columns - 1).to_string()}>
                <b>{ format!("{} {word}", format::count(count.into())) }</b>{ " " }<span class="t3">{ why }</span>
            </td>
        </tr>
    }
}

fn who(section: Section, item: &DiffItem) -> Html {
    match section {
        Section::Connections | Section::Peers => {
            html! { <Peer id={item.name.clone().unwrap_or_default()} /> }
        }
        Section::Streams | Section::Protocols => badge::protocol(item.name.as_deref()),
    }
}

fn row(props: &ListProps, item: &DiffItem, number: usize) -> Html {
    let section = props.diff.section;
    let selected = props.model.route.selection.as_ref() == Some(&item.key);
    // A protocol is nothing that can be selected.
    let selects = section != Section::Protocols;
    let select = {
        let (dispatch, key) = (props.dispatch.clone(), item.key.clone());
        Callback::from(move |()| {
            if selects {
                dispatch.emit(Action::Select(Some(key.clone())));
            }
        })
    };
    let onkeydown = {
        let select = select.clone();
        Callback::from(move |event: KeyboardEvent| {
            let moved = match event.key().as_str() {
                "Enter" | " " => {
                    select.emit(());
                    true
                }
                "ArrowDown" => beside(&event, Element::next_element_sibling),
                "ArrowUp" => beside(&event, Element::previous_element_sibling),
                _ => false,
            };
            if moved {
                event.prevent_default();
                event.stop_propagation();
            }
        })
    };
    let cells = words::cells(item);
    let at = item.at_ms.map(|at| format::clock(at, props.model.zone_minutes, Clock::Seconds));
    let what = html! { <span class={cells.error.then_some("err")}>{ text::safe(&cells.what) }</span> };
    let body = if props.model.window.phone() {
        let values = if item.change == Change::Changed {
            format!("{} → {}", cells.a, cells.b)
        } else {
            String::new()
        };
        html! {
            <>
                <td role="gridcell">{ sign(item.change) }</td>
                <td role="gridcell">{ who(section, item) }<bdi class="m2">{ what }{ " " }<span class="t3">{ values }</span></bdi></td>
                <td role="gridcell" class="r t3">{ at.unwrap_or(cells.change) }</td>
            </>
        }
    } else {
        let kind = match (&item.peer, &item.transport) {
            (Some(peer), _) => html! { <Peer id={peer.clone()} /> },
            (None, transport) if section == Section::Connections => badge::transport(transport.as_deref()),
            _ => Html::default(),
        };
        html! {
            <>
                <td role="gridcell">{ sign(item.change) }</td>
                <td role="gridcell" data-testid="cell-name">{ who(section, item) }</td>
                <td role="gridcell">{ kind }</td>
                <td role="gridcell" class="c">{ each(item.direction.map(|direction| html! { <Arrow {direction} /> })) }</td>
                <td role="gridcell" class="t2" data-testid="cell-what">{ what }</td>
                <td role="gridcell" class="r t2" data-testid="cell-a">{ cells.a }</td>
                <td role="gridcell" class="r" data-testid="cell-b">{ cells.b }</td>
                <td role="gridcell" class="r t3">{ at.unwrap_or(cells.change) }</td>
            </>
        }
    };
    html! {
        <tr key={item.key.0.clone()} role="row" tabindex="0" class={selected.then_some("sel")} data-testid="row" data-key={item.key.0.clone()}
            data-change={word(item.change)} aria-rowindex={number.to_string()} aria-selected={selected.to_string()} title={words::title(item)}
            onclick={select.reform(|_: MouseEvent| ())} {onkeydown}>
            { body }
        </tr>
    }
}

/// Moves the focus to the row before or after, over heads. True: there is one.
fn beside(event: &KeyboardEvent, step: fn(&Element) -> Option<Element>) -> bool {
    let mut row = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    while let Some(next) = row.as_ref().and_then(step) {
        if next.has_attribute("tabindex")
            && let Some(next) = next.dyn_ref::<HtmlElement>()
        {
            return next.focus().is_ok();
        }
        row = Some(next);
    }
    false
}
