//! Hands `redact.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../redact.rs"]
mod redact;

fuzz_target!(|bytes: &[u8]| redact::run(bytes));
