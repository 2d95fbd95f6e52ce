//! A small workspace in a temporary folder, made from a fixture.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Holds one product, `shop`, with one page.
pub(crate) struct Workspace {
    folder: TempDir,
    operations: usize,
}

impl Workspace {
    /// Copies `tests/fixtures/<fixture>`.
    pub(crate) fn of(fixture: &str) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(fixture);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("specs/shop/pages")).unwrap();
        let page = fs::read(from.join("page.md")).unwrap();
        let operations = page.windows(4).filter(|window| window == b"\n## ").count();
        let workspace = Self { folder, operations };
        if let Ok(overlay) = fs::read(from.join("overlay.yaml")) {
            workspace.write(OVERLAY, &overlay);
        }
        workspace.save_page(&page);
        workspace
    }

    /// As a person does who saves a page anew: the file and its checksum.
    pub(crate) fn save_page(&self, bytes: &[u8]) {
        self.write(PAGE, bytes);
        let sha: String = Sha256::digest(bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let operations = self.operations;
        self.write(
            "specs/specs.toml",
            format!(
                "[shop]\ncrate = \"doku-shop\"\n\n[[shop.page]]\nfile = \"pages/page.md\"\nurl = \
                 \"https://example.com/page.md\"\nreceived = 2026-11-20\nsha256 = \"{sha}\"\nreader \
                 = \"gitbook-md\"\noperations = {operations}\n"
            )
            .as_bytes(),
        );
    }

    /// Changes the page, and fails if there is nothing to change.
    #[track_caller]
    pub(crate) fn page(self, from: &str, to: &str) -> Self {
        let text = replaced(&self.read(PAGE), from, to);
        self.save_page(text.as_bytes());
        self
    }

    /// Changes another file, and fails if there is nothing to change.
    #[track_caller]
    pub(crate) fn change(self, file: &str, from: &str, to: &str) -> Self {
        self.write(file, replaced(&self.read(file), from, to).as_bytes());
        self
    }

    /// Appends an entry to the overlay.
    pub(crate) fn correct(self, entry: &str) -> Self {
        let text = self.read(OVERLAY) + entry;
        self.write(OVERLAY, text.as_bytes());
        self
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, file: &str) -> String {
        let path = self.root().join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub(crate) fn write(&self, file: &str, bytes: &[u8]) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Runs import and generate.
    pub(crate) fn generate(&self) -> Result<Vec<String>, String> {
        xtask::import(self.root(), None)
            .and_then(|_| xtask::generate(self.root(), None))
            .map_err(|error| format!("{error:#}"))
    }

    /// Every file, with its content.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(self.root(), &mut found);
        found.sort();
        found
            .into_iter()
            .map(|path| {
                let bytes = fs::read(&path).unwrap();
                (path.strip_prefix(self.root()).unwrap().to_owned(), bytes)
            })
            .collect()
    }
}

#[track_caller]
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "nothing to replace: {from}");
    text.replacen(from, to, 1)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found)
        } else {
            found.push(path)
        }
    }
}

pub(crate) const PAGE: &str = "specs/shop/pages/page.md";
pub(crate) const OVERLAY: &str = "specs/shop/overlay.yaml";
