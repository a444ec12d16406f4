//! The rows that completion looks at: those that match the rest of the query, as many as typing has time for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::LONGEST;
use crate::{
    answer::{
        Look,
        row::{matches_query, number, texts},
    },
    frame::Count,
    history::Event,
    moment::At,
    query::{self, Name, Pattern, Query, TYPE, TextField},
};

/// Connections that are compared with the rest of the query, and of those that match, how many proposals are counted in:
/// some 20 proposals of 1,000 rows are 2 ms, and so are 4,000 comparisons of several terms.
const LOOKED_AT: usize = 4_000;
const COUNTED: usize = 1_000;
/// Connections whose value alone is looked at, for one that is rare.
pub const SEARCHED: usize = 20_000;
/// The same where several fields are searched.
pub const SEARCHED_EACH: usize = 4_000;
/// Rows that tell which fields have values at all.
const SEEN: usize = 200;
/// Distinct values that are ranked.
const DISTINCT: usize = 400;

enum Row<'a> {
    Connection(&'a At),
    Event(&'a Event, &'a str),
}

pub struct Sample<'a> {
    look: &'a Look<'a>,
    /// The query without the word at the caret.
    rest: Query,
    rows: Vec<Row<'a>>,
    /// Nothing that matches is missing.
    is_whole: bool,
    events: bool,
    all: usize,
}

impl<'a> Sample<'a> {
    pub fn connections(look: &'a Look<'a>, rest: Query) -> Self {
        let all = &look.moment.connections;
        let matching = all.iter().take(LOOKED_AT).filter(|at| matches_query(look, &rest, at));
        let mut rows: Vec<Row<'_>> = matching.take(COUNTED + 1).map(Row::Connection).collect();
        let is_whole = all.len() <= LOOKED_AT && rows.len() <= COUNTED;
        rows.truncate(COUNTED);
        Sample { look, rest, rows, is_whole, events: false, all: all.len() }
    }

    /// The newest of the range.
    pub fn events(look: &'a Look<'a>, rest: Query) -> Self {
        let log = &look.history.events;
        let mut sample = Sample { look, rest, rows: Vec::new(), is_whole: true, events: true, all: 0 };
        let Some(span) = look.view.range.or_else(|| look.span()) else { return sample };
        let parts: Vec<_> = log.parts(span.from_ms, span.to_ms).collect();
        sample.all = parts.iter().map(|part| part.events().len()).sum();
        let newest = parts
            .iter()
            .rev()
            .flat_map(|part| part.events().iter().rev().map(|event| Row::Event(event, part.content(event))));
        for (at, row) in newest.enumerate() {
            if at >= LOOKED_AT || sample.rows.len() >= COUNTED {
                sample.is_whole = false;
                break;
            }
            if sample.matches(&sample.rest, &row) {
                sample.rows.push(row);
            }
        }
        sample
    }

    pub fn is_events(&self) -> bool {
        self.events
    }

    pub fn all(&self) -> u32 {
        self.all as u32
    }

    fn matches(&self, query: &Query, row: &Row<'_>) -> bool {
        match row {
            Row::Connection(at) => matches_query(self.look, query, at),
            Row::Event(event, content) => {
                let peer = self.look.history.interner.text(event.peer);
                let name = self.look.history.events.name(event.kind);
                query.is_empty() || query.matches_event(&query::Event { name, peer: &peer, content })
            }
        }
    }

    /// Rows left when the word at the caret is this one.
    pub fn left(&self, word: &str) -> Count {
        let query = Query::parse(word);
        let rows = self.rows.iter().filter(|row| self.matches(&query, row)).count();
        Count { rows: rows as u32, at_least: !self.is_whole }
    }

    /// Whether a word is a mistake here.
    pub fn error(&self, word: &str) -> bool {
        let query = Query::parse(word);
        let error = match self.events {
            true => query.event_error(&self.look.history.events.property_names()),
            false => query.error(),
        };
        error.is_some()
    }

    pub fn has_field(&self, name: &str) -> bool {
        self.rest.has_field(name)
    }

    /// What a row has in a field.
    fn texts(&self, row: &Row<'_>, name: &str, of: Name) -> Vec<String> {
        match (row, of) {
            (Row::Connection(at), Name::Text(field)) => {
                let mut texts = texts(self.look, at, field);
                texts.retain(|text| !text.is_empty());
                // The others say the same at greater length.
                if matches!(field, TextField::Remote | TextField::Cause) {
                    texts.truncate(1);
                }
                if field == TextField::Peer {
                    texts.iter_mut().for_each(|text| *text = short(text));
                }
                texts
            }
            (Row::Connection(_), _) => Vec::new(),
            (Row::Event(event, _), _) if name.eq_ignore_ascii_case(TYPE) => {
                vec![self.look.history.events.name(event.kind).to_owned()]
            }
            (Row::Event(event, _), Name::Text(TextField::Peer)) => {
                self.look.history.interner.told(event.peer).map(|peer| short(&peer)).into_iter().collect()
            }
            (Row::Event(_, content), _) => property(content, name),
        }
    }

