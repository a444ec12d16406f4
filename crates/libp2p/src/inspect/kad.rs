//! kad: the routing table and its queries.

use libp2p::kad;

use super::Inspect;

impl<S: kad::store::RecordStore + Send + 'static> Inspect for kad::Behaviour<S> {}
