//! A link that is lost, or never came to be: why, whether and when it is tried again, and what the user wants of that.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

use super::{
    Phase, dial,
    why::{self, Verdict, Why},
};
use crate::{bridge::FromWorker, model::Trouble, route::origin_of, worker::Worker};

/// The user does not want to wait.
pub fn retry(worker: &Rc<Worker>) {
    let waits = worker.live(|live| {
        live.why = Why::default();
        matches!(live.phase, Phase::Waiting { .. } | Phase::Failed { .. })
    });
    if waits == Some(true) {
        dial(worker, worker.epoch());
    }
}

/// The user does not want it to be tried again.
pub fn stop(worker: &Rc<Worker>) {
    let stopped = worker.live(|live| {
        let Phase::Waiting { cause, .. } = &live.phase else { return false };
        live.phase = Phase::Failed { cause: format!("{cause} It is not tried again, as you said.") };
        true
    });
    if stopped == Some(true) {
        worker.say_link();
    }
}

/// The socket is gone, or never came to be.
pub fn closed(worker: &Rc<Worker>, code: u16, reason: &str) {
    let closed = worker.live(|live| {
        // Once: a session that was refused is closed by us, and by the endpoint.
        drop(live.socket.take()?);
        let was_up = matches!(live.phase, Phase::Up);
        live.own.stop();
        live.lost |= was_up;
        if was_up {
            live.lost_at_ms.get_or_insert_with(js_sys::Date::now);
        }
        Some((was_up, !was_up && live.why.should_ask(), live.url.clone()))
    });
    let Some((was_up, ask, url)) = closed.flatten() else { return };
    if was_up {
        wait(worker, why::closed(code, reason));
        return;
    }
    if !ask {
        let cause = worker.live(|live| live.why.known()).flatten();
        wait(worker, cause.unwrap_or_else(|| why::unreachable(origin_of(&url))));
        return;
    }
    let (worker, epoch) = (worker.clone(), worker.epoch());
    spawn_local(async move {
        let verdict = why::ask(&worker, &url).await;
        if worker.epoch() != epoch || worker.live(|live| matches!(live.phase, Phase::Dialling)) != Some(true)
        {
            return;
        }
        worker.live(|live| live.why.learned(&verdict));
        match verdict {
            Verdict::Refused(trouble) => fail(&worker, trouble),
            Verdict::Wait { cause, trouble } => {
                let first = worker.live(|live| live.lost_at_ms.is_none()) == Some(true);
                wait(&worker, cause);
                // Nothing is on the screen yet: the checks have room.
                if let Some(trouble) = trouble.filter(|_| first) {
                    worker.post(&FromWorker::Trouble(trouble));
                }
            }
        }
    });
}

/// It makes no sense to try again by itself.
pub fn fail(worker: &Rc<Worker>, trouble: Trouble) {
    worker.live(|live| {
        live.down(js_sys::Date::now());
        live.phase = Phase::Failed { cause: trouble.text.clone() };
    });
    worker.say_link();
    worker.post(&FromWorker::Trouble(trouble));
}

/// Tries again after a while.
fn wait(worker: &Rc<Worker>, cause: String) {
    let epoch = worker.epoch();
    let weak = Rc::downgrade(worker);
    worker.live(|live| {
        let now_ms = js_sys::Date::now();
        let retry_at_ms = live.down(now_ms);
        let timer = Timeout::new((retry_at_ms - now_ms).max(0.0) as u32, move || {
            if let Some(worker) = weak.upgrade()
                && worker.epoch() == epoch
            {
                dial(&worker, epoch);
            }
        });
        live.phase = Phase::Waiting { cause, retry_at_ms, timer };
    });
    worker.say_link();
}
