//! What the parts of one chunk's traffic moved until each of its snapshots, packed.

use rustc_hash::FxHashMap;

use super::Moved;
use crate::{
    history::track::{put_varint, take_varint},
    intern::Sym,
};

/// What each of many names moved, packed: of 10,000 peers in every chunk.
#[derive(Debug, Default)]
pub struct Sums(Vec<u8>);

impl Sums {
    /// In order of their symbols.
    pub fn of(sums: impl Iterator<Item = (Sym, Moved)>) -> Sums {
        let (mut packed, mut last) = (Vec::new(), 0);
        for (name, moved) in sums {
            put_varint(&mut packed, u64::from(name.number().wrapping_sub(last)));
            put_varint(&mut packed, moved.bytes_in);
            put_varint(&mut packed, moved.bytes_out);
            last = name.number();
        }
        packed.shrink_to_fit();
        Sums(packed)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Sym, Moved)> {
        let (mut bytes, mut last) = (self.0.as_slice(), 0u32);
        std::iter::from_fn(move || {
            let mut next = || take_varint(&mut bytes);
            last = last.wrapping_add(next()? as u32);
            Some((Sym::of_number(last), Moved { bytes_in: next()?, bytes_out: next()? }))
        })
    }

    pub fn memory(&self) -> usize {
        self.0.capacity()
    }
}

/// Names in one chunk; what moved least is under no name beyond them. A peer may make up protocols.
const MAX_NAMES: usize = 256;

#[derive(Debug, Default)]
pub struct Shares {
    /// And what each moved in the chunk.
    names: Vec<(Sym, Moved)>,
    /// For each snapshot how many moved anything, and of each its place among the names, bytes in, bytes out.
    packed: Vec<u8>,
}

/// Names told apart until all are known.
const MAX_ADDED: usize = 4 * MAX_NAMES;

/// Shares that are being added up, each name by snapshot.
#[derive(Debug, Default)]
pub struct Adding(FxHashMap<Sym, Vec<Moved>>);

impl Adding {
    /// What a row of this name moved until each of the `len` snapshots.
    pub fn add(&mut self, name: Sym, len: usize, moved: impl Iterator<Item = (usize, Moved)>) {
        let mut moved = moved.peekable();
        if moved.peek().is_none() {
            return;
        }
        let is_known = self.0.len() < MAX_ADDED || self.0.contains_key(&name);
        let sums = self.0.entry(if is_known { name } else { Sym::NONE });
        let sums = sums.or_insert_with(|| vec![Moved::default(); len]);
        for (at, moved) in moved {
            if let Some(sum) = sums.get_mut(at) {
                sum.add(moved);
            }
        }
    }

    pub fn packed(self) -> Shares {
        let mut all: Vec<(Sym, Moved, Vec<Moved>)> = Vec::with_capacity(self.0.len());
        for (name, by_snapshot) in self.0 {
            let mut sum = Moved::default();
            by_snapshot.iter().for_each(|moved| sum.add(*moved));
            all.push((name, sum, by_snapshot));
        }
        all.sort_unstable_by_key(|(name, sum, _)| (std::cmp::Reverse(sum.sum()), *name));
        if all.len() > MAX_NAMES {
            let rest = all.split_off(MAX_NAMES);
            let nameless = all.iter().position(|(name, ..)| name.is_none()).unwrap_or_else(|| {
                all.push((Sym::NONE, Moved::default(), vec![Moved::default(); rest[0].2.len()]));
                all.len() - 1
            });
            for (_, sum, by_snapshot) in rest {
                all[nameless].1.add(sum);
                all[nameless].2.iter_mut().zip(by_snapshot).for_each(|(sum, more)| sum.add(more));
            }
        }
        let mut packed = Vec::new();
        for at in 0..all.first().map_or(0, |(.., by_snapshot)| by_snapshot.len()) {
            let moved =
                || all.iter().map(|(.., all)| all[at]).enumerate().filter(|(_, moved)| moved.sum() > 0);
            put_varint(&mut packed, moved().count() as u64);
            for (place, moved) in moved() {
                put_varint(&mut packed, place as u64);
                put_varint(&mut packed, moved.bytes_in);
                put_varint(&mut packed, moved.bytes_out);
            }
        }
        packed.shrink_to_fit();
        Shares { names: all.into_iter().map(|(name, sum, _)| (name, sum)).collect(), packed }
    }
}

impl Shares {
    /// What each moved in the whole chunk.
    pub fn sums(&self) -> impl Iterator<Item = (Sym, Moved)> {
        self.names.iter().copied()
    }

    /// Each name, snapshot of the chunk, and what moved until it since the one before.
    pub fn each(&self, mut take: impl FnMut(Sym, usize, Moved)) {
        let mut bytes = self.packed.as_slice();
        let mut at = 0;
        while let Some(count) = take_varint(&mut bytes) {
            for _ in 0..count {
                let mut next = || take_varint(&mut bytes);
                let (Some(place), Some(bytes_in), Some(bytes_out)) = (next(), next(), next()) else { return };
                if let Some((name, _)) = self.names.get(place as usize) {
                    take(*name, at, Moved { bytes_in, bytes_out });
                }
            }
            at += 1;
        }
    }

    pub fn each_sym(&self, mut visit: impl FnMut(Sym)) {
        self.names.iter().for_each(|(name, _)| visit(*name));
    }

    pub fn memory(&self) -> usize {
        self.names.capacity() * size_of::<(Sym, Moved)>() + self.packed.capacity()
    }
}
