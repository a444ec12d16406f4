//! Stand-ins of peer ids: of the same kind and length, so that they are read and shown as peer ids are.
//!
//! go-libp2p's connection ids begin with the first ten characters of a peer id. So the first ten of a stand-in depend on the
//! first ten of the id alone, and the two still fit together.

use std::collections::HashSet;

use super::secret::{BASE58, Secret};

/// How many characters of a peer id Go's connection ids have.
const SHORT: usize = 10;
/// Ids that are remembered because their looks don't tell that they are ids.
const KNOWN: usize = 200_000;
/// Of those, such as can only be found by searching every text for them.
const ODD: usize = 256;
/// Shorter ones stand in too many texts by chance.
const ODD_LEN: usize = 3;
/// A run of letters and digits as long as this is an id, a hash or a key.
pub const LONG: usize = 40;

/// A kind of id in base58: what each begins with, what a stand-in begins with, what can follow there, and the length.
struct Form {
    head: &'static str,
    stand_in: &'static str,
    next: &'static [u8],
    len: usize,
}

/// Ed25519 and secp256k1 keys as they are, and the SHA-256 of longer ones
/// (<https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md>). `next` keeps a stand-in within what 32 bytes can say.
const FORMS: [Form; 3] = [
    Form { head: "12D3KooW", stand_in: "12D3KooW", next: b"ABCDEFGHJKLMNPQRS", len: 52 },
    Form { head: "16Uiu2HA", stand_in: "16Uiu2HAm", next: b"123456789ABCDEFGHJKLMNPQRSTU", len: 53 },
    Form { head: "Qm", stand_in: "Qm", next: b"PQRSTUVWXYZabcde", len: 46 },
];

fn form(text: &str) -> Option<&'static Form> {
    let form = FORMS.iter().find(|form| text.starts_with(form.head))?;
    text.bytes().all(|byte| BASE58.contains(&byte)).then_some(form)
}

/// Whether a part of a connection's or stream's id between dashes is a number, or a peer as its looks tell.
pub fn in_id(part: &str) -> bool {
    part.len() <= 2
        || part.bytes().all(|byte| byte.is_ascii_digit())
        || part.len() >= LONG && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        || form(part).is_some_and(|form| part.len() == SHORT || part.len() == form.len)
}

fn is_hex(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[derive(Debug, Default)]
pub struct Peers {
    /// Ids of no known form.
    known: HashSet<String>,
    /// Their first ten characters.
    short: HashSet<String>,
    /// Those of them that are not one run of letters and digits.
    odd: Vec<String>,
    /// There were more of them than are kept: no text is safe, but ids.
    pub overflown: bool,
}

impl Peers {
    /// Takes note of an id, so that it is found within other texts.
    pub fn learn(&mut self, id: &str) {
        if id.is_empty() || form(id).is_some_and(|form| form.len == id.len()) || self.known.contains(id) {
            return;
        }
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if self.known.len() == KNOWN || (!plain && self.odd.len() == ODD) {
            self.overflown = true;
            return;
        }
        self.known.insert(id.to_owned());
        if plain && id.len() > SHORT {
            self.short.insert(id[..SHORT].to_owned());
        }
        if !plain && id.len() >= ODD_LEN {
            self.odd.push(id.to_owned());
            // The longest first: one can be a part of another.
            self.odd.sort_by_key(|id| std::cmp::Reverse(id.len()));
        }
    }

    pub fn is_known(&self, text: &str) -> bool {
        self.known.contains(text)
    }

    /// How many are known.
    pub fn learned(&self) -> usize {
        self.known.len()
    }

    /// Ids that have to be searched for.
    pub fn odd(&self) -> &[String] {
        &self.odd
    }

    /// What stands for an id, of whatever form it is.
    pub fn stand_in(&mut self, secret: &Secret, id: &str) -> String {
        self.learn(id);
        if id.is_empty() { String::new() } else { whole(secret, id) }
    }

    /// What stands for a run of letters and digits within a text, if it is an id.
    pub fn within(&self, secret: &Secret, run: &str) -> Option<String> {
        if let Some(form) = form(run) {
            if run.len() == SHORT {
                return Some(head(secret, form, run));
            }
            if run.len() == form.len {
                return Some(whole(secret, run));
            }
        }
        if run.len() == SHORT && self.short.contains(run) {
            return Some(first_ten(secret, digits_of(run), run));
        }
        (run.len() >= LONG || self.is_known(run)).then(|| whole(secret, run))
    }
}

fn whole(secret: &Secret, id: &str) -> String {
    if let Some(form) = form(id).filter(|form| form.len == id.len()) {
        let mut text = head(secret, form, &id[..SHORT]);
        text += &secret.stream("peer", id.as_bytes()).digits(BASE58, form.len - SHORT);
        return text;
    }
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain && (is_hex(id) || id.len() >= LONG) && id.len() > SHORT {
        let digits = digits_of(id);
        let rest = secret.stream("other peer", id.as_bytes()).digits(digits, id.len() - SHORT);
        return first_ten(secret, digits, &id[..SHORT]) + &rest;
    }
    format!("peer-{}", secret.stream("other peer", id.as_bytes()).digits(BASE58, 12))
}

fn digits_of(id: &str) -> &'static [u8] {
    if is_hex(id) { b"0123456789abcdef" } else { BASE58 }
}

fn first_ten(secret: &Secret, digits: &[u8], short: &str) -> String {
    secret.stream("short peer", short.as_bytes()).digits(digits, SHORT)
}

/// The first ten characters of a stand-in in base58.
fn head(secret: &Secret, form: &Form, short: &str) -> String {
    let mut stream = secret.stream("short peer", short.as_bytes());
    let mut text = form.stand_in.to_owned();
    text.push(stream.digit(form.next));
    text += &stream.digits(BASE58, SHORT - text.len());
    text
}

/// Bytes with the key or the hash of every peer id in them replaced that stands there as its multihash.
pub fn raw(secret: &Secret, bytes: &[u8]) -> Vec<u8> {
    // Ed25519 and secp256k1 keys as they are, the latter with the sign of their y, and SHA-256 of others.
    const KINDS: [(&[u8], usize); 5] = [
        (&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20], 32),
        (&[0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x02], 32),
        (&[0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x03], 32),
        (&[0x00, 0x25, 0x08, 0x02, 0x12, 0x21], 33),
        (&[0x12, 0x20], 32),
    ];
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < out.len() {
        let fits =
            |(head, len): &&(&[u8], usize)| out[at..].starts_with(head) && out.len() - at >= head.len() + len;
        let Some((head, len)) = KINDS.iter().find(fits) else {
            at += 1;
            continue;
        };
        let key = at + head.len()..at + head.len() + len;
        let mut stream = secret.stream("raw peer", &out[key.clone()]);
        out[key.clone()].fill_with(|| stream.byte());
        at = key.end;
    }
    out
}
