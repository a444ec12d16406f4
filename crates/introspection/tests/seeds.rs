//! What the fuzzer begins with, and a little damage to it, with every test run.

use std::path::Path;

#[path = "../fuzz/client.rs"]
mod client;
#[path = "../fuzz/message.rs"]
mod message;
#[path = "../fuzz/recording.rs"]
mod recording;
#[path = "../fuzz/redact.rs"]
mod redact;
#[path = "../fuzz/seam.rs"]
mod seam;
#[path = "../fuzz/seeds.rs"]
mod seeds;

const FUZZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz");

#[test]
fn every_seed_goes_through_its_target() {
    let read = [
        seeds::each(Path::new(FUZZ), "client", client::run),
        seeds::each(Path::new(FUZZ), "message", message::run),
        seeds::each(Path::new(FUZZ), "recording", recording::run),
        seeds::each(Path::new(FUZZ), "redact", redact::run),
        seeds::each(Path::new(FUZZ), "seam", seam::run),
    ];
    assert!(read.iter().all(|count| *count >= 3), "{read:?}");
}
