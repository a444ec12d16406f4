//! gossipsub: topics, meshes, messages.

use libp2p::gossipsub;

use super::Inspect;

impl<D, F> Inspect for gossipsub::Behaviour<D, F>
where
    D: gossipsub::DataTransform + Send + 'static,
    F: gossipsub::TopicSubscriptionFilter + Send + 'static,
{
}
