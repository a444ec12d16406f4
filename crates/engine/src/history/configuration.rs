//! What the session was set to, and since when.

/// As the endpoint answered it: 0 where it did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    pub retention_ms: u64,
    pub interval_ms: u64,
}

/// Changes kept; beyond it the oldest goes.
const MAX_CHANGES: usize = 1024;

#[derive(Debug, Default)]
pub struct Configurations(Vec<(u64, Configuration)>);

impl Configurations {
    /// `at_ms`: the newest time told by then.
    pub fn told(&mut self, told: Configuration, at_ms: u64) {
        if self.0.last().is_some_and(|(_, known)| *known == told) {
            return;
        }
        if self.0.len() >= MAX_CHANGES {
            self.0.remove(0);
        }
        self.0.push((at_ms, told));
    }

    /// The one in effect at a time, with the time since when; of the time before the first, that one.
    pub fn at(&self, at_ms: u64) -> Option<(u64, Configuration)> {
        let told = self.0.partition_point(|(told_ms, _)| *told_ms <= at_ms);
        self.0.get(told.saturating_sub(1)).copied()
    }

    pub fn all(&self) -> &[(u64, Configuration)] {
        &self.0
    }

    pub fn memory(&self) -> usize {
        self.0.capacity() * size_of::<(u64, Configuration)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_holds_from_when_it_was_told_and_they_are_bounded() {
        let of = |interval_ms| Configuration { interval_ms, ..Configuration::default() };
        let mut all = Configurations::default();
        for (told, at_ms) in [(1, 0), (1, 500), (2, 1000), (1, 2000)] {
            all.told(of(told), at_ms);
        }
        assert_eq!(all.all(), [(0, of(1)), (1000, of(2)), (2000, of(1))]);
        assert_eq!(all.at(1999), Some((1000, of(2))));
        for at in 3000..9000 {
            all.told(of(at), at);
        }
        assert_eq!((all.all().len(), all.at(0)), (MAX_CHANGES, Some((9000 - 1024, of(9000 - 1024)))));
    }
}
