//! Events: the log, a chart of its rate by type, and the types to switch on and off.

mod chart;
mod groups;
mod log;
mod row;
mod types;

use std::{collections::BTreeSet, rc::Rc};

use peerscope_engine::{
    frame::{Answer, Events as Log, Frame},
    view::{Cursor, EventsAsk, Group, Key, Panel},
};
use yew::prelude::*;

use crate::part::each;

use super::{ScreenProps, as_of, group_menu, query_error, stage_width, use_answered, whole_seconds};
use crate::{
    format,
    model::{Action as Act, Link, Model},
    part::{empty::Empty, text},
};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Types that are switched off.
    pub hidden: BTreeSet<String>,
    /// Events whose content is shown.
    pub expanded: BTreeSet<Key>,
    /// Groups whose newest events are shown.
    pub unfolded: BTreeSet<Key>,
    /// None: follows the newest.
    pub reading: Option<Reading>,
    /// How many rows are wanted; 0 until the view was measured.
    pub rows: u16,
}

/// The place of someone who scrolled up.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Number of the first row wanted.
    pub first: u32,
    /// How many there were when the tail stopped, and the query they matched; None once other types are shown.
    pub seen: Option<(u32, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    ToggleType(String),
    /// Shows all types.
    AllTypes,
    Toggle(Key),
    /// Shows or hides the newest events of a group.
    Fold(Key),
    /// The view shows other rows than the last ones.
    Read {
        first: u32,
        rows: u16,
        matching: u32,
        query: String,
    },
    /// The view is at the end, and stays there.
    Tail {
        rows: u16,
    },
}

pub fn update(state: &mut State, action: Action) {
    match action {
        Action::ToggleType(name) => {
            if !state.hidden.remove(&name) {
                state.hidden.insert(name);
            }
            forget_seen(state);
        }
        Action::AllTypes => {
            state.hidden.clear();
            forget_seen(state);
        }
        Action::Toggle(key) => {
            if !state.expanded.remove(&key) {
                state.expanded.insert(key);
            }
        }
        Action::Fold(key) => {
            if !state.unfolded.remove(&key) {
                state.unfolded.insert(key);
            }
        }
        Action::Read { first, rows, matching, query } => {
            state.rows = rows;
            match &mut state.reading {
                Some(reading) => reading.first = first,
                None => state.reading = Some(Reading { first, seen: Some((matching, query)) }),
            }
        }
        Action::Tail { rows } => {
            state.rows = rows;
            state.reading = None;
        }
    }
}

/// Other types: what was counted before can't be compared any more.
fn forget_seen(state: &mut State) {
    if let Some(reading) = &mut state.reading {
        reading.seen = None;
    }
}

/// The contract allows 120 rows in the page.
const MOST_ROWS: u16 = 110;

/// Height of a row that is not expanded, px; as in `screens.css`.
fn row_px(model: &Model) -> u32 {
    match model.window.width {
        _ if model.window.phone() => 46,
        ..=1000.0 => 32,
        _ => 26,
    }
}

/// The columns that there may be no room for: time, type and words always stay, the inspector has the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Room {
    since: bool,
    peer: bool,
}

/// Widths of the columns, px; what happened takes the rest, of so much at least.
const TIME: u16 = 104;
const SINCE: u16 = 66;
const TYPE: u16 = 178;
const PEER: u16 = 146;
const WORDS: u16 = 150;

fn room(model: &Model) -> Room {
    let stage = stage_width(model);
    // The list of types, as in `static/screens.css`.
    let log = stage - if stage <= 960.0 { 176.0 } else { 212.0 };
    let needed = |columns: &[u16]| f64::from(columns.iter().sum::<u16>());
    Room {
        since: log >= needed(&[TIME, SINCE, TYPE, PEER, WORDS]),
        peer: log >= needed(&[TIME, TYPE, PEER, WORDS]),
    }
}

/// How many columns the log has.
fn columns(model: &Model) -> usize {
    let room = room(model);
    if model.window.phone() { 2 } else { 3 + usize::from(room.since) + usize::from(room.peer) }
}

/// Rows that fill a height, with one more screen on either side.
fn rows_for(height_px: u32, row_px: u32) -> (u32, u16) {
    let visible = height_px / row_px + 1;
    let over = visible.min((u32::from(MOST_ROWS)).saturating_sub(visible) / 2);
    (over, (visible + 2 * over).min(u32::from(MOST_ROWS)) as u16)
}

