//! The lines of a folded tree, as plain values.

use std::collections::BTreeSet;

use super::parse::Owned;
use crate::format;

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Key(String),
    Text(String),
    Number(String),
    Word(String),
    /// Brackets and commas.
    Mark(&'static str),
    Note(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub depth: usize,
    /// Where in the tree it can be folded, and whether it is open.
    pub folds: Option<(Vec<u32>, bool)>,
    pub parts: Vec<Part>,
}

/// What is short stands in one line.
const ONE_LINE: usize = 60;
/// More items than this are folded at first.
const MANY: usize = 100;
/// A longer string is cut, and says so.
const LONG_TEXT: usize = 4000;

/// `turned`: places where the reader folded what was open at first, or opened what was folded. At most `most` lines.
pub fn lines(value: &Owned, turned: &BTreeSet<Vec<u32>>, most: usize) -> Vec<Line> {
    let mut writer = Writer { turned, most, lines: Vec::new() };
    writer.value(None, value, &mut Vec::new(), 0, false);
    writer.lines
}

struct Writer<'a> {
    turned: &'a BTreeSet<Vec<u32>>,
    most: usize,
    lines: Vec<Line>,
}

impl Writer<'_> {
    fn value(&mut self, key: Option<&str>, value: &Owned, path: &mut Vec<u32>, depth: usize, comma: bool) {
        if self.lines.len() >= self.most {
            return;
        }
        let mut parts = Vec::new();
        if let Some(key) = key {
            parts.push(Part::Key(format::visible(key, LONG_TEXT)));
            parts.push(Part::Mark(": "));
        }
        let end = if comma { Some(Part::Mark(",")) } else { None };
        let (open, close, len) = match value {
            Owned::List(items) => ("[", "]", items.len()),
            Owned::Map(fields) => ("{", "}", fields.len()),
            leaf => {
                self.leaf(leaf, &mut parts);
                parts.extend(end);
                self.lines.push(Line { depth, folds: None, parts });
                return;
            }
        };
        let folded_at_first = len > MANY;
        let unfolded = folded_at_first == self.turned.contains(path.as_slice());
        if depth > 0 && len > 0 && inline(value).is_some_and(|width| width <= ONE_LINE) || len == 0 {
            self.compact(value, &mut parts);
            parts.extend(end);
            self.lines.push(Line { depth, folds: None, parts });
            return;
        }
        let folds = Some((path.clone(), unfolded));
        if !unfolded {
            let what = match (value, len) {
                (Owned::List(_), 1) => "item",
                (Owned::List(_), _) => "items",
                (_, 1) => "field",
                _ => "fields",
            };
            parts.push(Part::Mark(open));
            parts.push(Part::Note(format!(" {} {what} ", format::count(len as u64))));
            parts.push(Part::Mark(close));
            parts.extend(end);
            self.lines.push(Line { depth, folds, parts });
            return;
        }
        parts.push(Part::Mark(open));
        self.lines.push(Line { depth, folds, parts });
        match value {
            Owned::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    path.push(i as u32);
                    self.value(None, item, path, depth + 1, i + 1 < len);
                    path.pop();
                }
            }
            Owned::Map(fields) => {
                for (i, (key, field)) in fields.iter().enumerate() {
                    path.push(i as u32);
                    self.value(Some(key), field, path, depth + 1, i + 1 < len);
                    path.pop();
                }
            }
            _ => {}
        }
        let mut parts = vec![Part::Mark(close)];
        parts.extend(end_of(comma));
        if self.lines.len() < self.most {
            self.lines.push(Line { depth, folds: None, parts });
        }
    }

    fn leaf(&self, value: &Owned, parts: &mut Vec<Part>) {
        parts.push(match value {
            Owned::Text(text) => Part::Text(format::visible(text, LONG_TEXT)),
            Owned::Number(text) => Part::Number(format::visible(text, LONG_TEXT)),
            Owned::Word(text) => Part::Word(text.clone()),
            Owned::List(_) | Owned::Map(_) => return,
        });
    }

    fn compact(&self, value: &Owned, parts: &mut Vec<Part>) {
        match value {
            Owned::List(items) if items.is_empty() => parts.push(Part::Mark("[]")),
            Owned::Map(fields) if fields.is_empty() => parts.push(Part::Mark("{}")),
            Owned::List(items) => {
                parts.push(Part::Mark("["));
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        parts.push(Part::Mark(", "));
                    }
                    self.compact(item, parts);
                }
                parts.push(Part::Mark("]"));
            }
            Owned::Map(fields) => {
                parts.push(Part::Mark("{ "));
                for (i, (key, field)) in fields.iter().enumerate() {
                    if i > 0 {
                        parts.push(Part::Mark(", "));
                    }
                    parts.push(Part::Key(format::visible(key, LONG_TEXT)));
                    parts.push(Part::Mark(": "));
                    self.compact(field, parts);
                }
                parts.push(Part::Mark(" }"));
            }
            leaf => self.leaf(leaf, parts),
        }
    }
}

fn end_of(comma: bool) -> Option<Part> {
    comma.then_some(Part::Mark(","))
}

/// How wide a list or map of leaves is in one line; None when it holds another that is not empty.
fn inline(value: &Owned) -> Option<usize> {
    let leaf = |value: &Owned| match value {
        Owned::Text(text) | Owned::Number(text) | Owned::Word(text) => Some(text.chars().count()),
        Owned::List(items) if items.is_empty() => Some(2),
        Owned::Map(fields) if fields.is_empty() => Some(2),
        Owned::List(_) | Owned::Map(_) => None,
    };
    let mut width = 2;
    match value {
        Owned::List(items) => {
            for item in items {
                width += leaf(item)? + 2;
            }
        }
        Owned::Map(fields) => {
            for (key, field) in fields {
                width += key.chars().count() + leaf(field)? + 4;
            }
        }
        _ => return None,
    }
    Some(width)
}

#[cfg(test)]
mod tests {
    use super::{super::parse::parse, *};

    fn text(json: &str, turned: &[&[u32]], most: usize) -> Vec<String> {
        let turned = turned.iter().map(|path| path.to_vec()).collect();
        let value = parse(json).expect("JSON");
        lines(&value, &turned, most)
            .into_iter()
            .map(|line| {
                let parts = line.parts.iter().map(|part| match part {
                    Part::Key(text)
                    | Part::Text(text)
                    | Part::Number(text)
                    | Part::Word(text)
                    | Part::Note(text) => text.as_str(),
                    Part::Mark(text) => text,
                });
                " ".repeat(line.depth) + &parts.collect::<String>()
            })
            .collect()
    }

    #[test]
    fn short_things_stay_in_one_line() {
        assert_eq!(
            text(r#"{"a":{"b":1,"c":[]},"d":"x"}"#, &[], 99),
            ["{", r#" "a": { "b": 1, "c": [] },"#, r#" "d": "x""#, "}"]
        );
    }

    #[test]
    fn what_is_folded_says_how_much() {
        let long = format!(r#"{{"a":[{}]}}"#, ["\"0123456789\""; 12].join(","));
        assert_eq!(text(&long, &[&[0]], 99), ["{", r#" "a": [ 12 items ]"#, "}"]);
        assert_eq!(text(&long, &[], 99).len(), 16);
        assert_eq!(text(&long, &[], 5).len(), 5);
        assert_eq!(text(r#"[1]"#, &[&[]], 99), ["[ 1 item ]"]);
    }

    #[test]
    fn hostile_text_is_visible() {
        assert_eq!(text("\"<b>\u{202e}\"", &[], 9), ["\"<b>⟨202E⟩\""]);
    }
}
