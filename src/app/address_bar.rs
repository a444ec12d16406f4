//! The page's address follows the route; a token in it is taken out before anything else happens.

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;

use crate::{
    dom,
    model::{Route, SourceRef},
    route, store,
};

/// Browsers slow down pages that rewrite their address faster than some 20 times a second; a drag does.
const QUIET_MS: u32 = 200;

#[derive(Default)]
pub struct AddressBar {
    shown: Route,
    written: String,
    later: Option<Timeout>,
    /// The newest step is a sheet that was opened over the screen.
    sheet: bool,
    /// On the way back to the step below a sheet: what the address is to say there.
    back_to: Option<String>,
}

impl AddressBar {
    /// What the address says now. Its token goes to the tab's session storage, and out of the address and the history.
    pub fn read(&mut self) -> Route {
        let mut hash = dom::window().location().hash().unwrap_or_default();
        if let Some(newer) = self.back_to.take() {
            // What changed while the sheet was open is kept.
            replace(&newer);
            hash = newer;
        }
        let read = route::read(&hash);
        if let (Some(token), Some(SourceRef::Endpoint(url) | SourceRef::Url(url))) =
            (&read.token, &read.route.source)
        {
            store::put_token(url, token);
        }
        self.later = None;
        self.sheet &= read.route.selection.is_some();
        self.shown = read.route.clone();
        self.written = route::write(&read.route);
        if read.token.is_some() {
            replace(&self.written);
        }
        read.route
    }

    /// `sheets`: what is selected is shown over the screen, so that it opens by a step and Back closes it.
    pub fn show(&mut self, route: &Route, sheets: bool) {
        if self.shown == *route {
            return;
        }
        let elsewhere = self.shown.screen != route.screen || self.shown.source != route.source;
        let opens = sheets && self.shown.selection.is_none() && route.selection.is_some();
        let closes = self.sheet && route.selection.is_none();
        self.shown = route.clone();
        let hash = route::write(route);
        if hash == self.written {
            self.later = None;
            return;
        }
        let before = std::mem::replace(&mut self.written, hash.clone());
        if elsewhere || opens {
            if self.later.take().is_some() {
                // The step that is left keeps what it showed last.
                replace(&before);
            }
            self.sheet = opens;
            push(&hash);
        } else if closes {
            self.later = None;
            self.sheet = false;
            self.back_to = Some(hash);
            back();
        } else {
            self.later = Some(Timeout::new(QUIET_MS, move || replace(&hash)));
        }
    }
}

fn replace(hash: &str) {
    if let Ok(history) = dom::window().history() {
        refused(history.replace_state_with_url(&JsValue::NULL, "", Some(hash)));
    }
}

fn back() {
    if let Ok(history) = dom::window().history() {
        refused(history.back());
    }
}

fn push(hash: &str) {
    if let Ok(history) = dom::window().history() {
        refused(history.push_state_with_url(&JsValue::NULL, "", Some(hash)));
    }
}

/// A browser may refuse when there are too many in a row; the next one puts it right.
fn refused(done: Result<(), JsValue>) {
    drop(done);
}
