//! Text that peers chose. It only ever becomes a text node, isolated from the text around it, with what can't be seen made
//! visible, and short enough to lay out.

use yew::prelude::*;

use super::each;

use crate::format;

/// Longer text is cut in the page: a cell shows some 40 characters, a tooltip some hundred.
pub const CELL: usize = 200;
pub const LONG: usize = 2000;

/// For a cell or a line.
pub fn safe(text: &str) -> Html {
    html! { <bdi>{ format::visible(text, CELL) }</bdi> }
}

/// For a `title`.
pub fn title(text: &str) -> String {
    format::visible(text, LONG)
}

/// A text with every place that matches `needle` marked, whatever its case. An empty needle marks nothing.
pub fn marked(text: &str, needle: &str) -> Html {
    let shown = format::visible(text, CELL);
    let parts = split(&shown, needle).into_iter().map(|(part, hit)| match hit {
        true => html! { <mark>{ part.to_owned() }</mark> },
        false => html! { { part.to_owned() } },
    });
    html! { <bdi>{ each(parts) }</bdi> }
}

/// Cuts a text where `needle` matches, ignoring the case of ASCII letters only: other letters change their length with it.
fn split<'a>(text: &'a str, needle: &str) -> Vec<(&'a str, bool)> {
    let mut parts = Vec::new();
    let mut rest = text;
    if !needle.is_empty() {
        let (hay, low) = (text.to_ascii_lowercase(), needle.to_ascii_lowercase());
        let mut at = 0;
        while let Some(found) = hay[at..].find(&low) {
            let (from, to) = (at + found, at + found + low.len());
            if from > at {
                parts.push((&text[at..from], false));
            }
            parts.push((&text[from..to], true));
            at = to;
        }
        rest = &text[at..];
    }
    if !rest.is_empty() {
        parts.push((rest, false));
    }
    parts
}

/// The bare words of a query: what [`marked`] looks for. `field:value` is for the engine alone.
pub fn needle(query: &str) -> String {
    query.split_whitespace().filter(|word| !word.contains(':')).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_every_match() {
        assert_eq!(
            split("a Timeout, timeout", "timeout"),
            [("a ", false), ("Timeout", true), (", ", false), ("timeout", true)]
        );
        assert_eq!(split("abc", ""), [("abc", false)]);
        assert_eq!(split("İstanbul i", "i"), [("İstanbul ", false), ("i", true)]);
        assert_eq!(split("", "x"), []);
    }

    #[test]
    fn fields_are_not_marked() {
        assert_eq!(needle("peer:abc timeout status:open"), "timeout");
        assert_eq!(needle("relay  lost"), "relay lost");
    }
}
