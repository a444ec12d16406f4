//! Causes and events in words. Well-known names are hints only: whatever a source tells gets a sentence.

mod known;

use serde_json::{Map, Value};

use known::known;

/// A cause in words, and whether it is an error.
pub fn cause(told: &str) -> (String, bool) {
    let (kind, text) = told.split_once(':').map_or((told, ""), |(kind, text)| (kind.trim(), text.trim()));
    let with = |words: &str| if text.is_empty() { words.to_owned() } else { format!("{words}: {text}") };
    match kind {
        "keepAliveTimeout" => ("idle: keep-alive timeout".into(), false),
        "closedByUs" => ("closed by us".into(), false),
        "closedByRemote" => ("closed by remote".into(), false),
        "reset" => (with("reset by remote"), true),
        "io" => (with("connection lost"), true),
        "handshake" => (with("handshake failed"), true),
        "limit" => (with("connection limit"), true),
        "inferred" => ("gone from the next snapshot".into(), false),
        _ => (told.to_owned(), false),
    }
}

/// An event has failed somehow: by its name, or because it tells an error.
pub fn is_error(name: &str, content: &str) -> bool {
    let named = name.contains("Fail") || name.contains("Error") || name.contains("Denied");
    let failed = || content.contains("\"failure\"") && !content.contains("\"failure\":null");
    named || failed() || content.contains("\"error\":\"")
}

/// Characters of a sentence; the content has the rest.
const MAX_TEXT: usize = 200;

/// What happened, in words. Peer and connection have columns of their own.
pub fn event(name: &str, content: &str) -> String {
    let text = match serde_json::from_str::<Value>(content) {
        Ok(Value::Object(map)) => known(name, &map).unwrap_or_else(|| generic(&map)),
        _ => content.to_owned(),
    };
    cut(&text, MAX_TEXT)
}

pub fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Every property that is told, but those with columns of their own: "key value, key value".
fn generic(map: &Map<String, Value>) -> String {
    let parts = map
        .iter()
        .filter(|(_, value)| !value.is_null())
        .filter(|(key, _)| !matches!(key.as_str(), "peer" | "Peer" | "peerId" | "connection"))
        .map(|(key, value)| format!("{key} {}", plain(value)));
    parts.collect::<Vec<_>>().join(", ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => text.clone(),
        Value::Array(all) if all.is_empty() => "none".into(),
        Value::Array(all) if all.len() <= 3 => all.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Array(all) => format!("{} of them", all.len()),
        Value::Object(map) if map.is_empty() => "none".into(),
        Value::Object(map) => {
            let parts: Vec<String> =
                map.iter().take(4).map(|(key, value)| format!("{key} {}", plain(value))).collect();
            parts.join(" ")
        }
        other => other.to_string(),
    }
}

fn round(value: f64) -> String {
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_words_and_unknown_ones_stay() {
        assert_eq!(cause("closedByRemote"), ("closed by remote".into(), false));
        assert_eq!(cause("io: broken pipe"), ("connection lost: broken pipe".into(), true));
        assert_eq!(cause("my own: reason"), ("my own: reason".into(), false));
    }

    #[test]
    fn every_event_gets_a_sentence() {
        assert_eq!(event("PingResult", r#"{"peer":"a","rttNs":1234567}"#), "round trip 1.23 ms");
        assert_eq!(event("Evt", r#"{"Peer":"a","Added":["x"],"Removed":null}"#), "Added x");
        assert_eq!(event("Evt", "not json"), "not json");
        assert_eq!(
            event(
                "DialFailure",
                r#"{"peer":"a","reason":"Transport","errors":[{"address":"/ip4/1","error":"refused"}]}"#
            ),
            "refused: /ip4/1"
        );
        assert_eq!(
            event(
                "DialFailure",
                r#"{"reason":"Transport","errors":[{"address":"/ip4/1/tcp/2/p2p/12D3","error":"Timed out."},{}]}"#
            ),
            "Timed out: /ip4/1/tcp/2, and 1 more"
        );
        assert_eq!(event("DialFailure", r#"{"reason":"WrongPeerId","errors":[]}"#), "WrongPeerId, none");
        assert_eq!(event("Evt", &"é".repeat(500)).chars().count(), 201);
    }

    #[test]
    fn an_error_is_one_by_name_or_by_what_it_tells() {
        assert!(is_error("DialFailure", "{}") && is_error("HolePunch", r#"{"error":"no"}"#));
        assert!(is_error("PingResult", r#"{"failure":"timeout"}"#));
        assert!(
            !is_error("PingResult", r#"{"failure":null}"#) && !is_error("HolePunch", r#"{"error":null}"#)
        );
    }
}
