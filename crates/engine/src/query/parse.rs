//! From what a person types to a [`Query`]. Nothing typed is a panic; what makes no sense is said, with its place.

use super::{
    NUMBERS, Pattern, Query, STATUSES, Sign, TEXTS, Term, TextField, What,
    word::{Word, words},
};
use crate::frame::{QueryError, Replace, Span};

impl Query {
    pub fn parse(text: &str) -> Query {
        let mut query = Query::default();
        for word in words(text) {
            let what = match field(&word) {
                Field::None => What::Text(Pattern::new(&word.text)),
                Field::Is(what) => what,
                Field::Wrong(wrong) => {
                    query.error.get_or_insert_with(|| wrong.said(text, &word));
                    continue;
                }
            };
            let name = Span { from: word.at(0) as u32, to: word.at(word.name_len()) as u32 };
            let Word { text: written, is_not, span, .. } = word;
            query.terms.push(Term { what, is_not, span, name, written });
        }
        query.text = text.to_owned();
        query
    }
}

enum Field {
    /// It is text.
    None,
    Is(What),
    Wrong(Wrong),
}

/// A mistake within a word; places are bytes of its text.
struct Wrong {
    says: String,
    /// The characters that are wrong; none: the field as a whole.
    from: usize,
    to: usize,
    /// Where the value begins: the sentence names that character.
    value: usize,
    unfinished: bool,
    /// In place of the value.
    fix: String,
}

impl Wrong {
    fn said(self, text: &str, word: &Word) -> QueryError {
        let span = |from: usize, to: usize| Span { from: word.at(from) as u32, to: word.at(to) as u32 };
        let at = if self.from < self.to { span(self.from, self.to) } else { span(0, word.text.len()) };
        let place = text.get(..word.at(self.value)).map_or(0, |before| before.chars().count()) + 1;
        // The whole term: there may be quotes in it.
        let not = if word.is_not { "-" } else { "" };
        let insert = format!("{not}{}{}", &word.text[..self.value], self.fix);
        QueryError {
            text: format!("character {place}: {}", self.says),
            at,
            term: word.span,
            unfinished: self.unfinished,
            fix: Some(Replace { span: word.span, insert }),
        }
    }
}

fn field(word: &Word) -> Field {
    let Some((name, sign, value)) = word.parts() else { return Field::None };
    let is_colon = sign == ":";
    let Some((sign, _)) = Sign::take(sign) else { return Field::None };
    let lower = name.to_lowercase();
    let begin = word.text.len() - value.len();
    let wrong = |says: String, fix: String| Wrong {
        says,
        from: begin,
        to: word.text.len(),
        value: begin,
        unfinished: value.is_empty(),
        fix,
    };
    if let Some((_, field, unit)) = NUMBERS.iter().find(|(known, ..)| *known == lower) {
        return match unit.read(value) {
            Some(number) => Field::Is(What::Number(*field, sign, number)),
            None => {
                let says = format!("{lower} is compared with a number, e.g. {lower}>{}", unit.example());
                // A sign after the colon: what is meant goes without the colon.
                if let Some((_, rest)) = Sign::take(value).filter(|_| is_colon) {
                    let number = if unit.read(rest).is_some() { rest.to_owned() } else { unit.nearest(rest) };
                    let fix = format!("{}{number}", &value[..value.len() - rest.len()]);
                    return Field::Wrong(Wrong { from: begin - 1, value: begin - 1, ..wrong(says, fix) });
                }
                let from = begin + unit.wrong_from(value);
                let unfinished = value.is_empty() || unit.may_go_on(value);
                Field::Wrong(Wrong { from, unfinished, ..wrong(says, unit.nearest(value)) })
            }
        };
    }
    if let Some((_, field)) = TEXTS.iter().find(|(known, _)| *known == lower) {
        if value.is_empty() {
            let example = example(*field);
            return Field::Wrong(wrong(
                format!("{lower}: needs a value, e.g. {lower}:{example}"),
                example.into(),
            ));
        }
        let pattern = Pattern::new(value);
        if *field == TextField::Status && !STATUSES.iter().any(|known| known.starts_with(pattern.lower())) {
            let says =
                format!("no status is called {}: it is one of {}", pattern.lower(), STATUSES.join(", "));
            let nearest = super::near::nearest(pattern.lower(), STATUSES).unwrap_or(STATUSES[0]);
            return Field::Wrong(wrong(says, nearest.into()));
        }
        return Field::Is(What::Field(*field, pattern));
    }
    let is_port = is_colon && value.len() <= 5 && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_meant = !is_port || value.is_empty();
    if is_meant && is_property(name, value) {
        Field::Is(What::Property(lower, sign, value.to_owned()))
    } else {
        Field::None
    }
}

/// What a field's name ends with.
pub(super) const SIGNS: [char; 4] = [':', '<', '>', '='];

/// `agent:foo` and `rttNs>5` are meant as fields; `localhost:4001`, `https://…`, `/ip4/…` and `12D3:x` are not.
fn is_property(name: &str, value: &str) -> bool {
    let begins_as_word = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_word = begins_as_word && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word && !value.starts_with("//")
}

fn example(field: TextField) -> &'static str {
    match field {
        TextField::Status => "active",
        TextField::Peer => "12D3KooW…",
        TextField::Protocol => "/ipfs/ping",
        TextField::Transport => "quic-v1",
        TextField::Direction => "in",
        TextField::Agent => "kubo",
        TextField::Remote => "203.0.113.7",
        TextField::Security => "noise",
        TextField::Muxer => "yamux",
        TextField::Cause => "reset",
    }
}