    /// Values of a field that hold what is typed: what begins so first, then what most rows have.
    pub fn values(&self, name: &str, of: Name, typed: &str, searched: usize) -> Vec<String> {
        let pattern = Pattern::new(typed);
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        let add = |text: String, counts: &mut BTreeMap<String, u32>| {
            let is_new = counts.len() < DISTINCT;
            if let Some(count) = counts.get_mut(&text) {
                *count += 1;
            } else if is_new && pattern.is_in(&text) && text.chars().count() <= LONGEST {
                counts.insert(text, 1);
            }
        };
        for row in &self.rows {
            self.texts(row, name, of).into_iter().for_each(|text| add(text, &mut counts));
        }
        if !self.is_whole && !self.events && !typed.is_empty() {
            let further = self.look.moment.connections.iter().take(searched);
            for at in further {
                let row = Row::Connection(at);
                for text in self.texts(&row, name, of) {
                    if !counts.contains_key(&text) && pattern.is_in(&text) && self.matches(&self.rest, &row) {
                        add(text, &mut counts);
                    }
                }
            }
        }
        let begins = |text: &str| text.to_lowercase().starts_with(pattern.lower());
        let mut values: Vec<(bool, u32, String)> =
            counts.into_iter().map(|(text, count)| (begins(&text), count, text)).collect();
        values.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then_with(|| a.2.cmp(&b.2)));
        values.into_iter().map(|(.., text)| text).collect()
    }

    /// The fields that there are here.
    pub fn fields(&self) -> Vec<&'a str> {
        if !self.events {
            return query::field_names().collect();
        }
        let mut names = vec![TYPE, "peer"];
        let properties = self.look.history.events.property_names();
        // As a query reads them: `a-b:` is no field.
        let is_name = |name: &&str| matches!(query::Spot::at(&format!("{name}:x"), 0), query::Spot::Field(_));
        names
            .extend(properties.into_iter().filter(is_name).filter(|name| !name.eq_ignore_ascii_case("peer")));
        names
    }

    /// Where a bare word is looked for to be proposed as a field's value.
    pub fn wide_fields(&self) -> &'static [&'static str] {
        if self.events { &[TYPE, "peer"] } else { &["protocol", "agent", "peer", "transport", "remote"] }
    }

    /// How many values of a field the first rows have. None: none at all, as far as they tell; Some(None): it has numbers.
    pub fn seen(&self, name: &str, of: Name) -> Option<Option<Count>> {
        let first = || self.rows.iter().take(SEEN);
        if let (Name::Number(field, _), false) = (of, self.events) {
            let mut connections = first().filter_map(|row| match row {
                Row::Connection(at) => number(self.look, at, field),
                Row::Event(..) => None,
            });
            return connections.next().map(|_| None);
        }
        let distinct: BTreeSet<String> = first().flat_map(|row| self.texts(row, name, of)).collect();
        let at_least = !self.is_whole || self.rows.len() > SEEN;
        let count = Count { rows: distinct.len() as u32, at_least };
        (count.rows > 0).then_some(Some(count))
    }
}

/// Characters of a peer's id that are shown, at its beginning and its end; the same as in the page.
const HEAD: usize = 4;
const TAIL: usize = 8;

/// As a peer's id is shown, and found: `12D3…WWD6rC2z`.
fn short(id: &str) -> String {
    let count = id.chars().count();
    if count <= HEAD + TAIL + 1 {
        return id.to_owned();
    }
    let tail: String = id.chars().skip(count - TAIL).collect();
    format!("{}…{tail}", id.chars().take(HEAD).collect::<String>())
}

/// What an event tells in a property, whatever the case of its name; of a list each.
fn property(content: &str, name: &str) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(told) => Some(told.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    if !Pattern::new(name).is_in(content) {
        return Vec::new();
    }
    let Ok(Value::Object(map)) = serde_json::from_str(content) else { return Vec::new() };
    let values = map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    values
        .flat_map(|value| match value {
            Value::Array(all) => all.iter().filter_map(text).collect(),
            one => text(one).into_iter().collect::<Vec<_>>(),
        })
        .filter(|text| !text.is_empty())
        .collect()
}
