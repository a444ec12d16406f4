//! dcutr: relayed connections that become direct.

use libp2p::dcutr;

use super::Inspect;

impl Inspect for dcutr::Behaviour {}
