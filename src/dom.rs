//! The browser's globals, which a page always has.

use web_sys::{Document, Window};

/// # Panics
/// Outside of a page.
#[must_use]
pub fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

/// # Panics
/// Outside of a page.
#[must_use]
pub fn document() -> Document {
    window().document().expect("a window has a document")
}
