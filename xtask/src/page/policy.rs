//! The page's Content-Security-Policy: nothing but its own scripts, told apart by hash where trunk writes one into the page.

use std::fmt;

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// Beside the page: the header's value, for whoever serves it.
pub const FILE: &str = "policy.txt";

/// As a header; see [`in_page`] for the other form.
pub struct Policy {
    directives: Vec<(&'static str, String)>,
}

/// The policy for a page with just these inline scripts.
pub fn of(html: &str) -> Policy {
    let hashes =
        inline_scripts(html).map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script))));
    let scripts = format!("'self' 'wasm-unsafe-eval'{}", hashes.collect::<String>());
    let directives = [
        ("default-src", "'none'"),
        ("script-src", &scripts),
        ("style-src", "'self'"),
        // Yew sets style attributes.
        ("style-src-attr", "'unsafe-inline'"),
        ("img-src", "'self' data: blob:"),
        ("worker-src", "'self'"),
        ("manifest-src", "'self'"),
        // The endpoint and the recording that the user names may be anywhere.
        ("connect-src", "'self' ws: wss: http: https:"),
        ("base-uri", "'none'"),
        ("frame-ancestors", "'none'"),
    ];
    Policy { directives: directives.map(|(name, sources)| (name, sources.to_owned())).to_vec() }
}

impl Policy {
    fn without(&self, left_out: &str) -> String {
        let kept = self.directives.iter().filter(|(name, _)| *name != left_out);
        kept.map(|(name, sources)| format!("{name} {sources}")).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without(""))
    }
}

/// The page with its policy inside, for hosts that set no headers: right after the first `<meta>`, the character set.
/// Browsers ignore `frame-ancestors` there and complain of it, so it is left out.
pub fn in_page(html: &str, policy: &Policy) -> Result<String> {
    let meta = html.find("<meta").context("index.html has no <meta>")?;
    let end = meta + html[meta..].find('>').context("index.html ends within a <meta>")? + 1;
    let value = policy.without("frame-ancestors");
    let (before, after) = html.split_at(end);
    Ok(format!(r#"{before}<meta http-equiv="Content-Security-Policy" content="{value}">{after}"#))
}

/// The text of every script that is written into the page.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (text, _) = rest.split_once("</script")?;
        let has_source = attributes.split_whitespace().any(|word| word.starts_with("src="));
        (!has_source).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html><meta charset=utf-8><script type=module>import init from './a.js';</script><script src=b.js></script>";

    #[test]
    fn only_inline_scripts_are_hashed_and_the_hash_is_that_of_their_text() {
        // printf %s "import init from './a.js';" | openssl dgst -sha256 -binary | base64
        let hash = "'sha256-6oqgbfn6ppHRCcvwFgNKcyE2Z700tAXhDCvp66A853M='";
        let policy = of(PAGE).to_string();
        assert!(policy.contains(&format!("script-src 'self' 'wasm-unsafe-eval' {hash};")), "{policy}");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.ends_with("; frame-ancestors 'none'"),
            "{policy}"
        );
    }

    #[test]
    fn inside_the_page_it_stands_after_the_character_set_without_frame_ancestors() {
        let page = in_page(PAGE, &of(PAGE)).expect("a page");
        let (before, after) = page.split_once("<meta http-equiv=").expect("the policy");
        assert_eq!(before, "<!doctype html><meta charset=utf-8>");
        assert!(!after.contains("frame-ancestors") && after.contains("base-uri 'none'\">"), "{after}");
    }
}
