//! The client's side of the protocol, without IO and without a clock: what to send next, what an answer means, and when
//! to try again. Used by the viewer's worker and by `peerscope record`.
//!
//! Each call gives the messages to send, in order. What the caller does: after the socket opens, [`Client::connected`];
//! for each `ServerMessage`, [`Client::answer`], or [`Client::overhear`] for one that is taken in later; [`Client::tick`] once
//! [`Client::due_ms`] has come, or with whatever comes anyway; after the socket is lost, [`Client::disconnected`].

use std::collections::VecDeque;

use prost::Message;

use crate::{
    glance::{self, Glance, glance},
    wire::{
        ClientCommand, CommandResponse, Configuration, PROTOCOL_VERSION, ServerMessage, Version,
        client_command::{Command, Source},
        command_response,
        server_message::Payload,
    },
};

/// The first wait before a lost endpoint is tried again.
const RETRY_FIRST_MS: u64 = 500;
/// The longest.
const RETRY_MOST_MS: u64 = 10_000;
/// The Runtime is asked for again at most so often.
const RUNTIME_AGAIN_MS: u64 = 1_000;
/// Commands without an answer that are remembered. An endpoint that never answers costs no more.
const MAX_UNANSWERED: usize = 64;

/// What a client asks an endpoint for when it greets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Time between two states, in milliseconds.
    pub interval_ms: u64,
    /// How long the endpoint keeps what comes while the session is paused, in milliseconds.
    pub retention_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { interval_ms: 1_000, retention_ms: 120_000 }
    }
}

/// How far a client has come with its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// There is no connection.
    Down,
    /// HELLO was sent and is not answered yet. Nothing else may be sent.
    Greeting,
    /// The endpoint sends what it was asked for.
    Live {
        /// The interval that the endpoint really keeps, in milliseconds.
        interval_ms: u64,
        /// The pause buffer that it really keeps, in milliseconds.
        retention_ms: u64,
        /// Whether it confirmed a pause that is still on.
        paused: bool,
    },
}

/// A command that the endpoint refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the endpoint refused {what}: {reason}")]
pub struct Refused {
    /// The command, in the schema's words.
    pub what: &'static str,
    /// What the endpoint said. It is the endpoint's text: show it as text.
    pub reason: String,
    /// Whether it was the greeting: then nothing more will come from this connection.
    pub greeting: bool,
}

/// What an answer led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Messages to send now, in this order.
    pub send: Vec<Vec<u8>>,
    /// What the endpoint refused.
    pub refused: Option<Refused>,
}

/// One client of one endpoint, over all connections to it.
#[derive(Clone, Debug)]
pub struct Client {
    config: Config,
    link: Link,
    next_id: u64,
    unanswered: VecDeque<(u64, Asked)>,
    /// The request for events was answered, or there was a state or an event.
    has_begun: bool,
    /// What the user wants; asked again after a reconnect.
    want_pause: bool,
    runtime_asked_ms: Option<u64>,
    /// The Runtime is wanted again, but was asked for too recently.
    runtime_wanted: bool,
    retry_ms: u64,
}

/// A command that is answered by a `CommandResponse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Hello { interval_ms: u64 },
    Runtime,
    Events,
    States,
    Pause,
    Resume,
    Configure { interval_ms: u64 },
}

impl Asked {
    fn what(self) -> &'static str {
        match self {
            Self::Hello { .. } => "HELLO",
            Self::Runtime => "REQUEST RUNTIME",
            Self::Events => "PUSH_ENABLE EVENTS",
            Self::States => "PUSH_ENABLE STATE",
            Self::Pause => "PUSH_PAUSE",
            Self::Resume => "PUSH_RESUME",
            Self::Configure { .. } => "UPDATE_CONFIG",
        }
    }

    fn command(self) -> (Command, Source) {
        match self {
            Self::Hello { .. } => (Command::Hello, Source::State),
            Self::Runtime => (Command::Request, Source::Runtime),
            Self::Events => (Command::PushEnable, Source::Events),
            Self::States => (Command::PushEnable, Source::State),
            Self::Pause => (Command::PushPause, Source::State),
            Self::Resume => (Command::PushResume, Source::State),
            Self::Configure { .. } => (Command::UpdateConfig, Source::State),
        }
    }
}

