//! Why a socket closed or was refused, in words. A browser hides it from a page; an endpoint that the page came from is
//! asked by a plain GET, which runs the same checks.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestCache, Response};

use crate::{
    model::Trouble,
    route::origin_of,
    worker::{Worker, file::stream::plain_request},
};

/// Characters shown of what an endpoint says.
const MAX_SAID: usize = 300;
/// How long the plain GET may take.
const PATIENCE_MS: u32 = 3_000;

/// What the plain GET taught about this loss. It is asked once: each try is a line in the browser's console. When the user
/// wants to try again, that is a new question.
#[derive(Debug, Default)]
pub struct Why {
    asked: bool,
    known: Option<String>,
}

impl Why {
    /// A dial failed: should the endpoint be asked why?
    pub fn should_ask(&mut self) -> bool {
        !std::mem::replace(&mut self.asked, true)
    }

    pub fn learned(&mut self, verdict: &Verdict) {
        self.known = Some(match verdict {
            Verdict::Refused(trouble) => trouble.text.clone(),
            // What was silent then may refuse now, and nobody is asked again.
            Verdict::Wait { cause, trouble: Some(_) } => format!("{cause} {NEW_TOKEN}"),
            Verdict::Wait { cause, trouble: None } => cause.clone(),
        });
    }

    pub fn known(&self) -> Option<String> {
        self.known.clone()
    }
}

const NEW_TOKEN: &str =
    "If it was started again since, its token may be a new one: open the address that it printed.";

#[derive(Debug)]
pub enum Verdict {
    /// The endpoint refuses this page: trying again is no use.
    Refused(Trouble),
    Wait {
        cause: String,
        trouble: Option<Trouble>,
    },
}

/// The sentence for a socket that was open.
pub fn closed(code: u16, reason: &str) -> String {
    let reason = shorten(reason);
    match (code, reason.is_empty()) {
        (0, _) => format!("The endpoint does not let this page in: {reason}"),
        (1006, _) => "The connection broke without a word (code 1006).".to_owned(),
        (1013, false) => format!("The endpoint has no room for another session: “{reason}” (code 1013)."),
        (_, false) => format!("The node closed the session: “{reason}” (code {code})."),
        (_, true) => format!("The node closed the session (code {code})."),
    }
}

/// The sentence for a socket that did not open, when nothing more is known.
pub fn unreachable(origin: &str) -> String {
    format!("{origin} can't be reached.")
}

pub fn refused_by_browser(origin: &str, text: String) -> Trouble {
    Trouble { title: format!("Cannot reach {origin}"), text, checks: checks(origin) }
}

fn checks(origin: &str) -> Vec<String> {
    let http = origin.replacen("ws", "http", 1);
    vec![
        "Does the node listen there? Endpoints bind to 127.0.0.1 unless told otherwise; a node elsewhere is reached \
         through an SSH tunnel."
            .to_owned(),
        format!(
            "Did this page come over https, or from another place? Then the browser may refuse plain ws://. Open {http} \
             instead: the endpoint serves this viewer."
        ),
        "Is the token still valid? A restart makes a new one, and prints its address.".to_owned(),
        "Does the endpoint let this page's origin in (--allow-origin)? It logs what it refuses.".to_owned(),
    ]
}

/// Asks the endpoint, if the page came from it.
pub async fn ask(worker: &Rc<Worker>, url: &str) -> Verdict {
    let origin = origin_of(url);
    let http = url.replacen("ws", "http", 1);
    let unknown = || {
        Verdict::Wait {
        cause: unreachable(origin),
        trouble: Some(Trouble {
            title: format!("Cannot reach {origin}"),
            text: "The connection was closed before it opened. The browser does not tell a page why, so check in this \
                   order."
                .to_owned(),
            checks: checks(origin),
        }),
    }
    };
    if worker.scope().location().origin() != origin_of(&http) {
        return unknown();
    }
    let init = plain_request();
    init.set_cache(RequestCache::NoStore);
    // What takes the connection and never answers must not keep the next try waiting.
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    let answer = JsFuture::from(worker.scope().fetch_with_str_and_init(&http, &init)).await;
    let Ok(Ok(response)) = answer.map(|response| response.dyn_into::<Response>()) else {
        return Verdict::Wait {
            cause: format!("Nothing answers at {origin}: the node or its endpoint is not running."),
            trouble: Some(Trouble {
                title: format!("Cannot reach {origin}"),
                text: "Nothing answers there.".to_owned(),
                checks: checks(origin),
            }),
        };
    };
    let said = sentence(&response).await;
    let status = response.status();
    let trouble = |text: String, first: &str| Trouble {
        title: format!("{origin} refuses this page"),
        text,
        checks: vec![first.to_owned(), format!("What it said: {status}, “{said}”")],
    };
    match status {
        401 => Verdict::Refused(trouble(
            "The token is missing or is not the one of this process: each start of a node makes a new one."
                .to_owned(),
            "Copy the address that the node printed when it started, and paste it here: the token is part of it.",
        )),
        403 => Verdict::Refused(trouble(
            format!("The endpoint does not allow this: {said}"),
            "Allow this page's origin (--allow-origin) or the host name (--allow-host) where the node is started, or open the \
             address that the node printed.",
        )),
        // All checks pass: what was wrong is over, or was not one of them.
        426 => Verdict::Wait {
            cause: "The socket was refused, but the endpoint answers now.".to_owned(),
            trouble: None,
        },
        _ => Verdict::Refused(Trouble {
            title: format!("There is no introspection endpoint at {origin}"),
            text: format!("Something answers there, but not an endpoint: {status}, “{said}”"),
            checks: vec!["Is the path right? Endpoints listen on /introspect.".to_owned()],
        }),
    }
}

async fn sentence(response: &Response) -> String {
    let Ok(text) = response.text() else { return String::new() };
    let text = JsFuture::from(text).await.ok().and_then(|text| text.as_string()).unwrap_or_default();
    shorten(&text)
}

/// The first line, and not too much of it.
fn shorten(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().chars().take(MAX_SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_asked_once_per_loss() {
        let mut why = Why::default();
        assert_eq!((1..=70).filter(|_| why.should_ask()).collect::<Vec<_>>(), [1]);
        why.learned(&Verdict::Wait { cause: "silence".into(), trouble: Some(Trouble::default()) });
        assert_eq!(why.known(), Some(format!("silence {NEW_TOKEN}")));
        why.learned(&Verdict::Wait { cause: "fine".into(), trouble: None });
        assert_eq!(why.known().as_deref(), Some("fine"));
        why.learned(&Verdict::Refused(Trouble { text: "no".into(), ..Trouble::default() }));
        assert_eq!(why.known().as_deref(), Some("no"));
    }

    #[test]
    fn what_an_endpoint_says_is_cut_to_one_line() {
        assert_eq!(closed(1001, ""), "The node closed the session (code 1001).");
        assert_eq!(
            closed(1001, "shutting down\nand more"),
            "The node closed the session: “shutting down” (code 1001)."
        );
        assert!(closed(4000, &"x".repeat(10_000)).len() < 400);
    }
}
