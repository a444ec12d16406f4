//! How fast commands may come. Time is an argument.

use std::time::{Duration, Instant};

/// So many a second, and as many at once after a silence.
#[derive(Debug)]
pub(super) struct Rate {
    each: Duration,
    burst: Duration,
    /// When the next one would be due if they came at the rate exactly.
    due: Instant,
}

impl Rate {
    pub(super) fn new(per_sec: u32, now: Instant) -> Self {
        Self { each: Duration::from_secs(1) / per_sec.max(1), burst: Duration::from_secs(1), due: now }
    }

    /// Takes one, and says how long to wait before the next one is taken.
    pub(super) fn take(&mut self, now: Instant) -> Duration {
        self.due = self.due.max(now) + self.each;
        (self.due - now).saturating_sub(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_a_flood_is_slowed_to_the_rate() {
        let start = Instant::now();
        let mut rate = Rate::new(100, start);
        let mut now = start;
        for taken in 0..1000 {
            let wait = rate.take(now);
            assert!(taken >= 100 || wait.is_zero(), "{taken} waits {wait:?}");
            now += wait;
        }
        assert_eq!(now - start, Duration::from_secs(9));
        assert!(rate.take(now + Duration::from_secs(5)).is_zero(), "after a silence");
    }
}
