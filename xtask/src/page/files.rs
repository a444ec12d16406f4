//! Walking and mirroring folders.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// Every plain file below a folder, by its path from there, in order. A folder that is not there has none.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        walk(folder, Path::new(""), &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn walk(folder: &Path, prefix: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = prefix.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => walk(&entry.path(), &name, files)?,
            kind if kind.is_file() => files.push(name),
            _ => {}
        }
    }
    Ok(())
}

/// Makes `to` hold just those files of `from` that are wanted. What is the same already is not touched, so that
/// nobody who looks at times takes it for new.
pub fn mirror(from: &Path, to: &Path, wanted: impl Fn(&Path) -> bool) -> Result<()> {
    let files: BTreeSet<PathBuf> = below(from)?.into_iter().filter(|path| wanted(path)).collect();
    for path in below(to)?.iter().filter(|path| !files.contains(*path)) {
        fs::remove_file(to.join(path))?;
    }
    for path in &files {
        let (source, target) = (fs::read(from.join(path))?, to.join(path));
        if fs::read(&target).is_ok_and(|there| there == source) {
            continue;
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&target, source).with_context(|| target.display().to_string())?;
    }
    remove_empty_folders(to)
}

fn remove_empty_folders(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_empty_folders(&path)?;
            if fs::read_dir(&path)?.next().is_none() {
                fs::remove_dir(&path)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_holds_what_is_wanted_and_nothing_else_and_leaves_alone_what_is_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for (path, text) in
            [("from/a", "a"), ("from/deep/b", "b"), ("from/_headers", "h"), ("to/a", "a"), ("to/old/c", "c")]
        {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let before = fs::metadata(to.join("a")).and_then(|meta| meta.modified()).expect("a time");

        mirror(&from, &to, |path| path != Path::new("_headers")).expect("mirrored");

        assert_eq!(below(&to).expect("files"), [PathBuf::from("a"), PathBuf::from("deep/b")]);
        assert_eq!(fs::read_to_string(to.join("deep/b")).expect("b"), "b");
        assert!(!to.join("old").exists());
        assert_eq!(fs::metadata(to.join("a")).and_then(|meta| meta.modified()).expect("a time"), before);
    }
}
