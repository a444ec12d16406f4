//! To the clipboard, and what to say about it.

use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::Callback;

use crate::model::Action;

/// Copies a text, then says so.
pub fn copy(text: String, dispatch: Callback<Action>) {
    let Some(window) = web_sys::window() else { return };
    spawn_local(async move {
        let done = JsFuture::from(window.navigator().clipboard().write_text(&text)).await;
        let said = match done {
            Ok(_) => Action::Toast { error: false, text: "Copied".into() },
            Err(_) => Action::Toast { error: true, text: "The browser did not allow copying".into() },
        };
        dispatch.emit(said);
    });
}
