//! What closed a moment ago: kept for a while so that every reader sees the end, never more than a number of them.

use std::{collections::VecDeque, time::Duration};

use crate::clock::Instant;

/// Oldest first. What is pushed out before its time is counted.
pub(crate) struct ClosedQueue<T> {
    items: VecDeque<(Instant, T)>,
    max: usize,
    cut: u64,
}

impl<T> ClosedQueue<T> {
    pub(crate) fn new(max: usize) -> Self {
        Self { items: VecDeque::new(), max, cut: 0 }
    }

    /// Adds what closed at `now`. Gives back what falls out because its time is over, and what for want of room.
    pub(crate) fn push(&mut self, now: Instant, item: T, keep: Duration) -> (Vec<T>, Vec<T>) {
        let expired = self.expire(now, keep);
        let mut cut = Vec::new();
        self.items.push_back((now, item));
        while self.items.len() > self.max {
            if let Some((_, item)) = self.items.pop_front() {
                self.cut += 1;
                cut.push(item);
            }
        }
        (expired, cut)
    }

    /// Takes out what closed longer than `keep` ago.
    pub(crate) fn expire(&mut self, now: Instant, keep: Duration) -> Vec<T> {
        let mut fallen = Vec::new();
        while let Some((closed, _)) = self.items.front() {
            if now.saturating_duration_since(*closed) <= keep {
                break;
            }
            fallen.extend(self.items.pop_front().map(|(_, item)| item));
        }
        fallen
    }

    /// Takes out those that are not to be listed any more, before their time.
    pub(crate) fn cut_out(&mut self, mut goes: impl FnMut(&T) -> bool) -> Vec<T> {
        let (gone, stay) =
            std::mem::take(&mut self.items).into_iter().partition::<Vec<_>, _>(|(_, item)| goes(item));
        self.items = stay.into();
        self.cut += gone.len() as u64;
        gone.into_iter().map(|(_, item)| item).collect()
    }

    /// How many were pushed out before their time, ever.
    pub(crate) fn cut(&self) -> u64 {
        self.cut
    }

    /// Those that closed within `window` before `now`.
    pub(crate) fn within(&self, now: Instant, window: Duration) -> impl Iterator<Item = &T> {
        let recent = self.items.iter().rev();
        let recent = recent.take_while(move |(closed, _)| now.saturating_duration_since(*closed) <= window);
        recent.map(|(_, item)| item)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|(_, item)| item)
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Duration = Duration::from_secs(5);

    #[test]
    fn expires_after_its_time_without_counting() {
        let start = Instant::now();
        let mut queue = ClosedQueue::new(10);
        assert_eq!(queue.push(start, 'a', KEEP), (vec![], vec![]));
        assert_eq!(queue.push(start + Duration::from_secs(3), 'b', KEEP), (vec![], vec![]));
        assert!(queue.expire(start + KEEP, KEEP).is_empty());
        assert_eq!(queue.expire(start + Duration::from_secs(6), KEEP), ['a']);
        assert_eq!((queue.len(), queue.cut()), (1, 0));
        let at = start + Duration::from_secs(6);
        assert_eq!(queue.within(at, Duration::from_secs(3)).collect::<Vec<_>>(), [&'b']);
        assert_eq!(queue.within(at, Duration::from_secs(2)).count(), 0);
    }

    #[test]
    fn the_oldest_makes_room_and_is_counted() {
        let start = Instant::now();
        let mut queue = ClosedQueue::new(2);
        let cut = (0..5).flat_map(|item| queue.push(start, item, KEEP).1).collect::<Vec<_>>();
        assert_eq!(cut, [0, 1, 2]);
        assert_eq!(queue.iter().copied().collect::<Vec<_>>(), [3, 4]);
        assert_eq!(queue.cut(), 3);
    }
}
