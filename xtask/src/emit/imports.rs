//! The `use` lines of a generated file.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use super::gate::gate_text;

/// What a file uses, gathered while its items are written.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// Paths of the standard library.
    std: BTreeSet<&'static str>,
    /// Names of `snap_core`.
    core: BTreeSet<String>,
    /// Names of `serde`.
    serde: BTreeSet<String>,
    /// Names of the generated `types` module.
    shared: BTreeSet<String>,
}

impl Imports {
    pub(super) fn std(&mut self, path: &'static str) {
        self.std.insert(path);
    }

    /// The file is the shared module itself.
    pub(super) fn drop_shared(&mut self) {
        self.shared.clear();
    }

    pub(super) fn core(&mut self, name: &str) {
        self.core.insert(name.to_owned());
    }

    pub(super) fn serde(&mut self, name: &str) {
        self.serde.insert(name.to_owned());
    }

    pub(super) fn shared(&mut self, name: &str) {
        self.shared.insert(name.to_owned());
    }

    /// Three blocks: std, external, crate.
    pub(super) fn text(&self) -> Result<String> {
        let std: Vec<String> = self.std.iter().map(|path| format!("use {path};")).collect();
        let external: Vec<String> = [("serde", &self.serde), ("snap_core", &self.core)]
            .into_iter()
            .filter_map(|(module, names)| use_line(module, names))
            .collect();
        let own: Vec<String> = use_line("super::types", &self.shared).into_iter().collect();
        let blocks = [std, external, own]
            .into_iter()
            .filter(|block| !block.is_empty());
        let printed: Result<Vec<String>> = blocks.map(|block| print(&block.concat())).collect();
        Ok(printed?.join("\n"))
    }
}

/// Names of modules, with those that only unverified operations use behind the feature.
#[derive(Debug, Default)]
pub(super) struct Gated(BTreeMap<&'static str, BTreeMap<String, bool>>);

impl Gated {
    /// Adds a name for one user; it is behind the feature if all of its users are.
    pub(super) fn add(&mut self, module: &'static str, name: &str, unverified: bool) {
        let names = self.0.entry(module).or_default();
        *names.entry(name.to_owned()).or_insert(true) &= unverified;
    }

    /// Three blocks: std, external, crate.
    pub(super) fn text(&self) -> Result<String> {
        let mut blocks = Vec::new();
        for module in ["std::net", "snap_core", "super"] {
            let mut lines = String::new();
            for unverified in [false, true] {
                let names = self.0.get(module).into_iter().flatten();
                let names = names.filter(|(_, gated)| **gated == unverified);
                let names = names.map(|(name, _)| name.clone()).collect();
                if let Some(line) = use_line(module, &names) {
                    let gate = gate_text(unverified);
                    lines.push_str(&format!("{gate}{}", print(&line)?));
                }
            }
            blocks.extend((!lines.is_empty()).then_some(lines));
        }
        Ok(blocks.join("\n"))
    }
}

/// Breaks long lines.
fn print(lines: &str) -> Result<String> {
    let file = syn::parse_file(lines).context("an import is not Rust")?;
    Ok(prettyplease::unparse(&file))
}

/// One `use` of some names of a module; nothing without names.
fn use_line(module: &str, names: &BTreeSet<String>) -> Option<String> {
    let list: Vec<&str> = names.iter().map(String::as_str).collect();
    match list.as_slice() {
        [] => None,
        [only] => Some(format!("use {module}::{only};")),
        _ => Some(format!("use {module}::{{{}}};", list.join(", "))),
    }
}
