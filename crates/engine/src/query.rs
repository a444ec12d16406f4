//! The query box: bare text, `field:value` and `field>number`, all of which must hold; a `-` before one of them says that it
//! must not.

mod near;
mod parse;
mod spot;
mod value;
mod word;

pub use spot::{Name, Spot, Typed};
pub use value::{Pattern, Sign, Unit};

use crate::frame::{QueryError, Replace, Span};

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

pub const TEXTS: [(&str, TextField); 10] = [
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

pub const NUMBERS: [(&str, NumberField, Unit); 7] = [
    ("in", NumberField::In, Unit::Bytes),
    ("out", NumberField::Out, Unit::Bytes),
    ("total-in", NumberField::TotalIn, Unit::Bytes),
    ("total-out", NumberField::TotalOut, Unit::Bytes),
    ("rtt", NumberField::Rtt, Unit::Time),
    ("age", NumberField::Age, Unit::Time),
    ("streams", NumberField::Streams, Unit::Count),
];

pub const STATUSES: [&str; 6] = ["open", "opening", "active", "closing", "closed", "error"];

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
    /// All of it, and its field's name.
    span: Span,
    name: Span,
    /// Without quotes and sign.
    written: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    text: String,
    terms: Vec<Term>,
    /// What is wrong with it, for the person who typed it. What is wrong is left out; the rest holds.
    error: Option<QueryError>,
}

/// Of an event: the name of its type.
pub const TYPE: &str = "type";

/// Every field of a connection.
pub fn field_names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name).chain(NUMBERS.iter().map(|(name, ..)| *name))
}

/// What a connection offers to a query.
pub trait Subject {
    fn is_open(&self) -> bool;
    /// Whether one of the field's texts is as wanted; a protocol of each stream.
    fn any(&self, field: TextField, is_wanted: &mut dyn FnMut(&str) -> bool) -> bool;
    /// In the field's unit; None: not told.
    fn number(&self, field: NumberField) -> Option<f64>;
    /// The same of what bare text finds besides the fields.
    fn any_other(&self, is_wanted: &mut dyn FnMut(&str) -> bool) -> bool;
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

    /// Whether a term has this field.
    pub fn has_field(&self, name: &str) -> bool {
        let is_field = |term: &&Term| !matches!(term.what, What::Text(_));
        self.terms.iter().filter(is_field).any(|term| term.name.of(&self.text).eq_ignore_ascii_case(name))
    }

    /// What is wrong with it where connections are asked.
    pub fn error(&self) -> Option<QueryError> {
        self.error.clone().or_else(|| {
            let term = self.terms.iter().find(|term| matches!(term.what, What::Property(..)))?;
            let names: Vec<&str> = field_names().collect();
            let says = format!(
                "no field is called {}; there are {}. In quotes it is searched for as it is",
                term.name.of(&self.text),
                names.join(", ")
            );
            Some(self.wrong_name(term, &says, names))
        })
    }

    /// What is wrong with it where events are asked; `properties` are the names that their properties have. Where none is
    /// known, any may be there.
    pub fn event_error(&self, properties: &[&str]) -> Option<QueryError> {
        let is_known = |name: &str| {
            properties.is_empty()
                || name == TYPE
                || properties.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        self.error.clone().or_else(|| {
            self.terms.iter().find_map(|term| match &term.what {
                What::Property(name, ..) if !is_known(name) => {
                    let says = format!(
                        "no event has a property called {}. In quotes it is searched for as it is",
                        term.name.of(&self.text)
                    );
                    Some(self.wrong_name(term, &says, properties.iter().copied()))
                }
                What::Field(TextField::Status, _) | What::Number(..) => {
                    let says = "that is of connections; of events it hides nothing";
                    let fix = Some(Replace { span: term.span, insert: String::new() });
                    Some(QueryError { fix, ..self.wrong_name(term, says, []) })
                }
                _ => None,
            })
        })
    }

    /// A name that is none: the nearest is proposed in its place, else the word is, in quotes.
    fn wrong_name<'a>(
        &self,
        term: &Term,
        says: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> QueryError {
        let fix = match near::nearest(&term.name.of(&self.text).to_lowercase(), names) {
            Some(name) => Replace { span: term.name, insert: name.to_owned() },
            None => Replace {
                span: term.span,
                insert: format!("{}\"{}\"", if term.is_not { "-" } else { "" }, term.written),
            },
        };
        let place = self.text.get(..term.span.from as usize).map_or(0, |before| before.chars().count()) + 1;
        QueryError {
            text: format!("character {place}: {says}"),
            at: term.name,
            term: term.span,
            unfinished: false,
            fix: Some(fix),
        }
    }

    pub fn matches(&self, subject: &impl Subject) -> bool {
        self.terms.iter().all(|term| {
            let holds = match &term.what {
                What::Field(TextField::Status, value) if value.lower() == "open" => subject.is_open(),
                What::Field(TextField::Status, value) => {
                    subject.any(TextField::Status, &mut |status| status.starts_with(value.lower()))
                }
                What::Field(field, value) => subject.any(*field, &mut |text| value.is_in(text)),
                What::Number(field, sign, number) => {
                    subject.number(*field).is_some_and(|told| sign.holds(told, *number))
                }
                What::Text(text) => {
                    let fields =
                        [TextField::Peer, TextField::Transport, TextField::Protocol, TextField::Remote];
                    let mut is_in = |other: &str| text.is_in(other);
                    fields.into_iter().any(|field| subject.any(field, &mut is_in))
                        || subject.any_other(&mut is_in)
                }
                // Said by `error`, and so left out.
                What::Property(..) => return true,
            };
            holds != term.is_not
        })
    }

    /// Whether a protocol is one that it asks for, where the rows are streams.
    pub fn matches_protocol(&self, protocol: &str) -> bool {
        self.terms.iter().all(|term| match &term.what {
            What::Field(TextField::Protocol, value) => value.is_in(protocol) != term.is_not,
            _ => true,
        })
    }

    /// A peer field looks at the peer, others at the properties of that name, and where there are none at the content.
    pub fn matches_event(&self, event: &Event<'_>) -> bool {
        self.terms.iter().all(|term| {
            let holds = match &term.what {
                What::Field(TextField::Peer, value) => value.is_in(event.peer),
                What::Field(TextField::Status, _) | What::Number(..) => return true,
                What::Field(_, value) => value.is_in(event.content),
                What::Property(name, Sign::Equal, value) if name == TYPE => {
                    Pattern::new(value).is_in(event.name)
                        || property_holds(event.content, name, Sign::Equal, value)
                }
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
