//! `_headers`, which Netlify, Cloudflare Pages and others read: the page's policy, and what may be cached how long.

use std::{fmt::Write, path::Path};

use anyhow::Result;

use super::{files, policy::Policy};

/// Its name, which those hosts expect in the root of what is served.
pub const FILE: &str = "_headers";

/// A file named by its content never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Whatever else may: ask each time.
const ASK: &str = "no-cache";

/// One block for everything, then one for each file: where two blocks of a host's both match, they'd add up.
pub fn of(dist: &Path, policy: &Policy) -> Result<String> {
    let mut out = format!(
        "/*\n  Content-Security-Policy: {policy}\n  Referrer-Policy: no-referrer\n  X-Content-Type-Options: nosniff\n"
    );
    writeln!(out, "/\n  Cache-Control: {ASK}")?;
    for path in files::below(dist)? {
        let path = path.to_string_lossy().replace('\\', "/");
        if path != FILE {
            writeln!(
                out,
                "/{path}\n  Cache-Control: {}",
                if is_named_by_content(&path) { FOREVER } else { ASK }
            )?;
        }
    }
    Ok(out)
}

/// Whether a part of the path ends in a hash: `app-0123456789abcdef.css`, `app-…_bg.wasm`, `engine-…/engine.js`. The same rule
/// is the endpoint's (`crates/endpoint/src/files.rs`).
fn is_named_by_content(path: &str) -> bool {
    path.split('/').any(|part| {
        let hash =
            part.rsplit_once('-').map_or("", |(_, rest)| rest.split(['.', '_']).next().unwrap_or_default());
        // Trunk leaves leading zeros out: 64 bits are nearly always written in 14 to 16 digits.
        (14..=16).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_by_content_is_cached_for_good() {
        for path in [
            "app-0123456789abcdef.css",
            "peerscope-app-123456789abcdef_bg.wasm",
            "peerscope-app-3456789abcdef0.js",
            "engine-0123456789abcdef/engine.js",
        ] {
            assert!(is_named_by_content(path), "{path}");
        }
        for path in [
            "index.html",
            "sample.libp2p.trace.gz",
            "peerscope-app.js",
            "engine-old/engine.js",
            "policy.txt",
            "x-0123456789abc.js",
            "x-0123456789abcdef0.js",
            "x-0123456789abcdeg.js",
        ] {
            assert!(!is_named_by_content(path), "{path}");
        }
    }

    #[test]
    fn each_file_has_its_own_rule_and_all_have_the_policy() {
        let dist = tempfile::tempdir().expect("a folder");
        for name in ["index.html", "app-0123456789abcdef.css", FILE] {
            std::fs::write(dist.path().join(name), "").expect("a file");
        }
        let text = of(dist.path(), &super::super::policy::of("")).expect("headers");
        let expected = format!(
            "/\n  Cache-Control: {ASK}\n/app-0123456789abcdef.css\n  Cache-Control: {FOREVER}\n/index.html\n  Cache-Control: {ASK}\n"
        );
        assert!(text.starts_with("/*\n  Content-Security-Policy: default-src 'none'; "), "{text}");
        assert!(text.ends_with(&expected), "{text}");
    }
}
