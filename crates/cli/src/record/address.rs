//! Where an endpoint is, from what a person pastes. It holds the token, so it has no `Debug` and is shown in part only.

use anyhow::{Result, anyhow, bail};
use peerscope_introspection::seam::terms;
use url::{Host, Url, form_urlencoded};

/// What is put where a token stood.
const HIDDEN: &str = "…";

pub struct Address {
    /// `ws://host:port/path?query`, with the token.
    url: Url,
    host: String,
    port: u16,
}

impl Address {
    /// Understands `ws://host:port/introspect?token=…`, the same without scheme or path, a viewer's address as it was
    /// printed (`http://host:port/#/overview?ws=…`), and `http://host:port`.
    ///
    /// # Errors
    /// When it is none of these. The error does not repeat the address, which may hold a token.
    pub fn parse(text: &str) -> Result<Self> {
        let text: String = text.split_whitespace().collect();
        match text.split_once('#').and_then(|(_, hash)| in_hash(hash)) {
            Some((address, token)) => Self::plain(&address, token),
            None => Self::plain(&text, None),
        }
    }

    /// What stands after `#` does not count.
    fn plain(text: &str, token: Option<String>) -> Result<Self> {
        let has_scheme = text.split_once("://").is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.chars().all(|char| char.is_ascii_alphanumeric())
        });
        let whole = if has_scheme { text.to_owned() } else { format!("ws://{text}") };
        let mut url = Url::parse(&whole).map_err(|error| anyhow!("it is no address: {error}"))?;
        match url.scheme() {
            "ws" => {}
            "http" => url.set_scheme("ws").map_err(|()| anyhow!("it is no address of an endpoint"))?,
            "wss" | "https" => bail!(
                "encrypted addresses (wss, https) are not supported: bring the endpoint's port to this machine by an SSH \
                 tunnel, and record from ws://127.0.0.1:PORT/introspect?token=…"
            ),
            other => bail!("an endpoint's address begins with ws:// or http://, not with {other}://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            bail!(
                "an endpoint takes no user name and password: give its token, as in ws://host:port/introspect?token=…"
            );
        }
        url.set_fragment(None);
        if url.path() == "/" {
            url.set_path("/introspect");
        }
        if let Some(token) = token.filter(|_| !url.query_pairs().any(|(key, _)| key == "token")) {
            url.query_pairs_mut().append_pair("token", &token);
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(ip)) => ip.to_string(),
            None => bail!("it names no host"),
        };
        let port = url.port_or_known_default().unwrap_or(80);
        Ok(Self { url, host, port })
    }

    /// What the socket's request names: with the token.
    pub fn with_token(&self) -> &str {
        self.url.as_str()
    }

    pub fn has_token(&self) -> bool {
        self.url.query_pairs().any(|(key, value)| key == "token" && !value.is_empty())
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What a request for the node's own recording since a time names: beside the socket, with the token.
    pub fn own_recording(&self, since_ms: Option<u64>) -> String {
        let path = self.url.path();
        let folder = path.rfind('/').map_or("", |at| &path[..at]);
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        terms::since(&format!("{folder}/recording{query}"), since_ms)
    }

    /// `host:port`, as a request names it.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.url.host_str().unwrap_or_default(), self.port)
    }

    /// For people: without the query.
    pub fn shown(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.into()
    }

    /// A text of the other side as one line that can be shown: it may repeat what it was asked, and hold anything.
    pub fn conceal(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let raw =
            self.url.query().unwrap_or_default().split('&').filter_map(|pair| pair.strip_prefix("token="));
        let read = self.url.query_pairs().filter(|(key, _)| key == "token");
        for token in raw.map(str::to_owned).chain(read.map(|(_, value)| value.into_owned())) {
            if !token.is_empty() {
                text = text.replace(&token, HIDDEN);
            }
        }
        text.chars()
            .map(|char| if char.is_control() { ' ' } else { char })
            .take(300)
            .collect::<String>()
            .trim()
            .to_owned()
    }
}

