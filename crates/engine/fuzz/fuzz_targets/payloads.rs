//! Hands `payloads.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../payloads.rs"]
mod payloads;

fuzz_target!(|bytes: &[u8]| payloads::run(bytes));
