//! Events that happen while what a session gets first is still being gathered: they come after it.

use std::sync::Arc;

use crate::event::EventFrame;

/// Events that wait, bounded in bytes.
#[derive(Debug, Default)]
pub(super) struct Held {
    events: Vec<Arc<EventFrame>>,
    bytes: usize,
    full: bool,
}

impl Held {
    /// Keeps what fits, and says how many did not. Once something did not fit nothing does, so that there is one gap.
    pub(super) fn push(&mut self, events: &[Arc<EventFrame>], bound: usize) -> u64 {
        let before = self.events.len();
        for event in events {
            self.full |= self.bytes + event.weight() > bound;
            if self.full {
                break;
            }
            self.bytes += event.weight();
            self.events.push(Arc::clone(event));
        }
        (events.len() - (self.events.len() - before)) as u64
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn into_events(self) -> Vec<Arc<EventFrame>> {
        self.events
    }
}

#[cfg(test)]
mod tests {
    use peerscope_introspection::wire::Event;

    use super::*;
    use crate::event::EventTypes;

    #[test]
    fn what_does_not_fit_leaves_one_gap_at_the_end() {
        let mut types = EventTypes::default();
        let mut frame = |content: &str| {
            let event = Event { content: content.into(), ..Event::default() };
            Arc::new(types.encode(event, Vec::new).expect("short"))
        };
        let (long, short) = (frame(&"x".repeat(100)), frame(""));
        let mut held = Held::default();
        let bound = long.weight() + short.weight();
        assert_eq!(held.push(&[Arc::clone(&long), Arc::clone(&long), Arc::clone(&short)], bound), 2);
        assert_eq!(held.push(&[short], bound), 1, "nothing comes after the gap");
        assert_eq!((held.len(), held.bytes()), (1, long.weight()));
    }
}
