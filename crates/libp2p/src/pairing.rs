//! How the layers of a connection find each other, though libp2p tells them nothing of one another: by thread.
//!
//! *Connection and muxer.* `Connection::poll` of libp2p-swarm polls the handler and then, in the same call, the muxer. The
//! handler leaves its connection's record here; a muxer that has none takes it on its next poll. That is exact, also for
//! two dials to one address.
//!
//! *What is below a muxer.* While it is polled, the muxer asks; the secured socket below it answers with its name and what
//! the handshake took, once, and a stream that carries a relayed connection with the connection it is a stream of.
//!
//! *Dial and transport.* The swarm asks its behaviours about a dial and then, in the same call, the transports.

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
#[derive(Default)]
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
    ASKED.set(true);
    let result = poll();
    ASKED.set(false);
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

/// The dial that a transport is asked for. It may be asked for several addresses.
pub(crate) fn dialing(node: &Arc<Node>) -> Option<Arc<Dial>> {
    DIALING.with_borrow(|dialing| {
        let (of, dial) = dialing.as_ref()?;
        std::ptr::eq(of.as_ptr(), Arc::as_ptr(node)).then(|| dial.clone())
    })
}
