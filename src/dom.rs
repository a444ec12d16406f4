//! The browser's globals, which a page always has.

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, Document, HtmlAnchorElement, Url, Window};

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

/// Hands a file to the user, as a download.
///
/// # Errors
/// What the browser says when it takes none.
pub fn download(blob: &Blob, name: &str) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser has begun to read it by then.
    Timeout::new(60_000, move || drop(Url::revoke_object_url(&url))).forget();
    Ok(())
}

/// Random bytes. None: this browser has none.
pub fn random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}
