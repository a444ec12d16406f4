//! The queue between the node and whoever reads its events. Bounded: the node never waits; what finds no room is counted,
//! and the reader is told how many were lost, where they were lost.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use futures::Stream;
use parking_lot::Mutex;
use peerscope_introspection::{Told, wire::Event};

/// Most bytes of content that wait: 8 MiB, 2 kB for each of the 4,096 events that wait by default.
const MAX_BYTES: usize = 8 << 20;

pub(super) struct Queue {
    max: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Told>,
    bytes: usize,
    /// Lost after the last one that waits.
    lost: u64,
    waker: Option<Waker>,
    ended: bool,
}

impl Queue {
    pub(super) fn new(max: usize) -> Self {
        Self { max: max.max(1), inner: Mutex::default() }
    }

    /// Adds the event, or counts it as lost.
    pub(super) fn push(&self, event: Event) {
        let mut inner = self.inner.lock();
        // The note of a loss takes a place of its own.
        let places = if inner.lost > 0 { 2 } else { 1 };
        let len = event.content.len();
        if inner.waiting.len() + places > self.max.max(places) || inner.bytes + len > MAX_BYTES {
            inner.lost += 1;
        } else {
            let lost = std::mem::take(&mut inner.lost);
            if lost > 0 {
                inner.waiting.push_back(Told::Lost(lost));
            }
            inner.bytes += len;
            inner.waiting.push_back(Told::Event(event));
        }
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn end(&self) {
        let mut inner = self.inner.lock();
        inner.ended = true;
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Told>> {
        let mut inner = self.inner.lock();
        if let Some(told) = inner.waiting.pop_front() {
            if let Told::Event(event) = &told {
                inner.bytes = inner.bytes.saturating_sub(event.content.len());
            }
            return Poll::Ready(Some(told));
        }
        let lost = std::mem::take(&mut inner.lost);
        if lost > 0 {
            return Poll::Ready(Some(Told::Lost(lost)));
        }
        if inner.ended {
            return Poll::Ready(None);
        }
        inner.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// The reader's end. Dropping it frees the place for another reader.
pub(super) struct Reader {
    queue: Arc<Queue>,
}

impl Reader {
    pub(super) fn new(queue: Arc<Queue>) -> (Self, Weak<Queue>) {
        let weak = Arc::downgrade(&queue);
        (Self { queue }, weak)
    }
}

impl Stream for Reader {
    type Item = Told;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Told>> {
        self.queue.poll_next(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt};

    use super::*;

    fn event(ts: u64) -> Event {
        Event { r#type: None, ts, content: "{}".to_owned() }
    }

    #[test]
    fn what_is_lost_is_told_where_it_was_lost() {
        let queue = Arc::new(Queue::new(2));
        let (mut reader, _weak) = Reader::new(queue.clone());
        for ts in 0..5 {
            queue.push(event(ts));
        }
        assert_eq!(reader.next().now_or_never(), Some(Some(Told::Event(event(0)))));
        assert_eq!(reader.next().now_or_never(), Some(Some(Told::Event(event(1)))));
        queue.push(event(5));
        assert_eq!(reader.next().now_or_never(), Some(Some(Told::Lost(3))));
        assert_eq!(reader.next().now_or_never(), Some(Some(Told::Event(event(5)))));
        assert_eq!(reader.next().now_or_never(), None);
        queue.end();
        assert_eq!(reader.next().now_or_never(), Some(None));
    }

    #[test]
    fn huge_contents_do_not_pile_up() {
        let queue = Arc::new(Queue::new(100));
        let (mut reader, _weak) = Reader::new(queue.clone());
        for ts in 0..10 {
            queue.push(Event { r#type: None, ts, content: "x".repeat(3 << 20) });
        }
        let waiting = std::iter::from_fn(|| reader.next().now_or_never().flatten()).collect::<Vec<_>>();
        assert_eq!(waiting.len(), 3);
        assert_eq!(waiting[2], Told::Lost(8));
    }
}
