//! What is kept of a connection and its streams. Written from the node's tasks, read when a snapshot is taken.

mod closed;
mod connection;
mod cut;
mod link;
mod stream;

pub(crate) use closed::ClosedQueue;
pub(crate) use connection::{ConnectionRecord, Ends, Times};
pub(crate) use cut::Cut;
pub(crate) use link::{Link, LinkLook};
pub(crate) use stream::{StreamEnd, StreamRecord};

/// Bytes in and out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) read: u64,
    pub(crate) written: u64,
}

impl std::ops::AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.written += other.written;
    }
}

impl std::ops::Sub for Bytes {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            read: self.read.saturating_sub(other.read),
            written: self.written.saturating_sub(other.written),
        }
    }
}
