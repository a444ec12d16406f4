//! Hands `route.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../route.rs"]
mod route;

fuzz_target!(|hash: &str| route::run(hash));
