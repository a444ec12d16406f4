//! Something compared: a connection, stream, peer or protocol as it is in either moment.

use std::cmp::Reverse;

use super::raw::Values;
use crate::{
    answer::{Look, row::transport},
    frame::{Change, DiffItem, End, FactValue, Field, FieldDiff},
    history::RowIx,
    intern::Sym,
    key,
    moment::{direction_of, end_of},
    view::Key,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    Row(RowIx),
    Peer(Sym),
    Protocol(Sym),
}

pub struct Entity {
    pub id: Id,
    pub fields: &'static [Field],
    /// Where it is open there.
    pub a: Option<Values>,
    pub b: Option<Values>,
    /// A comes after B.
    pub is_backward: bool,
}

impl Entity {
    /// None: it is the same in both.
    pub fn change(&self) -> Option<Change> {
        match (&self.a, &self.b) {
            (Some(_), None) => Some(Change::Vanished),
            (None, Some(_)) => Some(Change::Appeared),
            (Some(a), Some(b)) if a != b => Some(Change::Changed),
            _ => None,
        }
    }

    /// Which of its fields differs first, and by how much: what is shown of it.
    pub fn weight(&self) -> (usize, Reverse<u64>) {
        let (Some(a), Some(b)) = (&self.a, &self.b) else { return (0, Reverse(0)) };
        let mut differing = a.iter().zip(b).enumerate().filter(|(_, (a, b))| a != b);
        let Some((field, (a, b))) = differing.next() else { return (0, Reverse(0)) };
        let by = a.number().zip(b.number()).map_or(0, |(a, b)| a.abs_diff(b));
        (field, Reverse(by))
    }

    fn row(&self) -> Option<RowIx> {
        match self.id {
            Id::Row(row) => Some(row),
            Id::Peer(_) | Id::Protocol(_) => None,
        }
    }

    /// It is open in the earlier moment alone.
    fn ended(&self) -> bool {
        if self.is_backward { self.a.is_none() } else { self.b.is_none() }
    }

    /// How it ended, if it did so between the two.
    pub fn end(&self, look: &Look<'_>) -> Option<End> {
        let row = look.history.rows.get(self.row()?)?;
        end_of(look.history, row).filter(|_| self.ended())
    }

    /// When it came, or went.
    pub fn at_ms(&self, look: &Look<'_>) -> Option<u64> {
        match self.change()? {
            Change::Changed => None,
            Change::Vanished | Change::Appeared if self.ended() => self.end(look).map(|end| end.at_ms),
            Change::Vanished | Change::Appeared => Some(look.history.rows.get(self.row()?)?.begin_ms()),
        }
    }

    /// In words.
    pub fn item(&self, then: &Look<'_>, now: &Look<'_>, change: Change) -> DiffItem {
        let history = now.history;
        let told = |sym: Sym| history.interner.told(sym);
        let value = |values: &Option<Values>, at: usize| {
            values.as_ref().and_then(|values| values.get(at)).map_or(FactValue::Untold, |raw| raw.value(now))
        };
        let differs = |at: usize| match (&self.a, &self.b) {
            (Some(a), Some(b)) => a.get(at) != b.get(at),
            _ => true,
        };
        let each = self.fields.iter().enumerate().filter(|(at, _)| differs(*at));
        let fields =
            each.map(|(at, field)| FieldDiff { field: *field, a: value(&self.a, at), b: value(&self.b, at) });
        let mut item = DiffItem {
            key: Key(String::new()),
            change,
            name: None,
            peer: None,
            transport: None,
            direction: None,
            at_ms: self.at_ms(now),
            end: self.end(now),
            fields: fields.filter(|field| field.a != field.b).collect(),
        };
        match self.id {
            Id::Peer(peer) => (item.key, item.name) = (key::of_peer(history, peer), told(peer)),
            Id::Protocol(protocol) => {
                item.name = told(protocol);
                item.key = Key(format!("protocol~{}", item.name.as_deref().unwrap_or_default()));
            }
            Id::Row(row) => {
                item.key = key::of_row(history, row);
                let look = if self.b.is_some() { now } else { then };
                let Some(at) = look.moment.find(history, row) else { return item };
                let Some(facts) = look.moment.facts(history, &at) else { return item };
                item.name = told(facts.name);
                item.direction = Some(direction_of(facts.role));
                let parent = history.rows.get(row).and_then(|row| row.parent);
                match parent.and_then(|parent| look.moment.find_connection(parent)) {
                    Some(parent) => {
                        item.peer = look.moment.facts(history, parent).and_then(|facts| told(facts.name))
                    }
                    None => item.transport = transport(look, facts).map(str::to_owned),
                }
            }
        }
        item
    }
}
