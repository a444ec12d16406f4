//! Of dcutr.

use super::*;

kinds! {
    /// A relayed connection was to become direct: the direct one, or why there is none.
    HolePunch {
        peer "peer": Peer,
        outcome "outcome": &'static str,
        connection "connection": Option<Id>,
        error "error": Option<String>,
    }
}
