//! Hands `recording.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../recording.rs"]
mod recording;

fuzz_target!(|bytes: &[u8]| recording::run(bytes));
