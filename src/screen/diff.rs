//! Compare: what appeared, vanished and changed between the pinned moment A and the cursor, B.

mod figures;
mod list;
mod words;

use peerscope_engine::{
    frame::{Answer, Diff as Answered, Frame},
    view::{DiffAsk, Panel, Section},
};
use yew::prelude::*;

use super::{ScreenProps, query_error, stage_width, use_answered};
use crate::{
    format::{self, Clock},
    model::{Action as Act, Model},
    part::{each, empty::Empty, text},
    update,
};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub section: Section,
    pub scroll_px: u32,
    /// 0 until it was measured.
    pub height_px: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Section(Section),
    Scrolled { scroll_px: u32, height_px: u32 },
}

pub fn update(state: &mut State, action: Action) {
    match action {
        Action::Section(section) => *state = State { section, scroll_px: 0, ..state.clone() },
        Action::Scrolled { scroll_px, height_px } => {
            (state.scroll_px, state.height_px) = (scroll_px, height_px)
        }
    }
}

/// Rows in the page, at most: the contract allows 120.
const MOST_ROWS: u32 = 110;
/// Narrower there is no room for the figures beside the rows, px; as in `compare.css`.
const BESIDE: f64 = 900.0;

/// Heights of a row and of a head, px; as in `compare.css`.
fn heights(model: &Model) -> (u16, u16) {
    if model.window.phone() { (48, 36) } else { (26, 28) }
}

pub fn ask(model: &Model) -> Panel {
    let state = &model.diff;
    let (row_px, head_px) = heights(model);
    let visible = if state.height_px == 0 { model.window.height.max(300.0) as u32 } else { state.height_px };
    let most = MOST_ROWS * u32::from(row_px);
    // One screen more on either side, so that scrolling does not wait; in steps, so that not each pixel asks anew.
    let over = visible.min(most.saturating_sub(visible) / 2);
    let step = u32::from(row_px) * 8;
    let from = state.scroll_px.saturating_sub(over) / step * step;
    let to = state.scroll_px + visible + over;
    let height_px = to.saturating_sub(from).min(most);
    Panel::Diff(DiffAsk { section: state.section, scroll_px: from, height_px, row_px, head_px })
}

fn answered(frame: &Frame) -> Option<&Answered> {
    frame.panels.iter().find_map(|panel| match panel {
        Answer::Diff(diff) => Some(diff),
        _ => None,
    })
}

#[component]
pub fn Diff(props: &ScreenProps) -> Html {
    let model = &props.model;
    let frame = use_answered(&model.frame, |answer| matches!(answer, Answer::Diff(_)));
    let diff = frame.as_deref().and_then(answered);
    let pinned = model.route.pinned_ms;
    let body = match (pinned, diff) {
        (None, _) => nothing_pinned(props),
        (Some(_), Some(diff)) if diff.a_ms.is_none() => html! {
            <Empty title="No snapshot at A">{ "Nothing of that moment is in the history. Pin another one." }</Empty>
        },
        (Some(_), Some(diff)) => whole(props, diff),
        (Some(_), None) => html! { <div class="scroll" aria-busy="true"></div> },
    };
    html! {
        <main class="view compare" data-testid="screen-diff">
            <div class="viewbar">
                <h1>{ "Compare" }</h1>
                { each(diff.filter(|_| pinned.is_some()).map(|diff| moments(model, diff))) }
                <span class="sp"></span>
                { each(query_error(model, diff.and_then(|diff| diff.query_error.as_ref()))) }
                { buttons(props) }
            </div>
            { each(pinned.map(|_| sections(props))) }
            { body }
        </main>
    }
}

/// What to do here; and what most want at first, at a press.
fn nothing_pinned(props: &ScreenProps) -> Html {
    let model = &props.model;
    let head = model.frame.as_ref().map(|frame| &frame.head);
    let begin = match model.route.range {
        Some(range) => Some((range.from_ms, "Compare with the range's begin")),
        None => head.and_then(|head| Some((head.first_snapshot_ms?, "Compare with the beginning"))),
    };
    let begin = begin.map(|(at_ms, label)| {
        let onclick = props.dispatch.reform(move |_: MouseEvent| Act::Pin(Some(at_ms)));
        html! { <p><button class="btn pri" data-testid="pin-begin" {onclick}>{ label }</button></p> }
    });
    html! {
        <div class="empty" data-testid="empty">
            <b>{ "Two moments, compared" }</b>
            <p>
                { "Pin the moment shown as A, then move the cursor to B, along the timeline or with the keys " }
                <kbd>{ "," }</kbd>{ " and " }<kbd>{ "." }</kbd>
                { ". What appeared, vanished and changed between them is listed here." }
            </p>
            { each(begin) }
        </div>
    }
}

