//! Answers that wait for a client that does not read: whole messages, ahead of everything else.

use std::collections::VecDeque;

use bytes::Bytes;

/// So many wait at most. Until the client takes one, no further command of it is read.
const MAX_REPLIES: usize = 32;

/// What was asked for and waits.
#[derive(Debug, Default)]
pub(super) struct Replies {
    waiting: VecDeque<Bytes>,
    bytes: usize,
}

impl Replies {
    pub(super) fn push(&mut self, message: Bytes) {
        self.bytes += message.len();
        self.waiting.push_back(message);
    }

    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let message = self.waiting.pop_front()?;
        self.bytes -= message.len();
        Some(message)
    }

    /// Whether the next command has to wait. Snapshots are asked for like all else, so it is bounded in bytes too.
    pub(super) fn is_full(&self, bound: usize) -> bool {
        self.waiting.len() >= MAX_REPLIES || self.bytes >= bound
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_bounded_in_number_and_in_bytes_and_come_in_order() {
        let mut replies = Replies::default();
        for number in 0..MAX_REPLIES {
            assert!(!replies.is_full(1000));
            replies.push(Bytes::from(vec![number as u8]));
        }
        assert!(replies.is_full(1000));
        assert_eq!(replies.pop().as_deref(), Some(&[0][..]));
        assert!(!replies.is_full(1000));
        replies.push(Bytes::from(vec![0; 2000]));
        replies.pop();
        assert!(replies.is_full(1000), "a long one fills it alone");
        while replies.pop().is_some() {}
        assert_eq!((replies.len(), replies.bytes(), replies.is_full(1)), (0, 0, false));
    }
}
