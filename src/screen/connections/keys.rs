//! What keys do in the table: arrows move the focused cell, Enter, Space and C act on it. Pure.

use peerscope_engine::{frame::TableRow, view::Key};

use super::Focus;

#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Focus(Focus),
    /// Expand or fold.
    Toggle(Key),
    Fold(Key),
    Select(Key),
    Copy {
        row: usize,
        column: usize,
    },
}

pub fn key(row: &TableRow) -> &Key {
    match row {
        TableRow::Connection(row) => &row.key,
        TableRow::Stream(row) => &row.key,
        TableRow::Group(row) => &row.key,
    }
}

/// `shown`: numbers of the columns in the page; `page`: how many rows a screen holds.
pub fn press(
    pressed: &str,
    rows: &[TableRow],
    shown: &[usize],
    focus: Option<&Focus>,
    page: usize,
) -> Option<Deed> {
    let at = focus.and_then(|focus| rows.iter().position(|row| *key(row) == focus.row));
    let column = focus.map_or(1, |focus| focus.column);
    let (first, last) = (*shown.first()?, *shown.last()?);
    let right = || shown.iter().copied().find(|other| *other > column).unwrap_or(last);
    let left = || shown.iter().copied().rev().find(|other| *other < column).unwrap_or(first);
    let go = |to: usize, column: usize| {
        let row = rows.get(to.min(rows.len().checked_sub(1)?))?;
        Some(Deed::Focus(Focus { row: key(row).clone(), column }))
    };
    let Some(at) = at else {
        // Nothing is focused, or it is out of sight: the first arrow enters at the first row.
        return matches!(pressed, "ArrowDown" | "ArrowUp" | "Home" | "PageDown")
            .then(|| go(0, column))
            .flatten();
    };
    match pressed {
        "ArrowDown" => go(at + 1, column),
        "ArrowUp" => go(at.saturating_sub(1), column),
        "PageDown" => go(at + page, column),
        "PageUp" => go(at.saturating_sub(page), column),
        "ArrowRight" => go(at, right()),
        "ArrowLeft" => go(at, left()),
        "Home" => go(at, first),
        "End" => go(at, last),
        "Enter" => match &rows[at] {
            TableRow::Connection(row) => Some(Deed::Toggle(row.key.clone())),
            TableRow::Group(row) => Some(Deed::Fold(row.key.clone())),
            TableRow::Stream(_) => None,
        },
        " " if matches!(rows[at], TableRow::Group(_)) => Some(Deed::Fold(key(&rows[at]).clone())),
        " " => Some(Deed::Select(key(&rows[at]).clone())),
        "c" | "C" => Some(Deed::Copy { row: at, column }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use peerscope_engine::{
        frame::{Direction, Flow, GroupRow, Status, StreamRow},
        view::Group,
    };

    use super::*;

    const ALL: [usize; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    fn row(name: &str) -> TableRow {
        TableRow::Stream(Box::new(StreamRow {
            key: Key(name.into()),
            connection: Key("c".into()),
            id: "1".into(),
            status: Status::Active,
            end: None,
            protocol: None,
            peer: String::new(),
            peer_key: Key(String::new()),
            direction: Direction::In,
            age_ms: None,
            flow: Flow::default(),
        }))
    }

    fn focus(name: &str, column: usize) -> Focus {
        Focus { row: Key(name.into()), column }
    }

    #[test]
    fn arrows_stay_within_the_table() {
        let rows = [row("a"), row("b"), row("c")];
        let press = |pressed, from: &Focus| press(pressed, &rows, &ALL, Some(from), 10);
        assert_eq!(press("ArrowDown", &focus("a", 2)), Some(Deed::Focus(focus("b", 2))));
        assert_eq!(press("ArrowDown", &focus("c", 2)), Some(Deed::Focus(focus("c", 2))));
        assert_eq!(press("ArrowUp", &focus("a", 2)), Some(Deed::Focus(focus("a", 2))));
        assert_eq!(press("PageDown", &focus("a", 2)), Some(Deed::Focus(focus("c", 2))));
        assert_eq!(press("End", &focus("a", 2)), Some(Deed::Focus(focus("a", 11))));
        assert_eq!(press("ArrowLeft", &focus("a", 0)), Some(Deed::Focus(focus("a", 0))));
        assert_eq!(press(" ", &focus("b", 0)), Some(Deed::Select(Key("b".into()))));
        assert_eq!(press("c", &focus("b", 3)), Some(Deed::Copy { row: 1, column: 3 }));
        assert_eq!(press("x", &focus("b", 3)), None);
    }

    #[test]
    fn arrows_leave_out_what_is_not_shown() {
        let rows = [row("a")];
        let press = |pressed, from| press(pressed, &rows, &[0, 1, 3, 5], Some(&focus("a", from)), 10);
        assert_eq!(press("ArrowRight", 1), Some(Deed::Focus(focus("a", 3))));
        assert_eq!(press("ArrowLeft", 3), Some(Deed::Focus(focus("a", 1))));
        assert_eq!(press("End", 1), Some(Deed::Focus(focus("a", 5))));
    }

    #[test]
    fn a_group_is_folded_and_neither_selected_nor_expanded() {
        let key = Key("g~tcp".into());
        let head = GroupRow {
            key: key.clone(),
            by: Group::Transport,
            name: Some("tcp".into()),
            open: 1,
            closed: 0,
            streams: None,
            flow: Flow::default(),
            folded: false,
        };
        let rows = [TableRow::Group(Box::new(head)), row("a")];
        for pressed in ["Enter", " "] {
            assert_eq!(
                press(pressed, &rows, &ALL, Some(&focus("g~tcp", 1)), 10),
                Some(Deed::Fold(key.clone()))
            );
        }
        assert_eq!(
            press("ArrowDown", &rows, &ALL, Some(&focus("g~tcp", 1)), 10),
            Some(Deed::Focus(focus("a", 1)))
        );
    }

    #[test]
    fn without_a_focus_an_arrow_enters() {
        let rows = [row("a")];
        assert_eq!(press("ArrowDown", &rows, &ALL, None, 10), Some(Deed::Focus(focus("a", 1))));
        assert_eq!(
            press("ArrowDown", &rows, &ALL, Some(&focus("gone", 4)), 10),
            Some(Deed::Focus(focus("a", 4)))
        );
        assert_eq!(press("Enter", &rows, &ALL, None, 10), None);
        assert_eq!(press("ArrowDown", &[], &ALL, None, 10), None);
    }
}
