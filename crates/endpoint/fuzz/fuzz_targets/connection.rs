//! Hands `connection.rs` to the fuzzer; a test reads the seeds with it too.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../connection.rs"]
mod connection;

fuzz_target!(|bytes: &[u8]| {
    connection::run(bytes);
});
