//! rendezvous: who registers where, and who is found.

use libp2p::rendezvous;

use super::Inspect;

impl Inspect for rendezvous::client::Behaviour {}
impl Inspect for rendezvous::server::Behaviour {}