impl Client {
    /// A client that never was connected.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            link: Link::Down,
            next_id: 1,
            unanswered: VecDeque::new(),
            has_begun: false,
            want_pause: false,
            runtime_asked_ms: None,
            runtime_wanted: false,
            retry_ms: RETRY_FIRST_MS,
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// What it asks for, which is not always what the endpoint grants: that is in [`Link::Live`].
    #[must_use]
    pub fn config(&self) -> Config {
        self.config
    }

    /// Whether what happens from now on comes by this connection: its request for events was answered, or, of an endpoint that
    /// does not answer that, a state or an event was overheard.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether the user asked for a pause that was not ended since, confirmed or not.
    #[must_use]
    pub fn wants_pause(&self) -> bool {
        self.want_pause
    }

    /// The connection is there. What to send: HELLO, and nothing else until it is answered.
    pub fn connected(&mut self, now_ms: u64) -> Vec<Vec<u8>> {
        self.link = Link::Greeting;
        self.unanswered.clear();
        self.has_begun = false;
        // The greeting asks for the Runtime anyway.
        self.runtime_asked_ms = Some(now_ms);
        self.runtime_wanted = false;
        vec![self.ask(Asked::Hello { interval_ms: self.config.interval_ms })]
    }

    /// A message came. All but command responses leave everything as it is.
    pub fn answer(&mut self, message: &ServerMessage) -> Step {
        match &message.payload {
            Some(Payload::Response(response)) => self.response(response),
            _ => Step::default(),
        }
    }

    /// The payload of a message came that is taken in later: only what it answers is heard. When it is taken in, its answer
    /// is one to nothing that was asked.
    pub fn overhear(&mut self, payload: &[u8]) -> Step {
        // States are large: they are not decoded for this.
        match glance(payload) {
            Ok(Glance { at_ms: Some(_), .. }) => {
                self.has_begun = true;
                Step::default()
            }
            Ok(Glance { kind: glance::Kind::Other, .. }) => {
                ServerMessage::decode(payload).map(|message| self.answer(&message)).unwrap_or_default()
            }
            _ => Step::default(),
        }
    }

    /// A command was answered. A response to nothing that was asked is ignored.
    pub fn response(&mut self, response: &CommandResponse) -> Step {
        let Some(index) = self.unanswered.iter().position(|(id, _)| *id == response.id) else {
            return Step::default();
        };
        let Some((_, asked)) = self.unanswered.remove(index) else { return Step::default() };
        self.has_begun |= asked == Asked::Events;
        if response.result != command_response::Result::Ok as i32 {
            return self.refused(asked, response.error.clone());
        }
        let granted = response.effective_config.unwrap_or_default();
        match asked {
            Asked::Hello { interval_ms } => self.greeted(interval_ms, granted),
            Asked::Pause => self.set_paused(true),
            Asked::Resume => self.set_paused(false),
            Asked::Configure { interval_ms } => {
                let asked = Config { interval_ms, ..self.config };
                self.set_granted(asked, granted);
                Step::default()
            }
            Asked::Runtime | Asked::Events | Asked::States => Step::default(),
        }
    }

    /// The user wants the endpoint to hold back what comes. What to send: nothing unless live.
    pub fn pause(&mut self) -> Vec<Vec<u8>> {
        self.want_pause = true;
        self.ask_if_live(Asked::Pause)
    }

    /// The user wants it to go on. What to send: nothing unless live.
    pub fn resume(&mut self) -> Vec<Vec<u8>> {
        self.want_pause = false;
        self.ask_if_live(Asked::Resume)
    }

    /// Another interval between states, in milliseconds; kept for later connections too. What to send now, if anything.
    pub fn set_interval(&mut self, interval_ms: u64) -> Vec<Vec<u8>> {
        self.config.interval_ms = interval_ms;
        self.ask_if_live(Asked::Configure { interval_ms })
    }

    /// An event of a type came that the Runtime does not name. What to send: a request for the Runtime, at most once a
    /// second; one that comes too early is sent by a later [`tick`](Self::tick).
    pub fn runtime_again(&mut self, now_ms: u64) -> Vec<Vec<u8>> {
        // Before that the greeting asks for it.
        self.runtime_wanted = matches!(self.link, Link::Live { .. });
        self.tick(now_ms)
    }

