//! The import rule of `ARCHITECTURE.md`, sizes of files, and versions that are named in two places.
#![cfg(not(target_arch = "wasm32"))]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// What each package may import of the others; `?` marks what has to be optional.
const MAY_IMPORT: [(&str, &[&str]); 8] = [
    ("peerscope-introspection", &[]),
    ("peerscope-viewer", &[]),
    ("peerscope-engine", &["peerscope-introspection"]),
    ("peerscope-endpoint", &["peerscope-introspection", "peerscope-viewer?"]),
    ("peerscope-libp2p", &["peerscope-introspection", "peerscope-endpoint?"]),
    (
        "peerscope",
        &[
            "peerscope-introspection",
            "peerscope-viewer",
            "peerscope-engine",
            "peerscope-endpoint",
            "peerscope-libp2p",
        ],
    ),
    ("peerscope-app", &["peerscope-engine", "peerscope-introspection"]),
    ("xtask", &[]),
];

/// These know no IO, clock, browser, async runtime or randomness, so they depend on none of [`NOT_PURE`].
const PURE: [&str; 2] = ["peerscope-introspection", "peerscope-engine"];
const NOT_PURE: [&str; 13] = [
    "tokio",
    "mio",
    "libp2p",
    "hyper",
    "reqwest",
    "web-sys",
    "js-sys",
    "wasm-bindgen",
    "web-time",
    "chrono",
    "time",
    "rand",
    "getrandom",
];

/// The page's own modules use these of the engine; the worker's entry alone uses the rest, and the wire types.
const PAGE_MAY_USE: [&str; 2] = ["view", "frame"];
const WORKER: [&str; 3] = ["src/bin/engine.rs", "src/worker.rs", "src/worker/"];

const LINES_AT_MOST: usize = 600;

/// Broken rules that are known, each with its reason: (file or package, what it breaks). Empty is the aim.
const DEBTS: [(&str, &str); 0] = [];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with every broken rule that is no listed debt, and with every debt that is none any more.
fn settle(broken: BTreeSet<(String, String)>, about: impl Fn(&str) -> bool) {
    let debts: BTreeSet<_> = DEBTS
        .iter()
        .filter(|(_, what)| about(what))
        .map(|(place, what)| ((*place).to_owned(), (*what).to_owned()))
        .collect();
    let new: Vec<_> = broken.difference(&debts).map(|(place, what)| format!("{place}: {what}")).collect();
    assert!(new.is_empty(), "ARCHITECTURE.md is broken by\n  {}", new.join("\n  "));
    let paid: Vec<_> = debts.difference(&broken).collect();
    assert!(paid.is_empty(), "take these off the list of debts, they are paid: {paid:?}");
}

/// The workspace's packages, without what they depend on.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

#[test]
fn packages_import_only_what_they_may() {
    let rule: BTreeMap<_, _> = MAY_IMPORT.into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut broken = BTreeSet::new();
    for package in packages() {
        let name = package["name"].as_str().expect("a name").to_owned();
        let Some(allowed) = rule.get(name.as_str()) else {
            broken.insert((name, "imports: the package is not in the rule".to_owned()));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let other = dependency["name"].as_str().expect("a name");
            // Tests of a package may join it with any other.
            if !rule.contains_key(other) || dependency["kind"] == "dev" {
                continue;
            }
            let optional = dependency["optional"] == true;
            if !(allowed.contains(&other) || (optional && allowed.contains(&format!("{other}?").as_str()))) {
                let how = if optional { "" } else { ", not even optionally" };
                broken.insert((name.clone(), format!("imports: {other}{how}")));
            }
        }
        seen.insert(name);
    }
    let missing: Vec<_> = rule.keys().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "the rule names packages that are not there: {missing:?}");
    settle(broken, |what| what.starts_with("imports:"));
}

#[test]
fn the_pure_packages_depend_on_nothing_that_reaches_outside() {
    let mut broken = BTreeSet::new();
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        if !PURE.contains(&name) {
            continue;
        }
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let other = dependency["name"].as_str().expect("a name");
            if dependency["kind"].is_null() && NOT_PURE.contains(&other) {
                broken.insert((name.to_owned(), format!("purity: {other}")));
            }
        }
    }
    settle(broken, |what| what.starts_with("purity:"));
}

