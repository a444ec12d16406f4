//! Hands `query.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../query.rs"]
mod query;

fuzz_target!(|text: &str| query::run(text));
