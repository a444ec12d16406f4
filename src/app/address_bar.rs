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
}

impl AddressBar {
    /// What the address says now. Its token goes to the tab's session storage, and out of the address and the history.
    pub fn read(&mut self) -> Route {
        let hash = dom::window().location().hash().unwrap_or_default();
        let read = route::read(&hash);
        if let (Some(token), Some(SourceRef::Endpoint(url) | SourceRef::Url(url))) =
            (&read.token, &read.route.source)
        {
            store::put_token(url, token);
        }
        self.later = None;
        self.shown = read.route.clone();
        self.written = route::write(&read.route);
        if read.token.is_some() {
            replace(&self.written);
        }
        read.route
    }

    pub fn show(&mut self, route: &Route) {
        if self.shown == *route {
            return;
        }
        let steps = self.shown.screen != route.screen || self.shown.source != route.source;
        self.shown = route.clone();
        let hash = route::write(route);
        if hash == self.written {
            self.later = None;
            return;
        }
        self.written = hash.clone();
        if steps {
            self.later = None;
            push(&hash);
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

fn push(hash: &str) {
    if let Ok(history) = dom::window().history() {
        refused(history.push_state_with_url(&JsValue::NULL, "", Some(hash)));
    }
}

/// A browser may refuse when there are too many in a row; the next one puts it right.
fn refused(done: Result<(), JsValue>) {
    drop(done);
}