/// The endpoint, and the token beside it, that a viewer's address names.
fn in_hash(hash: &str) -> Option<(String, Option<String>)> {
    let pairs = hash.split_once('?').map_or(hash, |(_, pairs)| pairs);
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(pairs.as_bytes());
        pairs.find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.into_owned())
    };
    Some((value("ws")?, value("token")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Address {
        Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn what_people_paste_is_understood() {
        for (text, dialled) in [
            ("ws://127.0.0.1:9000/introspect?token=abc", "ws://127.0.0.1:9000/introspect?token=abc"),
            ("ws://127.0.0.1:9000?token=abc", "ws://127.0.0.1:9000/introspect?token=abc"),
            (" ws://[::1]:9/ \n", "ws://[::1]:9/introspect"),
            ("http://127.0.0.1:9000", "ws://127.0.0.1:9000/introspect"),
            ("http://localhost:9000/introspect?token=a", "ws://localhost:9000/introspect?token=a"),
            ("127.0.0.1:9000", "ws://127.0.0.1:9000/introspect"),
            ("localhost:9000/introspect?token=a", "ws://localhost:9000/introspect?token=a"),
            ("ws://node.example/a/b?token=x%2By&k=v", "ws://node.example/a/b?token=x%2By&k=v"),
            (
                "http://127.0.0.1:5/#/overview?ws=ws%3A%2F%2F127.0.0.1%3A6%2Fintrospect%3Ftoken%3Dt",
                "ws://127.0.0.1:6/introspect?token=t",
            ),
            (
                "http://127.0.0.1:5/#/graph?t=3&ws=ws://127.0.0.1:5/introspect?token=t",
                "ws://127.0.0.1:5/introspect?token=t",
            ),
            (
                "http://127.0.0.1:5/#/overview?ws=http://h:1/introspect&token=a%26b",
                "ws://h:1/introspect?token=a%26b",
            ),
            ("http://127.0.0.1:5/#ws=h:1", "ws://h:1/introspect"),
            ("http://127.0.0.1:5/#/overview", "ws://127.0.0.1:5/introspect"),
        ] {
            assert_eq!(parse(text).with_token(), dialled, "{text}");
        }
        assert_eq!((parse("ws://[::1]").host(), parse("ws://[::1]").port()), ("::1", 80));
        assert!(parse("h:1?token=a").has_token() && !parse("h:1?token=").has_token());
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for (text, why) in [
            ("", "no address"),
            ("ws://", "no address"),
            ("ws://h:99999/?token=s3cret", "no address"),
            ("ftp://h/?token=s3cret", "not with ftp://"),
            ("wss://h/introspect?token=s3cret", "SSH tunnel"),
            ("https://h/#/overview?token=s3cret", "SSH tunnel"),
            ("http://h/#/overview?ws=wss://h/introspect?token=s3cret", "SSH tunnel"),
            ("ws://me:s3cret@h/", "no user name"),
        ] {
            let Err(error) = Address::parse(text) else { panic!("{text} was taken") };
            let said = format!("{error:#}");
            assert!(said.contains(why) && !said.contains("s3cret"), "{text}: {said}");
        }
    }

    #[test]
    fn the_nodes_own_recording_lies_beside_its_socket() {
        for (text, target, authority) in [
            ("ws://h:1/introspect?token=a%2Fb", "/recording?token=a%2Fb", "h:1"),
            ("ws://[::1]/node/7/introspect?k=v&token=t", "/node/7/recording?k=v&token=t", "[::1]:80"),
            ("127.0.0.1:9", "/recording", "127.0.0.1:9"),
        ] {
            assert_eq!((&*parse(text).own_recording(None), &*parse(text).authority()), (target, authority));
        }
        assert_eq!(parse("127.0.0.1:9").own_recording(Some(7)), "/recording?since=7");
        assert_eq!(parse("ws://h:1/a?token=t").own_recording(Some(7)), "/recording?token=t&since=7");
    }

    #[test]
    fn a_token_is_never_shown() {
        let address = parse("ws://h:1/introspect?token=a%2Fb&key=zzz");
        assert_eq!(address.shown(), "ws://h:1/introspect");
        assert_eq!(
            address.conceal("no such thing: /introspect?token=a%2Fb&key=zzz (a/b)\r\n\u{1b}[2J"),
            "no such thing: /introspect?token=…&key=zzz (…)   [2J"
        );
    }

    /// A link in a link in a link is no way to use up the stack.
    #[test]
    fn a_link_is_unpacked_once() {
        assert!(Address::parse(&"#/?ws=".repeat(100_000)).is_err());
    }
}
