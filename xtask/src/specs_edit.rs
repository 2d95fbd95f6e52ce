//! Changes an entry of `specs/specs.toml`, and leaves everything else of it as it is.

use anyhow::{Context, Result, bail};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value};

use crate::specs::{FILE, Reader};

/// What `import` knows about a page it has read.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// Path below the product's folder; the key of the entry.
    pub(crate) file: &'a str,
    /// Where the page was published; the entry's own when absent.
    pub(crate) url: Option<&'a str>,
    pub(crate) received: toml_edit::Datetime,
    pub(crate) sha256: &'a str,
    pub(crate) reader: Reader,
    pub(crate) operations: usize,
}

/// The text with the page's entry brought up to date, or with a new one behind the others.
pub(crate) fn with_page(text: &str, product: &str, facts: &Facts<'_>) -> Result<String> {
    let mut document: DocumentMut = text.parse().with_context(|| FILE.to_owned())?;
    let pages = pages(&mut document, product)?;
    let is_it = |entry: &Table| entry.get("file").and_then(Item::as_str) == Some(facts.file);
    let known = pages.iter().position(is_it);
    match known.and_then(|at| pages.get_mut(at)) {
        Some(entry) => fill(entry, facts)?,
        None => pages.push(new(facts)?),
    }
    Ok(document.to_string())
}

fn new(facts: &Facts<'_>) -> Result<Table> {
    if facts.url.is_none() {
        bail!("{FILE}: a new page needs its address");
    }
    let mut entry = Table::new();
    entry.decor_mut().set_prefix("\n");
    set(&mut entry, "file", facts.file);
    fill(&mut entry, facts)?;
    Ok(entry)
}

fn pages<'a>(document: &'a mut DocumentMut, product: &str) -> Result<&'a mut ArrayOfTables> {
    let table = document.get_mut(product).and_then(Item::as_table_mut);
    let table = table.with_context(|| format!("{FILE}: write `{product}` as `[{product}]`"))?;
    let is_empty = |item: &Item| item.as_array().is_some_and(toml_edit::Array::is_empty);
    if table.get("page").is_none_or(is_empty) {
        table.remove("page");
        table.insert("page", Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let pages = table.get_mut("page").and_then(Item::as_array_of_tables_mut);
    pages.with_context(|| format!("{FILE}: write the pages of `{product}` as `[[{product}.page]]`"))
}

/// In the order in which a new entry lists them.
fn fill(entry: &mut Table, facts: &Facts<'_>) -> Result<()> {
    if let Some(url) = facts.url {
        set(entry, "url", url);
    }
    set(entry, "received", facts.received);
    set(entry, "sha256", facts.sha256);
    set(entry, "reader", facts.reader.to_string());
    let operations = i64::try_from(facts.operations).context("too many operations")?;
    set(entry, "operations", operations);
    Ok(())
}

/// Keeps the comment behind the value, and the one above its key.
fn set(entry: &mut Table, key: &str, value: impl Into<Value>) {
    let mut value = value.into();
    match entry.get_mut(key) {
        Some(item) => {
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => {
            entry.insert(key, Item::Value(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "\
# What this is.

[shop]
crate = \"doku-shop\" # a crate

# The first page.
[[shop.page]]
file = \"pages/a.md\"
# Moved once.
url = \"https://example.com/a\"
received = 2026-11-20 # by hand
sha256 = \"00\"
reader = \"gitbook-text\"
operations =   3

[[shop.page.explained]]
skip_check = \"content-length\"
path = \"/a\"
reason = \"counted\"

# No crate yet.
[till]
page = [] # none

[yard]
# The end.
";

    fn facts<'a>(file: &'a str, url: Option<&'a str>) -> Facts<'a> {
        Facts {
            file,
            url,
            received: "2026-11-25".parse().unwrap(),
            sha256: "ff",
            reader: Reader::GitbookMd,
            operations: 4,
        }
    }

    #[test]
    fn a_refreshed_page_changes_its_facts_and_no_other_byte() {
        let after = with_page(BEFORE, "shop", &facts("pages/a.md", None)).unwrap();

        let wanted = BEFORE
            .replace("2026-11-20", "2026-11-25")
            .replace("\"00\"", "\"ff\"")
            .replace("gitbook-text", "gitbook-md")
            .replace("=   3", "=   4");
        assert_eq!(after, wanted);
    }

    #[test]
    fn an_address_is_changed_only_when_one_is_given() {
        let url = Some("https://example.com/b");

        let after = with_page(BEFORE, "shop", &facts("pages/a.md", url)).unwrap();

        assert!(after.contains("# Moved once.\nurl = \"https://example.com/b\"\n"));
    }

    #[test]
    fn a_new_page_comes_behind_the_others_of_its_product() {
        let url = Some("https://example.com/b");

        let after = with_page(BEFORE, "shop", &facts("pages/b.md", url)).unwrap();

        let entry = "\n[[shop.page]]\nfile = \"pages/b.md\"\nurl = \"https://example.com/b\"\n\
                     received = 2026-11-25\nsha256 = \"ff\"\nreader = \"gitbook-md\"\noperations = 4\n";
        assert_eq!(
            after,
            BEFORE.replace("\n# No crate yet.", &format!("{entry}\n# No crate yet."))
        );
    }

    #[test]
    fn the_first_page_of_a_product_needs_no_list_before_it() {
        let url = Some("https://example.com/b");
        for product in ["till", "yard"] {
            let after = with_page(BEFORE, product, &facts("pages/b.md", url)).unwrap();

            let read: toml::Table = toml::from_str(&after).unwrap();
            let page = &read[product]["page"][0];
            assert_eq!(page["url"].as_str(), url, "{after}");
            for kept in ["# No crate yet.\n[till]", "# What this is.", "# The end.\n"] {
                assert!(after.contains(kept), "{after}");
            }
        }
    }

    #[test]
    fn a_new_page_without_an_address_is_refused() {
        assert!(with_page(BEFORE, "shop", &facts("pages/b.md", None)).is_err());
    }
}
