//! Where nothing was recorded between two snapshots: the link was lost, or it took much longer than usual.

use super::History;

/// Whether what comes is what the node recorded itself: at a pace of its own, by which alone it is told what is a gap in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Own {
    #[default]
    No,
    /// Since this snapshot, which was not.
    From(Option<u64>),
    /// Up to the last snapshot: the next one is live again and follows one at that pace.
    Until(Option<u64>),
}

impl Own {
    /// A snapshot came that is live, unless the node's own ones go on.
    pub(super) fn told_live(&mut self) {
        if matches!(self, Own::Until(_)) {
            *self = Own::No;
        }
    }
}

impl History {
    /// Nothing is recorded from here to the next snapshot.
    pub fn link_lost(&mut self) {
        self.link_lost = true;
    }

    /// The interval that the session has now; what takes much longer is a gap. 0: not known.
    pub fn expect_interval(&mut self, ms: u64) {
        self.expected_interval_ms = ms;
    }

    /// What comes from now on was recorded by the node itself, or is told live again.
    pub fn own_recording(&mut self, is_own: bool) {
        self.own = match (is_own, self.own) {
            (true, Own::From(_)) | (false, Own::No | Own::Until(_)) => return,
            (true, _) => Own::From(self.last_ms()),
            (false, Own::From(from)) => {
                self.own_interval_ms = self.usual_interval_ms(from).or(self.own_interval_ms);
                Own::Until(from)
            }
        };
    }

    pub(super) fn is_gap(&self, before: Option<u64>, now: u64) -> bool {
        let Some(before) = before else { return false };
        let usual = match (self.own, self.expected_interval_ms) {
            (Own::From(from), _) => self.usual_interval_ms(from),
            (Own::Until(from), known) => self.own_interval_ms(from).map(|own| own.max(known)),
            (Own::No, 0) => self.usual_interval_ms(None),
            (Own::No, known) => Some(known),
        };
        usual.is_some_and(|usual| now.saturating_sub(before) > usual.saturating_mul(5) / 2 + 500)
    }

    /// The median of the newest intervals between snapshots after a time, once there are three.
    fn usual_interval_ms(&self, after_ms: Option<u64>) -> Option<u64> {
        let steps = self.steps_ms(after_ms);
        (steps.len() >= 3).then(|| steps[steps.len() / 2])
    }

    /// The pace of the node's own snapshots after a time. Of few the longest interval seen, or what it was the last time; of
    /// one alone, where nothing else is known, the session's has to do. None: it had none to add, which is no gap.
    fn own_interval_ms(&self, after_ms: Option<u64>) -> Option<u64> {
        let few = || self.steps_ms(after_ms).last().copied().max(self.own_interval_ms);
        let session = || Some(self.expected_interval_ms).filter(|ms| *ms > 0);
        let has_any = self.last_ms() > after_ms;
        self.usual_interval_ms(after_ms).or_else(|| few().or_else(session).filter(|_| has_any))
    }

    /// The newest intervals between snapshots after a time, the shortest first.
    fn steps_ms(&self, after_ms: Option<u64>) -> Vec<u64> {
        let newest: Vec<u64> = self
            .chunks
            .iter()
            .rev()
            .flat_map(|c| c.totals.iter().rev())
            .map(|t| t.instant_ms)
            .take_while(|instant_ms| Some(*instant_ms) > after_ms)
            .take(17)
            .collect();
        let mut steps: Vec<u64> = newest.windows(2).map(|pair| pair[0].saturating_sub(pair[1])).collect();
        steps.sort_unstable();
        steps
    }

    /// Looks again at the snapshots around a late one.
    pub(super) fn mend_gaps(&mut self, around: u64) {
        let Some(place) = self.place_at(around) else { return };
        for place in [Some(place), self.after(place)].into_iter().flatten() {
            let before = self.before(place).and_then(|p| self.totals_at(p)).map(|t| t.instant_ms);
            let Some(now) = self.totals_at(place).map(|t| t.instant_ms) else { continue };
            let is_gap = self.is_gap(before, now);
            let totals = &mut self.chunks[place.chunk].totals[place.at];
            totals.after_gap = (is_gap || totals.after_loss) && before.is_some();
        }
    }
}
