//! Peerscope.
fn main() {}
