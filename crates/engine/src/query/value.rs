//! What a field is compared with: patterns, and numbers with their units.

/// A number's unit, and so what may stand behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Powers of 1000, or of 1024 where that is said; a rate may end in `/s`.
    Bytes,
    /// Nanoseconds; without a unit: ms.
    Time,
    Count,
}

const BYTES: [(&str, f64); 9] = [
    ("b", 1.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("tb", 1e12),
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("", 1.0),
];

const TIMES: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3_600e9),
    ("d", 86_400e9),
];

impl Unit {
    /// Reads `1.5MB`, `10s`, `3`. None: that is no number of this kind.
    pub fn read(self, text: &str) -> Option<f64> {
        let text = text.trim().to_lowercase();
        let text = if self == Unit::Bytes { text.strip_suffix("/s").unwrap_or(&text) } else { &text };
        let (number, unit) = split(text);
        let number: f64 = number.parse().ok()?;
        let find =
            |units: &[(&str, f64)]| units.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size);
        let size = match self {
            Unit::Bytes => find(&BYTES)?,
            Unit::Time if unit.is_empty() => 1e6,
            Unit::Time => find(&TIMES)?,
            Unit::Count => unit.is_empty().then_some(1.0)?,
        };
        Some(number * size)
    }

    pub fn example(self) -> &'static str {
        match self {
            Unit::Bytes => "1MB",
            Unit::Time => "10s",
            Unit::Count => "3",
        }
    }

    /// Its units as they are written, the usual ones first.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Unit::Bytes => &["kB", "MB", "GB", "B", "TB", "KiB", "MiB", "GiB"],
            Unit::Time => &["s", "ms", "m", "h", "d", "us", "ns"],
            Unit::Count => &[""],
        }
    }

    /// Of a value that is no number of this kind, the first byte that can't be right.
    pub fn wrong_from(self, text: &str) -> usize {
        let (number, unit) = split(text);
        if number.parse::<f64>().is_err() {
            let second_dot = number.match_indices('.').nth(1).map(|(at, _)| at);
            return second_dot.unwrap_or(0);
        }
        number.len() + if self.may_go_on(text) { 0 } else { self.good_unit(unit) }
    }

    /// More typed behind it may make a number of it.
    pub fn may_go_on(self, text: &str) -> bool {
        let (number, unit) = split(text);
        let is_begun = number.parse::<f64>().is_ok() && !unit.is_empty();
        is_begun && self.good_unit(unit) == unit.len() && self != Unit::Count
    }

    /// What it was probably meant to be.
    pub fn nearest(self, text: &str) -> String {
        let (number, unit) = split(text);
        if number.parse::<f64>().is_err() {
            return self.example().to_owned();
        }
        let good = unit.get(..self.good_unit(unit)).unwrap_or_default().to_lowercase();
        let unit = self.names().iter().find(|name| name.to_lowercase().starts_with(&good));
        format!("{number}{}", unit.unwrap_or(&self.names()[0]))
    }

    /// Bytes at its beginning that a unit begins with too.
    fn good_unit(self, unit: &str) -> usize {
        let is_good = |len: usize| {
            let begin = unit.get(..len).map(str::to_lowercase);
            begin.is_some_and(|begin| self.names().iter().any(|name| name.to_lowercase().starts_with(&begin)))
        };
        (1..=unit.len()).rev().find(|len| is_good(*len)).unwrap_or(0)
    }
}

/// Digits and dots, and what stands behind them.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Sign {
    /// The sign that a text begins with, and the rest.
    pub fn take(text: &str) -> Option<(Sign, &str)> {
        let signs = [
            ("<=", Sign::LessOrEqual),
            (">=", Sign::GreaterOrEqual),
            ("<", Sign::Less),
            (">", Sign::Greater),
            ("=", Sign::Equal),
            (":", Sign::Equal),
        ];
        signs.into_iter().find_map(|(name, sign)| Some((sign, text.strip_prefix(name)?)))
    }

    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Sign::Less => a < b,
            Sign::LessOrEqual => a <= b,
            Sign::Equal => a == b,
            Sign::GreaterOrEqual => a >= b,
            Sign::Greater => a > b,
        }
    }
}

