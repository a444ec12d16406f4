//! Words of the completion: what a field, a sign, a status is for, and numbers worth trying.

use crate::query::{Name, NumberField, TYPE, TextField, Unit};

pub const SIGNS: &[(&str, &str)] =
    &[("<", "less"), ("<=", "at most"), (">", "more"), (">=", "at least"), ("=", "exactly")];

pub fn status(value: &str) -> &'static str {
    match value {
        "open" => "opening, active or closing",
        "opening" => "not usable yet",
        "active" => "in use",
        "closing" => "not gone yet",
        "closed" => "ended",
        _ => "ended by a failure",
    }
}

/// The sign that a field's term begins with.
pub fn begin(name: Name, events: bool) -> &'static str {
    match name {
        Name::Number(NumberField::Age, _) if !events => "<",
        Name::Number(..) if !events => ">",
        _ => ":",
    }
}

pub fn field(name: &str, of: Name, events: bool) -> String {
    let words = match of {
        _ if events && name == TYPE => "name of the event",
        Name::Text(TextField::Peer) if events => "the peer that it names",
        _ if events => "property of the event",
        Name::Text(TextField::Status) => "open, active, closed, error",
        Name::Text(TextField::Peer) => "part of a peer's id",
        Name::Text(TextField::Protocol) => "what its streams speak",
        Name::Text(TextField::Transport) => "tcp, quic-v1, relayed",
        Name::Text(TextField::Direction) => "who opened it: in, out",
        Name::Text(TextField::Agent) => "what the peer runs",
        Name::Text(TextField::Remote) => "part of an address",
        Name::Text(TextField::Security) => "noise, tls",
        Name::Text(TextField::Muxer) => "yamux, quic",
        Name::Text(TextField::Cause) => "why it closed",
        Name::Number(NumberField::In, _) => "bytes in a second, now",
        Name::Number(NumberField::Out, _) => "bytes out a second, now",
        Name::Number(NumberField::TotalIn, _) => "bytes in since it opened",
        Name::Number(NumberField::TotalOut, _) => "bytes out since it opened",
        Name::Number(NumberField::Rtt, _) => "round trip",
        Name::Number(NumberField::Age, _) => "how long it is open",
        Name::Number(NumberField::Streams, _) => "open streams",
        Name::Property => "",
    };
    words.to_owned()
}

/// Numbers to compare with; once digits are typed, those with each unit.
pub fn numbers(field: NumberField, unit: Unit, typed: &str) -> Vec<String> {
    let is_number = typed.parse::<f64>().is_ok();
    let digits = typed.trim_end_matches(|c: char| !c.is_ascii_digit());
    if !typed.is_empty() && digits.parse::<f64>().is_ok() && unit != Unit::Count {
        let units = unit.names().iter().take(if is_number { 5 } else { 8 });
        let each = units.map(|name| format!("{digits}{name}"));
        return each.filter(|value| value.to_lowercase().starts_with(&typed.to_lowercase())).collect();
    }
    let usual: &[&str] = match field {
        NumberField::In | NumberField::Out => &["1kB", "10kB", "100kB", "1MB"],
        NumberField::TotalIn | NumberField::TotalOut => &["1MB", "10MB", "100MB", "1GB"],
        NumberField::Rtt => &["20ms", "100ms", "500ms", "1s"],
        NumberField::Age => &["10s", "1m", "10m", "1h"],
        NumberField::Streams => &["0", "1", "10", "100"],
    };
    usual.iter().filter(|value| value.starts_with(typed)).map(|value| (*value).to_owned()).collect()
}
