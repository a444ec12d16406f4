//! One figure of one row over the snapshots of a chunk: told when it changes, nothing in between.

/// Changes in order: (number of the snapshot in its chunk, value from then on).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track(Vec<(u8, u64)>);

impl Track {
    pub fn value_at(&self, snapshot: u8) -> Option<u64> {
        self.0.iter().rev().find(|(at, _)| *at <= snapshot).map(|(_, value)| *value)
    }

    /// At the end: `snapshot` is not before any other.
    pub fn push(&mut self, snapshot: u8, value: u64) {
        if self.0.last().is_none_or(|(_, last)| *last != value) {
            self.0.push((snapshot, value));
        }
    }

    /// Makes room for a snapshot that came late: what stood at `snapshot` and after moves on by one. With a value, that
    /// one holds at `snapshot` alone. `is_last`: no snapshot follows in this chunk.
    pub fn insert(&mut self, snapshot: u8, value: Option<u64>, is_last: bool) {
        let before = snapshot.checked_sub(1).and_then(|at| self.value_at(at));
        let after = if is_last { None } else { self.value_at(snapshot) };
        let place = self.0.partition_point(|(at, _)| *at < snapshot);
        for (at, _) in &mut self.0[place..] {
            *at += 1;
        }
        let Some(value) = value else { return };
        let mut place = place;
        if before != Some(value) {
            self.0.insert(place, (snapshot, value));
            place += 1;
        }
        let told = self.0.get(place).is_some_and(|(at, _)| *at == snapshot + 1);
        if let Some(after) = after
            && after != value
            && !told
        {
            self.0.insert(place, (snapshot + 1, after));
        }
    }

    /// What holds at `snapshot` alone becomes `value`. `followed`: another snapshot comes after it in this chunk.
    pub fn replace(&mut self, snapshot: u8, value: u64, followed: bool) {
        let after = if followed { self.value_at(snapshot + 1) } else { None };
        self.0.retain(|(at, _)| *at != snapshot);
        let before = snapshot.checked_sub(1).and_then(|at| self.value_at(at));
        let mut place = self.0.partition_point(|(at, _)| *at < snapshot);
        if before != Some(value) {
            self.0.insert(place, (snapshot, value));
            place += 1;
        }
        if let Some(after) = after {
            let told = self.0.get(place).is_some_and(|(at, _)| *at == snapshot + 1);
            if told && after == value {
                self.0.remove(place);
            } else if !told && after != value {
                self.0.insert(place, (snapshot + 1, after));
            }
        }
    }

    /// What lies at `snapshot` and after, as a track of its own that begins there.
    pub fn split_off(&mut self, snapshot: u8) -> Track {
        let first = self.value_at(snapshot);
        let place = self.0.partition_point(|(at, _)| *at <= snapshot);
        let mut right: Vec<_> = first.into_iter().map(|value| (0, value)).collect();
        right.extend(self.0[place..].iter().map(|(at, value)| (at - snapshot, *value)));
        self.0.truncate(self.0.partition_point(|(at, _)| *at < snapshot));
        Track(right)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Snapshot and value as deltas, variable length.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (mut last_at, mut last_value) = (0, 0);
        for (at, value) in &self.0 {
            put_varint(out, u64::from(at - last_at));
            put_varint(out, zigzag(value.wrapping_sub(last_value) as i64));
            (last_at, last_value) = (*at, *value);
        }
    }

    pub fn decode(bytes: &[u8]) -> Track {
        Track(Changes::new(bytes).collect())
    }
}

/// The changes of an encoded track.
pub struct Changes<'a> {
    bytes: &'a [u8],
    at: u8,
    value: u64,
}

impl<'a> Changes<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Changes { bytes, at: 0, value: 0 }
    }
}

impl Iterator for Changes<'_> {
    type Item = (u8, u64);

    fn next(&mut self) -> Option<(u8, u64)> {
        let step = take_varint(&mut self.bytes)?;
        let delta = unzigzag(take_varint(&mut self.bytes)?);
        self.at = self.at.wrapping_add(step as u8);
        self.value = self.value.wrapping_add(delta as u64);
        Some((self.at, self.value))
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let (mut value, mut shift) = (0u64, 0);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(value);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[Option<u64>]) -> Track {
        let mut track = Track::default();
        for (at, value) in values.iter().enumerate() {
            if let Some(value) = value {
                track.push(at as u8, *value);
            }
        }
        track
    }

    /// A row is told from its first snapshot on (absence is a status of its own).
    fn values() -> impl Strategy<Value = Vec<Option<u64>>> {
        (0usize..5, proptest::collection::vec(prop_oneof![0u64..4, any::<u64>()], 0..60)).prop_map(
            |(absent, told)| std::iter::repeat_n(None, absent).chain(told.into_iter().map(Some)).collect(),
        )
    }

    proptest! {
        #[test]
        fn encoded_and_decoded_is_the_same(values in values()) {
            let track = of(&values);
            let mut bytes = Vec::new();
            track.encode(&mut bytes);
            prop_assert_eq!(&Track::decode(&bytes), &track);
            for (at, value) in values.iter().enumerate() {
                prop_assert_eq!(track.value_at(at as u8), *value);
            }
        }

        #[test]
        fn a_late_value_holds_at_its_own_snapshot_alone(mut values in values(), at in any::<prop::sample::Index>(), late in 0u64..4) {
            let at = at.index(values.len() + 1);
            let mut track = of(&values);
            track.insert(at as u8, Some(late), at == values.len());
            values.insert(at, Some(late));
            for (at, value) in values.iter().enumerate() {
                if value.is_some() {
                    prop_assert_eq!(track.value_at(at as u8), *value, "at {}", at);
                }
            }
        }

        #[test]
        fn a_replaced_value_holds_at_its_own_snapshot_alone(mut values in values(), at in any::<prop::sample::Index>(), new in 0u64..4) {
            prop_assume!(!values.is_empty());
            let at = at.index(values.len());
            let mut track = of(&values);
            track.replace(at as u8, new, at + 1 < values.len());
            values[at] = Some(new);
            for (at, value) in values.iter().enumerate() {
                if value.is_some() {
                    prop_assert_eq!(track.value_at(at as u8), *value, "at {}", at);
                }
            }
        }

        #[test]
        fn split_tracks_tell_what_the_whole_told(values in values(), at in any::<prop::sample::Index>()) {
            let at = at.index(values.len() + 1);
            let mut left = of(&values);
            let right = left.split_off(at as u8);
            for (i, value) in values.iter().enumerate() {
                let told = if i < at { left.value_at(i as u8) } else { right.value_at((i - at) as u8) };
                prop_assert_eq!(told, *value);
            }
        }
    }
}