/// A text that another has to contain; with an ellipsis (`12D3…QmYx`, as ids are shown) it has to begin and end so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    lower: String,
    ends: Option<(String, String)>,
}

impl Pattern {
    pub fn new(text: &str) -> Pattern {
        let lower = text.to_lowercase();
        let ends = lower.split_once('…').or_else(|| lower.split_once("..."));
        let ends = ends.map(|(from, to)| (from.to_owned(), to.to_owned()));
        Pattern { lower, ends }
    }

    pub fn lower(&self) -> &str {
        &self.lower
    }

    pub fn is_in(&self, text: &str) -> bool {
        match &self.ends {
            None => has(text, &self.lower),
            Some((from, to)) => {
                let text = text.to_lowercase();
                text.len() >= from.len() + to.len() && text.starts_with(from) && text.ends_with(to)
            }
        }
    }
}

/// Whether `text` contains `lower`, whatever its case.
fn has(text: &str, lower: &str) -> bool {
    if !text.is_ascii() || !lower.is_ascii() {
        return text.to_lowercase().contains(lower);
    }
    let (text, needle) = (text.as_bytes(), lower.as_bytes());
    let Some(first) = needle.first() else { return true };
    // Most places are ruled out by their first letter.
    let upper = first.to_ascii_uppercase();
    text.windows(needle.len())
        .any(|part| (part[0] == *first || part[0] == upper) && part.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_units() {
        assert_eq!(Unit::Bytes.read("1.5MB/s"), Some(1_500_000.0));
        assert_eq!(Unit::Bytes.read("2KiB"), Some(2048.0));
        assert_eq!(Unit::Bytes.read("12"), Some(12.0));
        assert_eq!(Unit::Time.read("10s"), Some(10e9));
        assert_eq!(Unit::Time.read("340"), Some(340e6));
        assert_eq!(Unit::Count.read("3"), Some(3.0));
        for (unit, text) in [
            (Unit::Count, "3s"),
            (Unit::Time, "1MB"),
            (Unit::Bytes, "MB"),
            (Unit::Time, ""),
            (Unit::Bytes, "1.2.3"),
        ] {
            assert_eq!(unit.read(text), None, "{text}");
        }
    }

    #[test]
    fn a_wrong_number_has_its_place_and_what_it_was_meant_to_be() {
        let cases = [
            (Unit::Bytes, "1MX", 2, "1MB", false),
            (Unit::Bytes, "1M", 1, "1MB", true),
            (Unit::Bytes, "fast", 0, "1MB", false),
            (Unit::Bytes, "2.5gigs", 5, "2.5GiB", false),
            (Unit::Bytes, "1.2.3", 3, "1MB", false),
            (Unit::Time, "10x", 2, "10s", false),
            (Unit::Time, "10sec", 3, "10s", false),
            (Unit::Count, "3k", 1, "3", false),
            (Unit::Time, "1é", 1, "1s", false),
        ];
        for (unit, text, from, meant, goes_on) in cases {
            assert_eq!(unit.read(text), None, "{text}");
            assert_eq!((unit.wrong_from(text), unit.may_go_on(text)), (from, goes_on), "{text}");
            assert_eq!(unit.nearest(text), meant);
            assert!(unit.read(meant).is_some());
        }
    }

    #[test]
    fn ids_are_found_as_they_are_shown() {
        let id = "12D3KooWeyE6kLDbUkApz5YFJyyWgw4woEA6vctSsAvVWWD6rC2z";
        for found in ["12d3…WWD6rC2z", "12D3...rC2z", "kooweye6", "…rC2z"] {
            assert!(Pattern::new(found).is_in(id), "{found}");
        }
        assert!(!Pattern::new("12D3…rC2").is_in(id));
        assert!(!Pattern::new("abc…bcd").is_in("abcd"), "the ends may not overlap");
    }
}
