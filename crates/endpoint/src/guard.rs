//! Who may come in: the checks of Host, Origin and token, on the request's head alone. No IO.
//!
//! Host stops DNS rebinding (a foreign name that points here), Origin stops foreign pages, the token stops other users
//! and programs of the same machine.

use hyper::{
    HeaderMap,
    header::{HOST, HeaderName, ORIGIN},
    http::{
        request::Parts,
        uri::{Authority, Scheme},
    },
};

use crate::{options::Options, token::Token};

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Its Host is not a name of this machine.
    Host,
    /// It comes from a foreign page.
    Origin,
    /// It brings no token.
    NoToken,
    /// It brings another token.
    WrongToken,
}

impl Refusal {
    /// The one sentence a person gets to read.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Host => {
                "This host name is not allowed: use localhost, 127.0.0.1 or [::1], or allow the name explicitly."
            }
            Self::Origin => {
                "This page's origin is not allowed: open the viewer that the endpoint serves, or allow the origin explicitly."
            }
            Self::NoToken => {
                "A token is missing: open the address that the endpoint printed when it started."
            }
            Self::WrongToken => {
                "The token is not this endpoint's, which makes a new one each time it starts: open the address it printed last."
            }
        }
    }
}

/// The rules of one endpoint.
#[derive(Debug)]
pub(crate) struct Guard {
    token: Token,
    origins: Vec<String>,
    hosts: Vec<String>,
}

