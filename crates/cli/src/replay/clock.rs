//! When something recorded comes again: recorded time since the first frame, divided by the speed.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Clock {
    first_ms: u64,
    speed: f64,
}

impl Clock {
    /// A clock that shows `first_ms`, the recording's first time, when it is started.
    pub fn new(first_ms: u64, speed: f64) -> Self {
        Self { first_ms, speed }
    }

    /// How long after its start it shows a recorded time. What is before the first time is due at once.
    pub fn due(&self, ms: u64) -> Duration {
        let passed = Duration::from_millis(ms.saturating_sub(self.first_ms));
        Duration::try_from_secs_f64(passed.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }
}

/// How many times as fast as it was recorded.
pub fn speed(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if (0.001..=1_000_000.0).contains(&value) {
        Ok(value)
    } else {
        Err("not from 0.001 to 1000000".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_time_is_divided_by_the_speed() {
        for (speed, ms, due_micros) in [
            (1.0, 5_000, 0),
            (1.0, 4_000, 0),
            (1.0, 5_001, 1_000),
            (10.0, 6_000, 100_000),
            (0.5, 6_000, 2_000_000),
            (1_000_000.0, 5_001, 0),
            (1_000_000.0, 1_005_000, 1_000),
        ] {
            assert_eq!(Clock::new(5_000, speed).due(ms).as_micros(), due_micros, "{ms} at speed {speed}");
        }
    }

    #[test]
    fn what_is_later_is_never_due_earlier() {
        for speed in [0.001, 0.3, 1.0, 7.7, 1_000_000.0] {
            let clock = Clock::new(1_700_000_000_000, speed);
            let dues: Vec<_> = (1_700_000_000_000..1_700_000_002_000).map(|ms| clock.due(ms)).collect();
            assert!(dues.is_sorted(), "at speed {speed}");
        }
        // No time of a recording is too late to be told when.
        assert!(Clock::new(0, 0.001).due(u64::MAX) > Clock::new(0, 1.0).due(u64::MAX));
    }

    #[test]
    fn a_speed_is_a_sensible_number() {
        assert_eq!(speed("2.5"), Ok(2.5));
        for wrong in ["0", "-1", "inf", "NaN", "fast", "", "1e9"] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
