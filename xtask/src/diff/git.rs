//! Files as they were at a commit.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// A commit of the repository that holds the workspace.
#[derive(Debug)]
pub(super) struct Commit<'a> {
    root: &'a Path,
    id: String,
    files: BTreeSet<String>,
}

impl<'a> Commit<'a> {
    /// The commit that `reference` names.
    pub(super) fn find(root: &'a Path, reference: &str) -> Result<Self> {
        if reference.starts_with('-') {
            bail!("`{reference}` names no commit here: {CURE}");
        }
        let spec = format!("{reference}^{{commit}}");
        let output = git(root, &["rev-parse", "--verify", "--quiet", &spec])?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().map(|said| format!(" ({said})"));
            let said = said.unwrap_or_default();
            bail!("`{reference}` names no commit here{said}: {CURE}");
        }
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let output = git(
            root,
            &["ls-tree", "-r", "-z", "--name-only", &id, "--", "specs/"],
        )?;
        let list = succeeded(output, "ls-tree")?;
        let files = String::from_utf8_lossy(&list)
            .split_terminator('\0')
            .map(str::to_owned)
            .collect();
        Ok(Self { root, id, files })
    }

    /// The products that have a contract.
    pub(super) fn products(&self) -> BTreeSet<String> {
        let products = self.files.iter().filter_map(|file| {
            let product = file.strip_prefix("specs/")?.strip_suffix("/contract.txt")?;
            (!product.contains('/')).then(|| product.to_owned())
        });
        products.collect()
    }

    /// The text of a file below `specs/`, or nothing when there was no file.
    pub(super) fn text(&self, path: &str) -> Result<Option<String>> {
        if !self.files.contains(path) {
            return Ok(None);
        }
        // `./`: from here, wherever in the repository the workspace is.
        let object = format!("{}:./{path}", self.id);
        let bytes = succeeded(git(self.root, &["show", "--no-textconv", &object])?, "show")?;
        let text = String::from_utf8(bytes);
        text.map(Some)
            .with_context(|| format!("{path} at {} is not UTF-8", self.id))
    }
}

fn git(root: &Path, arguments: &[&str]) -> Result<Output> {
    Command::new("git")
        .args(arguments)
        .current_dir(root)
        .output()
        .context("git cannot be run: install it, or add it to PATH")
}

fn succeeded(output: Output, command: &str) -> Result<Vec<u8>> {
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("git {command}: {}", said.trim());
    }
    Ok(output.stdout)
}

const CURE: &str = "give a branch, a tag or a commit that `git log` shows; one that is only on the \
                    remote is fetched with `git fetch` first";
