//! Who or what moved the bytes: the greatest parts over time, and the rest.

use super::Look;
use crate::{
    frame::{Traffic, TrafficPart},
    history::{By, Columns, Extent, Series, TrafficPart as Part},
    key,
    view::{TrafficAsk, TrafficBy},
};

/// What is covered when no range is set: 15 min.
const STRETCH_MS: u64 = 15 * 60_000;
const MAX_PARTS: usize = 64;

pub fn answer(look: &Look<'_>, ask: &TrafficAsk) -> Traffic {
    let history = look.history;
    let Some(span) = look.stretch(STRETCH_MS) else { return Traffic::default() };
    let columns = Columns { range: span, count: usize::from(ask.columns).clamp(1, 8192) };
    let seen = &history.seen;
    let (by, never) = match ask.by {
        TrafficBy::Peer => (By::Peer, !seen.connection_traffic),
        TrafficBy::Protocol => (By::Protocol, !seen.stream_traffic),
        TrafficBy::Transport => (By::Transport, !seen.connection_traffic || seen.shared_traffic),
    };
    let mean = |series| {
        let extents = history.extents(series, columns);
        extents.iter().map(|extent: &Extent| extent.mean().map_or(f32::NAN, |mean| mean as f32)).collect()
    };
    let (total_in, total_out): (Vec<f32>, Vec<f32>) = (mean(Series::RateIn), mean(Series::RateOut));
    let found = history.traffic(by, columns, usize::from(ask.parts).min(MAX_PARTS));
    let in_gap: Vec<bool> = (0..columns.count).map(|column| is_in_gap(look, columns, column)).collect();
    let parts: Vec<TrafficPart> =
        found.parts.iter().map(|part| told(look, by, columns, &in_gap, part)).collect();
    let mut others = told(look, by, columns, &in_gap, &found.others);
    if by == By::Peer {
        others.rate_in = rest(&total_in, parts.iter().map(|part| &part.rate_in));
        others.rate_out = rest(&total_out, parts.iter().map(|part| &part.rate_out));
    }
    Traffic {
        span: Some(span),
        gaps: look.gaps.clone(),
        parts,
        others: TrafficPart { name: None, key: None, ..others },
        other_count: found.other_count as u32,
        total_in,
        total_out,
        never,
    }
}

/// Every part, by each that parts are told by.
pub fn rows(look: &Look<'_>) -> Vec<(&'static str, TrafficPart)> {
    let by = |by, name| {
        let told = answer(look, &TrafficAsk { by, columns: 1, parts: u16::MAX });
        told.parts.into_iter().map(move |part| (name, part))
    };
    by(TrafficBy::Peer, "peer")
        .chain(by(TrafficBy::Protocol, "protocol"))
        .chain(by(TrafficBy::Transport, "transport"))
        .collect()
}

fn is_in_gap(look: &Look<'_>, columns: Columns, column: usize) -> bool {
    let middle = columns.range.from_ms as f64 + columns.millis() * (column as f64 + 0.5);
    look.gaps.iter().any(|gap| (gap.from_ms as f64) < middle && middle < gap.to_ms as f64)
}

fn told(look: &Look<'_>, by: By, columns: Columns, in_gap: &[bool], part: &Part) -> TrafficPart {
    let rates = |bytes: &[f64]| {
        let rate = |(bytes, in_gap): (&f64, &bool)| match *in_gap && *bytes == 0.0 {
            true => f32::NAN,
            false => (bytes * 1000.0 / columns.millis()) as f32,
        };
        bytes.iter().zip(in_gap).map(rate).collect()
    };
    TrafficPart {
        name: look.history.interner.told(part.name),
        key: (by == By::Peer && !part.name.is_none()).then(|| key::of_peer(look.history, part.name)),
        bytes_in: part.moved.bytes_in,
        bytes_out: part.moved.bytes_out,
        rate_in: rates(&part.bytes_in),
        rate_out: rates(&part.bytes_out),
    }
}

/// What a total has beyond its parts; NaN where it is not known.
fn rest<'a>(total: &[f32], parts: impl Iterator<Item = &'a Vec<f32>> + Clone) -> Vec<f32> {
    let beyond = |(column, total): (usize, &f32)| {
        let listed: f32 =
            parts.clone().filter_map(|part| part.get(column)).filter(|rate| !rate.is_nan()).sum();
        if total.is_nan() { f32::NAN } else { (total - listed).max(0.0) }
    };
    total.iter().enumerate().map(beyond).collect()
}
