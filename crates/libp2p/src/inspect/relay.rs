//! relay: what this node has others relay, and what it relays for them.

use libp2p::relay;

use super::Inspect;

impl Inspect for relay::Behaviour {}
impl Inspect for relay::client::Behaviour {}
