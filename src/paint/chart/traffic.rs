//! Paints [`Traffic`].

use super::{
    Traffic,
    board::{Board, Frame},
};
use crate::{
    format,
    paint::{canvas::Surface, ticks},
    part::colour::Token,
};

pub fn paint(surface: &Surface, frame: &Frame, traffic: &Traffic, zone_minutes: i32) {
    let Some(board) = Board::new(surface) else { return };
    let greatest =
        |values: &[f32]| f64::from(values.iter().copied().filter(|v| v.is_finite()).fold(0.0_f32, f32::max));
    let (most_in, most_out) = (greatest(&traffic.rate_in), greatest(&traffic.rate_out));
    let (up, down) = if most_in + most_out > 0.0 {
        // The lesser side gets enough room to be seen as a curve.
        (most_in.max(most_out * 0.3) * 1.05, most_out.max(most_in * 0.12) * 1.05)
    } else {
        (1.0, 0.3)
    };
    let unit = (frame.bottom - frame.top) / (up + down);
    let zero = frame.top + up * unit;
    if most_in + most_out > 0.0 {
        for tick in ticks::nice(up.max(down), 3) {
            let label = format::bytes(tick);
            // Round ticks need no zeros behind the point.
            let label =
                format!("{} {}", label.number.trim_end_matches('0').trim_end_matches('.'), label.unit);
            let label = if tick < 1000.0 || label.starts_with(' ') {
                format::bytes(tick).text()
            } else {
                whole(tick, label)
            };
            if tick <= up {
                board.level(frame, zero - tick * unit, &label, false);
            }
            if tick <= down * 0.95 && tick * unit > 12.0 {
                board.level(frame, zero + tick * unit, &label, false);
            }
        }
    }
    curve(&board, frame, &traffic.rate_in, "--in", |value| zero - value * unit, zero);
    curve(&board, frame, &traffic.rate_out, "--out", |value| zero + value * unit, zero);
    board.level(frame, zero, "0", true);
    board.times(frame, zone_minutes);
    board.cursor(frame, traffic.cursor_ms);
}

/// `100 kB` and `20.0 MB` end in zeros that count; only those behind a point may go.
fn whole(tick: f64, trimmed: String) -> String {
    let full = format::bytes(tick);
    if full.number.contains('.') { trimmed } else { full.text() }
}

/// The areas between the zero line and a curve; NaN breaks them.
fn curve(board: &Board, frame: &Frame, values: &[f32], token: Token, y: impl Fn(f64) -> f64, zero: f64) {
    let step = (frame.right - frame.left) / values.len().saturating_sub(1).max(1) as f64;
    let mut points: Vec<(f64, f64)> = Vec::new();
    let close = |points: &mut Vec<(f64, f64)>| {
        if let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) {
            // A single value is as wide as a step, or it could not be seen.
            let right = if points.len() == 1 { last.0 + step.min(4.0) } else { last.0 };
            if points.len() == 1 {
                points.push((right, last.1));
            }
            points.push((right, zero));
            points.insert(0, (first.0, zero));
            board.polygon(points, token, 0.5);
        }
        points.clear();
    };
    for (i, value) in values.iter().enumerate() {
        if value.is_finite() {
            points.push((frame.left + i as f64 * step, y(f64::from(*value))));
        } else {
            close(&mut points);
        }
    }
    close(&mut points);
}
