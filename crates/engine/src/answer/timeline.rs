//! The strip at the bottom: traffic, connections and events over the whole history.

use super::Look;
use crate::{
    frame::Timeline,
    history::{Columns, Extent, Series},
    view::{Range, TimelineAsk},
};

pub fn answer(look: &Look<'_>, ask: &TimelineAsk) -> Timeline {
    let Some(span) = look.span() else { return Timeline::default() };
    let columns = Columns { range: span, count: usize::from(ask.columns).clamp(1, 8192) };
    let extents = |series| look.history.extents(series, columns);
    let counts = extents(Series::Connections);
    let totals = look.moment.place.and_then(|place| look.history.totals_at(place));
    Timeline {
        span: Some(span),
        rate_in: greatest(&extents(Series::RateIn)),
        rate_out: greatest(&extents(Series::RateOut)),
        connections_min: counts.iter().map(|extent| extent.least).collect(),
        connections_max: greatest(&counts),
        events: event_rates(look, span, columns.count),
        gaps: look.gaps.clone(),
        at_rate_in: look.moment.rate_in,
        at_rate_out: look.moment.rate_out,
        at_connections: totals.map(|totals| totals.connections),
        at_events: events_at(look),
    }
}

/// Events per second over the 10 s before the cursor.
pub fn events_at(look: &Look<'_>) -> Option<f64> {
    let to = look.moment.at_ms;
    let from = to.saturating_sub(crate::frame::RATE_WINDOW_MS).max(look.span()?.from_ms);
    let elapsed = to.checked_sub(from).filter(|elapsed| *elapsed > 0)?;
    Some(look.history.events.count_within(from, to) as f64 * 1000.0 / elapsed as f64)
}

pub fn event_rates(look: &Look<'_>, span: Range, columns: usize) -> Vec<f32> {
    let length = span.to_ms.saturating_sub(span.from_ms);
    let edge = |column: usize| span.from_ms + (u128::from(length) * column as u128 / columns as u128) as u64;
    let column = |at_ms: u64| {
        let at = (u128::from(at_ms - span.from_ms) * columns as u128 / u128::from(length.max(1))) as usize;
        at.min(columns - 1)
    };
    let mut counts = vec![0u32; columns];
    for part in look.history.events.parts(span.from_ms, span.to_ms) {
        let mut rest = part.events();
        while let Some(first) = rest.first() {
            // As many as fall into the same column.
            let column_of_first = column(first.at_ms);
            let len = rest.partition_point(|event| column(event.at_ms) == column_of_first);
            counts[column_of_first] += len as u32;
            rest = &rest[len..];
        }
    }
    let seconds = (length as f64 / columns as f64 / 1000.0).max(0.001);
    let in_gap = |column: usize| {
        let middle = edge(column).midpoint(edge(column + 1));
        look.gaps.iter().any(|gap| gap.from_ms < middle && middle < gap.to_ms)
    };
    counts
        .iter()
        .enumerate()
        .map(
            |(at, count)| {
                if *count == 0 && in_gap(at) { f32::NAN } else { (f64::from(*count) / seconds) as f32 }
            },
        )
        .collect()
}

pub fn greatest(extents: &[Extent]) -> Vec<f32> {
    extents.iter().map(|extent| extent.greatest).collect()
}
