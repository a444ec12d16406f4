//! What may be typed at the caret of the query box: values that the history holds, operators, and further fields, each
//! with the rows that would be left.
//!
//! Bounded: rows are counted as far as [`sample`] looks, and beyond that a count is "at least".

mod sample;
mod words;

use super::Look;
use crate::{
    frame::{Completion, Proposal, Replace, Span},
    query::{Name, Query, STATUSES, Spot, TextField, Typed},
    view::CompletionAsk,
};
use sample::{SEARCHED, SEARCHED_EACH, Sample};

const VALUES: usize = 8;
const FIELDS: usize = 8;
/// Longer values can't be read in a list, and belong to no name.
const LONGEST: usize = 120;

pub fn answer(look: &Look<'_>, ask: &CompletionAsk) -> Completion {
    let text = look.view.query.as_str();
    let spot = Spot::at(text, ask.caret);
    let rest = Query::parse(&spot.without(text));
    let sample = if ask.events { Sample::events(look, rest) } else { Sample::connections(look, rest) };
    let whole = spot.word().map_or("", |word| word.of(text));
    let mut completion = Completion {
        text: text.to_owned(),
        caret: ask.caret,
        left: sample.left(whole),
        all: sample.all(),
        ..Completion::default()
    };
    match &spot {
        Spot::Closed => {}
        Spot::Free { at } => {
            completion.fields = fields(&sample, Span { from: *at, to: *at }, "", "", false);
        }
        Spot::Text { is_quoted: true, .. } => {}
        Spot::Text { word, is_not, typed, .. } => {
            completion.fields = fields(&sample, *word, "", typed, *is_not);
            completion.values = found(&sample, *word, typed, *is_not);
        }
        Spot::Field(typed) => {
            let name = Name::of(&typed.name);
            completion.field = Some(typed.name.clone());
            completion.values = values(&sample, typed, name);
            if !typed.value.is_empty() {
                completion.operators = operators(&sample, typed, name);
                let end = Span { from: typed.word.to, to: typed.word.to };
                completion.fields = fields(&sample, end, " ", "", false);
            }
        }
    }
    completion
}

/// A term as it is written. None: it can't be.
fn term(is_not: bool, name: &str, sign: &str, value: &str) -> Option<String> {
    if value.contains('"') || value.chars().count() > LONGEST {
        return None;
    }
    let quote = if value.contains(char::is_whitespace) { "\"" } else { "" };
    Some(format!("{}{name}{sign}{quote}{value}{quote}", if is_not { "-" } else { "" }))
}

/// In place of the word, counted. None: it would not be understood as it is meant.
fn proposal(
    sample: &Sample<'_>,
    typed: &Typed,
    is_not: bool,
    sign: &str,
    value: &str,
    hint: String,
) -> Option<Proposal> {
    let insert = term(is_not, &typed.name, sign, value)?;
    if !Query::parse(&insert).has_field(&typed.name) || sample.error(&insert) {
        return None;
    }
    Some(Proposal {
        count: Some(sample.left(&insert)),
        replace: Replace { span: typed.word, insert },
        field: typed.name.clone(),
        sign: sign.to_owned(),
        value: value.to_owned(),
        hint,
        typed: is_not == typed.is_not && sign == typed.sign && value == typed.value,
    })
}

