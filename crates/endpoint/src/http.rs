//! Which answer a request gets: the socket and why it is refused, the recording, the viewer's files. Every answer has
//! the page's policy and says nothing of the request.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderName, HeaderValue},
    http::request::Parts,
    upgrade::OnUpgrade,
};
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use crate::{
    body::Pieces,
    files::{self, Files},
    guard::{Guard, Refusal},
    hub::{Entry, Hub, TooMany},
    lock,
    recording::{Ask, NoRecording},
};

const TEXT: &str = "text/plain; charset=utf-8";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

type Answer = Response<Pieces>;

/// What is served on a port.
pub(crate) struct Site {
    pub(crate) guard: Guard,
    pub(crate) files: Files,
    /// None where the viewer is served alone.
    pub(crate) hub: Option<Arc<Hub>>,
}

/// A connection that becomes a socket once the answer is out.
pub(crate) struct Upgrade {
    pub(crate) on: OnUpgrade,
    pub(crate) entry: Result<Entry, TooMany>,
}

impl Site {
    /// Answers a request. One for a socket leaves it in `upgrade`.
    pub(crate) async fn answer(
        &self,
        mut request: Request<Incoming>,
        remote: SocketAddr,
        upgrade: &Mutex<Option<Upgrade>>,
    ) -> Answer {
        let on = hyper::upgrade::on(&mut request);
        let (head, _) = request.into_parts();
        let mut answer = match (head.uri.path(), &self.hub) {
            ("/introspect", Some(hub)) => self.socket(&head, remote, hub, on, upgrade),
            ("/recording", Some(hub)) => self.recording(&head, hub).await,
            (path, _) => self.file(&head, path).await,
        };
        self.add_headers(&head, &mut answer).await;
        answer
    }

    fn socket(
        &self,
        head: &Parts,
        remote: SocketAddr,
        hub: &Arc<Hub>,
        on: OnUpgrade,
        upgrade: &Mutex<Option<Upgrade>>,
    ) -> Answer {
        if let Err(refusal) = self.guard.admit(head) {
            return self.refused(refusal);
        }
        let mut wanted = Request::new(());
        wanted.method_mut().clone_from(&head.method);
        *wanted.version_mut() = head.version;
        wanted.headers_mut().clone_from(&head.headers);
        match create_response(&wanted) {
            Ok(response) => {
                *lock(upgrade) = Some(Upgrade { on, entry: hub.enter(remote) });
                response.map(|()| Pieces::default())
            }
            Err(_) => {
                let sentence = "This is a WebSocket endpoint: connect with a viewer that speaks the introspection protocol.";
                let mut answer = text(StatusCode::UPGRADE_REQUIRED, sentence);
                let headers = answer.headers_mut();
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
                answer
            }
        }
    }

    async fn recording(&self, head: &Parts, hub: &Hub) -> Answer {
        if let Err(refusal) = self.guard.admit(head) {
            return self.refused(refusal);
        }
        if let Some(answer) = only_get(head) {
            return answer;
        }
        let unavailable = |sentence| text(StatusCode::SERVICE_UNAVAILABLE, sentence);
        match hub.recording(Ask::of(head.uri.query(), &head.headers)).await {
            Ok(copy) => {
                let mut answer = bytes_of(copy.pieces, "application/octet-stream");
                let headers = answer.headers_mut();
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
                if copy.is_packed {
                    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
                answer
            }
            // No error: a browser would have a line in its console for each page that asks.
            Err(NoRecording::NotKept) => no_recording(),
            Err(NoRecording::Late) => unavailable("The node did not answer in time."),
            Err(NoRecording::Busy) => {
                unavailable("Too many are reading the recording: try again in a while.")
            }
        }
    }

    async fn file(&self, head: &Parts, path: &str) -> Answer {
        if let Err(refusal) = self.guard.host(head) {
            return self.refused(refusal);
        }
        if let Some(answer) = only_get(head) {
            return answer;
        }
        let Some(body) = self.files.get(path).await else {
            return text(StatusCode::NOT_FOUND, "There is no such file.");
        };
        let mut answer = bytes_of(body, files::content_type(path));
        let cache = if files::is_hashed(path) { IMMUTABLE } else { "no-cache" };
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        answer
    }

    fn refused(&self, refusal: Refusal) -> Answer {
        tracing::debug!(?refusal, "a request is refused");
        if let Some(hub) = &self.hub {
            hub.counters.refused(refusal);
        }
        let status = match refusal {
            Refusal::Host | Refusal::Origin => StatusCode::FORBIDDEN,
            Refusal::NoToken | Refusal::WrongToken => StatusCode::UNAUTHORIZED,
        };
        text(status, refusal.sentence())
    }

    async fn add_headers(&self, head: &Parts, answer: &mut Answer) {
        let policy = HeaderValue::from_str(&self.files.policy().await)
            .unwrap_or_else(|_| HeaderValue::from_static(files::DEFAULT_POLICY));
        // Of an endpoint its answers; of the viewer alone its files, the sample among them.
        let readable = self.hub.is_none() || matches!(head.uri.path(), "/introspect" | "/recording");
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // Other pages may read what they were allowed to ask, and embed nothing.
        headers.insert(
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        );
        if readable {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
            let origin =
                self.guard.foreign_but_allowed(&head.headers).filter(|_| self.guard.host(head).is_ok());
            if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            }
        }
    }
}

fn only_get(head: &Parts) -> Option<Answer> {
    if head.method == Method::GET || head.method == Method::HEAD {
        return None;
    }
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.");
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    Some(answer)
}

fn text(status: StatusCode, sentence: &'static str) -> Answer {
    let mut answer = bytes_of(Bytes::from_static(sentence.as_bytes()), TEXT);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn no_recording() -> Answer {
    let mut answer = Response::new(Pieces::default());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn bytes_of(body: impl Into<Pieces>, content_type: &'static str) -> Answer {
    let mut answer = Response::new(body.into());
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
