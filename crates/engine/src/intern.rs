//! Each text once: peers, addresses, protocols, ids. What no history refers to any more is swept.

use std::{borrow::Cow, collections::HashMap, fmt::Write, sync::Arc};

/// A text of the [`Interner`]; [`Sym::NONE`] is the empty one, which the wire uses for "not told".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sym(u32);

impl Sym {
    pub const NONE: Sym = Sym(0);

    pub fn is_none(self) -> bool {
        self == Sym::NONE
    }

    pub fn some(self) -> Option<Sym> {
        (!self.is_none()).then_some(self)
    }

    /// To be packed, and back.
    pub fn number(self) -> u32 {
        self.0
    }

    pub fn of_number(number: u32) -> Sym {
        Sym(number)
    }
}

/// Bytes beside the text itself: the slot, the table's entry, the shared pointer's counts.
const OVERHEAD: usize = 64;

#[derive(Debug)]
pub struct Interner {
    texts: Vec<Option<Arc<[u8]>>>,
    free: Vec<u32>,
    syms: HashMap<Arc<[u8]>, u32>,
    bytes: usize,
}

impl Default for Interner {
    fn default() -> Self {
        Interner { texts: vec![Some(Arc::from([]))], free: Vec::new(), syms: HashMap::new(), bytes: 0 }
    }
}

impl Interner {
    pub fn sym(&mut self, text: &[u8]) -> Sym {
        if text.is_empty() {
            return Sym::NONE;
        }
        if let Some(sym) = self.syms.get(text) {
            return Sym(*sym);
        }
        let shared: Arc<[u8]> = Arc::from(text);
        self.bytes += text.len() + OVERHEAD;
        let sym = self.free.pop().unwrap_or_else(|| {
            self.texts.push(None);
            (self.texts.len() - 1) as u32
        });
        self.texts[sym as usize] = Some(shared.clone());
        self.syms.insert(shared, sym);
        Sym(sym)
    }

    pub fn known(&self, text: &[u8]) -> Option<Sym> {
        if text.is_empty() { Some(Sym::NONE) } else { self.syms.get(text).copied().map(Sym) }
    }

    pub fn bytes_of(&self, sym: Sym) -> &[u8] {
        self.texts.get(sym.0 as usize).and_then(|text| text.as_deref()).unwrap_or_default()
    }

    pub fn text(&self, sym: Sym) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes_of(sym))
    }

    /// None for "not told".
    pub fn told(&self, sym: Sym) -> Option<String> {
        sym.some().map(|sym| self.text(sym).into_owned())
    }

    /// An id as people read it: text where it is printable, else hex.
    pub fn id_text(&self, sym: Sym) -> String {
        id_text(self.bytes_of(sym))
    }

    /// Frees what `marked` does not name.
    pub fn sweep(&mut self, marked: &std::collections::HashSet<Sym>) {
        for (index, slot) in self.texts.iter_mut().enumerate().skip(1) {
            if !marked.contains(&Sym(index as u32))
                && let Some(text) = slot.take()
            {
                self.bytes -= text.len() + OVERHEAD;
                self.syms.remove(&text);
                self.free.push(index as u32);
            }
        }
    }

    pub fn memory(&self) -> usize {
        self.bytes
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.syms.len()
    }
}

pub fn id_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() > 1 && text.bytes().all(|b| b.is_ascii_graphic()) => text.to_owned(),
        Ok(text) if text.bytes().all(|b| b.is_ascii_alphanumeric()) => text.to_owned(),
        _ => bytes.iter().fold(String::from("0x"), |mut hex, byte| {
            // Writing to a String never fails.
            _ = write!(hex, "{byte:02x}");
            hex
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_text_has_one_symbol_until_it_is_swept() {
        let mut interner = Interner::default();
        let (a, b) = (interner.sym(b"/ipfs/ping/1.0.0"), interner.sym(b"tcp"));
        assert_eq!(interner.sym(b"/ipfs/ping/1.0.0"), a);
        assert_eq!(interner.text(a), "/ipfs/ping/1.0.0");
        assert_eq!(interner.sym(b""), Sym::NONE);
        interner.sweep(&HashSet::from([b]));
        assert_eq!(interner.known(b"/ipfs/ping/1.0.0"), None);
        assert_eq!(interner.text(b), "tcp");
        assert_eq!(interner.sym(b"quic"), a, "the slot is used again");
        assert_eq!(interner.len(), 2);
    }

    #[test]
    fn ids_are_text_where_they_can_be() {
        assert_eq!(id_text(b"12D3KooWK3-1"), "12D3KooWK3-1");
        assert_eq!(id_text(b"7"), "7");
        assert_eq!(id_text(&[0, 1, 0xab, 0xff]), "0x0001abff");
    }
}
