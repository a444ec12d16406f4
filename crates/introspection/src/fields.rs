//! The fields of an encoded message, one after the other, without making the message. Whatever is not as an encoder writes it
//! is [`Odd`]: only prost tells then what is wrong with it.

/// Damaged, a group, or a field of another type than was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Odd;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A number.
    Varint(u64),
    /// A text, bytes, or a message.
    Bytes(&'a [u8]),
    /// 32 or 64 bits: no field of the schema is of that kind.
    Fixed,
}

impl<'a> Value<'a> {
    /// # Errors
    /// [`Odd`] when it is no number.
    #[inline]
    pub fn varint(self) -> Result<u64, Odd> {
        if let Value::Varint(value) = self { Ok(value) } else { Err(Odd) }
    }

    /// # Errors
    /// [`Odd`] when it is no text, bytes, or message.
    #[inline]
    pub fn bytes(self) -> Result<&'a [u8], Odd> {
        if let Value::Bytes(bytes) = self { Ok(bytes) } else { Err(Odd) }
    }
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Its number in the schema.
    pub number: u32,
    /// What it holds.
    pub value: Value<'a>,
    /// Key and value as they stand in the message.
    pub raw: &'a [u8],
}

/// Goes from field to field.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Of an encoded message.
    #[must_use]
    pub fn of(message: &'a [u8]) -> Self {
        Fields(message)
    }

    /// What was not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next field; None at the end. Inlined: what it returns is large, and otherwise goes through memory for each field.
    ///
    /// # Errors
    /// [`Odd`] when what follows is no field: nothing behind it can be read.
    #[inline(always)]
    #[allow(clippy::should_implement_trait, reason = "an error ends it, which an iterator would not say")]
    pub fn next(&mut self) -> Result<Option<Field<'a>>, Odd> {
        let message = self.0;
        if message.is_empty() {
            return Ok(None);
        }
        let mut rest = message;
        let key = u32::try_from(take_varint(&mut rest)?).map_err(|_| Odd)?;
        let value = match key & 7 {
            0 => Value::Varint(take_varint(&mut rest)?),
            2 => {
                let len = usize::try_from(take_varint(&mut rest)?).map_err(|_| Odd)?;
                let (bytes, after) = rest.split_at_checked(len).ok_or(Odd)?;
                rest = after;
                Value::Bytes(bytes)
            }
            fixed @ (1 | 5) => {
                rest = rest.get(if fixed == 1 { 8 } else { 4 }..).ok_or(Odd)?;
                Value::Fixed
            }
            _ => return Err(Odd),
        };
        let number = key >> 3;
        if number == 0 {
            return Err(Odd);
        }
        self.0 = rest;
        Ok(Some(Field { number, value, raw: &message[..message.len() - rest.len()] }))
    }
}

#[inline(always)]
fn take_varint(bytes: &mut &[u8]) -> Result<u64, Odd> {
    let (first, rest) = bytes.split_first().ok_or(Odd)?;
    if *first < 0x80 {
        *bytes = rest;
        return Ok(u64::from(*first));
    }
    take_longer_varint(bytes)
}

fn take_longer_varint(bytes: &mut &[u8]) -> Result<u64, Odd> {
    if let Some((eight, _)) = bytes.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        let ends = !word & 0x8080_8080_8080_8080;
        if ends != 0 {
            let len = ends.trailing_zeros() as usize / 8 + 1;
            *bytes = &bytes[len..];
            return Ok(squeeze(word & (u64::MAX >> (64 - 8 * len))));
        }
    }
    take_long_varint(bytes)
}

/// Eight groups of seven bits, the eighth bits left out.
fn squeeze(word: u64) -> u64 {
    let pairs = (word & 0x007f_007f_007f_007f) | ((word & 0x7f00_7f00_7f00_7f00) >> 1);
    let fours = (pairs & 0x0000_3fff_0000_3fff) | ((pairs & 0x3fff_0000_3fff_0000) >> 2);
    (fours & 0x0fff_ffff) | ((fours & 0x0fff_ffff_0000_0000) >> 4)
}

/// Byte by byte: of nine or ten bytes, or near the end.
fn take_long_varint(bytes: &mut &[u8]) -> Result<u64, Odd> {
    let (first, rest) = bytes.split_first().ok_or(Odd)?;
    let mut value = u64::from(first & 0x7f);
    for (at, byte) in rest.iter().take(9).enumerate() {
        let shift = 7 * (at + 1);
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            // The tenth byte has room for one bit.
            if shift == 63 && *byte > 1 {
                return Err(Odd);
            }
            *bytes = &rest[at + 1..];
            return Ok(value);
        }
    }
    Err(Odd)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::encoding::{decode_varint, encode_varint};

    use super::*;

    proptest! {
        /// Mostly with the eighth bit set, so that all lengths come up.
        #[test]
        fn numbers_are_read_as_prost_reads_them(bytes in proptest::collection::vec(prop_oneof![3 => 0x80..=0xff_u8, 1 => any::<u8>()], 0..20)) {
            let mut mine = &bytes[..];
            let mut theirs = &bytes[..];
            match take_varint(&mut mine) {
                Ok(value) => {
                    prop_assert_eq!(decode_varint(&mut theirs), Ok(value));
                    prop_assert_eq!(mine, theirs);
                }
                Err(Odd) => prop_assert!(decode_varint(&mut theirs).is_err()),
            }
        }

        #[test]
        fn every_number_is_read(value in any::<u64>(), cut in 0..64) {
            let value = value >> cut;
            let mut bytes = Vec::new();
            encode_varint(value, &mut bytes);
            let len = bytes.len();
            for after in 0..10 {
                bytes.resize(len + after, 0xff);
                let mut rest = &bytes[..];
                prop_assert_eq!(take_varint(&mut rest), Ok(value));
                prop_assert_eq!(rest.len(), after);
            }
        }
    }

    #[test]
    fn fields_stand_one_after_the_other() {
        // 1: 150, 2: "ab", 3: fixed 32.
        let message = [0x08, 0x96, 0x01, 0x12, 2, b'a', b'b', 0x1d, 1, 2, 3, 4];
        let mut fields = Fields::of(&message);
        let mut told = Vec::new();
        while let Ok(Some(field)) = fields.next() {
            told.push((field.number, field.value, field.raw.len()));
        }
        assert_eq!(told, [(1, Value::Varint(150), 3), (2, Value::Bytes(b"ab"), 4), (3, Value::Fixed, 5)]);
        for odd in [&[0x0b][..], &[0x00, 1], &[0x12, 5, 1], &[0x0d, 1], &[0x80]] {
            assert!(Fields::of(odd).next().is_err(), "{odd:?}");
        }
    }
}
