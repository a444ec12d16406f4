//! The known name that a mistyped one was probably meant to be.

/// The nearest of the names, if it is no more than two letters off and not all of it.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = typed.chars().take(LONGEST + 1).collect();
    if typed.len() > LONGEST {
        return None;
    }
    let off = names.into_iter().map(|name| (distance(&typed, name), name));
    let (off, name) = off.min_by_key(|(off, _)| *off)?;
    (off <= 2 && off < name.len().min(typed.len())).then_some(name)
}

/// Longer than any name there is.
const LONGEST: usize = 40;

/// Letters to add, take out or change (Levenshtein).
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = before + usize::from(from != to);
            before = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_another_word_none() {
        let names = ["status", "peer", "in", "transport"];
        let cases = [
            ("staus", Some("status")),
            ("pear", Some("peer")),
            ("transprot", Some("transport")),
            ("colour", None),
            ("xx", None),
            ("", None),
        ];
        for (typed, name) in cases {
            assert_eq!(nearest(typed, names), name, "{typed}");
        }
        assert_eq!(nearest(&"x".repeat(10_000), names), None);
    }
}
