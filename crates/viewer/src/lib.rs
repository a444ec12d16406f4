//! The built Peerscope viewer, as bytes, and nothing else: what serves them decides about headers.
//!
//! `cargo xtask build` fills the folder `page/` and this crate embeds it. Where that folder is empty, a plain page says
//! how to build the viewer.
#![warn(missing_docs)]

/// One file of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path from the page's root, with `/` between folders and none at the start, e.g. `index.html`.
    pub path: &'static str,
    /// Its bytes.
    pub body: &'static [u8],
}

/// Every file of the page, in the order of their paths. `index.html` is always there; `policy.txt`, where the build
/// left one, holds the value of the page's `Content-Security-Policy`.
#[must_use]
pub fn files() -> &'static [File] {
    FILES
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_and_the_paths_are_clean_sorted_and_distinct() {
        let index = files().iter().find(|file| file.path == "index.html").expect("an index.html");
        assert!(index.body.starts_with(b"<!"), "index.html is HTML");
        assert!(files().windows(2).all(|pair| pair[0].path < pair[1].path));
        assert!(files().iter().all(|file| !file.path.starts_with('/') && !file.path.contains("..")));
    }
}
