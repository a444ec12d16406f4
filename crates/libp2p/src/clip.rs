//! Texts that a peer or the system chooses, cut to a length that a queue can bear.

use std::{error::Error, fmt::Display};

/// Longest error text that is told, in bytes. A chain of five errors with an address each fits.
pub(crate) const ERROR_LEN: usize = 1024;

/// The text, cut at a character's end so that it has at most `max` bytes and the mark of the cut.
pub(crate) fn clipped(text: impl Display, max: usize) -> String {
    let mut text = text.to_string();
    if text.len() > max {
        let end = (0..=max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// An error and its causes, joined by `: `; a cause that the text before it ends with already is left out.
pub(crate) fn error_text(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    // The depth is bounded because an error may be its own source.
    for _ in 0..16 {
        let Some(cause) = source else { break };
        let said = cause.to_string();
        if !said.is_empty() && !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    clipped(text, ERROR_LEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(clipped("grün", 3), "gr…");
        assert_eq!(clipped("grün", 5), "grün");
    }

    #[test]
    fn an_error_tells_its_causes_once() {
        let inner = std::io::Error::other("connection refused");
        let outer = std::io::Error::other(inner);
        assert_eq!(error_text(&outer), "connection refused");
    }
}
