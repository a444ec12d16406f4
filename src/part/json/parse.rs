//! Reads JSON without converting anything: numbers and strings keep their own text.

/// Deeper texts are shown as they are: a tree of them would not be readable, and reading is recursive.
const DEEPEST: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// null, true, false
    Word(&'a str),
    Number(&'a str),
    /// With its quotes and escapes.
    Text(&'a str),
    List(Vec<Value<'a>>),
    Map(Vec<(&'a str, Value<'a>)>),
}

/// The same, with its own text behind it.
#[derive(Debug, PartialEq)]
pub enum Owned {
    Word(String),
    Number(String),
    Text(String),
    List(Vec<Owned>),
    Map(Vec<(String, Owned)>),
}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Word(text) => Owned::Word(text.into()),
            Value::Number(text) => Owned::Number(text.into()),
            Value::Text(text) => Owned::Text(text.into()),
            Value::List(items) => Owned::List(items.into_iter().map(Owned::from).collect()),
            Value::Map(fields) => {
                Owned::Map(fields.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
            }
        }
    }
}

/// None where it is no JSON (RFC 8259), or too deep.
pub fn parse(text: &str) -> Option<Owned> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.space();
    (reader.at == text.len()).then(|| value.into())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at += self.rest().iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let is = self.rest().first() == Some(&byte);
        self.at += usize::from(is);
        is
    }

    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        if depth > DEEPEST {
            return None;
        }
        self.space();
        match *self.rest().first()? {
            b'{' => self.map(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Value::Text),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            _ => {
                let word =
                    ["null", "true", "false"].into_iter().find(|w| self.rest().starts_with(w.as_bytes()))?;
                self.at += word.len();
                Some(Value::Word(word))
            }
        }
    }

    fn map(&mut self, depth: usize) -> Option<Value<'a>> {
        self.at += 1;
        let mut fields = Vec::new();
        if self.eat(b'}') {
            return Some(Value::Map(fields));
        }
        loop {
            self.space();
            let key = self.string()?;
            if !self.eat(b':') {
                return None;
            }
            fields.push((key, self.value(depth + 1)?));
            if self.eat(b'}') {
                return Some(Value::Map(fields));
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value<'a>> {
        self.at += 1;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Some(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.eat(b']') {
                return Some(Value::List(items));
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }

    fn string(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        if rest.first() != Some(&b'"') {
            return None;
        }
        let mut escaped = false;
        for (i, byte) in rest.iter().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    let from = self.at;
                    self.at += i + 1;
                    return self.text.get(from..self.at);
                }
                _ => {}
            }
        }
        None
    }

    fn number(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let mut at = usize::from(rest.first() == Some(&b'-'));
        let digits = |from: usize| rest.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let whole = digits(at);
        if whole == 0 || (whole > 1 && rest.get(at) == Some(&b'0')) {
            return None;
        }
        at += whole;
        if rest.get(at) == Some(&b'.') {
            let part = digits(at + 1);
            if part == 0 {
                return None;
            }
            at += 1 + part;
        }
        if matches!(rest.get(at), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
            let part = digits(at + 1 + sign);
            if part == 0 {
                return None;
            }
            at += 1 + sign + part;
        }
        let from = self.at;
        self.at += at;
        self.text.get(from..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit() {
        let big = "123456789012345678901234567890.10e+5";
        assert_eq!(parse(big), Some(Owned::Number(big.into())));
        assert_eq!(
            parse(r#" {"a": [1, -0.5, null], "b\"": "é\n"} "#),
            Some(Owned::Map(vec![
                (
                    "\"a\"".into(),
                    Owned::List(vec![
                        Owned::Number("1".into()),
                        Owned::Number("-0.5".into()),
                        Owned::Word("null".into())
                    ])
                ),
                (r#""b\"""#.into(), Owned::Text(r#""é\n""#.into())),
            ]))
        );
    }

    #[test]
    fn what_is_no_json_is_none() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\"}",
            "{a:1}",
            "01",
            "1.",
            "1e",
            "-",
            "nul",
            "\"",
            "\"\\\"",
            "1 2",
            "[1 2]",
            "{\"a\":1,}",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
        let deep = format!("{}{}", "[".repeat(60), "]".repeat(60));
        assert!(parse(&deep).is_some());
    }
}
