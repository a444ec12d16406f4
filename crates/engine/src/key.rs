//! Keys: the text that names a row in a page or a link, and back.

use crate::{
    history::{History, RowIx},
    intern::{Sym, id_text},
    view::Key,
};

/// What a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Connection(RowIx),
    Stream(RowIx),
    Peer(Sym),
    Event(u64),
}

pub fn of_row(history: &History, row: RowIx) -> Key {
    let Some(kept) = history.rows.get(row) else { return Key(String::new()) };
    let id = escape(history.interner.id_text(kept.id));
    Key(match kept.parent.and_then(|parent| history.rows.get(parent)) {
        Some(parent) => {
            let connection = escape(history.interner.id_text(parent.id));
            format!("s~{}~{connection}~{}~{id}~{}", kept.run, parent.generation, kept.generation)
        }
        None => format!("c~{}~{id}~{}", kept.run, kept.generation),
    })
}

pub fn of_peer(history: &History, peer: Sym) -> Key {
    let bytes = history.interner.bytes_of(peer);
    // Nearly every peer's id is such a text: there may be 10,000 in a frame.
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Key(["p~", text].concat())
        }
        _ => Key(format!("p~{}", escape(id_text(bytes)))),
    }
}

pub fn of_event(number: u64) -> Key {
    Key(format!("e~{number}"))
}

pub fn find(history: &History, key: &Key) -> Option<Named> {
    let parts: Vec<&str> = key.0.split('~').collect();
    match parts.as_slice() {
        ["c", run, id, generation] => Some(Named::Connection(row(history, run, None, id, generation)?)),
        ["s", run, connection, connection_generation, id, generation] => {
            let parent = row(history, run, None, connection, connection_generation)?;
            Some(Named::Stream(row(history, run, Some(parent), id, generation)?))
        }
        ["p", peer] => Some(Named::Peer(sym(history, peer)?)),
        ["e", number] => Some(Named::Event(number.parse().ok()?)),
        _ => None,
    }
}

fn row(history: &History, run: &str, parent: Option<RowIx>, id: &str, generation: &str) -> Option<RowIx> {
    let generation: u32 = generation.parse().ok()?;
    let rows = history.rows.generations(run.parse().ok()?, parent, sym(history, id)?);
    rows.iter().copied().find(|ix| history.rows.get(*ix).is_some_and(|row| row.generation == generation))
}

fn sym(history: &History, text: &str) -> Option<Sym> {
    let text = text.replace("%7E", "~").replace("%25", "%");
    history.interner.known(text.as_bytes()).or_else(|| {
        let hex = text.strip_prefix("0x")?;
        let bytes: Option<Vec<u8>> =
            (0..hex.len() / 2).map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()).collect();
        history.interner.known(&bytes?)
    })
}

fn escape(text: String) -> String {
    if text.contains(['%', '~']) { text.replace('%', "%25").replace('~', "%7E") } else { text }
}
