//! What the README shows is true: its code is that of a program that is compiled, its links lead somewhere.
#![cfg(not(target_arch = "wasm32"))]

use std::{fs, path::Path};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A line without its comment and the space around it.
fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code).trim()
}

#[test]
fn the_code_for_a_node_of_ones_own_is_that_of_the_example() {
    let readme = read("README.md");
    let (_, rest) = readme.split_once("```rust\n").expect("the README shows Rust");
    let (shown, _) = rest.split_once("```").expect("a fence ends it");
    let example = read("crates/cli/examples/own_node.rs");
    let mut example = example.lines().map(code);
    for line in shown.lines().map(code).filter(|line| !line.is_empty()) {
        assert!(
            example.any(|other| other == line),
            "README.md shows `{line}`, which is not in crates/cli/examples/own_node.rs, or not in this order"
        );
    }
}

#[test]
fn links_within_the_repository_lead_somewhere() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/hosting.md", "docs/ssh.md"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        let folder = folder.parent().expect("a folder");
        let text = read(document);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let outside = link.is_empty() || link.contains("://");
            assert!(outside || folder.join(link).exists(), "{document} links to {link}, which is not there");
        }
    }
}
