//! The engine of the viewer: everything it knows of a node, and the answer to what the page wants to see.
//!
//! Wire messages come in through `intake`, live on in `history`, and leave as [`frame::Frame`]s that answer a
//! [`view::View`]. Pure: no IO, no clock (time is an argument), no browser, no randomness.

pub mod frame;
pub mod view;
