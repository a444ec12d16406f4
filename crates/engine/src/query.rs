//! The query box: bare text and `field:value`, all of which must match.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Status,
    Peer,
    Protocol,
    Transport,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Text(String),
    Field(Field, String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
    /// What is wrong with it, for the person who typed it.
    pub error: Option<String>,
}

/// What a row offers to a query. Texts in any case.
pub struct Subject<'a> {
    pub status: &'a str,
    pub is_open: bool,
    pub peer: &'a str,
    pub transport: &'a str,
    /// Protocols of its streams, or its own.
    pub protocols: Vec<std::borrow::Cow<'a, str>>,
    /// Whatever else bare text finds.
    pub texts: Vec<std::borrow::Cow<'a, str>>,
}

const FIELDS: [&str; 4] = ["status", "peer", "protocol", "transport"];
const STATUSES: [&str; 6] = ["open", "opening", "active", "closing", "closed", "error"];

impl Query {
    pub fn parse(text: &str) -> Query {
        let mut query = Query::default();
        for (word, is_quoted) in words(text) {
            let word = word.to_lowercase();
            let field = word.split_once(':').filter(|_| !is_quoted).and_then(|(name, value)| {
                let field = match name {
                    "status" => Field::Status,
                    "peer" => Field::Peer,
                    "protocol" => Field::Protocol,
                    "transport" => Field::Transport,
                    _ => {
                        if is_misspelt(name, value) {
                            query.error = Some(format!(
                                "no field is called {name}: there are {}; in quotes it is searched for as it is",
                                FIELDS.join(", ")
                            ));
                        }
                        return None;
                    }
                };
                Some((field, value.to_owned()))
            });
            match field {
                Some((field, value)) if value.is_empty() => {
                    let name = format!("{field:?}").to_lowercase();
                    query.error = Some(format!("{name}: needs a value, e.g. {name}:{}", example(field)));
                }
                Some((Field::Status, value)) if !STATUSES.iter().any(|known| known.starts_with(&value)) => {
                    query.error =
                        Some(format!("no status is called {value}: it is one of {}", STATUSES.join(", ")));
                    query.terms.push(Term::Field(Field::Status, value));
                }
                Some((field, value)) => query.terms.push(Term::Field(field, value)),
                None => query.terms.push(Term::Text(word)),
            }
        }
        query
    }

    /// What is wrong with it where it is asked of events.
    pub fn event_error(&self) -> Option<String> {
        let of_status = self.terms.iter().any(|term| matches!(term, Term::Field(Field::Status, _)));
        self.error.clone().or_else(|| {
            of_status.then(|| {
                "events have no status: here status: hides nothing; peer:, protocol:, transport: do"
                    .to_owned()
            })
        })
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.terms.iter().all(|term| match term {
            Term::Field(Field::Status, value) if value == "open" => subject.is_open,
            Term::Field(Field::Status, value) => subject.status.starts_with(value.as_str()),
            Term::Field(Field::Peer, value) => has(subject.peer, value),
            Term::Field(Field::Transport, value) => has(subject.transport, value),
            Term::Field(Field::Protocol, value) => {
                subject.protocols.iter().any(|protocol| has(protocol, value))
            }
            Term::Text(text) => {
                has(subject.peer, text)
                    || has(subject.transport, text)
                    || subject.protocols.iter().chain(&subject.texts).any(|other| has(other, text))
            }
        })
    }

    /// For events: a peer field looks at the peer, a protocol or transport at the content, a status at nothing.
    pub fn matches_event(&self, name: &str, peer: &str, content: &str) -> bool {
        self.terms.iter().all(|term| match term {
            Term::Field(Field::Peer, value) => has(peer, value),
            Term::Field(Field::Status, _) => true,
            Term::Field(_, value) => has(content, value),
            Term::Text(text) => has(name, text) || has(peer, text) || has(content, text),
        })
    }
}

/// `agent:foo` is meant as a field; `localhost:4001`, `https://…` and `12D3:x` are not.
fn is_misspelt(name: &str, value: &str) -> bool {
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    is_word && !value.starts_with('/') && !value.bytes().all(|byte| byte.is_ascii_digit())
}

fn example(field: Field) -> &'static str {
    match field {
        Field::Status => "active",
        Field::Peer => "12D3KooW…",
        Field::Protocol => "/ipfs/ping",
        Field::Transport => "quic-v1",
    }
}

/// Whether `text` contains `lower`, whatever its case.
fn has(text: &str, lower: &str) -> bool {
    if text.is_ascii() && lower.is_ascii() {
        let needle = lower.as_bytes();
        needle.is_empty()
            || text.as_bytes().windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle))
    } else {
        text.to_lowercase().contains(lower)
    }
}

/// Words parted by white space; quotes hold several together. Whether a word begins with a quote: then it is text, whatever
/// is in it.
fn words(text: &str) -> Vec<(String, bool)> {
    let (mut words, mut word, mut in_quotes, mut is_quoted) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        match c {
            '"' => {
                is_quoted |= word.is_empty();
                in_quotes = !in_quotes;
            }
            c if c.is_whitespace() && !in_quotes => {
                words.push((std::mem::take(&mut word), is_quoted));
                is_quoted = false;
            }
            c => word.push(c),
        }
    }
    words.push((word, is_quoted));
    words.retain(|(word, _)| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject<'static> {
        Subject {
            status: "active",
            is_open: true,
            peer: "12D3KooWAbc",
            transport: "quic-v1",
            protocols: vec!["/ipfs/ping/1.0.0".into()],
            texts: vec!["kubo/0.36.0".into(), "203.0.113.7:4001".into()],
        }
    }

    #[test]
    fn bare_text_and_fields_must_all_match() {
        let matches = |text: &str| Query::parse(text).matches(&subject());
        assert!(matches("") && matches("kubo") && matches("KOOWABC") && matches("203.0.113.7:4001"));
        assert!(matches("status:active peer:abc transport:quic protocol:ping kubo"));
        assert!(matches("status:open"));
        assert!(matches("\"kubo/0.36.0\""));
        for miss in ["status:closed", "peer:kubo", "protocol:kad", "transport:tcp", "kubo nothere"] {
            assert!(!matches(miss), "{miss}");
        }
    }

    #[test]
    fn mistakes_are_said_and_do_not_hide_everything() {
        assert!(Query::parse("status:").error.is_some_and(|error| error.contains("status:active")));
        assert!(Query::parse("status:").matches(&subject()));
        assert!(Query::parse("status:bogus").error.is_some());
        for text in ["/ip4/1.2.3.4:80", "localhost:4001", "https://a", "\"agent:foo\""] {
            assert_eq!(Query::parse(text).error, None, "{text}");
        }
        assert!(Query::parse("agent:foo").error.is_some_and(|error| error.contains("protocol")));
        assert!(Query::parse("status:open").event_error().is_some());
        assert_eq!(Query::parse("peer:a").event_error(), None);
    }
}
