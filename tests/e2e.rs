//! The real page in a real browser, against real rust-libp2p nodes, the real endpoint and real recordings.
//! `cargo xtask test` builds the page and says where it is; without it these tests are skipped, loudly.
#![cfg(not(target_arch = "wasm32"))]

#[path = "e2e/browser.rs"]
mod browser;
#[path = "e2e/hostile.rs"]
mod hostile;
#[path = "e2e/live.rs"]
mod live;
#[path = "e2e/network.rs"]
mod network;
#[path = "e2e/opening.rs"]
mod opening;
#[path = "e2e/others.rs"]
mod others;
#[path = "e2e/own.rs"]
mod own;
#[path = "e2e/queries.rs"]
mod queries;
#[path = "e2e/recorded.rs"]
mod recorded;
#[path = "e2e/recordings.rs"]
mod recordings;
#[path = "e2e/refused.rs"]
mod refused;
#[path = "e2e/saving.rs"]
mod saving;
#[path = "e2e/slowed.rs"]
mod slowed;
#[path = "e2e/speed.rs"]
mod speed;
#[path = "e2e/usage.rs"]
mod usage;

/// The built page, or the end of the test.
macro_rules! page {
    () => {
        match crate::browser::dist() {
            Some(dist) => dist,
            None => {
                eprintln!("SKIPPED: PEERSCOPE_DIST names no built page; `cargo xtask test` does");
                return;
            }
        }
    };
}
pub(crate) use page;
