//! Hands `seam.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../seam.rs"]
mod seam;

fuzz_target!(|bytes: &[u8]| seam::run(bytes));
