//! Time along the strip. Pure.

use peerscope_engine::view::Range;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    pub from_ms: u64,
    pub to_ms: u64,
    /// Where the history ends; after it the link is lost.
    pub told_ms: u64,
    pub width: f64,
}

/// Steps of the axis that are round on a clock, in ms.
const STEPS: [u64; 18] = [
    1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
    3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
];

impl Axis {
    /// None when there is no time to show.
    pub fn new(span: Option<Range>, until_ms: Option<u64>, width: f64) -> Option<Self> {
        let span = span?;
        let told_ms = span.to_ms.max(span.from_ms);
        // One moment has no length; a second around it does, also at the end of all time.
        let from_ms = span.from_ms.min(u64::MAX - 1000);
        let to_ms = until_ms.unwrap_or(told_ms).max(told_ms).max(from_ms + 1000);
        (width > 0.0).then_some(Self { from_ms, to_ms, told_ms, width })
    }

    pub fn x(&self, at_ms: u64) -> f64 {
        let way = at_ms.clamp(self.from_ms, self.to_ms) - self.from_ms;
        way as f64 / (self.to_ms - self.from_ms) as f64 * self.width
    }

    pub fn at(&self, x: f64) -> u64 {
        let part = (x / self.width).clamp(0.0, 1.0);
        self.from_ms.saturating_add((part * (self.to_ms - self.from_ms) as f64).round() as u64)
    }

    /// Round times, at least so many px apart, and the step between them.
    pub fn ticks(&self, apart: f64, zone_minutes: i32) -> (u64, Vec<u64>) {
        let span = self.to_ms - self.from_ms;
        let least = (span as f64 / self.width * apart) as u64;
        let step = STEPS.into_iter().find(|step| *step >= least).unwrap_or(least.max(1));
        // Round in the zone of the clock that is shown.
        let zone = i64::from(zone_minutes) * 60_000;
        let local = i64::try_from(self.from_ms).unwrap_or(i64::MAX).saturating_add(zone);
        let into = local.rem_euclid(i64::try_from(step).unwrap_or(i64::MAX)) as u64;
        let first = if into == 0 { self.from_ms } else { self.from_ms.saturating_add(step - into) };
        let ticks = std::iter::successors(Some(first), |at| at.checked_add(step));
        (step, ticks.take_while(|at| *at <= self.to_ms).take(1000).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(from_ms: u64, to_ms: u64) -> Axis {
        Axis::new(Some(Range { from_ms, to_ms }), None, 1000.0).expect("a span")
    }

    #[test]
    fn there_and_back() {
        let axis = axis(10_000, 30_000);
        assert_eq!(axis.x(20_000), 500.0);
        assert_eq!(axis.at(500.0), 20_000);
        assert_eq!(axis.at(-5.0), 10_000);
        assert_eq!(axis.at(5000.0), 30_000);
        assert_eq!(axis.x(0), 0.0);
    }

    #[test]
    fn one_moment_and_a_backward_span_have_an_axis() {
        assert_eq!(axis(5, 5).x(5), 0.0);
        assert_eq!(axis(5, 5).to_ms, 1005);
        assert!(axis(5000, 2).to_ms > 5000);
        assert_eq!(axis(u64::MAX, u64::MAX).at(1000.0), u64::MAX);
        assert_eq!(Axis::new(None, None, 10.0), None);
        assert_eq!(Axis::new(Some(Range { from_ms: 1, to_ms: 2 }), None, 0.0), None);
    }

    #[test]
    fn ticks_are_round_in_the_zone_and_apart() {
        let (step, ticks) = axis(1_700_000_001_000, 1_700_000_121_000).ticks(90.0, 330);
        assert_eq!(step, 15_000);
        assert!(ticks.iter().all(|at| (at + 330 * 60_000) % step == 0));
        assert_eq!(ticks.len(), 8);
        // A day, in a zone of half an hour.
        let (step, ticks) = axis(0, 86_400_000).ticks(90.0, -30);
        assert_eq!((step, ticks[0]), (10_800_000, 1_800_000));
    }

    #[test]
    fn centuries_have_ticks_too() {
        let (_, ticks) = axis(0, u64::MAX / 2).ticks(90.0, 0);
        assert!(ticks.len() <= 12);
    }

    #[test]
    fn a_lost_link_makes_it_longer() {
        let axis = Axis::new(Some(Range { from_ms: 0, to_ms: 1000 }), Some(2000), 100.0).expect("a span");
        assert_eq!((axis.x(axis.told_ms), axis.to_ms), (50.0, 2000));
    }
}
