//! What an [`Action`] makes of the [`Model`]. Pure: what has to be done besides comes back as [`Effect`]s.

mod said;
pub mod saving;
mod time;

use std::rc::Rc;

use peerscope_engine::{
    frame::{Answer, DiffLine, Frame, TableRow},
    view::{Cursor, Folds, Key, Range},
};

use crate::{
    model::{Action, Link, Model, Reading, Recent, Route, SourceRef, Theme, Toast, saving::Replace},
    screen::{connections, diff, events, graph, inspector, overview},
    search,
};

/// To be done outside of the model, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Open(SourceRef),
    Close,
    Pause(bool),
    RetryNow,
    StopTrying,
    CancelReading,
    /// Asks how three rows would be saved.
    Preview {
        replace: Replace,
        salt: [u8; 32],
    },
    Export {
        range: Option<Range>,
        replace: Replace,
        salt: [u8; 32],
        packed: bool,
        name: String,
    },
    CancelExport,
    StoreTheme(Theme),
    StoreRecents(Vec<Recent>),
    /// Takes this toast away after 5 s.
    Expire(u32),
}

/// How many sources the page remembers.
const RECENTS: usize = 6;
/// More than one message at a time would hide the view.
const TOASTS: usize = 3;

pub fn update(model: &mut Model, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
    match action {
        Action::Go(screen) => model.route.screen = screen,
        Action::Open(source) => open(model, source, &mut effects),
        Action::Close => close(model, &mut effects),
        Action::SourcePanel(open) => model.source_panel = open,
        Action::RecordPanel(open) => model.record_panel = open,
        Action::Saving(action) => saving::update(model, action, &mut effects),
        Action::Cursor(cursor) => model.route.cursor = cursor,
        Action::Step(by) => time::step(model, by),
        Action::Hold => time::hold(model),
        Action::Range(range) => model.route.range = range.filter(|range| range.from_ms < range.to_ms),
        Action::Select(key) => model.route.selection = key,
        Action::Query(query) => model.route.query = query,
        Action::NextMatch(by) => next_match(model, by),
        Action::Sort(sort) => model.route.sort = Some(sort),
        Action::Group(group) => {
            model.route.group = group;
            model.connections.folds = Folds::default();
        }
        Action::Search(action) => search::update(model, action),
        Action::PinHere => model.route.pinned_ms = time::shown_ms(model),
        Action::Pin(at) => model.route.pinned_ms = at,
        Action::Swap => time::swap(model),
        Action::Theme(theme) => {
            model.theme = theme;
            effects.push(Effect::StoreTheme(theme));
        }
        Action::Pause(pause) => {
            if matches!((&model.link, pause), (Link::Live { .. }, true) | (Link::Paused { .. }, false)) {
                effects.push(Effect::Pause(pause));
            }
        }
        Action::RetryNow => retry(model, &mut effects),
        Action::StopTrying => effects.push(Effect::StopTrying),
        Action::CancelReading => cancel_reading(model, &mut effects),
        Action::Escape if model.record_panel => model.record_panel = false,
        Action::Escape if model.source_panel => model.source_panel = false,
        Action::Escape if model.route.selection.is_some() => model.route.selection = None,
        Action::Escape => model.route.range = None,
        Action::DismissToast(id) => model.toasts.retain(|toast| toast.id != id),
        Action::DismissNotice => model.notice = None,
        Action::DismissBehind => {
            model.behind = None;
            model.lost_seen = lost_events(model);
        }
        Action::Overview(action) => overview::update(&mut model.overview, action),
        Action::Graph(action) => graph::update(&mut model.graph, action),
        Action::Connections(action) => connections::update(&mut model.connections, action),
        Action::Diff(action) => diff::update(&mut model.diff, action),
        Action::Events(action) => events::update(&mut model.events, action),
        Action::Inspector(action) => inspector::update(&mut model.inspector, action),
        Action::Route(route) => go(model, *route, &mut effects),
        Action::Window(window) => model.window = window,
        Action::SystemDark(dark) => model.system_dark = dark,
        Action::Tick(now_ms) => model.now_ms = now_ms,
        Action::Said(said) => said::said(model, *said, &mut effects),
        Action::Toast { error, text } => toast(model, error, text, &mut effects),
    }
    effects
}

/// Events that the source dropped so far.
#[must_use]
pub fn lost_events(model: &Model) -> u64 {
    model.frame.as_ref().map_or(0, |frame| frame.head.problems.lost_events)
}

/// Forgets all that belonged to the source before.
fn forget(model: &mut Model) {
    let clean = Model {
        theme: model.theme,
        window: model.window,
        zone_minutes: model.zone_minutes,
        now_ms: model.now_ms,
        system_dark: model.system_dark,
        toasts: std::mem::take(&mut model.toasts),
        recents: std::mem::take(&mut model.recents),
        route: Route {
            screen: model.route.screen,
            sort: model.route.sort,
            group: model.route.group,
            // The page runs with it until it is loaded anew.
            budget: model.route.budget,
            ..Route::default()
        },
        ..Model::default()
    };
    *model = clean;
}

fn open(model: &mut Model, source: SourceRef, effects: &mut Vec<Effect>) {
    forget(model);
    start(model, source, effects);
}

