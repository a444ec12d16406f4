//! Hands `event.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../event.rs"]
mod event;

fuzz_target!(|text: &str| event::run(text));
