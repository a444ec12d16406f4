//! What a line of the comparison says: a few texts, made of plain values. Pure.

use peerscope_engine::frame::{Change, DiffItem, FactValue, Field, FieldDiff};

use crate::{
    format::{self, NONE},
    part::{
        glyph::{direction_word, status_word},
        text,
    },
};

/// The cells after who it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    pub what: String,
    /// The cause is an error.
    pub error: bool,
    pub a: String,
    pub b: String,
    /// How much, where that can be said.
    pub change: String,
}

pub fn cells(item: &DiffItem) -> Cells {
    match item.change {
        Change::Changed => changed(item),
        Change::Vanished | Change::Appeared => {
            let (what, error) = match &item.end {
                Some(end) => match &end.cause {
                    Some(cause) => (format::visible(cause, text::CELL), end.error),
                    None if end.inferred => ("gone, inferred".to_owned(), end.error),
                    None => ("closed".to_owned(), end.error),
                },
                None => (String::new(), false),
            };
            let bytes = item.fields.iter().find(|field| field.field == Field::BytesIn);
            let shown =
                |read: fn(&FieldDiff) -> &FactValue| bytes.map_or(NONE.into(), |field| value(read(field)));
            Cells {
                what,
                error,
                a: shown(|field| &field.a),
                b: shown(|field| &field.b),
                change: String::new(),
            }
        }
    }
}

/// The first that differs in A and B; the others by their names.
fn changed(item: &DiffItem) -> Cells {
    let Some(first) = item.fields.first() else { return Cells::default() };
    let names: Vec<&str> = item.fields.iter().map(|field| word(field.field)).collect();
    Cells {
        what: names.join(", "),
        error: false,
        a: value(&first.a),
        b: value(&first.b),
        change: difference(&first.a, &first.b).unwrap_or_default(),
    }
}

/// Everything that differs, a line each.
pub fn title(item: &DiffItem) -> String {
    let line =
        |field: &FieldDiff| format!("{}: {} → {}", word(field.field), value(&field.a), value(&field.b));
    item.fields.iter().map(line).collect::<Vec<_>>().join("\n")
}

pub fn word(field: Field) -> &'static str {
    match field {
        Field::Status => "status",
        Field::Protocol => "protocol",
        Field::Direction => "direction",
        Field::Agent => "agent",
        Field::Transport => "transport",
        Field::Remote => "remote address",
        Field::Local => "local address",
        Field::Security => "security",
        Field::Muxer => "muxer",
        Field::Connections => "connections",
        Field::Streams => "streams",
        Field::BytesIn => "bytes in",
        Field::BytesOut => "bytes out",
    }
}

pub fn value(value: &FactValue) -> String {
    match value {
        FactValue::Untold => NONE.into(),
        FactValue::Text(text) | FactValue::Mono(text) | FactValue::Transport(text) => {
            format::visible(text, text::CELL)
        }
        FactValue::Peer(id, _) | FactValue::Connection(id, _) => format::visible(id, text::CELL),
        FactValue::Status(status) => status_word(*status),
        FactValue::Direction(direction) => direction_word(*direction),
        FactValue::Count(count) | FactValue::Time(count) => format::count(*count),
        FactValue::Bytes(bytes) => format::bytes(*bytes as f64).text(),
        FactValue::Rate(rate) => format::bytes(*rate).per_second(),
        FactValue::Millis(ms) => format::duration_ms(*ms),
        FactValue::Nanos(ns) => format::nanos(*ns).text(),
        FactValue::End(end) => end.cause.clone().unwrap_or(NONE.into()),
    }
}

/// B less A, with its sign. None: they are no numbers, or one of them is not told.
pub fn difference(a: &FactValue, b: &FactValue) -> Option<String> {
    let signed = |less: bool, text: String| format!("{}{text}", if less { '−' } else { '+' });
    Some(match (a, b) {
        (FactValue::Count(a), FactValue::Count(b))
        | (FactValue::Bytes(a), FactValue::Bytes(b))
        | (FactValue::Nanos(a), FactValue::Nanos(b))
            if a == b =>
        {
            "0".into()
        }
        (FactValue::Count(a), FactValue::Count(b)) => signed(b < a, format::count(a.abs_diff(*b))),
        (FactValue::Bytes(a), FactValue::Bytes(b)) => {
            signed(b < a, format::bytes(a.abs_diff(*b) as f64).text())
        }
        (FactValue::Nanos(a), FactValue::Nanos(b)) => signed(b < a, format::nanos(a.abs_diff(*b)).text()),
        (FactValue::Rate(a), FactValue::Rate(b)) if *a > 0.5 => {
            let percent = ((b / a - 1.0) * 100.0).round();
            if percent == 0.0 {
                return Some("0".into());
            }
            signed(percent < 0.0, format!("{} %", format::count(percent.abs() as u64)))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use peerscope_engine::{
        frame::{End, Status},
        view::Key,
    };

    use super::*;

    fn item(change: Change, fields: Vec<FieldDiff>) -> DiffItem {
        DiffItem {
            key: Key("c".into()),
            change,
            name: None,
            peer: None,
            transport: None,
            direction: None,
            at_ms: None,
            end: None,
            fields,
        }
    }

    fn field(field: Field, a: FactValue, b: FactValue) -> FieldDiff {
        FieldDiff { field, a, b }
    }

    #[test]
    fn what_changed_is_named_and_the_first_is_told() {
        let fields = vec![
            field(Field::Streams, FactValue::Count(9), FactValue::Count(3)),
            field(Field::BytesIn, FactValue::Bytes(1_000), FactValue::Bytes(3_500)),
        ];
        let item = item(Change::Changed, fields);
        let cells = cells(&item);
        assert_eq!(
            (cells.what.as_str(), cells.a.as_str(), cells.b.as_str()),
            ("streams, bytes in", "9", "3")
        );
        assert_eq!(cells.change, "−6");
        assert_eq!(title(&item), "streams: 9 → 3\nbytes in: 1.00 kB → 3.50 kB");
    }

    #[test]
    fn what_vanished_says_why_and_what_it_had() {
        let fields = vec![
            field(Field::Status, FactValue::Status(Status::Active), FactValue::Untold),
            field(Field::BytesIn, FactValue::Bytes(5_000), FactValue::Untold),
        ];
        let end = End { at_ms: 5, inferred: false, cause: Some("reset by remote".into()), error: true };
        let cells = cells(&DiffItem { end: Some(end), ..item(Change::Vanished, fields) });
        assert_eq!((cells.what.as_str(), cells.error), ("reset by remote", true));
        assert_eq!((cells.a.as_str(), cells.b.as_str()), ("5.00 kB", NONE));
    }

    #[test]
    fn a_rate_changes_by_percent_and_nothing_told_by_nothing() {
        let rate = |a, b| difference(&FactValue::Rate(a), &FactValue::Rate(b));
        assert_eq!(rate(100.0, 150.0).as_deref(), Some("+50 %"));
        assert_eq!(rate(0.0, 150.0), None);
        assert_eq!(difference(&FactValue::Untold, &FactValue::Count(1)), None);
    }
}
