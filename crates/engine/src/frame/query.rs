//! What the engine says of a query's text: what is wrong with it and how to put it right, and what may be typed next.
//!
//! Places are bytes of the query's text, and lie between characters. Only the page knows the units of its text field.

use serde::{Deserialize, Serialize};

/// A part of the query's text, in bytes: `from <= at < to`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: u32,
    pub to: u32,
}

impl Span {
    pub fn of(self, text: &str) -> &str {
        text.get(self.from as usize..self.to as usize).unwrap_or_default()
    }
}

/// What is wrong with a query. That part of it is left out; the rest holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryError {
    /// A sentence, with the number of the character.
    pub text: String,
    /// The characters that are wrong.
    pub at: Span,
    /// The whole term that is left out for it.
    pub term: Span,
    /// It only goes not far enough: `status:`, or `in>1M` on the way to `in>1MB`.
    pub unfinished: bool,
    pub fix: Option<Replace>,
}

/// To be put in place of a part of the query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replace {
    pub span: Span,
    pub insert: String,
}

impl Replace {
    /// The query with it, and where the caret stands then. None: it was meant for another text.
    pub fn apply(&self, text: &str) -> Option<(String, usize)> {
        let (from, to) = (self.span.from as usize, self.span.to as usize);
        let (before, after) = (text.get(..from)?, text.get(to..)?);
        (from <= to).then(|| (format!("{before}{}{after}", self.insert), from + self.insert.len()))
    }
}

/// What may be typed at the caret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What it was asked for.
    pub text: String,
    pub caret: u32,
    /// The field whose values these are; None: of several fields.
    pub field: Option<String>,
    /// Best first.
    pub values: Vec<Proposal>,
    pub operators: Vec<Proposal>,
    /// To begin another term with, or to finish the name of one.
    pub fields: Vec<Proposal>,
    /// Rows that match the query as it is, and all there are.
    pub left: Count,
    pub all: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub replace: Replace,
    /// The name of its field, where it brings one.
    pub field: String,
    pub sign: String,
    pub value: String,
    /// In words.
    pub hint: String,
    /// It is what stands there already.
    pub typed: bool,
    /// Of a value or an operator the rows that would be left; of a field the values seen. None: not counted.
    pub count: Option<Count>,
}

/// How many, or how many at least: counting stops where it would make typing slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub rows: u32,
    pub at_least: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_for_another_text_is_none() {
        let replace = Replace { span: Span { from: 3, to: 5 }, insert: "MB".into() };
        assert_eq!(replace.apply("in>1X").map(|(text, _)| text).as_deref(), Some("in>MB"));
        assert_eq!(replace.apply("in"), None);
        assert_eq!(replace.apply("iné"), None, "within a character");
        let turned = Replace { span: Span { from: 2, to: 1 }, ..replace };
        assert_eq!(turned.apply("abc"), None);
    }
}
