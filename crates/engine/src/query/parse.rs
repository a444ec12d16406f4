//! From what a person types to a [`Query`]. Nothing typed is a panic; what makes no sense is said, with its place.

use super::{NUMBERS, Pattern, Query, STATUSES, Sign, TEXTS, Term, TextField, What};

impl Query {
    pub fn parse(text: &str) -> Query {
        let mut query = Query::default();
        for word in words(text) {
            let (is_not, rest) = match word.text.strip_prefix('-') {
                Some(rest) if !word.is_quoted && !rest.is_empty() => (true, rest),
                _ => (false, word.text.as_str()),
            };
            let what = if word.is_quoted {
                None
            } else {
                field(rest, word.at + usize::from(is_not), &mut query.error)
            };
            match what {
                Some(Some(what)) => query.terms.push(Term { what, is_not, at: word.at }),
                // Said.
                Some(None) => {}
                None => query.terms.push(Term { what: What::Text(Pattern::new(rest)), is_not, at: word.at }),
            }
        }
        query
    }
}

/// None: it is no field but text. Some(None): a mistake, which was said.
fn field(word: &str, at: usize, error: &mut Option<String>) -> Option<Option<What>> {
    let end = word.find([':', '<', '>', '='])?;
    let (name, rest) = word.split_at(end);
    let lower = name.to_lowercase();
    let (sign, value) = Sign::take(rest)?;
    let value_at = at + name.chars().count() + (rest.len() - value.len());
    let mut say = |text: String| {
        error.get_or_insert(format!("character {value_at}: {text}"));
        Some(None)
    };
    if let Some((_, field, unit)) = NUMBERS.iter().find(|(known, ..)| *known == lower) {
        return match unit.read(value) {
            Some(number) => Some(Some(What::Number(*field, sign, number))),
            None => say(format!("{lower} is compared with a number, e.g. {lower}>{}", unit.example())),
        };
    }
    if let Some((_, field)) = TEXTS.iter().find(|(known, _)| *known == lower) {
        if value.is_empty() {
            return say(format!("{lower}: needs a value, e.g. {lower}:{}", example(*field)));
        }
        let value = Pattern::new(value);
        if *field == TextField::Status && !STATUSES.iter().any(|known| known.starts_with(value.lower())) {
            let status = value.lower();
            return say(format!("no status is called {status}: it is one of {}", STATUSES.join(", ")));
        }
        return Some(Some(What::Field(*field, value)));
    }
    let is_port =
        rest.starts_with(':') && value.len() <= 5 && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_meant = !is_port || value.is_empty();
    (is_meant && is_property(name, value)).then(|| Some(What::Property(lower, sign, value.to_owned())))
}

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

struct Word {
    text: String,
    /// It begins with a quote: then it is text, whatever is in it.
    is_quoted: bool,
    /// Where it begins, in characters, from 1.
    at: usize,
}

/// Words parted by white space; quotes hold several together.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut in_quotes = false;
    for (at, c) in text.chars().enumerate() {
        if c.is_whitespace() && !in_quotes {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_with(|| Word { text: String::new(), is_quoted: c == '"', at: at + 1 });
        if c == '"' {
            in_quotes = !in_quotes;
        } else {
            word.text.push(c);
        }
    }
    words.extend(word);
    words.retain(|word| !word.text.is_empty());
    words
}