pub fn ask(model: &Model) -> Panel {
    let state = &model.events;
    let rows = if state.rows == 0 {
        rows_for(model.window.height.max(300.0) as u32, row_px(model)).1
    } else {
        state.rows
    };
    Panel::Events(EventsAsk {
        hidden: state.hidden.iter().cloned().collect(),
        // In steps, so that not each row asks anew.
        first: state.reading.as_ref().map(|reading| reading.first / 4 * 4),
        rows: (rows + 4).min(MOST_ROWS),
        chart_bars: chart_bars(model),
        expanded: state.expanded.iter().cloned().collect(),
        group: group(model),
        unfolded: state.unfolded.iter().cloned().collect(),
    })
}

const GROUPS: [(Group, &str); 2] = [(Group::Type, "type"), (Group::Peer, "peer")];

/// What the log is grouped by; what only connections have groups nothing here.
fn group(model: &Model) -> Option<Group> {
    model.route.group.filter(|group| matches!(group, Group::Type | Group::Peer))
}

/// Bars of a second at least: in a finer one a single event looks like a burst.
fn chart_bars(model: &Model) -> u16 {
    let most = if model.window.phone() { 60 } else { 120 };
    let recorded = || model.frame.as_ref().and_then(|frame| frame.head.span);
    model.route.range.or_else(recorded).map_or(most, |span| whole_seconds(span, most))
}

/// A range that is over shows nothing new, whatever comes.
fn is_over(model: &Model) -> bool {
    let newest = model.frame.as_ref().and_then(|frame| frame.head.span).map(|span| span.to_ms);
    matches!((model.route.range, newest), (Some(range), Some(newest)) if range.to_ms < newest)
}

fn answered(frame: &Frame) -> Option<&Log> {
    frame.panels.iter().find_map(|panel| match panel {
        Answer::Events(events) => Some(events),
        _ => None,
    })
}

#[component]
pub fn Events(props: &ScreenProps) -> Html {
    let frame = use_answered(&props.model.frame, |answer| matches!(answer, Answer::Events(_)));
    let model = &props.model;
    let answer = frame.as_deref().and_then(answered);
    if answer.is_none() && matches!(model.link, Link::Idle | Link::Failed { .. }) {
        return html! {
            <main class="view" data-testid="screen-events">
                <div class="viewbar"><h1>{ "Events" }</h1></div>
                <Empty title="No source">{ "Open an endpoint or a recording to see its events." }</Empty>
            </main>
        };
    }
    let sum = answer.map(|log| {
        let as_of = as_of(model).map_or(String::new(), |as_of| format!(", {as_of}"));
        format!(
            "{} in range, {} recorded{as_of}",
            format::count(u64::from(log.in_range)),
            format::count(log.recorded)
        )
    });
    let matching = answer.filter(|log| log.matching < log.in_range).map(|log| {
        html! { <span class="sum t3">{ format!("{} match", format::count(u64::from(log.matching))) }</span> }
    });
    let follows = model.events.reading.is_none() && model.route.cursor == Cursor::Live && !is_over(model);
    let live = matches!(model.link, Link::Live { .. } | Link::Paused { .. } | Link::Waiting { .. });
    let tail = live.then(|| {
        let (dispatch, rows, over) = (props.dispatch.clone(), model.events.rows, is_over(model));
        let onclick = Callback::from(move |_: MouseEvent| {
            if over {
                dispatch.emit(Act::Range(None));
            }
            dispatch.emit(Act::Cursor(Cursor::Live));
            dispatch.emit(Act::Events(Action::Tail { rows }));
        });
        html! {
            <button class={classes!("btn", "line", follows.then_some("on"))} aria-pressed={follows.to_string()} {onclick}>
                { "Live tail" }
            </button>
        }
    });
    let list = match (&frame, answer) {
        (Some(frame), Some(log)) if log.matching == 0 => why_none(model, frame, log),
        (Some(_), Some(log)) if group(model).is_some() => groups::groups(props, log),
        (Some(frame), Some(_)) => html! {
            <log::LogTable model={model.clone()} dispatch={props.dispatch.clone()} frame={Rc::clone(frame)} />
        },
        _ => log::loading(model),
    };
    html! {
        <main class="view" data-testid="screen-events">
            <div class="viewbar">
                <h1>{ "Events" }</h1>
                <span class="sum">{ sum.unwrap_or_default() }</span>
                <span class="sp"></span>
                { each(query_error(model, answer.and_then(|log| log.query_error.as_ref()))) }
                { each(matching) }
                { group_menu(props, &GROUPS, group(model)) }
                { each(tail) }
            </div>
            <div class="ev">
                { types::list(props, answer) }
                <div class="logcol">
                    { each(frame.as_ref().map(|frame| html! {
                        <chart::EventChart model={model.clone()} dispatch={props.dispatch.clone()} frame={Rc::clone(frame)} />
                    })) }
                    { list }
                </div>
            </div>
        </main>
    }
}

