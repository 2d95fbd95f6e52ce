//! Writes what is wanted, or compares it with what is there.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

use crate::specs::crate_file;

/// A file the inputs give.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Path from the root of the workspace, with `/`.
    pub(crate) path: String,
    text: String,
}

impl Wanted {
    pub(crate) fn new(path: &str, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
        }
    }
}

/// A file that is not what the inputs give.
#[derive(Debug)]
pub(crate) struct Finding {
    state: &'static str,
    path: String,
    cure: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {}: run `{}`",
            self.state, self.path, self.cure
        )
    }
}

/// Writes every wanted file that differs and removes every surplus one.
pub(crate) fn write(root: &Path, wanted: &[Wanted], surplus: &[String]) -> Result<()> {
    for Wanted { path, text } in wanted {
        if read(root, path)?.as_deref() == Some(text.as_bytes()) {
            continue;
        }
        let target = root.join(path);
        let folder = target.parent().context("a file has a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("the folder of {path}"))?;
        fs::write(&target, text).with_context(|| format!("{path} cannot be written"))?;
    }
    for path in surplus {
        fs::remove_file(root.join(path)).with_context(|| format!("{path} cannot be removed"))?;
    }
    Ok(())
}

/// One finding per file that [`write`] would touch.
pub(crate) fn compare(
    root: &Path,
    wanted: &[Wanted],
    surplus: &[String],
    cure: &str,
) -> Result<Vec<Finding>> {
    let finding = |state, path: &str| Finding {
        state,
        path: path.to_owned(),
        cure: cure.to_owned(),
    };
    let mut findings = Vec::new();
    for Wanted { path, text } in wanted {
        match read(root, path)? {
            None => findings.push(finding("missing", path)),
            Some(found) if found != text.as_bytes() => findings.push(finding("stale", path)),
            Some(_) => {}
        }
    }
    findings.extend(surplus.iter().map(|path| finding("surplus", path)));
    Ok(findings)
}

/// Files in the generator's places that are not wanted.
///
/// Everything below `src/generated` and `tests/examples` is the generator's; in `tests` only what says
/// so in its first line is, because people write there too.
pub(crate) fn surplus(root: &Path, package: &str, wanted: &[Wanted]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    list(root, &crate_file(package, "src/generated"), &mut found)?;
    list(root, &crate_file(package, "tests/examples"), &mut found)?;
    for test in GENERATED_TESTS {
        let path = crate_file(package, test);
        let text = read(root, &path)?.unwrap_or_default();
        if text.starts_with(b"// @generated") {
            found.push(path);
        }
    }
    found.retain(|path| !wanted.iter().any(|file| file.path == *path));
    found.sort();
    Ok(found)
}

/// The text of a file, or nothing when there is no file.
pub(crate) fn read_text(root: &Path, path: &str) -> Result<Option<String>> {
    let bytes = read(root, path)?;
    bytes
        .map(String::from_utf8)
        .transpose()
        .with_context(|| format!("{path} is not UTF-8"))
}

fn read(root: &Path, path: &str) -> Result<Option<Vec<u8>>> {
    match fs::read(root.join(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{path} cannot be read")),
    }
}

fn list(root: &Path, folder: &str, found: &mut Vec<String>) -> Result<()> {
    let path = root.join(folder);
    if !path.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&path).with_context(|| format!("{folder} cannot be listed"))? {
        let entry = entry.with_context(|| format!("{folder} cannot be listed"))?;
        let below = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(root, &below, found)?;
        } else {
            found.push(below);
        }
    }
    Ok(())
}

const GENERATED_TESTS: &[&str] = &["tests/redaction.rs", "tests/examples.rs"];
