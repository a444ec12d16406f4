//! Which parts the frame store has, how large they are, and which of them goes. Pure.

use std::collections::VecDeque;

/// 1 GiB: with the figures of docs/performance.md what the history's 256 MiB reach back to are 170 to 660 MB of frames; beyond
/// that `peerscope record` writes a file.
pub const QUOTA: u64 = 1 << 30;
/// A quarter of what the browser still has for this origin: other tabs and other data of it want some too.
const SHARE: u64 = 4;
/// What goes is a part, so there are many: 16.
const PARTS: u64 = 16;
/// With less room it is not worth it: the page's own memory keeps as much.
const LEAST: u64 = 64 << 20;

/// Bytes the store may take where the browser has so many left. None: too few.
pub fn quota(left: Option<u64>) -> Option<u64> {
    let quota = left.map_or(QUOTA, |left| QUOTA.min(left / SHARE));
    (quota >= LEAST).then_some(quota)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Counts parts of a source, and names the file.
    pub number: u32,
    pub bytes: u64,
    pub messages: u64,
    /// How far the source was when the part began, in ms since the Unix epoch.
    pub from_ms: Option<u64>,
}

#[derive(Debug)]
pub struct Parts {
    quota: u64,
    kept: VecDeque<Part>,
    next: u32,
    /// Messages that went with the oldest parts.
    pub dropped: u64,
}

impl Parts {
    pub fn new(quota: u64) -> Self {
        Self { quota, kept: VecDeque::new(), next: 0, dropped: 0 }
    }

    pub fn quota(&self) -> u64 {
        self.quota
    }

    /// The number that the next part gets.
    pub fn next(&self) -> u32 {
        self.next
    }

    /// A part that was there before, or that is begun now.
    pub fn begin(&mut self, part: Part) {
        self.next = part.number + 1;
        self.kept.push_back(part);
    }

    /// What was found in a part that was there before.
    pub fn tell(&mut self, number: u32, messages: u64, from_ms: Option<u64>) {
        if let Some(part) = self.kept.iter_mut().find(|part| part.number == number) {
            (part.messages, part.from_ms) = (messages, from_ms);
        }
    }

    /// The newest part grew.
    pub fn grow(&mut self, bytes: u64, messages: u64) {
        if let Some(newest) = self.kept.back_mut() {
            newest.bytes += bytes;
            newest.messages += messages;
        }
    }

    /// The newest part is long enough.
    pub fn is_full(&self) -> bool {
        self.kept.back().is_some_and(|newest| newest.bytes >= self.quota / PARTS)
    }

    /// Takes the oldest part away, if there are more bytes than the quota allows and it is not the newest.
    pub fn drop_oldest(&mut self) -> Option<Part> {
        if self.bytes() <= self.quota || self.kept.len() < 2 {
            return None;
        }
        let oldest = self.kept.pop_front()?;
        self.dropped += oldest.messages;
        Some(oldest)
    }

    pub fn bytes(&self) -> u64 {
        self.kept.iter().map(|part| part.bytes).sum()
    }

    /// How far back it reaches. None: to the source's beginning.
    pub fn begin_ms(&self) -> Option<u64> {
        self.kept.front().and_then(|part| part.from_ms)
    }

    /// Their numbers, oldest first.
    pub fn numbers(&self) -> Vec<u32> {
        self.kept.iter().map(|part| part.number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_began_before_anything_was_told_reaches_back_to_the_beginning() {
        let mut parts = Parts::new(1000);
        parts.begin(Part { number: 0, bytes: 10, messages: 1, from_ms: None });
        parts.begin(Part { number: 1, bytes: 10, messages: 1, from_ms: Some(5) });
        assert_eq!(parts.begin_ms(), None);
    }

    #[test]
    fn the_quota_is_bounded_by_what_the_browser_has_left() {
        assert_eq!(quota(None), Some(QUOTA));
        assert_eq!(quota(Some(100 << 30)), Some(QUOTA));
        assert_eq!(quota(Some(1 << 30)), Some(256 << 20));
        assert_eq!(quota(Some(100 << 20)), None);
    }

    #[test]
    fn the_oldest_goes_and_is_counted_and_the_newest_never() {
        let mut parts = Parts::new(100);
        for number in 0..4 {
            assert_eq!(parts.next(), number);
            parts.begin(Part { number, bytes: 0, messages: 0, from_ms: Some(u64::from(number) * 10) });
            parts.grow(40, 3);
            assert!(parts.is_full());
        }
        assert_eq!((parts.bytes(), parts.begin_ms()), (160, Some(0)));
        let gone: Vec<u32> = std::iter::from_fn(|| parts.drop_oldest()).map(|part| part.number).collect();
        assert_eq!(gone, [0, 1]);
        assert_eq!((parts.bytes(), parts.begin_ms(), parts.dropped), (80, Some(20), 6));
        parts.grow(1000, 1);
        assert_eq!(parts.drop_oldest().map(|part| part.number), Some(2));
        assert_eq!(parts.drop_oldest(), None);
        assert_eq!(parts.numbers(), [3]);
    }
}
