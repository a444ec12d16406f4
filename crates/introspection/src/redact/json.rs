//! JSON as it was written: numbers keep their digits, whatever their size. Reads and writes; what it means is said elsewhere.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{from_str, value::RawValue};

/// A value. An object keeps its keys' order, and a key that comes twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    Null,
    Bool(bool),
    /// As it was written.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Deeper is not read.
const DEPTH: usize = 64;

/// None: it is none, or nested too deep.
pub fn read(text: &str) -> Option<Json<'_>> {
    value(from_str::<&RawValue>(text).ok()?, 0)
}

/// Level by level, so that numbers can be taken as they stand: what lies within a value is looked through once more for each
/// level around it.
fn value(raw: &RawValue, depth: usize) -> Option<Json<'_>> {
    if depth > DEPTH {
        return None;
    }
    let text = raw.get();
    Some(match text.as_bytes().first()? {
        b'n' => Json::Null,
        b't' => Json::Bool(true),
        b'f' => Json::Bool(false),
        b'"' => Json::Text(from_str::<Text<'_>>(text).ok()?.0),
        b'[' => {
            let items: Vec<&RawValue> = from_str(text).ok()?;
            Json::List(items.into_iter().map(|item| value(item, depth + 1)).collect::<Option<_>>()?)
        }
        b'{' => {
            let Entries(entries) = from_str(text).ok()?;
            let entries = entries.into_iter().map(|(key, item)| Some((key.0, value(item, depth + 1)?)));
            Json::Object(entries.collect::<Option<_>>()?)
        }
        _ => Json::Number(text),
    })
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// An object as it stands: a map would put its keys in another order, and drop one of two.
struct Entries<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Entries<'de>, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// As short as it can be.
pub fn write(value: &Json<'_>, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(told) => out.push_str(if *told { "true" } else { "false" }),
        Json::Number(number) => out.push_str(number),
        Json::Text(text) => write_text(text, out),
        Json::List(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(entries) => {
            out.push('{');
            for (n, (key, item)) in entries.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    // A text can always be written.
    *out += &serde_json::to_string(text).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> Option<String> {
        let mut out = String::new();
        write(&read(text)?, &mut out);
        Some(out)
    }

    #[test]
    fn what_is_json_is_written_as_it_was() {
        for text in [
            r#"{"a":[1,-2.50e+3,18446744073709551616],"b":{"c":null,"d":true,"e":false},"a":"twice"}"#,
            r#""ü \"quoted\" \\ \n\t\r\u0001 ∆""#,
            "[]",
            "{}",
            "-0",
        ] {
            assert_eq!(again(text).as_deref(), Some(text));
        }
        assert_eq!(again(" [ 1 , { \"a\" : 2 } ] ").as_deref(), Some(r#"[1,{"a":2}]"#));
        assert_eq!(again(r#""\u00fc\ud83d\ude00\/\b""#).as_deref(), Some("\"ü😀/\\b\""));
    }

    #[test]
    fn what_is_none_is_not_read() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\"}",
            "{a:1}",
            "1 2",
            "nul",
            "\"\u{1}\"",
            "\"\\ud83d\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "-",
            "1.",
            "\"é\\u00é\"",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"[".repeat(100_000)), None);
        assert_eq!(read(&("[".repeat(DEPTH + 2) + &"]".repeat(DEPTH + 2))), None);
    }
}
