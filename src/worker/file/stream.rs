//! A recording from the network, without credentials, as it comes.

use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, ReadableStreamReadResult, ReferrerPolicy,
    RequestCredentials, RequestInit, Response,
};

use super::{end_broken, room};
use crate::{bridge, worker::Worker};

/// Ends the request when it is dropped: wherever that is by then.
pub struct Stop(AbortController);

impl Stop {
    /// Of this request. None in a browser that can't.
    pub fn new(init: &RequestInit) -> Option<Self> {
        let controller = AbortController::new().ok()?;
        init.set_signal(Some(&controller.signal()));
        Some(Self(controller))
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Fetches a recording and reads it as it comes.
pub fn fetch(worker: Rc<Worker>, epoch: u32, url: String) {
    spawn_local(async move {
        if let Err(broken) = stream(&worker, epoch, &url).await {
            end_broken(&worker, epoch, broken);
        }
    });
}

/// That tells nobody who asks.
pub fn plain_request() -> RequestInit {
    let init = RequestInit::new();
    init.set_credentials(RequestCredentials::Omit);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    init
}

async fn stream(worker: &Rc<Worker>, epoch: u32, url: &str) -> Result<(), String> {
    let init = plain_request();
    if let Some(stop) = Stop::new(&init) {
        worker.loading(epoch, |loading| loading.stop = Some(stop));
    }
    let answer = JsFuture::from(worker.scope().fetch_with_str_and_init(url, &init)).await;
    let response: Response = answer.and_then(|response| response.dyn_into::<Response>()).map_err(
        |_| "It can't be fetched: nothing answers there, or that server lets no other page read it (CORS).",
    )?;
    if !response.ok() {
        return Err(format!("Its server answered {} {}.", response.status(), response.status_text())
            .replace(" .", "."));
    }
    let total = length(&response.headers());
    worker.loading(epoch, |loading| loading.total = total);
    let body = response.body().ok_or("Its server answered with nothing.")?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    while room(worker, epoch).await {
        let read = JsFuture::from(reader.read()).await.map_err(|error| cut(&error))?;
        let read: ReadableStreamReadResult = read.unchecked_into();
        if read.get_done() == Some(true) {
            worker.loading(epoch, |loading| loading.ended = true);
            break;
        }
        let piece = read.get_value().unchecked_into::<Uint8Array>();
        worker.loading(epoch, |loading| loading.add(piece));
    }
    // Otherwise another source was opened or the user has enough of it: the request is ended by then.
    Ok(())
}

/// The bytes to come, where that is said: what is packed for the way comes unpacked, and in another number.
fn length(headers: &Headers) -> Option<u64> {
    let header = |name| headers.get(name).ok().flatten();
    let as_it_is = header("content-encoding").is_none_or(|encoding| encoding == "identity");
    header("content-length").filter(|_| as_it_is)?.parse().ok()
}

fn cut(error: &JsValue) -> String {
    format!("Its server stopped sending ({}).", bridge::reason(error))
}
