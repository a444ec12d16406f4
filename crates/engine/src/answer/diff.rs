//! Two moments compared: connections, streams, peers or protocols that are open in one or both of them.

mod entity;
mod figures;
mod raw;
mod side;

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Look, window::Window};
use crate::{
    frame::{CauseCount, Change, Changes, Diff, DiffItem, DiffLine},
    view::{DiffAsk, Section},
};
use entity::Entity;
use side::entities;

pub fn answer(look: &Look<'_>, ask: &DiffAsk) -> Diff {
    let then = then(look);
    let instant = |look: &Look<'_>| {
        look.moment.place.and_then(|place| look.history.totals_at(place)).map(|totals| totals.instant_ms)
    };
    let mut diff = Diff {
        a_ms: then.as_ref().and_then(instant),
        b_ms: instant(look),
        section: ask.section,
        query_error: look.query.error(),
        ..Diff::default()
    };
    let Some(then) = then else { return diff };
    diff.figures = figures::figures(&then, look);
    let both = entities(&then, look, ask.section);
    diff.changes.in_a = both.iter().filter(|entity| entity.a.is_some()).count() as u32;
    diff.changes.in_b = both.iter().filter(|entity| entity.b.is_some()).count() as u32;
    let changes = in_order(look, both);
    diff.changes = Changes { in_a: diff.changes.in_a, in_b: diff.changes.in_b, ..count(&changes) };
    diff.causes = causes(look, ask.section, &changes);
    let mut window = Window::new(ask.scroll_px, ask.height_px);
    let mut before = None;
    for (change, entity) in &changes {
        if before.replace(*change) != Some(*change) && window.place(ask.head_px) {
            let count = match change {
                Change::Vanished => diff.changes.vanished,
                Change::Appeared => diff.changes.appeared,
                Change::Changed => diff.changes.changed,
            };
            diff.lines.push(DiffLine::Head(*change, count));
        }
        if window.place(ask.row_px) {
            diff.lines.push(DiffLine::Item(Box::new(entity.item(&then, look, *change))));
        }
    }
    (diff.offset_px, diff.first) = window.first();
    (diff.total_px, diff.line_count) = (window.total_px(), window.count());
    diff
}

/// Everything that differs, section by section.
pub fn all(look: &Look<'_>) -> Vec<(Section, DiffItem)> {
    let Some(then) = then(look) else { return Vec::new() };
    let of = |section: Section| {
        let changes = in_order(look, entities(&then, look, section));
        let items: Vec<DiffItem> =
            changes.iter().map(|(change, entity)| entity.item(&then, look, *change)).collect();
        items.into_iter().map(move |item| (section, item))
    };
    Section::ALL.into_iter().flat_map(of).collect()
}

/// The look at the pinned moment, by the same query.
fn then<'a>(look: &Look<'a>) -> Option<Look<'a>> {
    let Look { history, view, found, .. } = *look;
    let counters = look.counters.clone();
    let moment = look.pinned?;
    Some(Look {
        history,
        moment,
        pinned: None,
        query: look.query.clone(),
        view,
        gaps: Vec::new(),
        found,
        counters,
    })
}

/// What vanished and what appeared by its time; what changed by the field that is shown, then by how much.
fn in_order(look: &Look<'_>, both: Vec<Entity>) -> Vec<(Change, Entity)> {
    let mut changes: Vec<(Change, Entity)> =
        both.into_iter().filter_map(|entity| Some((entity.change()?, entity))).collect();
    changes.sort_by_cached_key(|(change, entity)| match change {
        Change::Changed => (*change, entity.weight(), 0),
        Change::Vanished | Change::Appeared => {
            (*change, (0, Reverse(0)), entity.at_ms(look).unwrap_or(u64::MAX))
        }
    });
    changes
}

fn count(changes: &[(Change, Entity)]) -> Changes {
    let of = |wanted: Change| changes.iter().filter(|(change, _)| *change == wanted).count() as u32;
    Changes {
        vanished: of(Change::Vanished),
        appeared: of(Change::Appeared),
        changed: of(Change::Changed),
        ..Changes::default()
    }
}

/// Why what vanished did.
fn causes(look: &Look<'_>, section: Section, changes: &[(Change, Entity)]) -> Vec<CauseCount> {
    if !matches!(section, Section::Connections | Section::Streams) {
        return Vec::new();
    }
    let mut causes: BTreeMap<(Option<String>, bool), u32> = BTreeMap::new();
    let ends = changes
        .iter()
        .filter(|(change, _)| *change == Change::Vanished)
        .filter_map(|(_, entity)| entity.end(look));
    for end in ends {
        *causes.entry((end.cause, end.error)).or_default() += 1;
    }
    let mut causes: Vec<CauseCount> =
        causes.into_iter().map(|((cause, error), count)| CauseCount { cause, error, count }).collect();
    causes.sort_by_key(|cause| (Reverse(cause.count), !cause.error));
    causes
}
