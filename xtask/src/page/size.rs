//! How large the page is, as it is and as a host would send it.

use std::path::Path;

use anyhow::Result;

use super::files;
use crate::repo::{Repo, output};

/// Node.js compresses at brotli's highest quality, as a host does once; it is there wherever wasm-opt is.
const COMPRESS: &str = "const z=require('zlib'),f=require('fs');\
    for(const p of process.argv.slice(1))console.log(z.brotliCompressSync(f.readFileSync(p)).length)";

/// Prints each script, program and style sheet with its size, and the sum.
pub fn report(repo: &Repo, dist: &Path) -> Result<()> {
    let mut paths = files::below(dist)?;
    paths.retain(|path| {
        path.extension().is_some_and(|kind| ["wasm", "js", "css", "html"].iter().any(|k| kind == *k))
    });
    let compressed: Option<Vec<u64>> =
        output(repo.command("node").args(["-e", COMPRESS]).args(paths.iter().map(|path| dist.join(path))))
            .ok()
            .map(|text| text.lines().filter_map(|line| line.parse().ok()).collect());

    eprintln!("{:>10} {:>10}", "raw", "brotli");
    let (mut raw_sum, mut brotli_sum) = (0, 0);
    for (index, path) in paths.iter().enumerate() {
        let raw = std::fs::metadata(dist.join(path))?.len();
        let brotli = compressed.as_ref().and_then(|sizes| sizes.get(index)).copied();
        eprintln!("{raw:>10} {:>10} {}", shown(brotli), path.display());
        raw_sum += raw;
        brotli_sum += brotli.unwrap_or_default();
    }
    eprintln!("{raw_sum:>10} {:>10} bytes in all", shown(compressed.map(|_| brotli_sum)));
    Ok(())
}

fn shown(size: Option<u64>) -> String {
    size.map_or_else(|| "–".to_owned(), |size| size.to_string())
}
