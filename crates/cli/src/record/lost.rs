//! Why there is no connection, or none any more: what a person is told, and whether it makes sense to try again.

use std::io;

use tokio_tungstenite::tungstenite::{self, http::StatusCode, protocol::CloseFrame};

use super::address::Address;

#[derive(Debug)]
pub enum Lost {
    /// The name means nothing here.
    NoHost(io::Error),
    /// There is nobody at that address.
    Unreachable(io::Error),
    /// Whoever is there gives no answer: to the dial, the greeting, or a ping.
    Silent(&'static str),
    /// It answers, but with no socket.
    Refused { status: StatusCode, sentence: String },
    /// The endpoint ended the session and said why.
    Closed { code: u16, reason: String },
    /// The endpoint refused the greeting.
    NotGreeted(String),
    /// The connection broke, or what came was not the WebSocket protocol.
    Broken(String),
}

impl Lost {
    pub fn by(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Http(response) => Self::Refused {
                status: response.status(),
                sentence: response
                    .body()
                    .as_ref()
                    .map(|body| String::from_utf8_lossy(body).into_owned())
                    .unwrap_or_default(),
            },
            tungstenite::Error::Io(error) => Self::Broken(error.to_string()),
            other => Self::Broken(other.to_string()),
        }
    }

    pub fn closed(frame: Option<CloseFrame>) -> Self {
        match frame {
            Some(frame) => Self::Closed { code: frame.code.into(), reason: frame.reason.to_string() },
            None => Self::Broken("the endpoint went away".into()),
        }
    }

    /// Whether trying again can only give the same: whoever answers is not the endpoint, or it wants another token. Not so
    /// for a server that is overburdened or being started.
    pub fn is_final(&self) -> bool {
        let Self::Refused { status, .. } = self else { return false };
        let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
        !status.is_server_error() && !later.contains(status)
    }

    /// What happened and what to do, for people. Never with the token.
    pub fn sentence(&self, address: &Address) -> String {
        let shown = address.shown();
        match self {
            Self::NoHost(error) => {
                format!("there is no host {:?} ({error}): is the name right?", address.host())
            }
            Self::Unreachable(error) => {
                format!("nothing answers at {shown} ({error}): is the node running, and is the port right?")
            }
            Self::Silent(what) => format!("{shown} gives no answer to {what}"),
            Self::Refused { status, sentence } => refused(*status, &address.conceal(sentence), address),
            Self::Closed { code: 1013, reason } => format!(
                "the endpoint has no room ({}): close a viewer, or start it with a greater --max-sessions",
                address.conceal(reason)
            ),
            Self::Closed { code, reason } => {
                let reason = address.conceal(reason);
                let why = if reason.is_empty() { "without a reason" } else { &reason };
                format!("the endpoint ended the session ({why}, code {code})")
            }
            Self::NotGreeted(why) => {
                format!("the endpoint does not take the greeting: {}", address.conceal(why))
            }
            Self::Broken(why) => format!("the connection to {shown} broke: {}", address.conceal(why)),
        }
    }
}

fn refused(status: StatusCode, sentence: &str, address: &Address) -> String {
    let shown = address.shown();
    let number = status.as_u16();
    match number {
        401 if address.has_token() => format!(
            "{shown} refuses the token (401): a node makes a new one each time it starts; give the address it printed last"
        ),
        401 => format!(
            "{shown} wants a token (401): give the whole address that the node printed, with ?token=…"
        ),
        403 if sentence.is_empty() => {
            format!(
                "{shown} refuses this client (403): allow the host name by --allow-host there, or use 127.0.0.1"
            )
        }
        403 => format!("{shown} refuses this client (403): {sentence}"),
        404 => {
            format!("there is no endpoint at {shown} (404): the path is /introspect, and is the port right?")
        }
        _ if status.is_server_error() => format!("{shown} can't serve now ({number})"),
        _ => format!("what answers at {shown} is no endpoint (it says {number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Lost {
        Lost::Refused { status: StatusCode::from_u16(status).expect("a status"), sentence: body.into() }
    }

    #[test]
    fn what_only_another_address_can_change_is_final() {
        for (status, is_final) in [
            (401, true),
            (403, true),
            (404, true),
            (200, true),
            (302, true),
            (426, true),
            (429, false),
            (500, false),
            (503, false),
        ] {
            assert_eq!(refused(status, "").is_final(), is_final, "{status}");
        }
        assert!(!Lost::Silent("a ping").is_final());
        assert!(!Lost::Closed { code: 1013, reason: String::new() }.is_final());
    }

    #[test]
    fn each_cause_says_what_to_do_and_not_the_token() {
        let address = Address::parse("ws://h:1/introspect?token=s3cret").expect("an address");
        let bare = Address::parse("h:1").expect("an address");
        for (lost, address, said) in [
            (refused(401, "s3cret is wrong"), &address, "give the address it printed last"),
            (refused(401, ""), &bare, "with ?token=…"),
            (refused(403, "Not s3cret."), &address, "(403): Not …."),
            (refused(403, ""), &bare, "--allow-host"),
            (refused(404, "/introspect?token=s3cret"), &address, "no endpoint at ws://h:1/introspect (404)"),
            (Lost::NoHost(io::Error::other("unknown")), &address, "no host \"h\""),
            (Lost::Unreachable(io::Error::other("refused")), &address, "is the node running"),
            (Lost::Closed { code: 1013, reason: "too many: s3cret".into() }, &address, "--max-sessions"),
            (Lost::Closed { code: 1001, reason: "s3cret".into() }, &address, "(…, code 1001)"),
            (Lost::NotGreeted("s3cret\n".into()), &address, "greeting: …"),
            (Lost::Broken("s3cret".into()), &address, "broke: …"),
        ] {
            let sentence = lost.sentence(address);
            assert!(sentence.contains(said) && !sentence.contains("s3cret"), "{sentence}");
        }
    }
}
