//! What a command means, by the table of the protocol: pure, the session carries it out.

use peerscope_introspection::wire::{
    ClientCommand, CommandResponse, Configuration,
    client_command::{Command, Source},
    command_response,
};

/// Milliseconds between two snapshots, unless the client says otherwise.
pub(crate) const INTERVAL_MS: u64 = 1_000;
/// The shortest interval.
pub(crate) const MIN_INTERVAL_MS: u64 = 500;
/// The longest: an hour.
pub(crate) const MAX_INTERVAL_MS: u64 = 3_600_000;
/// Milliseconds that a paused session's queue reaches back: the default and the most.
pub(crate) const RETENTION_MS: u64 = 120_000;

/// A source that pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Push {
    State,
    Events,
}

/// What the session does about a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    Greet(Configuration),
    FetchState,
    FetchRuntime,
    Enable(Push),
    Disable(Push),
    Pause,
    Resume,
    Configure(Configuration),
    /// Nothing but this answer.
    Refuse(&'static str),
}

/// What a new session has.
pub(crate) fn default_config() -> Configuration {
    Configuration { retention_period_ms: RETENTION_MS, state_snapshot_interval_ms: INTERVAL_MS }
}

/// What a command asks for, in a session that was greeted or not and has this configuration.
pub(crate) fn act(command: &ClientCommand, greeted: bool, config: Configuration) -> Act {
    let Ok(source) = Source::try_from(command.source) else { return Act::Refuse("unknown source") };
    let Ok(kind) = Command::try_from(command.command) else { return Act::Refuse("unknown command") };
    match (kind, greeted) {
        (Command::Hello, false) => Act::Greet(configured(config, command.config.unwrap_or_default())),
        (Command::Hello, true) => Act::Refuse("already greeted"),
        (_, false) => Act::Refuse("not greeted: send HELLO first"),
        (Command::Request, true) => match source {
            Source::State => Act::FetchState,
            Source::Runtime => Act::FetchRuntime,
            Source::Events => Act::Refuse("events can't be requested: enable their push"),
        },
        (Command::PushEnable, true) => pushing(source).map_or(NO_PUSH, Act::Enable),
        (Command::PushDisable, true) => pushing(source).map_or(NO_PUSH, Act::Disable),
        (Command::PushPause, true) => Act::Pause,
        (Command::PushResume, true) => Act::Resume,
        (Command::UpdateConfig, true) => match command.config {
            Some(wanted) => Act::Configure(configured(config, wanted)),
            None => Act::Refuse("no configuration given"),
        },
    }
}

const NO_PUSH: Act = Act::Refuse("the runtime is not pushed: request it");

fn pushing(source: Source) -> Option<Push> {
    match source {
        Source::State => Some(Push::State),
        Source::Events => Some(Push::Events),
        Source::Runtime => None,
    }
}

/// What comes out when `wanted` is asked for: clamped, and 0 leaves what was.
fn configured(was: Configuration, wanted: Configuration) -> Configuration {
    let retention_period_ms = match wanted.retention_period_ms {
        0 => was.retention_period_ms,
        wanted => wanted.min(RETENTION_MS),
    };
    let state_snapshot_interval_ms = match wanted.state_snapshot_interval_ms {
        0 => was.state_snapshot_interval_ms,
        wanted => wanted.clamp(MIN_INTERVAL_MS, MAX_INTERVAL_MS),
    };
    Configuration { retention_period_ms, state_snapshot_interval_ms }
}

/// The answer to a command that worked.
pub(crate) fn ok(id: u64, effective_config: Option<Configuration>) -> CommandResponse {
    CommandResponse {
        id,
        result: command_response::Result::Ok.into(),
        error: String::new(),
        effective_config,
    }
}

/// The answer to one that did not.
pub(crate) fn err(id: u64, error: impl Into<String>) -> CommandResponse {
    CommandResponse {
        id,
        result: command_response::Result::Err.into(),
        error: error.into(),
        effective_config: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(kind: i32, source: i32, config: Option<Configuration>) -> ClientCommand {
        ClientCommand { version: None, id: 1, command: kind, source, config }
    }

    fn config(retention_period_ms: u64, state_snapshot_interval_ms: u64) -> Configuration {
        Configuration { retention_period_ms, state_snapshot_interval_ms }
    }

    #[test]
    fn before_hello_only_hello_works() {
        for kind in [1, 2, 3, 4, 5, 6, 7, 8, -1, i32::MAX] {
            for source in 0..3 {
                let act = act(&command(kind, source, Some(config(1, 1))), false, default_config());
                assert!(matches!(act, Act::Refuse(_)), "{kind} {source}");
            }
        }
        assert_eq!(act(&ClientCommand::default(), false, default_config()), Act::Greet(default_config()));
    }

    #[test]
    fn a_source_or_command_of_no_known_number_is_refused() {
        for greeted in [false, true] {
            for kind in 0..8 {
                assert_eq!(
                    act(&command(kind, 3, None), greeted, default_config()),
                    Act::Refuse("unknown source")
                );
            }
            for kind in [6, 8, -1] {
                assert_eq!(
                    act(&command(kind, 0, None), greeted, default_config()),
                    Act::Refuse("unknown command")
                );
            }
        }
    }

    #[test]
    fn a_configuration_is_clamped_and_nought_leaves_what_was() {
        let was = config(7_000, 2_000);
        assert_eq!(configured(was, config(0, 0)), was);
        assert_eq!(configured(was, config(1, 1)), config(1, 500));
        assert_eq!(configured(was, config(u64::MAX, u64::MAX)), config(120_000, 3_600_000));
        assert_eq!(configured(was, config(120_000, 500)), config(120_000, 500));
    }
}
