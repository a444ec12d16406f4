//! The options that every endpoint of this program has.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use peerscope_endpoint::{Options, TokenPolicy, Ui};

/// Loopback, on a port that is free.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:0";

#[derive(Clone, Debug, clap::Args)]
pub struct EndpointArguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    pub listen: SocketAddr,
    /// Lets in whoever reaches the port and is no foreign page
    #[arg(long, conflicts_with = "token")]
    pub no_token: bool,
    /// The token that a client has to bring; a new random one by default
    #[arg(long, value_name = "T", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub token: Option<String>,
    /// The origin of a page that may connect, besides the one served here (repeatable)
    #[arg(long, value_name = "O")]
    pub allow_origin: Vec<String>,
    /// A host name that requests may name besides those of this machine (repeatable)
    #[arg(long, value_name = "H")]
    pub allow_host: Vec<String>,
    /// Sessions at a time
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_sessions: u32,
    /// Allows to listen on an address that is not loopback: whoever reaches it and has the token sees everything
    #[arg(long)]
    pub allow_remote: bool,
    /// Serves the built page in this folder instead of the one inside this program
    #[arg(long, value_name = "DIR")]
    pub ui: Option<PathBuf>,
}

impl EndpointArguments {
    /// As the endpoint wants them.
    ///
    /// # Errors
    /// When the folder of [`ui`](Self::ui) holds no page.
    pub fn options(&self) -> Result<Options> {
        let token = match &self.token {
            _ if self.no_token => TokenPolicy::None,
            Some(token) => TokenPolicy::Given(token.clone()),
            None => TokenPolicy::Random,
        };
        Ok(Options {
            listen: vec![self.listen],
            token,
            allow_origins: self.allow_origin.clone(),
            allow_hosts: self.allow_host.clone(),
            max_sessions: self.max_sessions as usize,
            allow_remote: self.allow_remote,
            viewer: viewer(self.ui.as_deref())?,
            ..Options::default()
        })
    }
}

/// The page to serve: that in the folder, or the one inside this program.
///
/// # Errors
/// When there is none in the folder.
pub fn viewer(dir: Option<&Path>) -> Result<Ui> {
    let Some(dir) = dir else { return Ok(Ui::Embedded) };
    ensure!(dir.join("index.html").is_file(), "{} holds no index.html: build the page first", dir.display());
    Ok(Ui::Dir(dir.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Only {
        #[command(flatten)]
        endpoint: EndpointArguments,
    }

    fn options(arguments: &[&str]) -> Options {
        let all = std::iter::once(&"test").chain(arguments);
        Only::try_parse_from(all).expect("good arguments").endpoint.options().expect("good options")
    }

    #[test]
    fn the_default_is_loopback_a_random_token_and_no_foreign_page() {
        let options = options(&[]);
        assert!(options.listen.iter().all(|addr| addr.ip().is_loopback()));
        assert_eq!(options.token, TokenPolicy::Random);
        assert!(options.allow_origins.is_empty() && options.allow_hosts.is_empty() && !options.allow_remote);
        assert_eq!(options.max_sessions, 64);
    }

    #[test]
    fn what_is_given_is_taken() {
        let options = options(&[
            "--token",
            "abc",
            "--allow-origin",
            "http://a",
            "--allow-origin",
            "http://b",
            "--allow-host",
            "c",
            "--max-sessions",
            "3",
            "--listen",
            "[::1]:9",
        ]);
        assert_eq!(options.token, TokenPolicy::Given("abc".into()));
        assert_eq!(options.allow_origins, ["http://a", "http://b"]);
        assert_eq!(options.allow_hosts, ["c"]);
        assert_eq!(options.max_sessions, 3);
        assert_eq!(options.listen, ["[::1]:9".parse().expect("an address")]);
    }

    #[test]
    fn contradictions_and_empty_tokens_are_wrong_usage() {
        for wrong in [
            &["--token", "a", "--no-token"][..],
            &["--token", ""],
            &["--max-sessions", "0"],
            &["--listen", "x"],
        ] {
            assert!(Only::try_parse_from(std::iter::once(&"test").chain(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_folder_without_a_page_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(viewer(Some(dir.path())).is_err());
        std::fs::write(dir.path().join("index.html"), "<!doctype html>").expect("written");
        assert_eq!(viewer(Some(dir.path())).expect("a page"), Ui::Dir(dir.path().to_owned()));
    }
}
