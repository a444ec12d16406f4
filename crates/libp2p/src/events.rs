//! What happened: typed events, the types inferred for a user's own, and the bounded queue that carries them.

mod emit;
mod infer;
pub(crate) mod kinds;
mod queue;
mod typed;

pub use emit::EmitError;
pub(crate) use emit::{Facts, Teller, event};
pub use typed::{Property, PropertyType, TypedEvent};
