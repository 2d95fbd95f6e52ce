//! Passes that turn what the pages say into what the code is made of.
//!
//! A pass is a rule about all pages; a fact about one page is an entry of its overlay.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::specs::Product;
use crate::yaml::Yaml;

pub(crate) use self::document::{Document, Operation};
pub(crate) use self::enums::{constants, is_open_enum, open_enums};
pub(crate) use self::members::{Member, Side, members};
pub(crate) use self::names::field_name;
pub(crate) use self::snap::{Requirement, Snap, Token, snap_of};

mod alias;
mod check;
mod document;
mod enums;
mod envelope;
mod extra;
mod headers;
mod hoist;
mod limits;
mod loosen;
mod members;
mod names;
mod prune;
mod refs;
mod sensitive;
mod shapes;
mod skip;
mod snap;
mod success;
mod turn;
mod twins;

/// Runs all passes, in their order.
pub(crate) fn run(product: &Product, complete: Value, authored: Option<Yaml>) -> Result<Document> {
    let mut document = Document::new(product, complete, authored);
    for (name, pass) in PASSES {
        pass(&mut document).with_context(|| format!("pass `{name}`"))?;
    }
    Ok(document)
}

type Pass = fn(&mut Document) -> Result<()>;

const PASSES: &[(&str, Pass)] = &[
    ("skip", skip::run),
    ("check", check::run),
    ("headers", headers::run),
    ("snap", snap::run),
    ("success", success::run),
    ("envelope", envelope::run),
    ("turn", turn::run),
    ("hoist", hoist::run),
    ("twins", twins::run),
    ("loosen", loosen::run),
    ("shapes", shapes::run),
    ("extra", extra::run),
    ("sensitive", sensitive::run),
    ("enums", enums::run),
    ("refs", refs::run),
    ("alias", alias::run),
    ("prune", prune::run),
    ("names", names::run),
];
