//! What only the behaviours themselves know, a routing table for one: asked for from outside, told from within the swarm's
//! task, just before the behaviour is polled. Who asks waits for a moment at most; a swarm that hangs is not waited for twice.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Context,
    time::Duration,
};

use futures::{
    channel::oneshot,
    future::{self, Either},
    task::AtomicWaker,
};
use futures_timer::Delay;
use parking_lot::Mutex;

/// How long a swarm may take to answer. One that is alive is polled within microseconds of being woken.
const PATIENCE: Duration = Duration::from_millis(500);

/// All behaviours that can be looked into.
#[derive(Default)]
pub(crate) struct Inside {
    slots: Mutex<Vec<Weak<Slot>>>,
}

/// One behaviour, as those outside see it.
#[derive(Default)]
pub(crate) struct Slot {
    /// Of the task that polls it.
    waker: AtomicWaker,
    /// It was polled at all: before, nobody would answer.
    polled: AtomicBool,
    /// Somebody asks.
    wanted: AtomicBool,
    /// It did not answer in time, and has not been polled since.
    stalled: AtomicBool,
    waiting: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Inside {
    pub(crate) fn add(&self) -> Arc<Slot> {
        let slot = Arc::new(Slot::default());
        let mut slots = self.slots.lock();
        slots.retain(|slot| slot.strong_count() > 0);
        slots.push(Arc::downgrade(&slot));
        slot
    }

    /// Has every behaviour looked into, and waits until that is done.
    pub(crate) async fn look(&self) {
        let slots = self.slots.lock().iter().filter_map(Weak::upgrade).collect::<Vec<_>>();
        let asked = slots.iter().filter_map(|slot| slot.ask()).collect::<Vec<_>>();
        // Alive no longer than the behaviours: of one that is dropped the answer is an error, and that is one too.
        drop(slots);
        if asked.is_empty() {
            return;
        }
        if let Either::Right(_) = future::select(future::join_all(asked), Delay::new(PATIENCE)).await {
            for slot in self.slots.lock().iter().filter_map(Weak::upgrade) {
                if slot.wanted.load(SeqCst) {
                    slot.stalled.store(true, SeqCst);
                }
            }
        }
    }
}

impl Slot {
    fn ask(&self) -> Option<oneshot::Receiver<()>> {
        if !self.polled.load(SeqCst) {
            return None;
        }
        let answer = (!self.stalled.load(SeqCst)).then(|| {
            let (sender, receiver) = oneshot::channel();
            let mut waiting = self.waiting.lock();
            waiting.retain(|sender: &oneshot::Sender<()>| !sender.is_canceled());
            waiting.push(sender);
            receiver
        });
        self.wanted.store(true, SeqCst);
        self.waker.wake();
        answer
    }

    /// The behaviour is polled: looks into it if somebody asks.
    pub(crate) fn polled(&self, cx: &Context<'_>, look: impl FnOnce()) {
        self.waker.register(cx.waker());
        self.polled.store(true, SeqCst);
        if !self.wanted.swap(false, SeqCst) {
            return;
        }
        self.stalled.store(false, SeqCst);
        // Those who ask from here on are answered at the next poll, for which they wake the task.
        let waiting = std::mem::take(&mut *self.waiting.lock());
        look();
        for sender in waiting {
            // An error says that nobody waits any more.
            sender.send(()).ok();
        }
    }
}

/// A time that comes again and again while it is wanted.
pub(crate) struct Beat {
    every: Duration,
    delay: Option<Delay>,
}

impl Beat {
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, delay: None }
    }

    /// Whether it is time. While it is not `wanted` no timer runs.
    pub(crate) fn is_due(&mut self, wanted: bool, cx: &mut Context<'_>) -> bool {
        if !wanted {
            self.delay = None;
            return false;
        }
        let due = match &mut self.delay {
            // Just begun to be wanted: the first is due at once.
            None => true,
            Some(delay) => future::FutureExt::poll_unpin(delay, cx).is_ready(),
        };
        if due {
            let mut next = Delay::new(self.every);
            // Registers the task.
            let over = future::FutureExt::poll_unpin(&mut next, cx).is_ready();
            self.delay = (!over).then_some(next);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use futures::{FutureExt, executor::block_on};

    use super::*;

    #[test]
    fn an_answer_is_waited_for_and_a_stalled_swarm_only_once() {
        let inside = Inside::default();
        // Nobody there, and nobody polled: nothing to wait for.
        assert_eq!(inside.look().now_or_never(), Some(()));
        let slot = inside.add();
        assert_eq!(inside.look().now_or_never(), Some(()));
        let cx = Context::from_waker(Waker::noop());
        slot.polled(&cx, || panic!("nobody asked"));

        let mut looks = 0;
        let mut look = Box::pin(inside.look());
        assert_eq!((&mut look).now_or_never(), None);
        slot.polled(&cx, || looks += 1);
        assert_eq!(look.now_or_never(), Some(()));
        assert_eq!(looks, 1);

        // It hangs: once all patience is used up, then none, until it is polled again.
        block_on(inside.look());
        assert!(slot.stalled.load(SeqCst));
        assert_eq!(inside.look().now_or_never(), Some(()));
        slot.polled(&cx, || looks += 1);
        assert_eq!((looks, slot.stalled.load(SeqCst)), (2, false));

        // It is dropped while somebody waits.
        let mut look = Box::pin(inside.look());
        assert_eq!((&mut look).now_or_never(), None);
        drop(slot);
        assert_eq!(look.now_or_never(), Some(()));
    }
}
