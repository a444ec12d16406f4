//! Trunk gives the worker's files no names by content: here they move into `engine-HASH/`, so that they may be cached for
//! good, and so that an old page never starts a new worker.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::stamp::hash_of;

/// Trunk's names for the binary `engine`, the first being the one that the page starts.
const FILES: [&str; 3] = ["engine_loader.js", "engine.js", "engine_bg.wasm"];

/// Moves the worker's files and rewrites the one reference to them. They name each other relative to themselves.
pub fn name_by_content(dist: &Path) -> Result<()> {
    let script = dist.join("engine.js");
    let glue = fs::read_to_string(&script).context("trunk left no engine.js")?;
    // Snippets of JavaScript stay where the page's are, one folder up.
    fs::write(
        &script,
        glue.replace("'./snippets/", "'../snippets/").replace("\"./snippets/", "\"../snippets/"),
    )?;

    let folder = format!("engine-{}", hash_of(dist, FILES.iter().map(Path::new))?);
    fs::create_dir_all(dist.join(&folder))?;
    for file in FILES {
        fs::rename(dist.join(file), dist.join(&folder).join(file))
            .with_context(|| format!("trunk left no {file}"))?;
    }

    let index = dist.join("index.html");
    let html = fs::read_to_string(&index)?;
    let named = html.matches(FILES[0]).count();
    ensure!(named == 1, "index.html names {} {named} times, not once", FILES[0]);
    fs::write(index, html.replace(FILES[0], &format!("{folder}/{}", FILES[0])))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(html: &str, wasm: &str) -> tempfile::TempDir {
        let dist = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("index.html", html),
            ("engine_loader.js", "import init from './engine.js';await init();"),
            ("engine.js", "import {x} from './snippets/a.js';new URL('engine_bg.wasm',import.meta.url)"),
            ("engine_bg.wasm", wasm),
        ] {
            fs::write(dist.path().join(name), text).expect("a file");
        }
        dist
    }

    const HTML: &str = "<meta name=peerscope-worker content=./engine_loader.js>";

    fn folder_in(dist: &Path) -> String {
        let html = fs::read_to_string(dist.join("index.html")).expect("a page");
        let (_, rest) = html.split_once("content=./").expect("the reference");
        rest.split_once("/engine_loader.js").expect("the loader").0.to_owned()
    }

    #[test]
    fn the_page_names_the_folder_and_the_folder_changes_with_the_content() {
        let (one, same, other) = (built(HTML, "1"), built(HTML, "1"), built(HTML, "2"));
        for dist in [&one, &same, &other] {
            name_by_content(dist.path()).expect("renamed");
        }
        let folder = folder_in(one.path());
        assert!(
            FILES
                .iter()
                .all(|file| one.path().join(&folder).join(file).is_file() && !one.path().join(file).exists())
        );
        assert!(
            fs::read_to_string(one.path().join(&folder).join("engine.js"))
                .expect("glue")
                .contains("'../snippets/a.js'")
        );
        assert_eq!(folder, folder_in(same.path()));
        assert_ne!(folder, folder_in(other.path()));
    }

    #[test]
    fn a_page_that_does_not_name_the_worker_is_refused() {
        let error = name_by_content(built("<title>Peerscope</title>", "1").path()).expect_err("no reference");
        assert!(error.to_string().contains("names engine_loader.js 0 times"), "{error}");
    }
}
