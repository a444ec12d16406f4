//! Whether the page keeps up with a live source. A browser can't slow a socket down: when snapshots are taken in more
//! than two intervals late, or what is on the screen is, the interval is lengthened. Pure.

use crate::model::Behind;

/// A lengthened interval is shortened again after snapshots in good time for so long, and after so many.
const CALM_MS: f64 = 8_000.0;
const CALM: u32 = 2;
/// When that was too soon, which shows within this, twice as long is waited the next time ...
const RELAPSE_MS: f64 = 60_000.0;
/// ... and no longer than this.
const LONGEST_CALM_MS: f64 = 128_000.0;
/// An endpoint that refused is not asked again for so long.
const IN_VAIN_MS: f64 = 60_000.0;
/// Not lengthened beyond this: 60 s.
const LONGEST_MS: u64 = 60_000;
/// Clocks of two machines differ; the least delay seen is taken for it, and forgotten slowly, since clocks drift.
const FORGET_MS: f64 = 0.01;

#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// What the session runs at when the page keeps up; 0 before it is known.
    wanted_ms: u64,
    interval_ms: u64,
    least_delay_ms: Option<f64>,
    /// Time of the snapshot taken in last.
    newest_ms: Option<u64>,
    lag_ms: u64,
    /// Snapshots in good time, the first of them at.
    calm: u32,
    calm_from_ms: f64,
    /// How long it is to be calm.
    patience_ms: f64,
    shortened_at_ms: Option<f64>,
    /// Asked for, and not yet in effect.
    asked_ms: Option<u64>,
    /// When the endpoint's answer changed nothing.
    in_vain_at_ms: Option<f64>,
    /// When the session was resumed: what was queued while it was paused is old, and no sign of a slow page.
    resumed_at_ms: Option<f64>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            wanted_ms: 0,
            interval_ms: 0,
            least_delay_ms: None,
            newest_ms: None,
            lag_ms: 0,
            calm: 0,
            calm_from_ms: 0.0,
            patience_ms: CALM_MS,
            shortened_at_ms: None,
            asked_ms: None,
            in_vain_at_ms: None,
            resumed_at_ms: None,
        }
    }
}

impl Pace {
    /// The endpoint said what is in effect.
    pub fn effective(&mut self, interval_ms: u64) {
        if self.asked_ms.take().is_none() {
            self.wanted_ms = interval_ms;
        }
        self.interval_ms = interval_ms;
        self.calm = 0;
    }

    /// The endpoint answered what [`taken`](Self::taken) asked: this is in effect, which may be what was before.
    pub fn answered(&mut self, interval_ms: u64, now_ms: f64) {
        self.in_vain_at_ms = (interval_ms == self.interval_ms).then_some(now_ms);
        // Not what is wanted, even where the question is forgotten.
        self.asked_ms.get_or_insert(interval_ms);
        self.effective(interval_ms);
    }

    /// A snapshot of this time was taken in now, while the page has had a frame for so long that it did not paint. What to
    /// ask of the endpoint, if anything.
    pub fn taken(&mut self, snapshot_ms: u64, now_ms: f64, unpainted_ms: f64) -> Option<u64> {
        if self.newest_ms == Some(snapshot_ms) {
            // Told again: the node has no newer one, and how late this one is says nothing of the page.
            return None;
        }
        let delay = now_ms - snapshot_ms as f64;
        if self.newest_ms.replace(snapshot_ms).is_some_and(|newest| snapshot_ms < newest) {
            // The node's clock was set back: what was learned of it is no longer true.
            self.least_delay_ms = None;
        }
        if let (Some(resumed), Some(least)) = (self.resumed_at_ms, self.least_delay_ms) {
            if (snapshot_ms as f64) + least < resumed {
                return None;
            }
            self.resumed_at_ms = None;
        }
        let least = self.least_delay_ms.map_or(delay, |least| (least + FORGET_MS).min(delay));
        self.least_delay_ms = Some(least);
        // Not negative: `least` is the least.
        self.lag_ms = (delay - least).max(unpainted_ms) as u64;
        if self.interval_ms == 0 || self.asked_ms.is_some() {
            return None;
        }
        if self.in_vain_at_ms.is_some_and(|at| now_ms - at < IN_VAIN_MS) {
            return None;
        }
        let ask = if self.lag_ms > self.interval_ms.saturating_mul(2) {
            self.lengthened(now_ms)
        } else if self.interval_ms > self.wanted_ms && self.is_calm(now_ms) {
            self.shortened_at_ms = Some(now_ms);
            (self.interval_ms / 2).max(self.wanted_ms)
        } else {
            self.interval_ms
        };
        if ask == self.interval_ms {
            return None;
        }
        self.asked_ms = Some(ask);
        self.calm = 0;
        Some(ask)
    }

