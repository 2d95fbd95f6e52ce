//! A small workspace in a temporary folder, made from a fixture.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Holds one product, `shop`, with one page.
pub(crate) struct Workspace {
    folder: TempDir,
    operations: usize,
    page: &'static str,
    reader: &'static str,
    package: &'static str,
}

impl Workspace {
    /// Copies `tests/fixtures/<fixture>`: a page, `page.md` or else the rendered `page.txt`, and what
    /// else is there.
    pub(crate) fn of(fixture: &str) -> Self {
        let from = fixtures().join(fixture);
        let (reader, page, heading) = if from.join("page.md").exists() {
            ("gitbook-md", PAGE, "\n## ")
        } else {
            ("gitbook-text", RENDERED, " HTTP/1.1\n")
        };
        let text =
            fs::read_to_string(from.join(page.trim_start_matches("specs/shop/pages/"))).unwrap();
        let workspace = Self {
            folder: tempfile::tempdir().unwrap(),
            operations: text.matches(heading).count(),
            page,
            reader,
            package: "crate = \"doku-shop\"\n",
        };
        for (name, target) in [
            ("overlay.yaml", OVERLAY),
            ("authored.yaml", AUTHORED),
            ("README.md", README),
        ] {
            if let Ok(bytes) = fs::read(from.join(name)) {
                workspace.write(target, &bytes);
            }
        }
        workspace.save_page(text.as_bytes());
        workspace
    }

    /// Copies `tests/fixtures/<reader>`: a rendered page, of a product without a crate.
    pub(crate) fn rendered(reader: &'static str, operations: usize) -> Self {
        let workspace = Self {
            folder: tempfile::tempdir().unwrap(),
            operations,
            page: RENDERED,
            reader,
            package: "",
        };
        workspace.save_page(&rendered(reader));
        workspace
    }

    /// Takes `tests/fixtures/<fixture>/authored.yaml`: what DOKU sends, without a page.
    pub(crate) fn sent_by_doku(fixture: &str) -> Self {
        let workspace = Self {
            folder: tempfile::tempdir().unwrap(),
            operations: 0,
            page: PAGE,
            reader: "gitbook-md",
            package: "crate = \"doku-shop\"\n",
        };
        let authored = fs::read(fixtures().join(fixture).join("authored.yaml")).unwrap();
        workspace.write(AUTHORED, &authored);
        let specs = format!("[shop]\n{}sender = \"doku\"\n", workspace.package);
        workspace.write("specs/specs.toml", specs.as_bytes());
        workspace
    }

    /// As a person does who saves a page anew: the file and its checksum.
    pub(crate) fn save_page(&self, bytes: &[u8]) {
        self.write(self.page, bytes);
        let sha: String = Sha256::digest(bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let (operations, reader, package) = (self.operations, self.reader, self.package);
        let file = self.page.trim_start_matches("specs/shop/");
        self.write(
            "specs/specs.toml",
            format!(
                "[shop]\n{package}\n[[shop.page]]\nfile = \"{file}\"\nurl = \
                 \"https://example.com/page.md\"\nreceived = 2026-11-20\nsha256 = \"{sha}\"\nreader \
                 = \"{reader}\"\noperations = {operations}\n"
            )
            .as_bytes(),
        );
    }

    /// Changes the page, and fails if there is nothing to change.
    #[track_caller]
    pub(crate) fn page(self, from: &str, to: &str) -> Self {
        let text = replaced(&self.read(self.page), from, to);
        self.save_page(text.as_bytes());
        self
    }

    /// Explains a difference inside the page.
    pub(crate) fn explain(self, check: &str, path: &str, reason: &str) -> Self {
        let text = self.read("specs/specs.toml")
            + &format!(
                "[[shop.page.explained]]\nskip_check = \"{check}\"\npath = \"{path}\"\nreason = \
                 \"{reason}\"\n"
            );
        self.write("specs/specs.toml", text.as_bytes());
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

    /// Runs import alone.
    pub(crate) fn import(&self) -> Result<Vec<String>, String> {
        xtask::import(self.root(), None).map_err(|error| format!("{error:#}"))
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

/// A copy of this repository's `specs` in a temporary folder.
pub(crate) struct CopyOfSpecs(TempDir);

impl CopyOfSpecs {
    /// All of them.
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// The list of pages, and the files of one product.
    pub(crate) fn of(product: &str) -> Self {
        Self::with(product)
    }

    fn with(product: &str) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
        let copy = Self(tempfile::tempdir().unwrap());
        let mut files = vec![from.join("specs.toml")];
        collect(&from.join(product), &mut files);
        for file in files {
            let to = copy
                .root()
                .join("specs")
                .join(file.strip_prefix(&from).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&file, to).unwrap();
        }
        copy
    }

    /// Writes a file outside of `specs`, as a browser does.
    pub(crate) fn save(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root().join("saved").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Replaces a file, as a person does.
    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.root().join(file), text).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        let path = self.root().join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }
}

/// Runs a program in a folder, without the machine's git configuration and without a repository
/// from outside.
pub(crate) fn isolated(program: &Path, arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program);
    let outer = env::vars_os().map(|(name, _)| name);
    for name in outer.filter(|name| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    let none = folder.join("no-configuration");
    command
        .env("GIT_CONFIG_GLOBAL", &none)
        .env("GIT_CONFIG_SYSTEM", &none)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CEILING_DIRECTORIES", env::temp_dir())
        .env("LC_ALL", "C");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "Tester")
            .env(format!("GIT_{role}_EMAIL"), "tester@example.com");
    }
    let command = command.args(arguments).current_dir(folder);
    command.output().unwrap()
}

/// The error of what must not succeed.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T, String>) -> String {
    assert!(result.is_err(), "not refused: {result:?}");
    result.err().unwrap_or_default()
}

/// The page of `tests/fixtures/<reader>`.
pub(crate) fn rendered(reader: &str) -> Vec<u8> {
    fs::read(fixtures().join(reader).join("page.txt")).unwrap()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

#[track_caller]
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
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
pub(crate) const RENDERED: &str = "specs/shop/pages/page.txt";
pub(crate) const OVERLAY: &str = "specs/shop/overlay.yaml";
pub(crate) const AUTHORED: &str = "specs/shop/authored.yaml";
pub(crate) const README: &str = "crates/doku-shop/README.md";
