//! Peerscope's viewer: a page that shows, and a worker that holds the data. Both are built from this library; what they
//! say to each other is in [`bridge`].
//!
//! The page: [`model`] is its state, [`update`] changes it, [`ask`] says what it wants of the engine, [`route`] what a link
//! says; these are pure. [`app`] does the rest, [`shell`] and [`screen`] draw.

pub mod app;
pub mod ask;
pub mod bridge;
mod console;
mod dom;
pub mod format;
mod host;
pub mod model;
pub mod paint;
pub mod part;
pub mod route;
pub mod screen;
pub mod search;
pub mod shell;
mod store;
pub mod update;
pub mod worker;