    fn lengthened(&mut self, now_ms: f64) -> u64 {
        let too_soon = self.shortened_at_ms.take().is_some_and(|at| now_ms - at < RELAPSE_MS);
        self.patience_ms = if too_soon { (self.patience_ms * 2.0).min(LONGEST_CALM_MS) } else { CALM_MS };
        self.calm = 0;
        self.interval_ms.saturating_mul(2).min(LONGEST_MS).max(self.interval_ms)
    }

    fn is_calm(&mut self, now_ms: f64) -> bool {
        if self.lag_ms >= self.interval_ms / 4 {
            self.calm = 0;
            return false;
        }
        if self.calm == 0 {
            self.calm_from_ms = now_ms;
        }
        self.calm += 1;
        self.calm > CALM && now_ms - self.calm_from_ms >= self.patience_ms
    }

    /// The session goes on after a pause.
    pub fn resumed(&mut self, now_ms: f64) {
        self.resumed_at_ms = Some(now_ms);
    }

    /// The link is new: what was asked for is lost with the old one.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    pub fn wanted_ms(&self) -> u64 {
        self.wanted_ms
    }

    pub fn interval_ms(&self) -> u64 {
        self.interval_ms
    }

    pub fn lag_ms(&self) -> u64 {
        self.lag_ms
    }

    /// What the page has to say of it.
    pub fn behind(&self, dropped: u64) -> Option<Behind> {
        let slowed = self.interval_ms > self.wanted_ms;
        (slowed || dropped > 0).then_some(Behind {
            wanted_ms: self.wanted_ms,
            interval_ms: self.interval_ms,
            lag_ms: self.lag_ms,
            dropped,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace() -> Pace {
        let mut pace = Pace::default();
        pace.effective(500);
        pace
    }

    #[test]
    fn clocks_that_differ_are_no_lag() {
        let mut pace = pace();
        for n in 0..100 {
            // The node's clock is an hour ahead.
            assert_eq!(pace.taken(3_600_000 + n * 500, (n * 500) as f64 + 3.0, 0.0), None);
        }
        assert_eq!(pace.lag_ms(), 0);
    }

    #[test]
    fn a_page_that_is_late_asks_once_for_fewer_snapshots() {
        let mut pace = pace();
        assert_eq!(pace.taken(0, 0.0, 0.0), None);
        assert_eq!(pace.taken(500, 1_400.0, 0.0), None);
        assert_eq!(pace.taken(1000, 2_200.0, 0.0), Some(1000));
        assert_eq!(pace.taken(1500, 4_000.0, 0.0), None);
        pace.effective(1000);
        let behind = pace.behind(0).expect("it is behind");
        assert_eq!((behind.wanted_ms, behind.interval_ms), (500, 1000));
    }

    #[test]
    fn it_goes_back_when_the_page_kept_up_for_a_while() {
        let mut pace = pace();
        pace.taken(0, 0.0, 0.0);
        assert_eq!(pace.taken(1000, 9_000.0, 0.0), Some(1000));
        pace.effective(1000);
        assert_eq!(calm_until_ask(&mut pace, 2_000), (10_000, 500));
        pace.effective(500);
        assert_eq!(pace.behind(0), None);
        assert!(pace.behind(3).is_some());
    }

    /// Snapshots in good time, a second apart: when it asks for a shorter interval, and for which.
    fn calm_until_ask(pace: &mut Pace, from_ms: u64) -> (u64, u64) {
        let mut times = (from_ms..).step_by(1000);
        times.find_map(|ms| Some((ms, pace.taken(ms, ms as f64, 0.0)?))).expect("it goes back")
    }

    #[test]
    fn who_went_back_too_soon_waits_longer_the_next_time() {
        let mut pace = pace();
        pace.taken(0, 0.0, 0.0);
        assert_eq!(pace.taken(1_000, 9_000.0, 0.0), Some(1000));
        pace.effective(1000);
        assert_eq!(calm_until_ask(&mut pace, 10_000), (18_000, 500));
        pace.effective(500);
        assert_eq!(pace.taken(19_000, 21_000.0, 0.0), Some(1000), "behind again at once");
        pace.effective(1000);
        assert_eq!(calm_until_ask(&mut pace, 22_000), (38_000, 500), "16 s instead of 8");
        pace.effective(500);
        assert_eq!(pace.taken(200_000, 202_000.0, 0.0), Some(1000), "behind again much later");
        pace.effective(1000);
        assert_eq!(calm_until_ask(&mut pace, 210_000), (218_000, 500));
    }

    #[test]
    fn a_snapshot_told_again_is_no_lag() {
        let mut pace = pace();
        for n in 0..20 {
            assert_eq!(pace.taken(60_000, (60_000 + n * 1000) as f64, 0.0), None);
        }
        assert_eq!(pace.lag_ms(), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_is_no_lag() {
        let mut pace = pace();
        assert_eq!(pace.taken(60_000, 60_000.0, 0.0), None);
        for n in 1..10 {
            assert_eq!(pace.taken(50_000 + n * 500, (60_000 + n * 500) as f64, 0.0), None);
        }
        assert_eq!(pace.lag_ms(), 0);
    }

    #[test]
    fn what_waited_through_a_pause_is_not_late() {
        let mut pace = pace();
        // The node's clock is 5 s behind.
        assert_eq!(pace.taken(0, 5_000.0, 0.0), None);
        pace.resumed(15_200.0);
        for queued in (500..=10_000).step_by(500) {
            assert_eq!(pace.taken(queued, 15_210.0, 0.0), None);
        }
        assert_eq!(pace.lag_ms(), 0);
        assert_eq!(pace.taken(10_500, 15_502.0, 0.0), None);
        assert_eq!(pace.lag_ms(), 1);
        assert_eq!(pace.taken(11_000, 17_100.0, 0.0), Some(1000), "a page that is late after it is");
    }

    #[test]
    fn a_page_that_paints_late_is_late_too() {
        let mut pace = pace();
        assert_eq!(pace.taken(0, 0.0, 0.0), None);
        assert_eq!(pace.taken(500, 500.0, 900.0), None);
        assert_eq!(pace.taken(1000, 1000.0, 1400.0), Some(1000));
        assert_eq!(pace.lag_ms(), 1400);
    }

    #[test]
    fn there_is_a_longest_interval() {
        let mut pace = Pace::default();
        pace.effective(50_000);
        pace.taken(0, 0.0, 0.0);
        assert_eq!(pace.taken(1, 1e9, 0.0), Some(LONGEST_MS));
    }

    #[test]
    fn an_interval_beyond_the_longest_is_not_shortened_by_lag() {
        for interval_ms in [LONGEST_MS, 90_000, u64::MAX / 2 + 1, u64::MAX] {
            let mut pace = Pace::default();
            pace.effective(interval_ms);
            pace.taken(0, 0.0, 0.0);
            assert_eq!(pace.taken(1, 1e9, 0.0), None, "{interval_ms}");
            assert_eq!(pace.interval_ms(), interval_ms);
        }
    }

    #[test]
    fn an_answer_that_changes_nothing_does_not_keep_it_from_asking_for_good() {
        let mut pace = pace();
        pace.taken(0, 0.0, 0.0);
        assert_eq!(pace.taken(1_000, 9_000.0, 0.0), Some(1000));
        pace.answered(500, 9_100.0);
        assert_eq!((pace.interval_ms(), pace.wanted_ms()), (500, 500));
        assert_eq!(pace.taken(1_500, 10_000.0, 0.0), None, "not over and over");
        assert_eq!(pace.taken(60_000, 69_200.0, 0.0), Some(1000), "again after a while");
        pace.answered(800, 69_300.0);
        assert_eq!((pace.interval_ms(), pace.wanted_ms()), (800, 500), "as far as the endpoint allows");
        assert_eq!(pace.taken(60_500, 70_000.0, 0.0), Some(1600));
    }
}
