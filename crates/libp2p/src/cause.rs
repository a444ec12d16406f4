//! Why a connection or a stream ended, in the words that the protocol has for it.

use std::{fmt, io};

use libp2p::swarm::ConnectionError;

use crate::clip;

/// Why something ended, as far as libp2p tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nobody kept the connection alive.
    KeepAliveTimeout,
    /// This node closed it.
    ClosedByUs,
    /// The other node closed it.
    ClosedByRemote,
    /// It was torn down without a goodbye.
    Reset,
    /// An error, in its own words.
    Io(String),
    /// It never came to be: what failed.
    Handshake(String),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeepAliveTimeout => f.write_str("keepAliveTimeout"),
            Self::ClosedByUs => f.write_str("closedByUs"),
            Self::ClosedByRemote => f.write_str("closedByRemote"),
            Self::Reset => f.write_str("reset"),
            Self::Io(text) => write!(f, "io: {text}"),
            Self::Handshake(text) => write!(f, "handshake: {text}"),
        }
    }
}

impl Cause {
    /// Of a connection. `closing`: this node had asked the muxer to close, so that what went wrong then is our doing.
    pub(crate) fn of_connection(cause: Option<&ConnectionError>, closing: bool) -> Self {
        match cause {
            None => Self::ClosedByUs,
            Some(ConnectionError::KeepAliveTimeout) => Self::KeepAliveTimeout,
            Some(ConnectionError::IO(_)) if closing => Self::ClosedByUs,
            Some(ConnectionError::IO(error)) => Self::of_io(error),
        }
    }

    /// Of an error of a socket, a muxer or a stream.
    pub(crate) fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Self::Reset
            }
            io::ErrorKind::UnexpectedEof => Self::ClosedByRemote,
            _ => {
                let text = clip::error_text(error);
                // The muxers' own errors are private to them or boxed away. Their texts: yamux says the first when the
                // other side said goodbye or hung up, quinn the second to fourth.
                if text.contains("connection is closed")
                    || text.contains("closed by peer")
                    || text.contains("aborted by peer")
                {
                    Self::ClosedByRemote
                } else if text.contains("reset by peer") {
                    Self::Reset
                } else {
                    Self::Io(text)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_errors_in_words() {
        assert_eq!(Cause::of_io(&io::ErrorKind::ConnectionReset.into()), Cause::Reset);
        assert_eq!(Cause::of_io(&io::Error::other("connection is closed")), Cause::ClosedByRemote);
        assert_eq!(Cause::of_io(&io::Error::other("timed out")).to_string(), "io: timed out");
    }

    #[test]
    fn what_goes_wrong_while_we_close_is_ours() {
        let error = ConnectionError::IO(io::ErrorKind::BrokenPipe.into());
        assert_eq!(Cause::of_connection(Some(&error), true), Cause::ClosedByUs);
        assert_eq!(Cause::of_connection(Some(&error), false), Cause::Reset);
        assert_eq!(Cause::of_connection(None, false), Cause::ClosedByUs);
        assert_eq!(
            Cause::of_connection(Some(&ConnectionError::KeepAliveTimeout), true),
            Cause::KeepAliveTimeout
        );
    }
}
