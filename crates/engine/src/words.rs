//! Causes and events in words. Well-known names are hints only: whatever a source tells gets a sentence.

use serde_json::{Map, Value};

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
    named || (content.contains("\"failure\"") && !content.contains("\"failure\":null"))
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

fn known(name: &str, map: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| map.get(key).map(plain).filter(|text| !text.is_empty());
    let list = |key: &str| map.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    let millis = |key: &str| map.get(key).and_then(Value::as_f64).map(|ms| format!("{} ms", round(ms)));
    let joined = |parts: Vec<Option<String>>| {
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    match name {
        "PingResult" => match map.get("rttNs").and_then(Value::as_f64) {
            Some(ns) => Some(format!("round trip {} ms", round(ns / 1e6))),
            None => text("failure").map(|failure| format!("failed: {failure}")),
        },
        "PeerIdentified" => joined(vec![
            text("agent"),
            Some(format!("{} protocols", list("protocols"))),
            text("observedAddr").map(|addr| format!("sees us at {addr}")),
        ]),
        "PeerConnected" => joined(vec![
            text("role")
                .map(|role| if role == "initiator" { "we dialled".into() } else { "they dialled".into() }),
            text("remote"),
            millis("handshakeMs").map(|ms| format!("in {ms}")),
        ]),
        "PeerDisconnected" => joined(vec![text("cause").map(|told| cause(&told).0), text("remote")]),
        "Dialing" => Some(match map.get("addresses").and_then(Value::as_array) {
            Some(all) if !all.is_empty() => all.iter().map(plain).collect::<Vec<_>>().join(", "),
            _ => "no address yet".to_owned(),
        }),
        "DialFailure" | "ListenFailure" => {
            let errors = map.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let more = errors.len().saturating_sub(1);
            let first = errors.first().map(failed_address);
            // That a transport failed says less than how.
            let reason = text("reason").filter(|reason| first.is_none() || reason != "Transport");
            let others = (more > 0).then(|| format!("and {more} more"));
            joined(vec![reason, first.or_else(|| text("errors")), others])
        }
        "IncomingConnection" => text("remote").map(|remote| format!("from {remote}")),
        _ => None,
    }
}

/// Cause first, then the address without the peer's id, which has a column of its own.
fn failed_address(told: &Value) -> String {
    let part = |key: &str| told.get(key).map(plain).filter(|text| !text.is_empty());
    let address = part("address").map(|address| match address.split_once("/p2p/") {
        Some((place, id)) if !id.contains('/') => place.to_owned(),
        _ => address,
    });
    let error = part("error").map(|error| error.trim_end_matches('.').to_owned());
    match (error, address) {
        (Some(error), Some(address)) => format!("{error}: {address}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => plain(told),
    }
}

/// Every property but those with columns of their own: "key value, key value".
fn generic(map: &Map<String, Value>) -> String {
    let parts = map
        .iter()
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
        assert_eq!(event("Evt", r#"{"Peer":"a","Added":["x"],"Removed":null}"#), "Added x, Removed –");
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
}
