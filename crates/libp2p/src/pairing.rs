//! How the layers of a connection find each other, though libp2p tells them nothing of one another: by thread.
//!
//! *Connection and muxer.* `Connection::poll` of libp2p-swarm polls the handler and then, in the same call, the muxer. The
//! handler leaves its connection's record here; a muxer that has none takes it on its next poll. That is exact, also for
//! two dials to one address.
//!
//! *What is below a muxer.* While it is polled, the muxer asks; the secured socket below it answers with its name and what
//! the handshake took, once, and a stream that carries a relayed connection with the connection it is a stream of.
//!
//! *Dial and transport.* The swarm asks its behaviours about a dial and then, in the same call, the transports. One below a
//! resolver of names is asked later: so an address has to fit, see `Node::dial_for`.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, Weak},
    time::Duration,
};

use libp2p::swarm::ConnectionId;

use crate::{dial::Dial, node::Node, record::ConnectionRecord};

thread_local! {
    static CONNECTION: RefCell<Option<(Weak<Node>, Arc<ConnectionRecord>)>> = const { RefCell::new(None) };
    static ASKED: Cell<bool> = const { Cell::new(false) };
    static BELOW: RefCell<Below> = const { RefCell::new(Below { security: None, relay: None }) };
    static DIALING: RefCell<Option<(Weak<Node>, Arc<Dial>)>> = const { RefCell::new(None) };
}

/// What a muxer learns of the socket below it.
#[derive(Debug, Default)]
pub(crate) struct Below {
    /// The security's name, and how long its handshake took.
    pub(crate) security: Option<(Arc<str>, Duration)>,
    /// The connection to the relay.
    pub(crate) relay: Option<ConnectionId>,
}

/// The handler of this connection is polled now.
pub(crate) fn offer(node: &Arc<Node>, connection: &Arc<ConnectionRecord>) {
    CONNECTION.set(Some((Arc::downgrade(node), connection.clone())));
}

/// The connection whose handler was polled last on this thread; it is taken away.
pub(crate) fn take() -> Option<(Weak<Node>, Arc<ConnectionRecord>)> {
    CONNECTION.take()
}

/// Runs `poll` and gives back what the sockets polled in it said.
pub(crate) fn ask_below<T>(poll: impl FnOnce() -> T) -> (T, Below) {
    /// Over, also when the poll panics.
    struct Asking;

    impl Drop for Asking {
        fn drop(&mut self) {
            ASKED.set(false);
        }
    }

    BELOW.take();
    ASKED.set(true);
    let asking = Asking;
    let result = poll();
    drop(asking);
    (result, BELOW.take())
}

/// Says it if a muxer asks. Called *after* the inner poll, so that of two secured sockets in one another the outer has the
/// last word. Whether it was asked.
pub(crate) fn tell_above(tell: impl FnOnce(&mut Below)) -> bool {
    let asked = ASKED.get();
    if asked {
        BELOW.with_borrow_mut(tell);
    }
    asked
}

/// The swarm is about to ask its transports for this dial.
pub(crate) fn offer_dial(node: &Arc<Node>, dial: &Arc<Dial>) {
    DIALING.set(Some((Arc::downgrade(node), dial.clone())));
}

/// The dial of this node that was offered last on this thread.
pub(crate) fn offered_dial(node: &Node) -> Option<Arc<Dial>> {
    DIALING.with_borrow(|dialing| {
        let (of, dial) = dialing.as_ref()?;
        std::ptr::eq(of.as_ptr(), node).then(|| dial.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_that_panics_leaves_no_question_open() {
        std::panic::catch_unwind(|| ask_below(|| panic!("a muxer of this test"))).expect_err("it panics");
        let told = |below: &mut Below| below.security = Some(("/noise".into(), Duration::ZERO));
        assert!(!tell_above(told), "nobody asks");
        let ((), below) = ask_below(|| assert!(tell_above(told)));
        assert_eq!(below.security.map(|(name, _)| name), Some("/noise".into()));
        assert!(ask_below(|| ()).1.security.is_none());
    }
}
