//! What the fuzzer of the page's address begins with, and a little damage to it, with every test run.
#![cfg(not(target_arch = "wasm32"))]

use std::path::Path;

#[path = "../fuzz/route.rs"]
mod route;
#[path = "../crates/introspection/fuzz/seeds.rs"]
mod seeds;

#[test]
fn every_seed_goes_through_its_target() {
    let fuzz = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz"));
    let read = seeds::each(fuzz, "route", |bytes| route::run(&String::from_utf8_lossy(bytes)));
    assert!(read >= 4, "{read}");
}
