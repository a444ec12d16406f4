//! autonat: whether others can reach this node.

use libp2p::autonat;

use super::Inspect;

impl Inspect for autonat::v1::Behaviour {}
impl Inspect for autonat::v2::client::Behaviour {}
impl Inspect for autonat::v2::server::Behaviour {}
