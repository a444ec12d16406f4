//! Runs: the lives of a node in one history.

use crate::intake::Runtime;

#[derive(Clone, Debug, Default)]
pub struct Run {
    pub runtime: Option<RuntimeKept>,
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

/// A node that is born again more often than this is in its last life: its texts are not in the budget.
const MAX_RUNS: usize = 1024;

#[derive(Debug)]
pub struct Runs(Vec<Run>);

impl Default for Runs {
    fn default() -> Self {
        Runs(vec![Run { fresh: true, ..Run::default() }])
    }
}

impl Runs {
    pub fn current(&self) -> u32 {
        (self.0.len() - 1) as u32
    }

    pub fn get(&self, run: u32) -> Option<&Run> {
        self.0.get(run as usize)
    }

    /// Lives that something was told of.
    pub fn count(&self) -> u32 {
        self.0.len() as u32
    }

    /// A Runtime came. It begins a run when it names another peer than the one going; a first one that comes late
    /// belongs to the run going. True when a run began.
    pub fn runtime(&mut self, told: &Runtime) -> bool {
        let kept = RuntimeKept {
            implementation: told.implementation.clone(),
            version: told.version.clone(),
            platform: told.platform.clone(),
            peer_id: told.peer_id.clone(),
        };
        let is_bounded = self.0.len() < MAX_RUNS;
        let Some(run) = self.0.last_mut() else { return false };
        let differs = run.runtime.as_ref().is_some_and(|known| {
            !known.peer_id.is_empty() && !kept.peer_id.is_empty() && known.peer_id != kept.peer_id
        });
        if differs && !run.fresh && is_bounded {
            self.0.push(Run { runtime: Some(kept), fresh: true, ..Run::default() });
            return true;
        }
        run.runtime = Some(kept);
        false
    }

    /// A snapshot came, newer than all others. True when it begins a run.
    pub fn snapshot(&mut self, start_ms: u64, instant_ms: u64, duration_ms: u64) -> bool {
        let windowed = start_ms > 0 && instant_ms.saturating_sub(start_ms) <= duration_ms;
        let is_bounded = self.0.len() < MAX_RUNS;
        let Some(run) = self.0.last_mut() else { return false };
        let differs = start_ms > 0 && run.start_ms > 0 && start_ms != run.start_ms;
        if differs && !run.fresh && is_bounded && !(windowed && run.windowed) {
            let runtime = run.runtime.clone();
            self.0.push(Run { runtime, start_ms, windowed, fresh: false });
            return true;
        }
        *run = Run { runtime: run.runtime.take(), start_ms, windowed, fresh: false };
        false
    }

    /// The run that a late snapshot belongs to: the newest with its start, else the given one.
    pub fn of_late(&self, start_ms: u64, neighbour: u32) -> u32 {
        self.0
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
        assert!(!runs.runtime(&runtime("a")));
        assert!(!runs.runtime(&runtime("a")));
        assert!(runs.runtime(&runtime("b")));
        assert!(!runs.snapshot(2500, 4000, 1000), "the run that the Runtime began");
        assert_eq!(runs.count(), 2);
    }
}
