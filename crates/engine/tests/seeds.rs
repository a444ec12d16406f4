//! What the fuzzer begins with, and a little damage to it, with every test run.

use std::path::Path;

#[path = "../fuzz/event.rs"]
mod event;
#[path = "../fuzz/payloads.rs"]
mod payloads;
#[path = "../fuzz/query.rs"]
mod query;
#[path = "../../introspection/fuzz/seeds.rs"]
mod seeds;

const FUZZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz");

/// For a target that takes text.
fn lossily(run: fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| run(&String::from_utf8_lossy(bytes))
}

#[test]
fn every_seed_goes_through_its_target() {
    let read = [
        seeds::each(Path::new(FUZZ), "event", lossily(event::run)),
        seeds::each(Path::new(FUZZ), "payloads", payloads::run),
        seeds::each(Path::new(FUZZ), "query", lossily(query::run)),
    ];
    assert!(read.iter().all(|count| *count >= 2), "{read:?}");
}
