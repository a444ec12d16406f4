//! One figure of one row over the snapshots of a chunk: told when it changes, nothing in between.

/// Changes in order: (number of the snapshot in its chunk, value from then on), each as a delta of variable length. Most
/// follow the snapshot before at once: only for others is the step written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    bytes: Vec<u8>,
    last: Option<(u8, u64)>,
}

/// Before the first change, a step from snapshot 0.
const BEFORE: (u8, u64) = (u8::MAX, 0);

impl FromIterator<(u8, u64)> for Track {
    fn from_iter<I: IntoIterator<Item = (u8, u64)>>(changes: I) -> Track {
        let mut track = Track::default();
        for change in changes {
            track.append(change);
        }
        track
    }
}

impl Track {
    fn append(&mut self, (at, value): (u8, u64)) {
        let (last_at, last_value) = self.last.unwrap_or(BEFORE);
        put_change(&mut self.bytes, at.wrapping_sub(last_at), zigzag(value.wrapping_sub(last_value) as i64));
        self.last = Some((at, value));
    }

    pub fn value_at(&self, snapshot: u8) -> Option<u64> {
        match self.last {
            Some((at, value)) if at <= snapshot => Some(value),
            _ => value_at(&self.bytes, snapshot),
        }
    }

    /// At the end: `snapshot` is not before any other.
    pub fn push(&mut self, snapshot: u8, value: u64) {
        if self.last.is_none_or(|(_, last)| last != value) {
            self.append((snapshot, value));
        }
    }

    /// Makes room for a snapshot that came late: what stood at `snapshot` and after moves on by one. With a value, that
    /// one holds at `snapshot` alone. `is_last`: no snapshot follows in this chunk.
    pub fn insert(&mut self, snapshot: u8, value: Option<u64>, is_last: bool) {
        let after = if is_last { None } else { self.value_at(snapshot) };
        let moved: Vec<(u8, u64)> =
            self.changes().map(|(at, value)| (if at >= snapshot { at + 1 } else { at }, value)).collect();
        *self = match value {
            Some(value) => with_value(moved, snapshot, value, after),
            None => moved.into_iter().collect(),
        };
    }

    /// What holds at `snapshot` alone becomes `value`. `followed`: another snapshot comes after it in this chunk.
    pub fn replace(&mut self, snapshot: u8, value: u64, followed: bool) {
        let after = if followed { self.value_at(snapshot + 1) } else { None };
        let others = self.changes().filter(|(at, _)| *at != snapshot).collect();
        *self = with_value(others, snapshot, value, after);
    }

    /// What lies at `snapshot` and after, as a track of its own that begins there.
    pub fn split_off(&mut self, snapshot: u8) -> Track {
        let first = self.value_at(snapshot).map(|value| (0, value));
        let later = self.changes().filter(|(at, _)| *at > snapshot).map(|(at, value)| (at - snapshot, value));
        let right = first.into_iter().chain(later).collect();
        *self = self.changes().filter(|(at, _)| *at < snapshot).collect();
        right
    }

    /// The first snapshot that tells it.
    pub fn first_at(&self) -> Option<u8> {
        self.changes().next().map(|(at, _)| at)
    }

    /// Has it begin with `value` at `snapshot`, unless it is told by then.
    pub fn begin(&mut self, snapshot: u8, value: u64) {
        if self.first_at().is_none_or(|first| first > snapshot) {
            *self = std::iter::once((snapshot, value)).chain(self.changes()).collect();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn changes(&self) -> Changes<'_> {
        Changes::new(&self.bytes)
    }

    pub fn decode(bytes: &[u8]) -> Track {
        Track { bytes: bytes.to_vec(), last: Changes::new(bytes).last() }
    }
}

/// `value` at `snapshot`, and what came after it again at the next one.
fn with_value(mut changes: Vec<(u8, u64)>, snapshot: u8, value: u64, after: Option<u64>) -> Track {
    let mut place = changes.partition_point(|(at, _)| *at < snapshot);
    let before = place.checked_sub(1).map(|place| changes[place].1);
    if before != Some(value) {
        changes.insert(place, (snapshot, value));
        place += 1;
    }
    if let Some(after) = after {
        let told = changes.get(place).is_some_and(|(at, _)| *at == snapshot + 1);
        if told && after == value {
            changes.remove(place);
        } else if !told && after != value {
            changes.insert(place, (snapshot + 1, after));
        }
    }
    changes.into_iter().collect()
}

/// Of an encoded track.
pub fn value_at(bytes: &[u8], snapshot: u8) -> Option<u64> {
    Changes::new(bytes).take_while(|(at, _)| *at <= snapshot).last().map(|(_, value)| value)
}

/// The changes of an encoded track.
pub struct Changes<'a> {
    bytes: &'a [u8],
    at: u8,
    value: u64,
}

impl<'a> Changes<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Changes { bytes, at: BEFORE.0, value: BEFORE.1 }
    }
}

impl Iterator for Changes<'_> {
    type Item = (u8, u64);

    fn next(&mut self) -> Option<(u8, u64)> {
        let (step, delta) = take_change(&mut self.bytes)?;
        self.at = self.at.wrapping_add(step);
        self.value = self.value.wrapping_add(unzigzag(delta) as u64);
        Some((self.at, self.value))
    }
}

pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

/// First byte: whether a step of other than 1 follows, 6 bits of the delta, and whether more of it come.
fn put_change(out: &mut Vec<u8>, step: u8, delta: u64) {
    let (is_far, rest) = (u8::from(step != 1), delta >> 6);
    out.push(is_far | (delta as u8 & 0x3f) << 1 | u8::from(rest > 0) << 7);
    if rest > 0 {
        put_varint(out, rest);
    }
    if is_far == 1 {
        out.push(step);
    }
}

fn take_change(bytes: &mut &[u8]) -> Option<(u8, u64)> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    let mut delta = u64::from(first >> 1 & 0x3f);
    if first & 0x80 != 0 {
        delta |= take_varint(bytes)? << 6;
    }
    let step = if first & 1 == 1 {
        let (step, rest) = bytes.split_first()?;
        *bytes = rest;
        *step
    } else {
        1
    };
    Some((step, delta))
}

pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
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
            prop_assert_eq!(&Track::decode(track.bytes()), &track);
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
