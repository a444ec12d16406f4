//! Round numbers and round times for axes.

/// Round steps (1, 2, 2.5, 5 × 10ⁿ) above 0, about `wanted` of them up to `max`.
pub fn nice(max: f64, wanted: u32) -> Vec<f64> {
    if !(max > 0.0 && max.is_finite()) || wanted == 0 {
        return Vec::new();
    }
    let rough = max / f64::from(wanted);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|k| k * power).find(|step| *step >= rough * 0.999);
    steps(step.unwrap_or(rough), max)
}

/// As [`nice`], in whole numbers.
pub fn whole(max: f64, wanted: u32) -> Vec<f64> {
    let ticks = nice(max, wanted);
    if ticks.first().is_some_and(|first| first.fract() > 0.0) { steps(ticks[0].ceil(), max) } else { ticks }
}

fn steps(step: f64, max: f64) -> Vec<f64> {
    let mut ticks = Vec::new();
    while ticks.len() < 20 {
        let next = step * (ticks.len() + 1) as f64;
        if next > max * 1.001 {
            break;
        }
        ticks.push(next);
    }
    ticks
}

/// Times of the local clock that are round, at most `most` of them, between two times (ms since the Unix epoch).
pub fn times(from_ms: u64, to_ms: u64, zone_minutes: i32, most: usize) -> (Vec<u64>, u64) {
    const STEPS: [u64; 24] = [
        10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000,
        600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 43_200_000, 86_400_000,
    ];
    let span = to_ms.saturating_sub(from_ms);
    if span == 0 || most == 0 {
        return (Vec::new(), 0);
    }
    let days = 86_400_000 * (span / (86_400_000 * most as u64) + 1);
    let step = STEPS.into_iter().find(|step| span / step <= most as u64).unwrap_or(days);
    // Wide enough for any time that a node may tell.
    let (zone, wide) = (i128::from(zone_minutes) * 60_000, i128::from(step));
    let first = (i128::from(from_ms) + zone).div_euclid(wide) * wide - zone;
    let ticks = (0..=most as i128 + 1)
        .filter_map(|i| u64::try_from(first + i * wide).ok())
        .filter(|at| (from_ms..=to_ms).contains(at))
        .collect();
    (ticks, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(nice(1_300_000.0, 3), [500_000.0, 1_000_000.0]);
        assert_eq!(nice(88.0, 4), [25.0, 50.0, 75.0]);
        assert_eq!(nice(12.0, 3), [5.0, 10.0]);
        assert!(nice(0.0, 3).is_empty());
        assert!(nice(f64::NAN, 3).is_empty());
        assert!(nice(f64::INFINITY, 3).is_empty());
        assert_eq!(whole(1.0, 3), [1.0]);
        assert_eq!(whole(2.0, 3), [1.0, 2.0]);
    }

    #[test]
    fn times_are_round_in_their_zone() {
        let from = 1_700_000_000_000; // 22:13:20
        let (ticks, step) = times(from, from + 1_800_000, 0, 6);
        assert_eq!(step, 300_000);
        assert_eq!(ticks.first(), Some(&1_700_000_100_000)); // 22:15
        assert_eq!(ticks.len(), 6);
        let (ticks, _) = times(from, from + 7_200_000, 30, 3);
        assert!(ticks.iter().all(|at| (at + 30 * 60_000) % 3_600_000 == 0));
        assert!(times(from, from, 0, 6).0.is_empty());
        let (ticks, _) = times(0, 86_400_000 * 100, 0, 5);
        assert!(ticks.len() <= 6 && ticks.len() >= 3);
        for (from, to) in [(0, u64::MAX), (u64::MAX - 5, u64::MAX)] {
            assert!(times(from, to, 840, 5).0.len() <= 6);
        }
    }
}
