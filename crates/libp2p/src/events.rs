//! What happened: typed events, the types inferred for a user's own, and the bounded queue that carries them.

mod emit;
mod facts;
mod infer;
pub(crate) mod kinds;
mod queue;
mod typed;

pub use emit::EmitError;
pub(crate) use emit::{Teller, event};
pub(crate) use facts::Facts;
pub use typed::{Property, PropertyType, TypedEvent};