#[test]
fn the_page_uses_only_views_and_frames() {
    let mut broken = BTreeSet::new();
    for path in sources("src") {
        if WORKER.iter().any(|worker| path == *worker || (worker.ends_with('/') && path.starts_with(worker)))
        {
            continue;
        }
        let text = without_comments(&read(&path));
        for module in used(&text, "peerscope_engine")
            .into_iter()
            .filter(|module| !PAGE_MAY_USE.contains(&module.as_str()))
        {
            broken.insert((path.clone(), format!("page: peerscope_engine::{module}")));
        }
        if text.contains("peerscope_introspection") {
            broken.insert((path.clone(), "page: peerscope_introspection".to_owned()));
        }
    }
    settle(broken, |what| what.starts_with("page:"));
}

#[test]
fn files_stay_readable() {
    let mut broken = BTreeSet::new();
    let crates = fs::read_dir(root().join("crates")).expect("crates");
    let crates = crates.map(|entry| format!("crates/{}/src", entry.expect("an entry").file_name().display()));
    for folder in crates.chain(["src".to_owned()]) {
        for path in sources(&folder).into_iter().filter(|path| !path.contains("/generated/")) {
            if read(&path).lines().count() > LINES_AT_MOST {
                broken.insert((path, format!("size: more than {LINES_AT_MOST} lines")));
            }
        }
    }
    settle(broken, |what| what.starts_with("size:"));
}

#[test]
fn versions_named_twice_agree() {
    let (manifest, lock, toolchain) = (read("Cargo.toml"), read("Cargo.lock"), read("rust-toolchain.toml"));
    let pinned =
        between(&manifest, "\nwasm-bindgen = \"=", "\"").expect("Cargo.toml pins wasm-bindgen by `=`");
    let locked =
        between(&lock, "name = \"wasm-bindgen\"\nversion = \"", "\"").expect("Cargo.lock has wasm-bindgen");
    assert_eq!(pinned, locked, "the tool wasm-bindgen has to be exactly the library's version");

    // xtask installs what Cargo.lock says, so it names no version of its own.
    let setup: String = sources("xtask/src").iter().map(|path| read(path)).collect();
    assert!(
        setup.contains("locked_version(&lock, \"wasm-bindgen\")"),
        "xtask takes the version from Cargo.lock"
    );

    let least = between(&manifest, "\nrust-version = \"", "\"").expect("Cargo.toml has a rust-version");
    let channel = between(&toolchain, "channel = \"", "\"").expect("rust-toolchain.toml has a channel");
    assert!(channel.starts_with(least), "rust-version is {least}, the toolchain {channel}");
}

/// The text after `before` and up to `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// Every Rust file below a folder, by its path from the root with `/`.
fn sources(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(root().join(&folder)).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let entry = entry.expect("an entry");
            let path = folder.join(entry.file_name());
            if entry.file_type().expect("a kind").is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The text without its `//` comments: links in documentation are no use.
fn without_comments(text: &str) -> String {
    text.lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What follows `name::` wherever it is used: the next word, or the words that lead the items of a `{…}`; `*` too. A
/// use without `::` is the whole: it counts as `*`.
fn used(text: &str, name: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for (at, _) in text.match_indices(name) {
        let rest = text[at + name.len()..].trim_start();
        let Some(rest) = rest.strip_prefix("::").map(str::trim_start) else {
            words.insert("*".to_owned());
            continue;
        };
        let Some(group) = rest.strip_prefix('{') else {
            words.insert(first_word(rest));
            continue;
        };
        let (mut depth, mut item) = (1, String::new());
        for character in group.chars() {
            depth += match character {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            if depth == 0 || (depth == 1 && character == ',') {
                words.insert(first_word(item.trim()));
                item.clear();
            } else {
                item.push(character);
            }
            if depth == 0 {
                break;
            }
        }
    }
    words.remove("");
    words
}

fn first_word(text: &str) -> String {
    if text.starts_with('*') {
        return "*".to_owned();
    }
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

#[test]
fn uses_are_found_however_they_are_written() {
    let text = "use peerscope_engine::{frame::{Cell, Row}, view::View, history};\nlet x = peerscope_engine::Engine::new();";
    assert_eq!(
        used(text, "peerscope_engine"),
        ["Engine", "frame", "history", "view"].map(str::to_owned).into()
    );
    assert_eq!(used("use peerscope_engine::*;", "peerscope_engine"), ["*".to_owned()].into());
    assert_eq!(used("use peerscope_engine as engine;", "peerscope_engine"), ["*".to_owned()].into());
    assert_eq!(used(&without_comments("// peerscope_engine::history"), "peerscope_engine"), BTreeSet::new());
}
