//! How fast bytes come, over the last seconds. Pure: the time is an argument.

use std::collections::VecDeque;

/// What is older does not count: a stall shows within this.
const SPAN_MS: f64 = 3_000.0;
/// Apart by so much at least, so that few are kept.
const APART_MS: f64 = 200.0;
/// A rate over less than this says nothing.
const LEAST_MS: f64 = 400.0;

/// Samples of (ms, bytes so far).
#[derive(Clone, Debug, Default)]
pub struct Rate {
    samples: VecDeque<(f64, u64)>,
}

impl Rate {
    /// So many bytes are in by now.
    pub fn add(&mut self, now_ms: f64, bytes: u64) {
        if self.samples.back().is_some_and(|(last_ms, _)| now_ms - last_ms < APART_MS) {
            return;
        }
        self.samples.push_back((now_ms, bytes));
        // The newest of those that are too old stays: the span reaches back to it.
        while self.samples.get(1).is_some_and(|(at_ms, _)| now_ms - at_ms >= SPAN_MS) {
            self.samples.pop_front();
        }
    }

    /// 0: not known yet, or nothing comes.
    pub fn bytes_per_sec(&self) -> u64 {
        let (Some((from_ms, from)), Some((to_ms, to))) = (self.samples.front(), self.samples.back()) else {
            return 0;
        };
        let span_ms = to_ms - from_ms;
        if span_ms < LEAST_MS { 0 } else { ((to - from) as f64 * 1000.0 / span_ms) as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate_soon_and_keeps_it() {
        let mut rate = Rate::default();
        for slice in 0..10_000_u64 {
            rate.add(slice as f64 * 8.0, slice * 800);
            assert!(rate.samples.len() <= 17, "{}", rate.samples.len());
            let known = slice * 8 >= 600;
            assert_eq!(rate.bytes_per_sec(), if known { 100_000 } else { rate.bytes_per_sec() });
        }
        assert_eq!(Rate::default().bytes_per_sec(), 0);
    }

    #[test]
    fn a_stall_shows() {
        let mut rate = Rate::default();
        for second in 0..5 {
            rate.add(f64::from(second) * 1000.0, second as u64 * 1_000_000);
        }
        assert_eq!(rate.bytes_per_sec(), 1_000_000);
        for second in 5..9 {
            rate.add(f64::from(second) * 1000.0, 4_000_000);
        }
        assert_eq!(rate.bytes_per_sec(), 0);
    }
}
