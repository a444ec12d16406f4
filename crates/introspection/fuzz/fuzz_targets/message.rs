//! Hands `message.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../message.rs"]
mod message;

fuzz_target!(|bytes: &[u8]| message::run(bytes));
