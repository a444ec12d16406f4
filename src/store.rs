//! What the browser keeps: the theme and recent sources for good, a token for as long as the tab lives.

use gloo_storage::{LocalStorage, SessionStorage, Storage};

use crate::model::{Recent, SourceRef, Theme};

const THEME: &str = "peerscope.theme";
const RECENTS: &str = "peerscope.recents";

/// A browser may forbid storage: then nothing is remembered, and that is all.
fn forbidden(error: gloo_storage::errors::StorageError) {
    drop(error);
}

pub fn theme() -> Theme {
    match LocalStorage::get::<String>(THEME).as_deref() {
        Ok("dark") => Theme::Dark,
        Ok("light") => Theme::Light,
        _ => Theme::System,
    }
}

pub fn put_theme(theme: Theme) {
    match theme {
        Theme::System => LocalStorage::delete(THEME),
        Theme::Dark => LocalStorage::set(THEME, "dark").unwrap_or_else(forbidden),
        Theme::Light => LocalStorage::set(THEME, "light").unwrap_or_else(forbidden),
    }
}

pub fn recents() -> Vec<Recent> {
    LocalStorage::get(RECENTS).unwrap_or_default()
}

pub fn put_recents(recents: &[Recent]) {
    // A file can't be opened again from here.
    let kept: Vec<_> = recents.iter().filter(|recent| !matches!(recent.source, SourceRef::File(_))).collect();
    LocalStorage::set(RECENTS, kept).unwrap_or_else(forbidden);
}

/// The token of an endpoint, if this tab was told one.
pub fn token(url: &str) -> Option<String> {
    SessionStorage::get(token_key(url)).ok()
}

pub fn put_token(url: &str, token: &str) {
    SessionStorage::set(token_key(url), token).unwrap_or_else(forbidden);
}

fn token_key(url: &str) -> String {
    format!("peerscope.token.{url}")
}
