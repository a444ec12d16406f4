//! The part of the address after `#`: no panic, what is written is read again as the same, and never with a token.

use peerscope_app::{model::SourceRef, route};

pub fn run(hash: &str) {
    let read = route::read(hash).route;
    assert!(!matches!(read.source, Some(SourceRef::File(_))), "no link names a file");
    let written = route::write(&read);
    let again = route::read(&written);
    assert_eq!(again.token, None, "{written}");
    assert_eq!(again.route, read, "{written}");
    assert_eq!(route::write(&again.route), written);
}
