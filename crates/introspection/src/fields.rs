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

    /// The next field; None at the end.
    ///
    /// # Errors
    /// [`Odd`] when what follows is no field: nothing behind it can be read.
    #[inline]
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

#[inline]
fn take_varint(bytes: &mut &[u8]) -> Result<u64, Odd> {
    let (first, rest) = bytes.split_first().ok_or(Odd)?;
    if *first < 0x80 {
        *bytes = rest;
        return Ok(u64::from(*first));
    }
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
        #[test]
        fn numbers_are_read_as_prost_reads_them(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
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
        fn every_number_is_read(value in any::<u64>()) {
            let mut bytes = Vec::new();
            encode_varint(value, &mut bytes);
            let mut rest = &bytes[..];
            prop_assert_eq!(take_varint(&mut rest), Ok(value));
            prop_assert!(rest.is_empty());
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
