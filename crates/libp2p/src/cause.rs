//! Why a connection or a stream ended, in the words that the protocol has for it.

use std::{error::Error, fmt, io};

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
        if let Some(cause) = of_kinds(error) {
            return cause;
        }
        let text = clip::error_text(error);
        // The muxers' own errors are private to them or boxed away. Their texts: yamux says the first when the other side
        // said goodbye or hung up, quinn the others.
        if ["connection is closed", "closed by peer", "aborted by peer"]
            .iter()
            .any(|known| text.contains(known))
        {
            Self::ClosedByRemote
        } else if text.contains("reset by peer") {
            Self::Reset
        } else {
            Self::Io(text)
        }
    }
}

/// What the kinds of the IO errors in this one tell: security and muxer wrap the socket's.
fn of_kinds(error: &io::Error) -> Option<Cause> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    // The depth is bounded because an error may be its own source.
    for _ in 0..16 {
        let error = next?;
        next = error.source();
        if let Some(io) = error.downcast_ref::<io::Error>() {
            match io.kind() {
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => {
                    return Some(Cause::Reset);
                }
                io::ErrorKind::UnexpectedEof => return Some(Cause::ClosedByRemote),
                _ => {}
            }
            // An IO error shows the error in it, and as its source the source of that one.
            if let Some(inner) = io.get_ref() {
                next = Some(inner);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_errors_in_words() {
        assert_eq!(Cause::of_io(&io::ErrorKind::ConnectionReset.into()), Cause::Reset);
        assert_eq!(Cause::of_io(&io::Error::other("connection is closed")), Cause::ClosedByRemote);
        let wrapped = io::Error::other(io::Error::other(io::Error::from_raw_os_error(32)));
        assert_eq!(Cause::of_io(&wrapped), Cause::Reset);
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