/// `A 14:21:10 → B 14:23:10, 2m 00s apart`.
fn moments(model: &Model, diff: &Answered) -> Html {
    let clock = |at: Option<u64>| {
        at.map_or(format::NONE.to_owned(), |at| format::clock(at, model.zone_minutes, Clock::Seconds))
    };
    let apart =
        diff.a_ms.zip(diff.b_ms).map(|(a, b)| format!(", {} apart", format::duration_ms(a.abs_diff(b))));
    let live = if update::follows(model) { " (newest)" } else { "" };
    html! {
        <span class="sum" data-testid="compared">
            <b class="abk">{ "A" }</b>{ " " }{ clock(diff.a_ms) }{ " → " }<b class="abk b">{ "B" }</b>{ " " }{ clock(diff.b_ms) }
            { live }{ apart.unwrap_or_default() }
        </span>
    }
}

fn buttons(props: &ScreenProps) -> Html {
    let act = |action: Act| props.dispatch.reform(move |_: MouseEvent| action.clone());
    let pinned = props.model.route.pinned_ms.is_some();
    html! {
        <>
            <button class="btn line" data-testid="pin" title="Compare with the moment shown (M)" onclick={act(Act::PinHere)}>
                { "Pin A here" }
            </button>
            if pinned {
                <button class="btn" data-testid="swap" onclick={act(Act::Swap)}>{ "Swap" }</button>
                <button class="btn" data-testid="unpin" onclick={act(Act::Pin(None))}>{ "Unpin" }</button>
            }
        </>
    }
}

const SECTIONS: [(Section, &str); 4] = [
    (Section::Connections, "Connections"),
    (Section::Streams, "Streams"),
    (Section::Peers, "Peers"),
    (Section::Protocols, "Protocols"),
];

fn sections(props: &ScreenProps) -> Html {
    let each_one = SECTIONS.iter().map(|(section, title)| {
        let (section, on) = (*section, props.model.diff.section == *section);
        let onclick = props.dispatch.reform(move |_: MouseEvent| Act::Diff(Action::Section(section)));
        html! {
            <button class={on.then_some("on")} aria-pressed={on.to_string()} data-testid={format!("section-{}", title.to_lowercase())}
                {onclick}>
                { *title }
            </button>
        }
    });
    html! { <div class="filterbar"><div class="seg" role="group" aria-label="What is compared">{ each(each_one) }</div></div> }
}

fn whole(props: &ScreenProps, diff: &Answered) -> Html {
    let list = html! { <list::List model={props.model.clone()} dispatch={props.dispatch.clone()} diff={diff.clone()} /> };
    let same = diff.line_count == 0;
    let query = &props.model.route.query;
    let list = match same {
        true if query.is_empty() => {
            html! { <Empty title="Nothing differs">{ "What is open is the same in A and in B." }</Empty> }
        }
        true => html! {
            <Empty title="Nothing differs">{ "among what matches " }<span class="t1">{ text::safe(query) }</span></Empty>
        },
        false => list,
    };
    if stage_width(&props.model) > BESIDE {
        return html! {
            <div class="grid d2"><div class="dside">{ figures::figures(diff, !query.is_empty()) }{ figures::causes(diff) }</div><div class="dlist">{ list }</div></div>
        };
    }
    html! {
        <>
            <details class="dfold"><summary>{ "Figures and causes" }</summary>{ figures::figures(diff, !query.is_empty()) }{ figures::causes(diff) }</details>
            { list }
        </>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Window;

    #[test]
    fn asks_for_what_is_seen_and_never_for_too_many_rows() {
        for (width, height_px, scroll_px) in
            [(1440.0, 0, 0), (1440.0, 700, 9_000), (390.0, 600, 777), (390.0, 2_400, 48)]
        {
            let mut model = Model { window: Window { width, height: 900.0, scale: 1.0 }, ..Model::default() };
            update(&mut model.diff, Action::Scrolled { scroll_px, height_px });
            let Panel::Diff(ask) = ask(&model) else { panic!("a diff") };
            assert!(ask.scroll_px <= scroll_px && ask.height_px / u32::from(ask.row_px) < 119, "{ask:?}");
            assert!(ask.scroll_px + ask.height_px >= scroll_px + height_px, "{ask:?}");
        }
    }

    #[test]
    fn another_section_begins_at_its_top() {
        let mut state = State { scroll_px: 500, height_px: 100, ..State::default() };
        update(&mut state, Action::Section(Section::Peers));
        assert_eq!(state, State { section: Section::Peers, scroll_px: 0, height_px: 100 });
    }
}
