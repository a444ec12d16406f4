//! What an endpoint can be told: where it listens, who may come, what it serves, and its bounds.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// Which token a client has to bring.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum TokenPolicy {
    /// A new one of 128 random bits, made with the endpoint and kept over close and start. The default.
    #[default]
    Random,
    /// This one. An empty one lets nobody in.
    Given(String),
    /// None: whoever reaches the port, and is not a foreign page, may look.
    None,
}

impl std::fmt::Debug for TokenPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Random => "Random",
            Self::Given(_) => "Given(…)",
            Self::None => "None",
        })
    }
}

/// Which viewer is served beside the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ui {
    /// The one inside this program.
    #[cfg(feature = "viewer")]
    Embedded,
    /// The built page in this folder. Nothing outside of it is served, also not by a symbolic link.
    Dir(PathBuf),
    /// None.
    None,
}

impl Default for Ui {
    fn default() -> Self {
        #[cfg(feature = "viewer")]
        return Self::Embedded;
        #[cfg(not(feature = "viewer"))]
        return Self::None;
    }
}

/// How an endpoint behaves. Start from [`Options::default`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one. Loopback by default: `127.0.0.1:0`.
    pub listen: Vec<SocketAddr>,
    /// The token a client has to bring as `?token=…`.
    pub token: TokenPolicy,
    /// Origins of pages that may connect besides the endpoint's own, e.g. `http://127.0.0.1:8080`. Never `null`.
    pub allow_origins: Vec<String>,
    /// Host names a request may name besides `localhost`, `127.0.0.1` and `[::1]`.
    pub allow_hosts: Vec<String>,
    /// Sessions at a time: 64 by default. One too many is closed with 1013 and the reason.
    pub max_sessions: usize,
    /// Allows to listen on an address that is not loopback.
    pub allow_remote: bool,
    /// The viewer to serve on the same port.
    pub viewer: Ui,
    /// Bytes that may wait for one session: 16 MiB by default. An event counts with its frame and 64 bytes for its place.
    /// Frames are shared between sessions, so they are not multiplied by them. What was asked for and is not taken is
    /// bounded by the same number apart: at it, no further command is read.
    pub queue_bytes: usize,
    /// Times and counts that only tests change.
    #[doc(hidden)]
    pub tuning: Tuning,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
            token: TokenPolicy::default(),
            allow_origins: Vec::new(),
            allow_hosts: Vec::new(),
            max_sessions: 64,
            allow_remote: false,
            viewer: Ui::default(),
            queue_bytes: 16 << 20,
            tuning: Tuning::default(),
        }
    }
}

/// The numbers of the protocol and of the endpoint's own bounds.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// A session that has not greeted by then is closed; a request head takes no longer either.
    pub greeting: Duration,
    /// What a session has not taken so long after it was due falls out.
    pub late: Duration,
    /// How long events gather for one message.
    pub batch: Duration,
    /// How often the endpoint tells its own figures.
    pub stats_every: Duration,
    /// A snapshot younger than this is shared between sessions.
    pub snapshot_age: Duration,
    /// How long the introspector may take for an answer.
    pub answer: Duration,
    /// How long a close frame may take to be written when the endpoint closes, and the client's answer to come.
    pub closing: Duration,
    /// Raw connections beyond `max_sessions`: a browser opens six at a time, and those that load the page or are told
    /// why they are refused have to fit as well.
    pub spare_connections: usize,
    /// Commands per second of one session; further ones wait unread. So many may also come at once.
    pub commands_per_sec: u32,
    /// The kernel's send buffer of a connection, in bytes; as the system has it by default.
    pub send_buffer: Option<usize>,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            greeting: Duration::from_secs(10),
            late: Duration::from_secs(5),
            batch: Duration::from_millis(20),
            stats_every: Duration::from_secs(10),
            snapshot_age: Duration::from_millis(250),
            answer: Duration::from_secs(5),
            closing: Duration::from_millis(500),
            spare_connections: 128,
            commands_per_sec: 1000,
            send_buffer: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_careful() {
        let options = Options::default();
        assert!(options.listen.iter().all(|addr| addr.ip().is_loopback()) && !options.allow_remote);
        assert_eq!(options.token, TokenPolicy::Random);
        assert_eq!((options.queue_bytes, options.max_sessions), (16 * 1024 * 1024, 64));
    }
}
