//! Figures over time, for charts: one value a column. NaN: nothing is known there.

use crate::view::Range;

/// Rates per second in `columns` equal steps from cumulative `points` (ms, value), which are in order of time.
pub fn rates(points: &[(u64, u64)], range: Range, columns: usize, gaps: &[Range]) -> Vec<f32> {
    let (from, to) = (range.from_ms as f64, range.to_ms as f64);
    let step = (to - from) / columns.max(1) as f64;
    let mut out = Vec::with_capacity(columns);
    let mut at = 0;
    let mut value = |ms: f64| -> Option<f64> {
        while at + 1 < points.len() && (points[at + 1].0 as f64) < ms {
            at += 1;
        }
        let (before, after) = (points.get(at)?, points.get(at + 1)?);
        let (t0, t1) = (before.0 as f64, after.0 as f64);
        if ms < t0 || ms > t1 || t1 <= t0 || after.1 < before.1 {
            return None;
        }
        Some(before.1 as f64 + (after.1 - before.1) as f64 * (ms - t0) / (t1 - t0))
    };
    let mut left = value(from);
    for column in 0..columns {
        let end = from + step * (column + 1) as f64;
        let right = value(end);
        let middle = (end - step / 2.0) as u64;
        let in_gap = gaps.iter().any(|gap| gap.from_ms < middle && middle < gap.to_ms);
        out.push(match (left, right) {
            (Some(left), Some(right)) if !in_gap && step > 0.0 => {
                ((right - left) / step * 1000.0).max(0.0) as f32
            }
            _ => f32::NAN,
        });
        left = right;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Range = Range { from_ms: 0, to_ms: 10_000 };

    #[test]
    fn rates_are_differences_over_time() {
        let points: Vec<(u64, u64)> = (0..=10).map(|s| (s * 1000, s * 500)).collect();
        assert_eq!(rates(&points, MINUTE, 10, &[]), vec![500.0; 10]);
        let gap = Range { from_ms: 3000, to_ms: 5000 };
        let with_gap = rates(&points, MINUTE, 10, &[gap]);
        assert!(with_gap[3].is_nan() && with_gap[4].is_nan() && with_gap[5] == 500.0);
    }

    #[test]
    fn nothing_is_made_up_outside_what_was_told() {
        let out = rates(&[(4000, 0), (6000, 2000)], MINUTE, 5, &[]);
        assert!(out[0].is_nan() && out[1].is_nan() && out[3].is_nan());
        assert_eq!(out[2], 1000.0);
        assert!(
            rates(&[(0, 5), (10_000, 1)], MINUTE, 2, &[]).iter().all(|v| v.is_nan()),
            "a counter went back"
        );
        assert!(rates(&[], MINUTE, 3, &[]).iter().all(|v| v.is_nan()));
    }
}
