//! Values that are compared: numbers and symbols. Only those that are shown become words.

use crate::{
    answer::Look,
    frame::{Direction, FactValue, Status},
    intern::Sym,
};

/// A value that costs nothing to compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Raw {
    Untold,
    Sym(Sym),
    /// A tag that tells the agent.
    Agent(Sym),
    Word(&'static str),
    Bytes(u64),
    Count(u64),
    Status(Status),
    Direction(Direction),
}

impl Raw {
    pub fn bytes(told: Option<u64>) -> Raw {
        told.map_or(Raw::Untold, Raw::Bytes)
    }

    pub fn sym(sym: Sym) -> Raw {
        sym.some().map_or(Raw::Untold, Raw::Sym)
    }

    pub fn number(self) -> Option<u64> {
        match self {
            Raw::Bytes(number) | Raw::Count(number) => Some(number),
            _ => None,
        }
    }

    pub fn value(self, look: &Look<'_>) -> FactValue {
        let text = |sym: Sym| look.history.interner.text(sym).into_owned();
        match self {
            Raw::Untold => FactValue::Untold,
            Raw::Sym(sym) => FactValue::Mono(text(sym)),
            Raw::Agent(sym) => {
                FactValue::Text(text(sym).split_once('=').map_or(String::new(), |(_, agent)| agent.into()))
            }
            Raw::Word(word) => FactValue::Transport(word.to_owned()),
            Raw::Bytes(bytes) => FactValue::Bytes(bytes),
            Raw::Count(count) => FactValue::Count(count),
            Raw::Status(status) => FactValue::Status(status),
            Raw::Direction(direction) => FactValue::Direction(direction),
        }
    }
}

/// In the order of the section's [`Field`]s.
pub type Values = Vec<Raw>;
