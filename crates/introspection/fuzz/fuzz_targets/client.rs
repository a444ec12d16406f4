//! Hands `client.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../client.rs"]
mod client;

fuzz_target!(|bytes: &[u8]| client::run(bytes));
