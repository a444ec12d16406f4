//! How the layers of a connection find each other, though libp2p tells them nothing of one another: by thread.
//!
//! *Connection and muxer.* `Connection::poll` of libp2p-swarm polls the handler and then, in the same call, the muxer. The
//! handler leaves its connection's record here; a muxer that has none takes it on its next poll. That is exact, also for
//! two dials to one address.
//!
//! *Security and muxer.* While it is polled, the muxer asks; the secured socket below it answers with its name, once.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, Weak},
};

use crate::{node::Node, record::ConnectionRecord};

thread_local! {
    static CONNECTION: RefCell<Option<(Weak<Node>, Arc<ConnectionRecord>)>> = const { RefCell::new(None) };
    static SECURITY_ASKED: Cell<bool> = const { Cell::new(false) };
    static SECURITY: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// The handler of this connection is polled now.
pub(crate) fn offer(node: &Arc<Node>, connection: &Arc<ConnectionRecord>) {
    CONNECTION.set(Some((Arc::downgrade(node), connection.clone())));
}

/// The connection whose handler was polled last on this thread; it is taken away.
pub(crate) fn take() -> Option<(Weak<Node>, Arc<ConnectionRecord>)> {
    CONNECTION.take()
}

/// Runs `poll` and gives back what the secured socket polled in it said.
pub(crate) fn ask_security<T>(poll: impl FnOnce() -> T) -> (T, Option<Arc<str>>) {
    SECURITY_ASKED.set(true);
    let result = poll();
    SECURITY_ASKED.set(false);
    (result, SECURITY.take())
}

/// Says the name if a muxer asks. Called *after* the inner poll, so that of two secured sockets in one another the outer
/// has the last word. Whether it was asked.
pub(crate) fn tell_security(name: &Arc<str>) -> bool {
    let asked = SECURITY_ASKED.get();
    if asked {
        SECURITY.set(Some(name.clone()));
    }
    asked
}
