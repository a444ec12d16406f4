//! The worker's heartbeat. It counts beats and no clock, so that a page that was asleep does not take itself for a
//! worker that is dead.

/// Beats (seconds) without an answer after which a worker is dead. Its own slices are 8 ms.
const DEAD: u32 = 15;
/// Beats that its script may take to load and start.
const SLOW_START: u32 = 60;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    number: u32,
    waiting: bool,
    missed: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Beat {
    Fine,
    /// Send this ping.
    Ping(u32),
    Dead,
}

impl Pulse {
    pub fn beat(&mut self, ready: bool) -> Beat {
        let limit = if ready { DEAD } else { SLOW_START };
        if self.waiting || !ready {
            self.missed += 1;
            return if self.missed >= limit { Beat::Dead } else { Beat::Fine };
        }
        self.waiting = true;
        self.number = self.number.wrapping_add(1);
        Beat::Ping(self.number)
    }

    pub fn pong(&mut self, number: u32) {
        if number == self.number {
            self.waiting = false;
            self.missed = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_answers_lives() {
        let mut pulse = Pulse::default();
        for number in 1..100 {
            assert_eq!(pulse.beat(true), Beat::Ping(number));
            pulse.pong(number);
        }
    }

    #[test]
    fn a_worker_that_stays_silent_is_dead_after_a_while() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.beat(true), Beat::Ping(1));
        for _ in 1..DEAD {
            assert_eq!(pulse.beat(true), Beat::Fine);
            pulse.pong(0);
        }
        assert_eq!(pulse.beat(true), Beat::Dead);
    }

    #[test]
    fn a_late_answer_is_an_answer() {
        let mut pulse = Pulse::default();
        pulse.beat(true);
        for _ in 0..DEAD - 1 {
            pulse.beat(true);
        }
        pulse.pong(1);
        assert_eq!(pulse.beat(true), Beat::Ping(2));
    }

    #[test]
    fn a_script_that_never_starts_is_given_up() {
        let mut pulse = Pulse::default();
        assert!((1..SLOW_START).all(|_| pulse.beat(false) == Beat::Fine));
        assert_eq!(pulse.beat(false), Beat::Dead);
    }
}
