//! Rows put together by what they have in common. A group stands where its first row would, or by the sum of its rows.

use std::collections::HashSet;

use rustc_hash::FxHashMap;

use super::{Line, order::float};
use crate::{
    answer::{
        Look,
        row::{agent_tag, stream_count, transport},
    },
    frame::{Direction, Flow, GroupRow},
    intern::Sym,
    moment::{direction_of, status_word},
    view::{Column, Folds, Group, Key, Sort},
};

/// What the rows of a group have in common; None of it: not told.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Common {
    Sym(Sym),
    Word(&'static str),
    None,
}

/// A group before it is shown: there may be as many as rows.
struct Sums {
    common: Common,
    open: u32,
    closed: u32,
    streams: Option<u32>,
    flow: Flow,
    /// How many rows, and where they begin among those of all groups.
    len: usize,
    from: usize,
}

/// Rows in groups, all in order.
pub struct Groups<'a> {
    by: Group,
    groups: Vec<Sums>,
    /// Those of one group together.
    lines: Vec<Line<'a>>,
}

/// `lines` are in order already.
pub fn group<'a>(look: &Look<'a>, lines: &[Line<'a>], by: Group, sort: Sort) -> Groups<'a> {
    let mut places: FxHashMap<Common, usize> = FxHashMap::default();
    let mut groups: Vec<Sums> = Vec::new();
    let of: Vec<usize> = lines
        .iter()
        .map(|line| {
            let common = common(look, line, by);
            let at = *places.entry(common).or_insert_with(|| {
                groups.push(Sums::new(common));
                groups.len() - 1
            });
            groups[at].add(look, line);
            at
        })
        .collect();
    let mut from = 0;
    for group in &mut groups {
        group.from = from;
        from += group.len;
    }
    // Each row to the next place of its group.
    let mut next: Vec<usize> = groups.iter().map(|group| group.from).collect();
    let mut together: Vec<Line<'_>> = lines.to_vec();
    for (line, at) in lines.iter().zip(of) {
        together[next[at]] = *line;
        next[at] += 1;
    }
    if let Some(sum) = sum(sort.by) {
        let place = |group: &Sums| {
            let value = sum(group);
            let number = value.map_or(0, |value| if sort.descending { !float(value) } else { float(value) });
            (value.is_none(), number)
        };
        groups.sort_by_key(place);
    }
    // Those of which it is not told come last, whatever the order.
    groups.sort_by_key(|group| group.common == Common::None);
    Groups { by, groups, lines: together }
}

impl<'a> Groups<'a> {
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Each with a way to its head, whether it is folded, and its rows.
    pub fn each<'b>(
        &'b self,
        look: &'b Look<'_>,
        folds: &'b Folds,
    ) -> impl Iterator<Item = (impl Fn() -> GroupRow, bool, &'b [Line<'a>])> {
        let but: HashSet<&str> = folds.but.iter().map(|key| key.0.as_str()).collect();
        let all = folds.all;
        self.groups.iter().map(move |group| {
            // Only where some differ from the others is it looked up which.
            let is_other = !but.is_empty() && but.contains(group.key(look, self.by).0.as_str());
            let folded = all != is_other;
            let head = move || group.head(look, self.by, folded);
            (head, folded, &self.lines[group.from..group.from + group.len])
        })
    }
}

/// The figure that groups are in the order of, where rows are sorted by one that can be summed.
fn sum(column: Column) -> Option<fn(&Sums) -> Option<f64>> {
    Some(match column {
        Column::RateIn => |group| group.flow.rate_in,
        Column::RateOut => |group| group.flow.rate_out,
        Column::TotalIn => |group| group.flow.total_in.map(|bytes| bytes as f64),
        Column::TotalOut => |group| group.flow.total_out.map(|bytes| bytes as f64),
        Column::Streams => |group| Some(f64::from(group.streams.unwrap_or(group.open))),
        _ => return None,
    })
}

fn common(look: &Look<'_>, line: &Line<'_>, by: Group) -> Common {
    let connection = line.of.unwrap_or(line.at);
    let at = if by == Group::Protocol { line.at } else { connection };
    let Some(facts) = look.moment.facts(look.history, at) else { return Common::None };
    let sym = |sym: Sym| sym.some().map_or(Common::None, Common::Sym);
    match by {
        Group::Type => Common::None,
        Group::Peer | Group::Protocol => sym(facts.name),
        Group::Agent => agent_tag(look, facts).map_or(Common::None, Common::Sym),
        Group::Security => sym(facts.security),
        Group::Muxer => sym(facts.muxer),
        Group::Transport => transport(look, facts).map_or(Common::None, Common::Word),
        Group::Status => Common::Word(status_word(at.status)),
        Group::Direction => match direction_of(facts.role) {
            Direction::In => Common::Word("in"),
            Direction::Out => Common::Word("out"),
            Direction::Unknown(_) => Common::None,
        },
    }
}

impl Sums {
    fn new(common: Common) -> Sums {
        Sums { common, open: 0, closed: 0, streams: None, flow: Flow::default(), len: 0, from: 0 }
    }

    fn add(&mut self, look: &Look<'_>, line: &Line<'_>) {
        let at = line.at;
        let seen = &look.history.seen;
        let is_stream = line.of.is_some();
        let has_own =
            if is_stream { seen.stream_traffic } else { seen.connection_traffic && !seen.shared_traffic };
        self.len += 1;
        *if at.is_open { &mut self.open } else { &mut self.closed } += 1;
        if at.is_open && !is_stream {
            self.streams = add_up(self.streams, stream_count(look, at), u32::saturating_add);
        }
        if !has_own {
            return;
        }
        let flow = &mut self.flow;
        flow.total_in = add_up(flow.total_in, at.figures.bytes_in, u64::saturating_add);
        flow.total_out = add_up(flow.total_out, at.figures.bytes_out, u64::saturating_add);
        if at.is_open {
            flow.rate_in = add_up(flow.rate_in, at.rate_in, |a, b| a + b);
            flow.rate_out = add_up(flow.rate_out, at.rate_out, |a, b| a + b);
        }
    }

    fn name(&self, look: &Look<'_>, by: Group) -> Option<String> {
        match self.common {
            // The tag's name is no part of the agent's.
            Common::Sym(sym) if by == Group::Agent => {
                let tag = look.history.interner.text(sym);
                Some(tag.split_once('=').map_or("", |(_, agent)| agent).to_owned())
            }
            Common::Sym(sym) => Some(look.history.interner.text(sym).into_owned()),
            Common::Word(word) => Some(word.to_owned()),
            Common::None => None,
        }
    }

    fn key(&self, look: &Look<'_>, by: Group) -> Key {
        Key(self.name(look, by).map_or_else(|| "g".to_owned(), |name| format!("g~{name}")))
    }

    fn head(&self, look: &Look<'_>, by: Group, folded: bool) -> GroupRow {
        GroupRow {
            key: self.key(look, by),
            by,
            name: self.name(look, by),
            open: self.open,
            closed: self.closed,
            streams: self.streams,
            flow: self.flow.clone(),
            folded,
        }
    }
}

/// Of what is told; None where nothing is.
fn add_up<T: Copy>(sum: Option<T>, more: Option<T>, add: fn(T, T) -> T) -> Option<T> {
    match (sum, more) {
        (Some(sum), Some(more)) => Some(add(sum, more)),
        (sum, more) => sum.or(more),
    }
}