/// Opens a source and keeps the rest of the route: a link may name a time and a selection with it.
fn start(model: &mut Model, source: SourceRef, effects: &mut Vec<Effect>) {
    model.link = match &source {
        SourceRef::Endpoint(_) => Link::Connecting,
        SourceRef::Url(_) | SourceRef::Sample | SourceRef::File(_) => Link::File(Reading::default()),
    };
    model.route.source = Some(source.clone());
    if !matches!(source, SourceRef::File(_) | SourceRef::Sample) {
        remember(model, source.clone(), effects);
    }
    effects.push(Effect::Open(source));
}

fn remember(model: &mut Model, source: SourceRef, effects: &mut Vec<Effect>) {
    model.recents.retain(|recent| recent.source != source);
    model.recents.insert(0, Recent { source, at_ms: model.now_ms });
    model.recents.truncate(RECENTS);
    effects.push(Effect::StoreRecents(model.recents.clone()));
}

fn close(model: &mut Model, effects: &mut Vec<Effect>) {
    forget(model);
    model.route.screen = Default::default();
    effects.push(Effect::Close);
}

fn retry(model: &mut Model, effects: &mut Vec<Effect>) {
    match (&model.link, &model.route.source) {
        (Link::Waiting { .. } | Link::Failed { .. }, Some(SourceRef::Endpoint(_))) => {
            model.error = None;
            effects.push(Effect::RetryNow);
        }
        (Link::Failed { .. }, Some(source)) => {
            let source = source.clone();
            model.error = None;
            start(model, source, effects);
        }
        _ => {}
    }
}

/// What is in stays; where that is nothing yet, there is nothing to stay with.
fn cancel_reading(model: &mut Model, effects: &mut Vec<Effect>) {
    let is_read = matches!(&model.link, Link::File(reading) if !reading.is_over());
    let shows = model.frame.as_ref().is_some_and(|frame| frame.head.span.is_some());
    match (is_read, shows) {
        (true, true) => effects.push(Effect::CancelReading),
        (true, false) => close(model, effects),
        (false, _) => {}
    }
}

/// Takes on another route: back, forward, a pasted link.
fn go(model: &mut Model, route: Route, effects: &mut Vec<Effect>) {
    // A link can't name a file, so one without a source leaves it open.
    let keeps_file = route.source.is_none() && matches!(model.route.source, Some(SourceRef::File(_)));
    if keeps_file || route.source == model.route.source {
        let source = model.route.source.take();
        model.route = Route { source, ..route };
        return;
    }
    forget(model);
    let source = route.source.clone();
    model.route = route;
    match source {
        Some(source) => start(model, source, effects),
        None => effects.push(Effect::Close),
    }
}

fn toast(model: &mut Model, error: bool, text: String, effects: &mut Vec<Effect>) {
    if model.toasts.iter().any(|toast| toast.text == text) {
        return;
    }
    let id = model.toasts.iter().map(|toast| toast.id).max().unwrap_or(0) + 1;
    model.toasts.push(Toast { id, error, text });
    if model.toasts.len() > TOASTS {
        model.toasts.remove(0);
    }
    if !error {
        effects.push(Effect::Expire(id));
    }
}

/// Selects the row after (or before) the selected one, among the rows of the answer that match.
fn next_match(model: &mut Model, by: i32) {
    let Some(frame) = model.frame.clone() else { return };
    let keys = matches(&frame);
    if keys.is_empty() {
        return;
    }
    let len = keys.len() as i64;
    let next = match keys.iter().position(|key| Some(key) == model.route.selection.as_ref()) {
        Some(at) => (at as i64 + i64::from(by)).rem_euclid(len),
        None if by < 0 => len - 1,
        None => 0,
    };
    model.route.selection = keys.get(next as usize).cloned();
}

/// The keys of the rows that match, in the order shown.
fn matches(frame: &Rc<Frame>) -> Vec<Key> {
    let rows = |answer: &Answer| -> Vec<Key> {
        match answer {
            Answer::Connections(table) => (table.rows.iter())
                .filter_map(|row| match row {
                    TableRow::Connection(row) => Some(row.key.clone()),
                    TableRow::Stream(_) | TableRow::Group(_) => None,
                })
                .collect(),
            Answer::Events(events) => events.rows.iter().map(|row| row.key.clone()).collect(),
            Answer::Graph(graph) => {
                graph.nodes.iter().filter(|node| node.matches).map(|node| node.key.clone()).collect()
            }
            Answer::Overview(overview) => overview.top_peers.iter().map(|row| row.key.clone()).collect(),
            Answer::Diff(diff) => (diff.lines.iter())
                .filter_map(|line| match line {
                    DiffLine::Item(item) => Some(item.key.clone()),
                    DiffLine::Head(..) => None,
                })
                .collect(),
            Answer::Timeline(_)
            | Answer::Inspector(_)
            | Answer::Completion(_)
            | Answer::Traffic(_)
            | Answer::Dht(_)
            | Answer::Node(_) => Vec::new(),
        }
    };
    frame.panels.first().map(rows).unwrap_or_default()
}

/// Whether the page shows the newest, and not a moment of the past.
#[must_use]
pub fn follows(model: &Model) -> bool {
    model.route.cursor == Cursor::Live
}

#[cfg(test)]
mod tests;
