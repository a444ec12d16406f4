//! The strip at the bottom: traffic, connections and events over the whole history.

use super::Look;
use crate::{
    frame::Timeline,
    history::Totals,
    series,
    view::{Range, TimelineAsk},
};

pub fn answer(look: &Look<'_>, ask: &TimelineAsk) -> Timeline {
    let Some(span) = look.span() else { return Timeline::default() };
    let columns = usize::from(ask.columns).clamp(1, 8192);
    let rate = |read: fn(&Totals) -> Option<u64>| series::extremes(total_rates(look, read), span, columns).1;
    let counts = held(look, |totals| totals.connections as f32);
    let (connections_min, connections_max) = series::extremes(counts, span, columns);
    let totals = look.moment.place.and_then(|place| look.history.totals_at(place));
    Timeline {
        span: Some(span),
        rate_in: rate(|totals| totals.figures.bytes_in),
        rate_out: rate(|totals| totals.figures.bytes_out),
        connections_min,
        connections_max,
        events: event_rates(look, span, columns),
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

/// Rates from one snapshot to the next, of the node's totals; none over gaps and between runs.
pub fn total_rates(
    look: &Look<'_>,
    read: fn(&Totals) -> Option<u64>,
) -> impl Iterator<Item = (u64, u64, f32)> {
    pairs(look).filter_map(move |(before, now)| {
        let elapsed = now.instant_ms.checked_sub(before.instant_ms).filter(|elapsed| *elapsed > 0)?;
        let bytes = read(now)?.checked_sub(read(before)?)?;
        let is_whole = before.run == now.run && !now.after_gap;
        is_whole.then(|| (before.instant_ms, now.instant_ms, (bytes as f64 * 1000.0 / elapsed as f64) as f32))
    })
}

/// A figure that holds from its snapshot to the next; not over gaps.
pub fn held(look: &Look<'_>, read: fn(&Totals) -> f32) -> impl Iterator<Item = (u64, u64, f32)> {
    let last = look.history.all_totals().next_back();
    pairs(look)
        .map(move |(before, now)| {
            let to = if now.after_gap { before.instant_ms } else { now.instant_ms };
            (before.instant_ms, to, read(before))
        })
        .chain(last.map(|totals| (totals.instant_ms, totals.instant_ms, read(totals))))
}

fn pairs<'a>(look: &Look<'a>) -> impl Iterator<Item = (&'a Totals, &'a Totals)> {
    look.history.all_totals().zip(look.history.all_totals().skip(1))
}
