//! The viewer's files, embedded or from a folder: which bytes a path has, and nothing outside of the page.

use std::path::{Component, Path, PathBuf};

use bytes::Bytes;

use crate::options::Ui;

/// The build leaves the page's policy here; it is no file of the page.
const POLICY: &str = "policy.txt";
/// No file of the page is nearly as long; a longer one in the folder is none of it.
const MAX_FILE: u64 = 64 << 20;

/// The page's policy where the build left none: that of the page without a start script.
pub(crate) const DEFAULT_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self'; manifest-src 'self'; \
     connect-src 'self' ws: wss: http: https:; base-uri 'none'; frame-ancestors 'none'";

/// Where the page comes from.
#[derive(Clone, Debug)]
pub(crate) struct Files(Ui);

impl Files {
    pub(crate) fn new(ui: Ui) -> Self {
        Self(ui)
    }

    /// The bytes of a path as a request names it, `/` being `index.html`.
    pub(crate) async fn get(&self, path: &str) -> Option<Bytes> {
        let name = match path.strip_prefix('/')? {
            "" => "index.html",
            name => name,
        };
        if name == POLICY { None } else { self.read(name).await }
    }

    /// The page's `Content-Security-Policy`.
    pub(crate) async fn policy(&self) -> String {
        let built = self.read(POLICY).await.and_then(|bytes| String::from_utf8(bytes.into()).ok());
        built.map_or_else(|| DEFAULT_POLICY.to_owned(), |policy| policy.trim().to_owned())
    }

    async fn read(&self, name: &str) -> Option<Bytes> {
        match &self.0 {
            #[cfg(feature = "viewer")]
            Ui::Embedded => {
                let files = peerscope_viewer::files();
                let index = files.binary_search_by(|file| file.path.cmp(name)).ok()?;
                files.get(index).map(|file| Bytes::from_static(file.body))
            }
            Ui::Dir(root) => {
                let (root, name) = (root.clone(), plain(name)?);
                tokio::task::spawn_blocking(move || read_below(&root, &name)).await.ok()?
            }
            Ui::None => None,
        }
    }
}

/// The name as a path below a folder, when it can be nothing else: the page's own names are plain, so what is escaped,
/// hidden or climbs is none of them.
fn plain(name: &str) -> Option<PathBuf> {
    let odd = |part: &str| part.is_empty() || part.starts_with('.') || part.contains(['\\', ':', '%', '\0']);
    if name.split('/').any(odd) {
        return None;
    }
    let path = PathBuf::from(name);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

/// Reads a plain file, unless it really lies outside of the folder.
fn read_below(root: &Path, name: &Path) -> Option<Bytes> {
    let root = root.canonicalize().ok()?;
    let path = root.join(name).canonicalize().ok()?;
    let about = path.metadata().ok()?;
    if !path.starts_with(&root) || !about.is_file() || about.len() > MAX_FILE {
        return None;
    }
    std::fs::read(path).ok().map(Bytes::from)
}

/// The content type by the name's ending.
pub(crate) fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        _ if path == "/" => "text/html; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Whether a part of the path ends in a hash, so that it changes with the content: `app-0123456789abcdef.css`, `app-…_bg.wasm`,
/// `engine-…/engine.js`. The same rule makes `_headers` for static hosts (`xtask/src/page/headers.rs`).
pub(crate) fn is_hashed(path: &str) -> bool {
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
    fn a_hash_in_the_name_is_seen() {
        for path in [
            "/peerscope-app-0123456789abcdef.js",
            "/peerscope-app-0123456789abcdef_bg.wasm",
            "/engine-0123456789abcdef/engine.js",
            "/peerscope-app-123456789abcdef_bg.wasm",
            "/peerscope-app-3456789abcdef0.js",
            "/a/style-0123456789abcdef.css",
        ] {
            assert!(is_hashed(path), "{path}");
        }
        for path in [
            "/",
            "/index.html",
            "/engine.js",
            "/engine-room/engine.js",
            "/engine-0123456789ab/engine_bg.wasm",
            "/x-0123456789abc.js",
            "/x-0123456789abcdef0.js",
            "/x-0123456789abcdeg.js",
            "/sample.libp2p.trace.gz",
        ] {
            assert!(!is_hashed(path), "{path}");
        }
    }

    #[test]
    fn types_go_by_the_ending() {
        for (path, wanted) in [
            ("/", "text/html; charset=utf-8"),
            ("/a_bg.wasm", "application/wasm"),
            ("/engine-12345678/engine.js", "text/javascript; charset=utf-8"),
            ("/sample.libp2p.trace", "application/octet-stream"),
            ("/manifest.json", "application/json"),
            ("/none", "application/octet-stream"),
        ] {
            assert_eq!(content_type(path), wanted, "{path}");
        }
    }

    #[test]
    fn names_that_climb_hide_or_escape_are_none() {
        for name in [
            "..",
            "../x",
            "a/../../x",
            ".git/config",
            "a//b",
            "/etc/passwd",
            "a/",
            "..\\x",
            "c:x",
            "%2e%2e/x",
            "a\0b",
        ] {
            assert_eq!(plain(name), None, "{name:?}");
        }
        assert_eq!(plain("engine-1/engine.js"), Some(PathBuf::from("engine-1/engine.js")));
    }

    #[test]
    fn nothing_outside_of_the_folder_is_read() {
        let outer = tempfile::tempdir().expect("a folder");
        let page = outer.path().join("page");
        std::fs::create_dir(&page).expect("a folder");
        std::fs::write(outer.path().join("secret"), "s").expect("a file");
        std::fs::write(page.join("index.html"), "i").expect("a file");
        assert_eq!(read_below(&page, Path::new("index.html")).as_deref(), Some(&b"i"[..]));
        assert_eq!(read_below(&page, Path::new("../secret")), None);
        assert_eq!(read_below(&page, Path::new("")), None, "a folder");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret", page.join("link")).expect("a link");
            std::os::unix::fs::symlink("index.html", page.join("own")).expect("a link");
            assert_eq!(read_below(&page, Path::new("link")), None);
            assert!(read_below(&page, Path::new("own")).is_some(), "a link that stays inside");
        }
    }
}
