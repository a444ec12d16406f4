//! Runs: the lives of a node in one history.

use crate::intake::Runtime;

#[derive(Clone, Debug, Default)]
pub struct Run {
    /// What was told of the node, each with the time by which it was; oldest first, the same once.
    runtimes: Vec<(u64, RuntimeKept)>,
    pub start_ms: u64,
    /// Of its last snapshot: its start is the begin of its own window (the React viewer's samples).
    windowed: bool,
    /// No snapshot yet.
    fresh: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeKept {
    pub implementation: String,
    pub version: String,
    pub platform: String,
    pub peer_id: String,
}

impl RuntimeKept {
    fn memory(&self) -> usize {
        let texts = [&self.implementation, &self.version, &self.platform, &self.peer_id];
        size_of::<(u64, RuntimeKept)>() + texts.into_iter().map(String::len).sum::<usize>()
    }
}

impl Run {
    /// The Runtime as it was known at a time; one that came late belongs to all of the run before it.
    pub fn runtime_at(&self, at_ms: u64) -> Option<&(u64, RuntimeKept)> {
        let told = self.runtimes.partition_point(|(told_ms, _)| *told_ms <= at_ms);
        self.runtimes.get(told.saturating_sub(1))
    }

    pub fn runtimes(&self) -> &[(u64, RuntimeKept)] {
        &self.runtimes
    }
}

/// A node that is born again more often than this is in its last life.
const MAX_RUNS: usize = 1024;
/// Runtimes kept of all runs together: after so many, the last one of a run makes room for the next.
const MAX_RUNTIMES: usize = 2 * MAX_RUNS;

#[derive(Debug)]
pub struct Runs {
    runs: Vec<Run>,
    runtimes: usize,
    bytes: usize,
}

impl Default for Runs {
    fn default() -> Self {
        Runs { runs: vec![Run { fresh: true, ..Run::default() }], runtimes: 0, bytes: 0 }
    }
}

impl Runs {
    pub fn current(&self) -> u32 {
        (self.runs.len() - 1) as u32
    }

    pub fn get(&self, run: u32) -> Option<&Run> {
        self.runs.get(run as usize)
    }

    /// Lives that something was told of.
    pub fn count(&self) -> u32 {
        self.runs.len() as u32
    }

    /// A Runtime came, `at_ms` being the newest time told by then. It begins a run when it names another peer than the one
    /// going; a first one that comes late belongs to the run going. True when a run began.
    pub fn runtime(&mut self, told: &Runtime, at_ms: u64) -> bool {
        let kept = RuntimeKept {
            implementation: told.implementation.clone(),
            version: told.version.clone(),
            platform: told.platform.clone(),
            peer_id: told.peer_id.clone(),
        };
        let is_bounded = self.runs.len() < MAX_RUNS;
        let Some(run) = self.runs.last_mut() else { return false };
        let differs = run.runtimes.last().is_some_and(|(_, known)| {
            !known.peer_id.is_empty() && !kept.peer_id.is_empty() && known.peer_id != kept.peer_id
        });
        let begins = differs && !run.fresh && is_bounded;
        if begins {
            self.runs.push(Run { fresh: true, ..Run::default() });
        }
        self.keep(kept, at_ms);
        begins
    }

    /// Of the run that is going.
    fn keep(&mut self, kept: RuntimeKept, at_ms: u64) {
        let Some(run) = self.runs.last_mut() else { return };
        if run.runtimes.last().is_some_and(|(_, known)| *known == kept) {
            return;
        }
        // What stood before the run's first snapshot is what stood when it began.
        let is_full = self.runtimes >= MAX_RUNTIMES || run.fresh;
        if let Some((_, old)) = is_full.then(|| run.runtimes.pop()).flatten() {
            self.runtimes -= 1;
            self.bytes -= old.memory();
        }
        self.runtimes += 1;
        self.bytes += kept.memory();
        run.runtimes.push((at_ms, kept));
    }

    pub fn memory(&self) -> usize {
        self.runs.capacity() * size_of::<Run>() + self.bytes
    }

