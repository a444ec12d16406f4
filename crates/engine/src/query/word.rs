//! The words of a query, each with its place in what was typed.

use crate::frame::Span;

/// A part of the query between white space.
pub(super) struct Word {
    /// Without quotes and without the `-` before it.
    pub text: String,
    /// It begins with a quote: then it is text, whatever is in it.
    pub is_quoted: bool,
    pub is_not: bool,
    /// All of it, quotes and `-` included.
    pub span: Span,
    /// Bytes of the query that stand for no character of `text`, in order.
    left_out: Vec<usize>,
}

impl Word {
    /// Where a byte of `text` lies in the query; a quote before it is on its side.
    pub fn at(&self, byte: usize) -> usize {
        let mut at = self.span.from as usize + byte;
        for left_out in &self.left_out {
            // Not for a quote that ends the word.
            if *left_out > at || (byte == self.text.len() && *left_out == at) {
                break;
            }
            at += 1;
        }
        at
    }

    /// Bytes of the field's name in `text`, where it has one.
    pub fn name_len(&self) -> usize {
        let end = self.text.find(super::parse::SIGNS);
        end.filter(|_| !self.is_quoted).unwrap_or(self.text.len())
    }

    /// The field's name, what stands between it and the value, and the value. None: it is text.
    pub fn parts(&self) -> Option<(&str, &str, &str)> {
        let name_len = self.name_len();
        let (name, rest) = self.text.split_at(name_len);
        let (_, value) = super::Sign::take(rest).filter(|_| !self.is_quoted)?;
        Some((name, &rest[..rest.len() - value.len()], value))
    }
}

/// Words parted by white space; quotes hold several together.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut in_quotes = false;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() && !in_quotes {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_with(|| Word {
            text: String::new(),
            is_quoted: c == '"',
            is_not: false,
            span: Span { from: at as u32, to: at as u32 },
            left_out: Vec::new(),
        });
        word.span.to = (at + c.len_utf8()) as u32;
        if c == '"' {
            in_quotes = !in_quotes;
            word.left_out.push(at);
            // `-"a b"` is the text that must not be there.
            if word.text == "-" && word.left_out.len() == 1 {
                word.text.clear();
                (word.is_not, word.is_quoted) = (true, true);
                word.left_out.insert(0, word.span.from as usize);
            }
        } else {
            word.text.push(c);
        }
    }
    words.extend(word);
    words.retain_mut(|word| {
        if !word.is_quoted && word.text.len() > 1 && word.text.starts_with('-') {
            word.is_not = true;
            word.text.remove(0);
            word.left_out.insert(0, word.span.from as usize);
        }
        !word.text.is_empty()
    });
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_a_word_has_its_place() {
        let text = r#"kubo -peer:"é b" "x y""#;
        let words = words(text);
        let [kubo, peer, quoted] = &words[..] else { panic!("three words") };
        assert_eq!((kubo.at(0), kubo.at(4)), (0, 4));
        assert_eq!((peer.text.as_str(), peer.is_not, peer.is_quoted), ("peer:é b", true, false));
        assert_eq!((peer.span.of(text), peer.at(0)), (r#"-peer:"é b""#, 6));
        assert_eq!(&text[peer.at(0)..peer.at(4)], "peer");
        assert!(text[peer.at(5)..].starts_with('é'));
        assert!(text[peer.at(8)..].starts_with('b'));
        assert!(quoted.is_quoted && text[quoted.at(0)..].starts_with('x'));
    }
}
