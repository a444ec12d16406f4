//! What a user types or pastes as an endpoint's address, brought into one form, and its token apart.

/// An endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// `ws://…` or `wss://…`, without the token.
    pub url: String,
    pub token: Option<String>,
}

/// Understands `ws://host:port/introspect?token=…`, the same without the scheme or the path, and the address of a
/// viewer that an endpoint serves (with or without its `#/…?ws=…`).
#[must_use]
pub fn address(text: &str) -> Address {
    let text: String = text.split_whitespace().collect();
    let text = text.as_str();
    if let Some((_, hash)) = text.split_once('#') {
        let inner = super::read(hash);
        if let Some(crate::model::SourceRef::Endpoint(url)) = inner.route.source {
            return Address { url, token: inner.token };
        }
    }
    plain(text)
}

/// An address that is no viewer's: what stands after `#` does not count.
pub fn plain(text: &str) -> Address {
    let text = text.split('#').next().unwrap_or_default();
    let (scheme, rest) = match text.split_once("://") {
        Some(("wss" | "https", rest)) => ("wss", rest),
        Some((_, rest)) => ("ws", rest),
        None => ("ws", text),
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let path = if path.is_empty() { "introspect" } else { path };
    let (tail, token) = without_token(query);
    Address { url: format!("{scheme}://{host}/{path}{tail}"), token }
}

/// The address of a recording, its token apart.
#[must_use]
pub fn recording(text: &str) -> Address {
    // What stands after `#` is never sent.
    let text = text.split('#').next().unwrap_or_default();
    let (place, query) = text.split_once('?').unwrap_or((text, ""));
    let (tail, token) = without_token(query);
    Address { url: format!("{place}{tail}"), token }
}

/// A query with its `?`, if anything but a token is in it, and that token.
fn without_token(query: &str) -> (String, Option<String>) {
    let mut token = None;
    let mut others = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.strip_prefix("token=") {
            Some(value) => token = Some(super::percent::decode(value)).filter(|value| !value.is_empty()),
            None => others.push(pair),
        }
    }
    let tail = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    (tail, token)
}

impl Address {
    /// The address with its token, as it is dialled.
    #[must_use]
    pub fn dial(&self) -> String {
        match &self.token {
            None => self.url.clone(),
            Some(token) => {
                let sign = if self.url.contains('?') { '&' } else { '?' };
                format!("{}{sign}token={}", self.url, super::percent::encode(token))
            }
        }
    }
}

/// Where an endpoint serves what its node recorded itself: beside the socket, with the same token.
#[must_use]
pub fn own_recording(url: &str) -> String {
    // ws and http, wss and https.
    let url = url.replacen("ws", "http", 1);
    let (place, query) = url.split_once('?').unwrap_or((&url, ""));
    let folder = place.rfind('/').map_or(place, |at| &place[..at]);
    let sign = if query.is_empty() { "" } else { "?" };
    format!("{folder}/recording{sign}{query}")
}

/// `ws://host:port` of an endpoint's address: what people call it by.
#[must_use]
pub fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(start..).and_then(|rest| rest.find(['/', '?'])).map_or(url.len(), |at| start + at);
    url.get(..end).unwrap_or(url)
}