    /// A snapshot came, newer than all others. True when it begins a run.
    pub fn snapshot(&mut self, start_ms: u64, instant_ms: u64, duration_ms: u64) -> bool {
        let windowed = start_ms > 0 && instant_ms.saturating_sub(start_ms) <= duration_ms;
        let is_bounded = self.runs.len() < MAX_RUNS;
        let Some(run) = self.runs.last_mut() else { return false };
        let differs = start_ms > 0 && run.start_ms > 0 && start_ms != run.start_ms;
        if differs && !run.fresh && is_bounded && !(windowed && run.windowed) {
            let runtime = run.runtimes.last().map(|(_, runtime)| runtime.clone());
            self.runs.push(Run { start_ms, windowed, ..Run::default() });
            if let Some(runtime) = runtime {
                self.keep(runtime, instant_ms);
            }
            return true;
        }
        *run = Run { runtimes: std::mem::take(&mut run.runtimes), start_ms, windowed, fresh: false };
        false
    }

    /// The run that a late snapshot belongs to: the newest with its start, else the given one.
    pub fn of_late(&self, start_ms: u64, neighbour: u32) -> u32 {
        self.runs
            .iter()
            .rposition(|run| start_ms > 0 && !run.windowed && run.start_ms == start_ms)
            .map_or(neighbour, |at| at as u32)
    }

    /// When the node itself began, where the source tells that.
    pub fn start_ms(&self, run: u32) -> Option<u64> {
        self.get(run).filter(|run| !run.windowed && run.start_ms > 0).map(|run| run.start_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime(peer_id: &str) -> Runtime {
        Runtime { peer_id: peer_id.into(), ..Runtime::default() }
    }

    #[test]
    fn another_start_is_another_run_unless_it_is_the_windows() {
        let mut runs = Runs::default();
        assert!(!runs.snapshot(100, 2000, 1000));
        assert!(!runs.snapshot(100, 3000, 1000));
        assert!(runs.snapshot(3500, 9000, 1000));
        let mut windowed = Runs::default();
        for end in 1..10u64 {
            assert!(!windowed.snapshot(end * 2000 - 2000, end * 2000, 2000));
        }
        assert_eq!(windowed.start_ms(0), None);
    }

    #[test]
    fn another_peer_is_another_run_and_a_late_first_runtime_is_not() {
        let mut runs = Runs::default();
        runs.snapshot(100, 2000, 1000);
        assert!(!runs.runtime(&runtime("a"), 2000));
        assert!(!runs.runtime(&runtime("a"), 2000));
        assert!(runs.runtime(&runtime("b"), 3000));
        assert!(!runs.snapshot(2500, 4000, 1000), "the run that the Runtime began");
        assert_eq!(runs.count(), 2);
    }

    #[test]
    fn a_runtime_is_as_it_was_known_at_the_time() {
        let version = |version: &str| Runtime { version: version.into(), ..runtime("a") };
        let mut runs = Runs::default();
        runs.runtime(&version("0"), 0);
        runs.runtime(&version("1"), 0);
        runs.snapshot(100, 1000, 1000);
        for (at_ms, told) in [(2000, "1"), (3000, "2"), (4000, "2"), (5000, "3")] {
            assert!(!runs.runtime(&version(told), at_ms));
        }
        let run = runs.get(0).expect("a run");
        let at = |at_ms| run.runtime_at(at_ms).map(|(_, known)| known.version.as_str());
        assert_eq!([0, 2999, 3000, 4999, 9000].map(at), ["1", "1", "2", "2", "3"].map(Some));
        assert_eq!(run.runtimes().len(), 3, "the same once, and none that no snapshot saw");
        // Another life begins with what is known.
        assert!(runs.snapshot(6000, 9000, 1000));
        assert_eq!(
            runs.get(1).and_then(|run| run.runtime_at(0)).map(|(_, known)| &known.version[..]),
            Some("3")
        );
    }

    #[test]
    fn a_node_that_tells_ever_another_runtime_is_bounded() {
        let mut runs = Runs::default();
        runs.snapshot(100, 1000, 1000);
        for at in 0..10_000u64 {
            runs.runtime(&Runtime { version: at.to_string(), ..runtime("a") }, at);
        }
        let run = runs.get(0).expect("a run");
        assert_eq!(run.runtimes().len(), MAX_RUNTIMES);
        assert_eq!(run.runtime_at(u64::MAX).map(|(_, known)| &known.version[..]), Some("9999"));
        let told = run.runtimes().iter().map(|(_, runtime)| runtime.memory()).sum::<usize>();
        assert_eq!(runs.bytes, told);
    }
}