/// A log without rows: why.
fn why_none(model: &Model, frame: &Frame, log: &Log) -> Html {
    if log.in_range > 0 {
        let events = match log.in_range {
            1 => "1 event is hidden by ".to_owned(),
            n => format!("{} events are hidden by ", format::count(u64::from(n))),
        };
        let types = match model.events.hidden.len() {
            0 => None,
            1 => Some("one type that is switched off".to_owned()),
            n => Some(format!("{n} types that are switched off")),
        };
        let query = (!model.route.query.is_empty())
            .then(|| html! { <span class="t1">{ text::safe(&model.route.query) }</span> });
        let and = (types.is_some() && query.is_some()).then_some(" and ");
        return html! {
            <Empty title="No event matches">{ events }{ each(query) }{ and.unwrap_or_default() }{ types.unwrap_or_default() }{ "." }</Empty>
        };
    }
    if log.recorded > 0 {
        return html! {
            <Empty title="No events in this range">
                { format!("{} are recorded outside of it.", format::count(log.recorded)) }
            </Empty>
        };
    }
    if frame.head.snapshots == 0 {
        return html! { <Empty title="No events yet">{ "They appear as the source sends them." }</Empty> };
    }
    html! { <Empty title="No events">{ "This source has sent none so far." }</Empty> }
}

#[cfg(test)]
mod tests {
    use peerscope_engine::view::Range;

    use super::*;
    use crate::model::Window;

    fn model(state: State) -> Model {
        Model {
            window: Window { width: 1440.0, height: 900.0, scale: 1.0 },
            events: state,
            ..Model::default()
        }
    }

    fn asked(model: &Model) -> EventsAsk {
        match ask(model) {
            Panel::Events(ask) => ask,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bars_last_a_second_at_least() {
        let mut model = model(State::default());
        assert_eq!(asked(&model).chart_bars, 120);
        model.route.range = Some(Range { from_ms: 1000, to_ms: 25_300 });
        assert_eq!(asked(&model).chart_bars, 24);
        model.route.range = Some(Range { from_ms: 1000, to_ms: 1300 });
        assert_eq!(asked(&model).chart_bars, 1);
    }

    fn read(state: &mut State, first: u32, matching: u32) {
        update(state, Action::Read { first, rows: 60, matching, query: String::new() });
    }

    #[test]
    fn it_follows_until_someone_scrolls_up() {
        let mut state = State::default();
        assert_eq!(asked(&model(state.clone())).first, None);
        read(&mut state, 41, 100);
        assert_eq!(asked(&model(state.clone())).first, Some(40));
        read(&mut state, 20, 140);
        let seen = state.reading.as_ref().and_then(|reading| reading.seen.clone());
        assert_eq!(seen, Some((100, String::new())), "counted from when the tail stopped");
        update(&mut state, Action::Tail { rows: 60 });
        assert_eq!(asked(&model(state)).first, None);
    }

    #[test]
    fn other_types_forget_what_was_counted() {
        let mut state = State::default();
        read(&mut state, 40, 100);
        update(&mut state, Action::ToggleType("Ping".into()));
        assert_eq!(state.reading.as_ref().map(|reading| reading.seen.is_some()), Some(false));
        assert_eq!(asked(&model(state.clone())).hidden, ["Ping"]);
        update(&mut state, Action::ToggleType("Ping".into()));
        assert!(state.hidden.is_empty());
    }

    #[test]
    fn what_happened_keeps_its_room() {
        let room = |width, selected: bool| {
            let mut model = model(State::default());
            model.window.width = width;
            model.route.selection = selected.then(|| Key("e~1".into()));
            (room(&model), columns(&model))
        };
        assert_eq!(room(1440.0, true), (Room { since: true, peer: true }, 5));
        assert_eq!(room(1024.0, false), (Room { since: true, peer: true }, 5));
        assert_eq!(room(1024.0, true), (Room { since: false, peer: false }, 3));
        assert_eq!(room(800.0, true), (Room { since: false, peer: true }, 4), "the inspector lies below");
        assert_eq!(room(390.0, false).1, 2);
    }

    #[test]
    fn never_more_rows_than_allowed() {
        for height in [0, 100, 800, 3000, 90_000] {
            let (_, rows) = rows_for(height, 26);
            assert!(rows <= MOST_ROWS);
            let state = State { rows, ..State::default() };
            assert!(asked(&model(state)).rows <= MOST_ROWS);
        }
    }
}
