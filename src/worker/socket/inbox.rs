//! What came in from the socket and was not taken in yet.

use std::collections::VecDeque;

use js_sys::{ArrayBuffer, JsString};

/// 64 MiB. The endpoint's own queue for a session is bounded to 16.
const MAX_BYTES: u64 = 64 << 20;

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
            Incoming::Binary(buffer) => u64::from(buffer.byte_length()),
            Incoming::Text(text) => u64::from(text.length()),
            Incoming::Opened | Incoming::Closed { .. } => 0,
        }
    }
}

#[derive(Debug, Default)]
pub struct Inbox {
    waiting: VecDeque<Incoming>,
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

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
