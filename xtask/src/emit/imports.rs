//! The `use` lines of a generated file.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

/// What a file uses, gathered while its items are written.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// Paths of the standard library.
    std: BTreeSet<&'static str>,
    /// Further paths of other crates.
    external: BTreeSet<&'static str>,
    /// Names of `snap_core`.
    core: BTreeSet<String>,
    /// Whether a struct is read and written.
    serde: bool,
    /// Names of the generated `types` module.
    shared: BTreeSet<String>,
}

impl Imports {
    pub(super) fn std(&mut self, path: &'static str) {
        self.std.insert(path);
    }

    pub(super) fn external(&mut self, path: &'static str) {
        self.external.insert(path);
    }

    /// The file is the shared module itself.
    pub(super) fn drop_shared(&mut self) {
        self.shared.clear();
    }

    pub(super) fn core(&mut self, name: &str) {
        self.core.insert(name.to_owned());
    }

    pub(super) fn serde(&mut self) {
        self.serde = true;
    }

    pub(super) fn shared(&mut self, name: &str) {
        self.shared.insert(name.to_owned());
    }

    /// Three blocks: std, external, crate.
    pub(super) fn text(&self) -> Result<String> {
        let std: Vec<String> = self.std.iter().map(|path| format!("use {path};")).collect();
        let serde = self.serde.then(|| {
            let deserializer = self.external.contains("serde::Deserializer");
            let more = if deserializer { ", Deserializer" } else { "" };
            format!("use serde::{{Deserialize{more}, Serialize}};")
        });
        let external: Vec<String> = serde
            .into_iter()
            .chain(use_line("snap_core", &self.core))
            .collect();
        let own: Vec<String> = use_line("super::types", &self.shared).into_iter().collect();
        let blocks = [std, external, own]
            .into_iter()
            .filter(|block| !block.is_empty());
        let printed: Result<Vec<String>> = blocks.map(|block| print(&block.concat())).collect();
        Ok(printed?.join("\n"))
    }
}

/// Breaks long lines.
pub(super) fn print(lines: &str) -> Result<String> {
    let file = syn::parse_file(lines).context("an import is not Rust")?;
    Ok(prettyplease::unparse(&file))
}

fn use_line(module: &str, names: &BTreeSet<String>) -> Option<String> {
    let list: Vec<&str> = names.iter().map(String::as_str).collect();
    match list.as_slice() {
        [] => None,
        [only] => Some(format!("use {module}::{only};")),
        _ => Some(format!("use {module}::{{{}}};", list.join(", "))),
    }
}
