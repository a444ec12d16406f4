//! In which order rows stand. What is compared is a number for each row, made once: texts become their rank.

use std::borrow::Cow;

use super::Line;
use crate::{
    answer::{
        Look,
        row::{age_ms, agent_tag, relay, stream_count, transport},
    },
    frame::{Direction, Status},
    intern::Sym,
    moment::direction_of,
    view::{Column, Sort},
};

/// Least first: open ones, then those of which it is told, then by the column, the newest end, the row.
type Rank = (bool, bool, u64, u64, u32);

/// What a row is sorted by; None: not told.
enum By<'a> {
    Number(u64),
    Sym(Sym),
    Text(Cow<'a, str>),
}

pub fn sort(look: &Look<'_>, lines: &mut Vec<Line<'_>>, sort: Sort) {
    let values: Vec<Option<By<'_>>> = lines.iter().map(|line| by(look, line, sort.by)).collect();
    let values = numbers(look, &values, sort.by);
    let mut ranked: Vec<(Rank, Line<'_>)> = std::mem::take(lines)
        .into_iter()
        .zip(values)
        .map(|(line, value)| (rank(look, &line, value, sort), line))
        .collect();
    ranked.sort_unstable_by_key(|(rank, _)| *rank);
    lines.extend(ranked.into_iter().map(|(_, line)| line));
}

fn rank(look: &Look<'_>, line: &Line<'_>, value: Option<u64>, sort: Sort) -> Rank {
    let at = line.at;
    let end = look.history.rows.get(at.row).and_then(|row| row.end).filter(|_| !at.is_open);
    // What is open comes first, except where the status itself is sorted by.
    let is_later = !at.is_open && sort.by != Column::Status;
    let number = value.map_or(0, |value| if sort.descending { !value } else { value });
    (is_later, value.is_none(), number, !end.map_or(0, |end| end.at_ms), at.row.0)
}

/// In the order of a column; the peer of a stream is its connection's.
fn by<'a>(look: &Look<'a>, line: &Line<'a>, column: Column) -> Option<By<'a>> {
    let history = look.history;
    let at = line.at;
    let connection = line.of.unwrap_or(at);
    let facts = look.moment.facts(history, connection)?;
    let own = look.moment.facts(history, at)?;
    let has_flow =
        if line.of.is_some() { history.seen.stream_traffic } else { history.seen.connection_traffic };
    let flow = has_flow.then_some(at);
    Some(match column {
        Column::Status => By::Number(status_number(at.status)),
        Column::Direction => By::Number(direction_number(direction_of(own.role))),
        Column::Peer => By::Sym(facts.name),
        Column::Agent => By::Sym(agent_tag(look, facts)?),
        Column::Transport => By::Text(transport(look, facts)?.into()),
        Column::Remote => By::Text(match relay(look, connection, facts) {
            // Relayed ones after those that have an address.
            Some(relay) => format!("\u{10ffff}{relay}").into(),
            None => history.addresses.get(facts.remote).host.as_deref()?.into(),
        }),
        Column::Rtt => By::Number(at.figures.latency_ns?),
        Column::Age => By::Number(age_ms(look, at.row)?),
        Column::Streams if line.of.is_some() => return None,
        Column::Streams => By::Number(u64::from(stream_count(look, at)?)),
        Column::RateIn => By::Number(float(flow?.rate_in?)),
        Column::RateOut => By::Number(float(flow?.rate_out?)),
        Column::TotalIn => By::Number(flow?.figures.bytes_in?),
        Column::TotalOut => By::Number(flow?.figures.bytes_out?),
    })
}

/// Ranks in place of texts; equal texts have the same.
fn numbers(look: &Look<'_>, values: &[Option<By<'_>>], column: Column) -> Vec<Option<u64>> {
    let mut numbers = vec![None; values.len()];
    let mut texts: Vec<(u64, &[u8], &[u8], usize)> = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let (text, rest): (&[u8], &[u8]) = match value {
            None => continue,
            Some(By::Number(number)) => {
                numbers[at] = Some(*number);
                continue;
            }
            // By the end, which tells peers apart: it is what the page shows of an id.
            Some(By::Sym(sym)) if column == Column::Peer => tail_first(look.history.interner.bytes_of(*sym)),
            Some(By::Sym(sym)) => (look.history.interner.bytes_of(*sym), &[]),
            Some(By::Text(text)) => (text.as_bytes(), &[]),
        };
        texts.push((first_bytes(text), text, rest, at));
    }
    texts.sort_unstable();
    let mut rank = 0;
    let mut before = None;
    for (_, text, rest, at) in texts {
        rank += u64::from(before.replace((text, rest)).is_some_and(|before| before != (text, rest)));
        numbers[at] = Some(rank);
    }
    numbers
}

/// The first bytes as a number in the same order: most texts differ there, and numbers compare at once.
fn first_bytes(text: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(first)
}

/// Bytes that the page shows of a peer's id, at its end.
const SHOWN_OF_ID: usize = 8;

fn tail_first(id: &[u8]) -> (&[u8], &[u8]) {
    let (head, tail) = id.split_at(id.len().saturating_sub(SHOWN_OF_ID));
    (tail, head)
}

/// In the order of the numbers, also below zero.
pub fn float(value: f64) -> u64 {
    let bits = value.to_bits();
    if value.is_sign_negative() { !bits } else { bits | 1 << 63 }
}

fn status_number(status: Status) -> u64 {
    match status {
        Status::Opening => 0,
        Status::Active => 1,
        Status::Closing => 2,
        Status::Closed => 3,
        Status::Error => 4,
        Status::Unknown(number) => 5 + u64::from(number.cast_unsigned()),
    }
}

fn direction_number(direction: Direction) -> u64 {
    match direction {
        Direction::In => 0,
        Direction::Out => 1,
        Direction::Unknown(number) => 2 + u64::from(number.cast_unsigned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_keep_their_order() {
        let sorted = [-5.0, -0.5, 0.0, 1e-9, 3.0, 1e300];
        assert!(sorted.windows(2).all(|pair| float(pair[0]) < float(pair[1])));
    }

    #[test]
    fn an_id_is_sorted_by_its_end() {
        assert_eq!(tail_first(b"12D3KooWabcdefgh"), (&b"abcdefgh"[..], &b"12D3KooW"[..]));
        assert_eq!(tail_first(b"short"), (&b"short"[..], &b""[..]));
    }

    #[test]
    fn first_bytes_keep_the_order_of_texts() {
        let sorted = ["", "a", "ab", "abcdefgh", "b", "ä"];
        assert!(
            sorted.windows(2).all(|pair| first_bytes(pair[0].as_bytes()) < first_bytes(pair[1].as_bytes()))
        );
        assert_eq!(first_bytes(b"abcdefghX"), first_bytes(b"abcdefghY"), "the whole text decides then");
    }
}