impl Guard {
    pub(crate) fn new(token: Token, options: &Options) -> Self {
        let hosts = ["localhost", "127.0.0.1", "[::1]"].into_iter().map(str::to_owned);
        let allowed = options.allow_hosts.iter().map(|host| {
            let host = host
                .parse::<Authority>()
                .map_or_else(|_| host.clone(), |authority| authority.host().to_owned());
            host.to_ascii_lowercase()
        });
        // `null` is what any page can make itself be: it can't be allowed.
        let origins =
            options.allow_origins.iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase());
        Self {
            token,
            origins: origins.filter(|origin| !origin.is_empty() && origin != "null").collect(),
            hosts: hosts.chain(allowed).collect(),
        }
    }

    /// Whether the request names this machine. For every path, the page's files too.
    pub(crate) fn host(&self, head: &Parts) -> Result<(), Refusal> {
        // A request line may carry a whole address, which then counts besides the header.
        let in_line = head.uri.authority().map(Authority::as_str);
        let in_header = sole(&head.headers, HOST)?;
        if in_line.is_none() && in_header.is_none() {
            return Err(Refusal::Host);
        }
        if head.uri.scheme().is_some_and(|scheme| *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS) {
            return Err(Refusal::Host);
        }
        if in_line.into_iter().chain(in_header).all(|host| self.knows_host(host)) {
            Ok(())
        } else {
            Err(Refusal::Host)
        }
    }

    /// All of it: Host, Origin, token. For the socket, the plain request on its path, and the recording.
    pub(crate) fn admit(&self, head: &Parts) -> Result<(), Refusal> {
        self.host(head)?;
        if let Some(origin) = sole(&head.headers, ORIGIN).map_err(|_| Refusal::Origin)? {
            let own = sole(&head.headers, HOST)?.is_some_and(|host| {
                same(origin, &format!("http://{host}")) || same(origin, &format!("https://{host}"))
            });
            if !own && !self.allows_origin(origin) {
                return Err(Refusal::Origin);
            }
        }
        let query = head.uri.query().unwrap_or_default();
        let brought =
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "token").map(|(_, value)| value);
        match (self.token.admits(brought.as_deref()), brought) {
            (true, _) => Ok(()),
            (false, None) => Err(Refusal::NoToken),
            (false, Some(_)) => Err(Refusal::WrongToken),
        }
    }

    /// The request's origin, where it is one that was allowed explicitly: only such a page may read an answer.
    pub(crate) fn foreign_but_allowed<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        sole(headers, ORIGIN).ok().flatten().filter(|origin| self.allows_origin(origin))
    }

    fn allows_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| same(allowed, origin))
    }

    fn knows_host(&self, host: &str) -> bool {
        match host.parse::<Authority>() {
            // The port says nothing: a tunnel changes it.
            Ok(authority) if !host.contains('@') => {
                self.hosts.iter().any(|known| same(known, authority.host()))
            }
            _ => false,
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// A header that may be there once at most: twice is for confusing someone.
fn sole(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Refusal::Host),
        (Some(_), Some(_)) => Err(Refusal::Host),
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;
    use crate::options::TokenPolicy;

    fn guard() -> Guard {
        let options = Options {
            allow_origins: vec!["http://127.0.0.1:8080/".into(), "null".into()],
            allow_hosts: vec!["Node.example".into(), "other.example:99".into()],
            ..Options::default()
        };
        Guard::new(Token::new(&TokenPolicy::Given("t".into())), &options)
    }

    fn head(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn the_hosts_name_decides_and_the_port_does_not() {
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:4001",
            "[::1]",
            "[::1]:80",
            "node.example:5",
            "other.example",
        ] {
            assert_eq!(guard().host(&head("/", &[("host", host)])), Ok(()), "{host}");
        }
        let foreign = [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "127.0.0.2",
            "::1",
            "localhost@evil.example",
            "evil.example@localhost",
            "localhost.",
            "",
            " ",
            "[::1",
            "localhost:1:2",
            "0.0.0.0",
            "localhost/evil",
            "2130706433",
        ];
        for host in foreign {
            assert_eq!(guard().host(&head("/", &[("host", host)])), Err(Refusal::Host), "{host}");
        }
        assert_eq!(guard().host(&head("/", &[])), Err(Refusal::Host), "no host");
        assert_eq!(
            guard().host(&head("/", &[("host", "localhost"), ("host", "evil.example")])),
            Err(Refusal::Host)
        );
        assert_eq!(guard().host(&head("http://evil.example/", &[("host", "localhost")])), Err(Refusal::Host));
        assert_eq!(guard().host(&head("http://localhost:7/", &[("host", "localhost:7")])), Ok(()));
    }

    #[test]
    fn an_origin_is_absent_or_own_or_allowed() {
        let ask = |origin: &str| {
            guard().admit(&head("/introspect?token=t", &[("host", "localhost:7"), ("origin", origin)]))
        };
        assert_eq!(guard().admit(&head("/introspect?token=t", &[("host", "localhost:7")])), Ok(()));
        for origin in ["http://localhost:7", "https://localhost:7", "http://127.0.0.1:8080"] {
            assert_eq!(ask(origin), Ok(()), "{origin}");
        }
        let foreign = [
            "null",
            "",
            "http://localhost",
            "http://localhost:8",
            "http://127.0.0.1:7",
            "ftp://localhost:7",
            "localhost:7",
            "http://localhost:7/",
            "http://127.0.0.1:8080.evil.example",
            "https://127.0.0.1:8080",
            "file://",
        ];
        for origin in foreign {
            assert_eq!(ask(origin), Err(Refusal::Origin), "{origin}");
        }
        let twice =
            [("host", "localhost:7"), ("origin", "http://localhost:7"), ("origin", "http://evil.example")];
        assert_eq!(guard().admit(&head("/introspect?token=t", &twice)), Err(Refusal::Origin));
    }

    #[test]
    fn the_token_is_read_from_the_query() {
        let ask = |uri: &str| guard().admit(&head(uri, &[("host", "localhost")]));
        assert_eq!(ask("/introspect?token=t"), Ok(()));
        assert_eq!(ask("/introspect?a=b&token=%74&c"), Ok(()));
        assert_eq!(ask("/introspect"), Err(Refusal::NoToken));
        assert_eq!(ask("/introspect?toke=t"), Err(Refusal::NoToken));
        assert_eq!(ask("/introspect?token="), Err(Refusal::WrongToken));
        assert_eq!(ask("/introspect?token=u&token=t"), Err(Refusal::WrongToken));
    }

    #[test]
    fn only_an_explicitly_allowed_origin_may_read() {
        let own = head("/", &[("origin", "http://localhost:7")]);
        assert_eq!(guard().foreign_but_allowed(&own.headers), None);
        let allowed = head("/", &[("origin", "http://127.0.0.1:8080")]);
        assert_eq!(guard().foreign_but_allowed(&allowed.headers), Some("http://127.0.0.1:8080"));
        let null = head("/", &[("origin", "null")]);
        assert_eq!(guard().foreign_but_allowed(&null.headers), None);
    }
}
