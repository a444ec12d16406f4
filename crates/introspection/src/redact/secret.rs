//! From the salt and a text to bytes that tell nothing of either: SHA-256 of both, and on from there.

use sha2::{Digest, Sha256};

/// The digits of base58, as Bitcoin and libp2p write it.
pub const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Lower case, for names of hosts.
pub const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

#[derive(Clone, Debug)]
pub struct Secret([u8; 32]);

impl Secret {
    pub fn new(salt: [u8; 32]) -> Self {
        Self(salt)
    }

    /// Bytes without end, always the same for the same kind and text.
    pub fn stream(&self, kind: &str, text: &[u8]) -> Stream {
        let mut hash = Sha256::new();
        hash.update(self.0);
        // The length keeps kind and text apart.
        hash.update([kind.len() as u8]);
        hash.update(kind);
        hash.update(text);
        Stream { seed: hash.finalize().into(), block: [0; 32], at: 32, number: 0 }
    }
}

pub struct Stream {
    seed: [u8; 32],
    block: [u8; 32],
    at: usize,
    number: u64,
}

impl Stream {
    pub fn byte(&mut self) -> u8 {
        if self.at == self.block.len() {
            self.block = Sha256::new()
                .chain_update(self.seed)
                .chain_update(self.number.to_le_bytes())
                .finalize()
                .into();
            self.number += 1;
            self.at = 0;
        }
        self.at += 1;
        self.block[self.at - 1]
    }

    pub fn word(&mut self) -> u32 {
        u32::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// One of some digits. Not quite evenly, which tells nothing of what went in.
    pub fn digit(&mut self, digits: &[u8]) -> char {
        char::from(digits[self.byte() as usize % digits.len()])
    }

    pub fn digits(&mut self, digits: &[u8], count: usize) -> String {
        (0..count).map(|_| self.digit(digits)).collect()
    }
}