fn values(sample: &Sample<'_>, typed: &Typed, name: Name) -> Vec<Proposal> {
    let of = |sign: &str, value: &str, hint: &str| {
        proposal(sample, typed, typed.is_not, sign, value, hint.to_owned())
    };
    let mut values: Vec<Proposal> = match name {
        Name::Number(field, unit) if !sample.is_events() => {
            let numbers = words::numbers(field, unit, &typed.before);
            numbers.iter().filter_map(|value| of(&typed.sign, value, "")).collect()
        }
        // Of connections; events have none of it.
        Name::Number(..) => Vec::new(),
        Name::Text(TextField::Status) if sample.is_events() => Vec::new(),
        Name::Text(TextField::Status) => {
            let before = typed.before.to_lowercase();
            let known = STATUSES.iter().filter(|known| known.starts_with(&before));
            known.filter_map(|value| of(":", value, words::status(value))).collect()
        }
        _ => {
            let found = sample.values(&typed.name, name, &typed.before, SEARCHED);
            let sign = if typed.sign == ":" { ":" } else { "=" };
            let each = found.iter().filter_map(|value| {
                // `reason:404` would be a port: `reason=404`.
                of(sign, value, "").or_else(|| of("=", value, ""))
            });
            each.take(VALUES).collect()
        }
    };
    values.truncate(VALUES);
    // What is typed is among them, so that Enter takes nothing else.
    let is_there = values.iter().any(|value| value.typed);
    if !is_there && !typed.value.is_empty() {
        let as_typed = proposal(sample, typed, typed.is_not, &typed.sign, &typed.value, String::new());
        if let Some(as_typed) = as_typed {
            values.truncate(VALUES - 1);
            values.insert(0, as_typed);
        }
    }
    values.iter_mut().filter(|value| value.typed).for_each(|value| value.hint = "as typed".to_owned());
    values
}

/// Signs that the field could have instead, and the opposite.
fn operators(sample: &Sample<'_>, typed: &Typed, name: Name) -> Vec<Proposal> {
    let is_number = match name {
        Name::Number(..) => true,
        Name::Text(_) => false,
        Name::Property => typed.value.parse::<f64>().is_ok(),
    };
    let signs = if is_number { words::SIGNS } else { &[] };
    let signs = signs.iter().filter_map(|(sign, hint)| {
        proposal(sample, typed, typed.is_not, sign, &typed.value, (*hint).to_owned())
    });
    let opposite = proposal(sample, typed, !typed.is_not, &typed.sign, &typed.value, String::new());
    let opposite = opposite.map(|opposite| {
        let hint = if typed.is_not { "only these" } else { "not: leaves these out" };
        // Its sign says nothing new.
        Proposal { hint: hint.to_owned(), sign: String::new(), ..opposite }
    });
    signs.chain(opposite).collect()
}

/// Fields that a term may begin with; those not in the query yet, and with values to choose from, first.
fn fields(sample: &Sample<'_>, at: Span, before: &str, typed: &str, is_not: bool) -> Vec<Proposal> {
    let typed = typed.to_lowercase();
    let names = sample.fields();
    let mut fields: Vec<(bool, usize, Proposal)> = names
        .iter()
        .filter(|name| name.to_lowercase().starts_with(&typed))
        .filter_map(|name| {
            let of = Name::of(name);
            let seen = sample.seen(name, of)?;
            let sign = words::begin(of, sample.is_events());
            let not = if is_not { "-" } else { "" };
            let insert = format!("{before}{not}{name}{sign}");
            let proposal = Proposal {
                replace: Replace { span: at, insert },
                field: (*name).to_owned(),
                sign: sign.to_owned(),
                value: String::new(),
                hint: words::field(name, of, sample.is_events()),
                typed: false,
                count: seen,
            };
            let few = seen.is_some_and(|seen| seen.rows < 2 && !seen.at_least);
            Some((sample.has_field(name), usize::from(few), proposal))
        })
        .collect();
    fields.sort_by_key(|(is_used, few, _)| (*is_used, *few));
    fields.into_iter().take(FIELDS).map(|(.., proposal)| proposal).collect()
}

/// Values of any field that hold a bare word.
fn found(sample: &Sample<'_>, word: Span, typed: &str, is_not: bool) -> Vec<Proposal> {
    let each = sample.wide_fields().iter().flat_map(|name| {
        let of = Name::of(name);
        let values = sample.values(name, of, typed, SEARCHED_EACH);
        values.into_iter().take(VALUES).map(move |value| (*name, value))
    });
    let mut found: Vec<Proposal> = each
        .take(2 * VALUES)
        .filter_map(|(name, value)| {
            let typed = Typed {
                word,
                is_not,
                name: name.to_owned(),
                sign: ":".to_owned(),
                value: String::new(),
                before: String::new(),
            };
            proposal(sample, &typed, is_not, ":", &value, String::new())
        })
        .collect();
    found.sort_by_key(|proposal| std::cmp::Reverse(proposal.count.map_or(0, |count| count.rows)));
    found.truncate(VALUES);
    found
}
