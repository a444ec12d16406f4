//! Where the caret stands in a query, and what is being typed there.

use super::{NUMBERS, NumberField, TEXTS, TextField, Unit, word::words};
use crate::frame::Span;

/// What stands at the caret.
#[derive(Clone, Debug, PartialEq)]
pub enum Spot {
    /// White space, or nothing at all: a term may begin here.
    Free {
        at: u32,
    },
    /// Nothing may be put here: beside a quote.
    Closed,
    Text {
        word: Span,
        is_not: bool,
        is_quoted: bool,
        typed: String,
    },
    Field(Box<Typed>),
}

/// A field with its value, as far as it is typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    pub word: Span,
    pub is_not: bool,
    pub name: String,
    pub sign: String,
    pub value: String,
    /// Of the value what stands before the caret.
    pub before: String,
}

/// A field by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Text(TextField),
    Number(NumberField, Unit),
    /// No field of a connection.
    Property,
}

impl Name {
    pub fn of(name: &str) -> Name {
        let text = TEXTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let number = NUMBERS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        match (text, number) {
            (Some((_, field)), _) => Name::Text(*field),
            (None, Some((_, field, unit))) => Name::Number(*field, *unit),
            (None, None) => Name::Property,
        }
    }
}

impl Spot {
    /// `caret`: in bytes; within a character it counts as before that.
    pub fn at(text: &str, caret: u32) -> Spot {
        let caret =
            (0..=text.len().min(caret as usize)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let touches = |span: Span| span.from as usize <= caret && caret <= span.to as usize;
        let Some(word) = words(text).into_iter().find(|word| touches(word.span)) else {
            let free = |c: Option<char>| c.is_none_or(char::is_whitespace);
            let is_free = free(text[..caret].chars().next_back()) && free(text[caret..].chars().next());
            return if is_free { Spot::Free { at: caret as u32 } } else { Spot::Closed };
        };
        let Some((name, sign, value)) = word.parts() else {
            let typed = word.text.clone();
            return Spot::Text { word: word.span, is_not: word.is_not, is_quoted: word.is_quoted, typed };
        };
        let begun = words(&text[..caret]).pop();
        let before = begun.as_ref().and_then(|word| word.parts()).map_or("", |(_, _, before)| before);
        Spot::Field(Box::new(Typed {
            word: word.span,
            is_not: word.is_not,
            name: name.to_owned(),
            sign: sign.to_owned(),
            value: value.to_owned(),
            before: before.to_owned(),
        }))
    }

    /// The word at the caret.
    pub fn word(&self) -> Option<Span> {
        match self {
            Spot::Free { .. } | Spot::Closed => None,
            Spot::Text { word, .. } => Some(*word),
            Spot::Field(typed) => Some(typed.word),
        }
    }

    /// The query without the word at the caret.
    pub fn without(&self, text: &str) -> String {
        let Some(word) = self.word() else { return text.to_owned() };
        let (before, after) = (text.get(..word.from as usize), text.get(word.to as usize..));
        format!("{}{}", before.unwrap_or_default(), after.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_in_a_word_or_between() {
        let text = "kubo -in>1M \"a b\"";
        assert_eq!(Spot::at(text, 4).word(), Some(Span { from: 0, to: 4 }));
        let Spot::Field(typed) = Spot::at(text, 10) else { panic!("a field") };
        let Typed { is_not, name, sign, value, before, word } = *typed;
        assert_eq!((is_not, name.as_str(), sign.as_str()), (true, "in", ">"));
        assert_eq!((value.as_str(), before.as_str(), word), ("1M", "1", Span { from: 5, to: 11 }));
        assert!(matches!(Spot::at(text, 14), Spot::Text { is_quoted: true, .. }));
        assert_eq!(Spot::at("kubo  x", 5), Spot::Free { at: 5 });
        assert_eq!(Spot::at("", 9), Spot::Free { at: 0 });
        assert_eq!(Spot::at("\"\"", 1), Spot::Closed);
        assert_eq!(Spot::at("é", 1).word(), Some(Span { from: 0, to: 2 }));
        assert_eq!(Spot::at(text, 8).without(text), "kubo  \"a b\"");
    }
}