    /// When [`tick`](Self::tick) has something to send, on the caller's clock; `None` while there is nothing.
    #[must_use]
    pub fn due_ms(&self) -> Option<u64> {
        let earliest = self.runtime_asked_ms.map_or(0, |asked| asked.saturating_add(RUNTIME_AGAIN_MS));
        self.runtime_wanted.then_some(earliest)
    }

    /// Time goes by. What to send: what had to wait, once it is due.
    pub fn tick(&mut self, now_ms: u64) -> Vec<Vec<u8>> {
        if self.due_ms().is_none_or(|due| now_ms < due) {
            return Vec::new();
        }
        self.runtime_wanted = false;
        self.runtime_asked_ms = Some(now_ms);
        vec![self.ask(Asked::Runtime)]
    }

    /// The connection is lost, or could not be had. When to try again, on the same clock: after half a second, then after
    /// twice as long each time up to ten seconds, and after half a second again once a session was live.
    pub fn disconnected(&mut self, now_ms: u64) -> u64 {
        self.link = Link::Down;
        self.unanswered.clear();
        self.runtime_wanted = false;
        let wait = self.retry_ms;
        self.retry_ms = (wait * 2).min(RETRY_MOST_MS);
        now_ms.saturating_add(wait)
    }

    fn greeted(&mut self, asked_interval_ms: u64, granted: Configuration) -> Step {
        let asked = Config { interval_ms: asked_interval_ms, ..self.config };
        self.link = Link::Live { interval_ms: 0, retention_ms: 0, paused: false };
        self.set_granted(asked, granted);
        self.retry_ms = RETRY_FIRST_MS;
        let mut send = vec![self.ask(Asked::Runtime), self.ask(Asked::Events), self.ask(Asked::States)];
        let wanted = self.config.interval_ms;
        if wanted != asked_interval_ms {
            send.push(self.ask(Asked::Configure { interval_ms: wanted }));
        }
        if self.want_pause {
            send.push(self.ask(Asked::Pause));
        }
        Step { send, refused: None }
    }

    fn refused(&mut self, asked: Asked, reason: String) -> Step {
        match asked {
            Asked::Pause => self.want_pause = self.is_paused(),
            Asked::Resume => self.want_pause = self.is_paused(),
            _ => {}
        }
        let greeting = matches!(asked, Asked::Hello { .. });
        Step { send: Vec::new(), refused: Some(Refused { what: asked.what(), reason, greeting }) }
    }

    fn is_paused(&self) -> bool {
        matches!(self.link, Link::Live { paused: true, .. })
    }

    fn set_paused(&mut self, on: bool) -> Step {
        if let Link::Live { paused, .. } = &mut self.link {
            *paused = on;
        }
        Step::default()
    }

    /// What an endpoint does not say is taken to be what it was asked for.
    fn set_granted(&mut self, asked: Config, granted: Configuration) {
        let or = |granted: u64, asked: u64| if granted == 0 { asked } else { granted };
        if let Link::Live { interval_ms, retention_ms, .. } = &mut self.link {
            *interval_ms = or(granted.state_snapshot_interval_ms, asked.interval_ms);
            *retention_ms = or(granted.retention_period_ms, asked.retention_ms);
        }
    }

    fn ask_if_live(&mut self, asked: Asked) -> Vec<Vec<u8>> {
        if matches!(self.link, Link::Live { .. }) { vec![self.ask(asked)] } else { Vec::new() }
    }

    fn ask(&mut self, asked: Asked) -> Vec<u8> {
        let id = self.next_id;
        self.next_id += 1;
        // The Runtime itself is the answer to the request for it, and an endpoint answers otherwise only to refuse.
        while self.unanswered.len() >= MAX_UNANSWERED {
            self.unanswered.pop_front();
        }
        self.unanswered.push_back((id, asked));
        let (command, source) = asked.command();
        // Both figures each time: the reference takes an absent one as 0.
        let config = match asked {
            Asked::Hello { interval_ms } | Asked::Configure { interval_ms } => Some(Configuration {
                retention_period_ms: self.config.retention_ms,
                state_snapshot_interval_ms: interval_ms,
            }),
            _ => None,
        };
        ClientCommand {
            version: Some(Version { version: PROTOCOL_VERSION }),
            id,
            command: command.into(),
            source: source.into(),
            config,
        }
        .encode_to_vec()
    }
}

#[cfg(test)]
mod tests;
