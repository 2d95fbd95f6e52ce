//! `specs/specs.toml`: which pages there are, where they are from and who reads them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// All products, by name.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Specs {
    products: BTreeMap<String, Product>,
}

/// One product: a folder of `specs/` and the crate that is written from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Product {
    /// Name of the folder below `specs/`; the key of the table.
    #[serde(skip)]
    pub(crate) name: String,
    /// Name of the package and of its folder below `crates/`. Without one, the pages are imported
    /// and nothing is generated.
    #[serde(rename = "crate")]
    pub(crate) package: Option<String>,
    /// Who sends the requests.
    #[serde(default)]
    pub(crate) sender: Sender,
    /// The published pages, in the order in which they are united. None where everything is authored.
    #[serde(default, rename = "page")]
    pub(crate) pages: Vec<Page>,
}

/// Who sends the requests of a product, and so what its types are for.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sender {
    /// The merchant calls: requests are written, responses are read, and there is a client.
    #[default]
    Merchant,
    /// DOKU calls the merchant: messages are read, answers are written, and there are types only.
    Doku,
}

/// One published page, as it was received.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// Path below the product's folder.
    pub(crate) file: String,
    /// Where the page was published.
    pub(crate) url: String,
    /// The day it was saved.
    pub(crate) received: toml::value::Datetime,
    /// Of the file, in lower-case hex.
    pub(crate) sha256: String,
    /// Which reader understands the page.
    pub(crate) reader: Reader,
    /// How many operations the page describes; a reader that finds another number has misread it.
    pub(crate) operations: usize,
    /// Checks that are known to fail on this page, and why that is accepted.
    #[serde(default)]
    pub(crate) explained: Vec<Explained>,
}

/// A difference inside a page that a person has looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explained {
    /// The check that fails.
    pub(crate) skip_check: Check,
    /// Path of the operation it fails for; the check stays in force for all others.
    pub(crate) path: String,
    /// Why it may.
    pub(crate) reason: String,
}

/// What a page says twice, and a reader compares.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Check {
    /// `Content-Length` of the request sample, and the bytes of the compacted example.
    ContentLength,
    /// The headers of the request sample, and the header list.
    HeaderNames,
    /// The body list, and the members of the request example.
    BodyFields,
    /// The body of the `curl` sample, and the request example.
    CurlBody,
    /// The member count of a type such as `array [object {4}]`, and the members listed.
    ArrayCount,
    /// `responseCode` of the response example, and the status shown.
    ResponseCode,
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ContentLength => "content-length",
            Self::HeaderNames => "header-names",
            Self::BodyFields => "body-fields",
            Self::CurlBody => "curl-body",
            Self::ArrayCount => "array-count",
            Self::ResponseCode => "response-code",
        })
    }
}

/// The page readers.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reader {
    /// GitBook, `.md` form: the page carries the OpenAPI document.
    GitbookMd,
    /// GitBook, text of the rendered page.
    GitbookText,
    /// Apidog, text of the rendered page.
    ApidogText,
}

impl Reader {
    /// All of them, in the order in which a page is preferred.
    pub(crate) const ALL: [Self; 3] = [Self::GitbookMd, Self::GitbookText, Self::ApidogText];
}

impl fmt::Display for Reader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::GitbookMd => "gitbook-md",
            Self::GitbookText => "gitbook-text",
            Self::ApidogText => "apidog-text",
        })
    }
}

impl Specs {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        Self::parse(&Self::text(root)?)
    }

    /// The file, as it is.
    pub(crate) fn text(root: &Path) -> Result<String> {
        fs::read_to_string(root.join(FILE)).with_context(|| format!("{FILE} cannot be read"))
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut specs: Self = toml::from_str(text).with_context(|| FILE.to_owned())?;
        for (name, product) in &mut specs.products {
            product.name.clone_from(name);
            product.pages.iter().try_for_each(|page| page.check(name))?;
        }
        Ok(specs)
    }

    /// The named product.
    pub(crate) fn product(&self, name: &str) -> Result<&Product> {
        let known = || {
            self.products
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        };
        self.products
            .get(name)
            .with_context(|| format!("{FILE} has no product `{name}`; it has: {}", known()))
    }

    /// The named product, or all of them.
    pub(crate) fn select(&self, name: Option<&str>) -> Result<Vec<&Product>> {
        match name {
            None => Ok(self.products.values().collect()),
            Some(name) => Ok(vec![self.product(name)?]),
        }
    }
}

impl Product {
    /// Path of one of the product's spec files, from the root of the workspace.
    pub(crate) fn file(&self, name: &str) -> String {
        format!("specs/{}/{name}", self.name)
    }
}

impl Page {
    /// The page's bytes, after comparing them with the recorded checksum.
    pub(crate) fn bytes(&self, root: &Path, path: &str) -> Result<Vec<u8>> {
        let bytes = fs::read(root.join(path)).with_context(|| {
            format!(
                "{path} cannot be read: save {} there, as received",
                self.url
            )
        })?;
        let found = sha256(&bytes);
        if found != self.sha256 {
            bail!(
                "{path}: its sha256 is {found}, {FILE} says {}: restore the file, or, if the page \
                 was saved anew, update `received` and `sha256`",
                self.sha256
            );
        }
        Ok(bytes)
    }

    fn check(&self, product: &str) -> Result<()> {
        if self.received.date.is_none() || self.received.time.is_some() {
            bail!(
                "{FILE}: `received` of {product}/{} is {}; write the day, such as 2026-11-20",
                self.file,
                self.received
            );
        }
        let silent = |entry: &&Explained| entry.reason.trim().is_empty();
        if let Some(Explained {
            skip_check, path, ..
        }) = self.explained.iter().find(silent)
        {
            bail!(
                "{FILE}: `{skip_check}` of {path} in {product}/{} is skipped without a reason",
                self.file
            );
        }
        Ok(())
    }
}

/// Path of a file of a product's crate, from the root of the workspace.
pub(crate) fn crate_file(package: &str, name: &str) -> String {
    format!("crates/{package}/{name}")
}

/// Lower-case hex of the SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Path of the file, from the root of the workspace.
pub(crate) const FILE: &str = "specs/specs.toml";
