//! What came in from the socket and was not taken in yet.

use std::collections::VecDeque;

use js_sys::{ArrayBuffer, JsString};

/// 64 MiB. The endpoint's own queue for a session is bounded to 16.
const MAX_BYTES: u64 = 64 << 20;
/// What a message takes besides its bytes, about.
const OVERHEAD: u64 = 64;

#[derive(Debug)]
pub enum Incoming {
    Opened,
    Binary(ArrayBuffer),
    Text(JsString),
    Closed { code: u16, reason: String },
}

impl Incoming {
    fn bytes(&self) -> u64 {
        match self {
            Incoming::Binary(buffer) => OVERHEAD + u64::from(buffer.byte_length()),
            Incoming::Text(text) => OVERHEAD + u64::from(text.length()),
            Incoming::Opened | Incoming::Closed { .. } => 0,
        }
    }
}

#[derive(Debug, Default)]
pub struct Inbox {
    waiting: VecDeque<Incoming>,
    /// Taken out, and to be put back before what waits.
    held: Vec<Incoming>,
    /// Of both.
    bytes: u64,
    dropped: u64,
}

impl Inbox {
    /// A message too many is dropped and counted. What tells of the socket itself never is.
    pub fn push(&mut self, incoming: Incoming) {
        let bytes = incoming.bytes();
        if bytes > 0 && self.bytes + bytes > MAX_BYTES {
            self.dropped += 1;
            return;
        }
        self.bytes += bytes;
        self.waiting.push_back(incoming);
    }

    pub fn pop(&mut self) -> Option<Incoming> {
        let next = self.waiting.pop_front()?;
        self.bytes -= next.bytes();
        Some(next)
    }

    /// Keeps what was popped last until [`put_back`](Self::put_back).
    pub fn hold(&mut self, incoming: Incoming) {
        self.bytes += incoming.bytes();
        self.held.push(incoming);
    }

    /// What was held is popped next, in its order.
    pub fn put_back(&mut self) {
        for incoming in std::mem::take(&mut self.held).into_iter().rev() {
            self.waiting.push_front(incoming);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(code: u16) -> Incoming {
        Incoming::Closed { code, reason: String::new() }
    }

    fn code(incoming: Option<Incoming>) -> Option<u16> {
        match incoming {
            Some(Incoming::Closed { code, .. }) => Some(code),
            _ => None,
        }
    }

    #[test]
    fn what_was_held_comes_first_and_in_its_order() {
        let mut inbox = Inbox::default();
        (1..=2).for_each(|n| inbox.push(closed(n)));
        while let Some(incoming) = inbox.pop() {
            inbox.hold(incoming);
        }
        inbox.push(closed(3));
        inbox.put_back();
        let all: Vec<_> = std::iter::from_fn(|| code(inbox.pop())).collect();
        assert_eq!(all, [1, 2, 3]);
        assert!(inbox.is_empty());
    }
}
