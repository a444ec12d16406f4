//! The one line on standard output that tells a script or a person that a server is ready, and where.

use std::io::Write;

use anyhow::{Context, Result};
use serde::Serialize;

/// Where a server is. The addresses hold the token: the line is for the one who may look.
#[derive(Debug, Serialize)]
pub struct Ready {
    /// What a viewer connects to; none for the viewer alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The page; none when no viewer is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<String>,
}

impl Ready {
    /// Prints the line and flushes it: the other end of a pipe waits for it.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub fn print(&self) -> Result<()> {
        let line = serde_json::to_string(self)?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush()).context("standard output can't be written to")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_what_there_is() {
        let ready = Ready { endpoint: Some("ws://a".into()), viewer: Some("http://b".into()) };
        assert_eq!(serde_json::to_string(&ready).unwrap(), r#"{"endpoint":"ws://a","viewer":"http://b"}"#);
        let alone = Ready { endpoint: None, viewer: Some("http://b".into()) };
        assert_eq!(serde_json::to_string(&alone).unwrap(), r#"{"viewer":"http://b"}"#);
    }
}
