//! The query box: bare text, `field:value` and `field>number`, all of which must hold; a `-` before one of them says that it
//! must not.

mod parse;
mod value;

use std::borrow::Cow;

pub use value::{Pattern, Sign, Unit};

/// Fields of a connection that are texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextField {
    Status,
    Peer,
    Protocol,
    Transport,
    Direction,
    Agent,
    Remote,
    Security,
    Muxer,
    Cause,
}

/// Fields of a connection that are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberField {
    /// Bytes per second now.
    In,
    Out,
    /// Bytes since it was opened.
    TotalIn,
    TotalOut,
    Rtt,
    Age,
    Streams,
}

const TEXTS: [(&str, TextField); 10] = [
    ("status", TextField::Status),
    ("peer", TextField::Peer),
    ("protocol", TextField::Protocol),
    ("transport", TextField::Transport),
    ("direction", TextField::Direction),
    ("agent", TextField::Agent),
    ("remote", TextField::Remote),
    ("security", TextField::Security),
    ("muxer", TextField::Muxer),
    ("cause", TextField::Cause),
];

const NUMBERS: [(&str, NumberField, Unit); 7] = [
    ("in", NumberField::In, Unit::Bytes),
    ("out", NumberField::Out, Unit::Bytes),
    ("total-in", NumberField::TotalIn, Unit::Bytes),
    ("total-out", NumberField::TotalOut, Unit::Bytes),
    ("rtt", NumberField::Rtt, Unit::Time),
    ("age", NumberField::Age, Unit::Time),
    ("streams", NumberField::Streams, Unit::Count),
];

const STATUSES: [&str; 6] = ["open", "opening", "active", "closing", "closed", "error"];

#[derive(Clone, Debug, PartialEq)]
enum What {
    Text(Pattern),
    Field(TextField, Pattern),
    Number(NumberField, Sign, f64),
    /// A field that connections don't have; it may be a property of events.
    Property(String, Sign, String),
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    what: What,
    is_not: bool,
    /// Where it begins, in characters, from 1.
    at: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    terms: Vec<Term>,
    /// What is wrong with it, for the person who typed it. What is wrong is left out; the rest holds.
    error: Option<String>,
}

/// What a connection offers to a query.
pub trait Subject {
    fn is_open(&self) -> bool;
    /// Each text of the field; a protocol of each stream.
    fn texts(&self, field: TextField) -> Vec<Cow<'_, str>>;
    /// In the field's unit; None: not told.
    fn number(&self, field: NumberField) -> Option<f64>;
    /// What bare text finds besides the fields.
    fn others(&self) -> Vec<Cow<'_, str>>;
}

/// What an event offers to a query.
pub struct Event<'a> {
    pub name: &'a str,
    pub peer: &'a str,
    pub content: &'a str,
}

impl Query {
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// What is wrong with it where connections are asked.
    pub fn error(&self) -> Option<String> {
        let unknown = self.terms.iter().find_map(|term| match &term.what {
            What::Property(name, ..) => Some((term.at, name)),
            _ => None,
        });
        self.error.clone().or_else(|| {
            let (at, name) = unknown?;
            let names: Vec<&str> =
                TEXTS.iter().map(|(name, _)| *name).chain(NUMBERS.iter().map(|(name, ..)| *name)).collect();
            Some(format!(
                "character {at}: no field is called {name}; there are {}. In quotes it is searched for as it is",
                names.join(", ")
            ))
        })
    }

    /// What is wrong with it where events are asked; `is_property` knows the names of their properties.
    pub fn event_error(&self, is_property: impl Fn(&str) -> bool) -> Option<String> {
        self.error.clone().or_else(|| {
            self.terms.iter().find_map(|term| match &term.what {
                What::Property(name, ..) if !is_property(name) => Some(format!(
                    "character {}: no event has a property called {name}. In quotes it is searched for as it is",
                    term.at
                )),
                What::Field(TextField::Status, _) | What::Number(..) => Some(format!(
                    "character {}: that is of connections; of events it hides nothing",
                    term.at
                )),
                _ => None,
            })
        })
    }

    pub fn matches(&self, subject: &impl Subject) -> bool {
        self.terms.iter().all(|term| {
            let holds = match &term.what {
                What::Field(TextField::Status, value) if value.lower() == "open" => subject.is_open(),
                What::Field(TextField::Status, value) => {
                    subject.texts(TextField::Status).iter().any(|status| status.starts_with(value.lower()))
                }
                What::Field(field, value) => subject.texts(*field).iter().any(|text| value.is_in(text)),
                What::Number(field, sign, number) => {
                    subject.number(*field).is_some_and(|told| sign.holds(told, *number))
                }
                What::Text(text) => {
                    let fields =
                        [TextField::Peer, TextField::Transport, TextField::Protocol, TextField::Remote];
                    fields.into_iter().any(|field| subject.texts(field).iter().any(|other| text.is_in(other)))
                        || subject.others().iter().any(|other| text.is_in(other))
                }
                // Said by `error`, and so left out.
                What::Property(..) => return true,
            };
            holds != term.is_not
        })
    }

    /// A peer field looks at the peer, others at the properties of that name, and where there are none at the content.
    pub fn matches_event(&self, event: &Event<'_>) -> bool {
        self.terms.iter().all(|term| {
            let holds = match &term.what {
                What::Field(TextField::Peer, value) => value.is_in(event.peer),
                What::Field(TextField::Status, _) | What::Number(..) => return true,
                What::Field(_, value) => value.is_in(event.content),
                What::Property(name, sign, value) => property_holds(event.content, name, *sign, value),
                What::Text(text) => {
                    text.is_in(event.name) || text.is_in(event.peer) || text.is_in(event.content)
                }
            };
            holds != term.is_not
        })
    }
}

/// Whether a top-level property of an event, whatever the case of its name, is as wanted: a number is compared, a text or
/// anything else has to contain the value.
fn property_holds(content: &str, name: &str, sign: Sign, value: &str) -> bool {
    // Cheaper than reading all of it as JSON.
    if !Pattern::new(name).is_in(content) {
        return false;
    }
    let Ok(serde_json::Value::Object(map)) = serde_json::from_str(content) else { return false };
    let pattern = Pattern::new(value);
    map.iter().filter(|(key, _)| key.to_lowercase() == name).any(|(_, told)| {
        match (told.as_f64(), value.parse::<f64>()) {
            (Some(told), Ok(number)) => sign.holds(told, number),
            _ if sign != Sign::Equal => false,
            _ => match told {
                serde_json::Value::String(text) => pattern.is_in(text),
                other => pattern.is_in(&other.to_string()),
            },
        }
    })
}

#[cfg(test)]
mod tests;
