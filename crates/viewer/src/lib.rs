//! Peerscope.
