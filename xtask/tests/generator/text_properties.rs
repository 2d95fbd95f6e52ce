//! Whatever happens to a rendered page, its reader answers with an error or with everything the
//! page says.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use xtask::Reader;

use crate::common::Workspace;

/// What may happen to the lines of a page on their way.
#[derive(Clone, Debug)]
enum Damage {
    Delete(usize, usize),
    Repeat(usize, usize),
    Swap(usize, usize),
    Change(usize, Vec<u8>),
    Truncate(usize),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(Vec::from).collect();
        let len = lines.len();
        match self {
            Self::Delete(at, count) => {
                let at = at % len;
                lines.drain(at..(at + count).min(len));
            }
            Self::Repeat(at, count) => {
                let at = at % len;
                let piece = lines[at..(at + count).min(len)].to_vec();
                lines.splice(at..at, piece);
            }
            Self::Swap(at, with) => lines.swap(at % len, with % len),
            Self::Change(at, with) => {
                let at = at % bytes.len().max(1);
                let end = (at + with.len()).min(bytes.len());
                bytes.splice(at..end, with.clone());
                return;
            }
            Self::Truncate(at) => {
                bytes.truncate(at % bytes.len().max(1));
                return;
            }
        }
        *bytes = lines.join(&b'\n');
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let few = 1..12_usize;
    let change = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..4),
        "[ {}\"\\[\\]:,a-z0-9]{1,8}".prop_map(String::into_bytes),
    ];
    let one = prop_oneof![
        (any::<usize>(), few.clone()).prop_map(|(at, count)| Damage::Delete(at, count)),
        (any::<usize>(), few).prop_map(|(at, count)| Damage::Repeat(at, count)),
        (any::<usize>(), any::<usize>()).prop_map(|(at, with)| Damage::Swap(at, with)),
        (any::<usize>(), change).prop_map(|(at, with)| Damage::Change(at, with)),
        any::<usize>().prop_map(Damage::Truncate),
    ];
    proptest::collection::vec(one, 1..4)
}

/// A page of this repository, how it is read, and how many operations it has.
type Page = (&'static str, Reader, &'static str, usize);

const WALLET: Page = (
    "specs/wallet/pages/doku-wallet.txt",
    Reader::GitbookText,
    "gitbook-text",
    18,
);
const ALLO: Page = (
    "specs/direct-debit/pages/allo-balance-inquiry.txt",
    Reader::ApidogText,
    "apidog-text",
    1,
);

fn bytes_of(page: Page) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read(root.join(page.0)).unwrap_or_default()
}

fn operations(document: &Value) -> usize {
    let items = document["paths"].as_object().into_iter().flatten();
    items
        .map(|(_, item)| item.as_object().map_or(0, serde_json::Map::len))
        .sum()
}

/// As a person does who saves a damaged page, with its checksum: import, and count.
fn imported(page: Page, damage: &[Damage]) -> Option<usize> {
    let mut bytes = bytes_of(page);
    assert!(!bytes.is_empty());
    damage.iter().for_each(|damage| damage.apply(&mut bytes));
    let workspace = Workspace::rendered(page.2, page.3);
    workspace.save_page(&bytes);
    workspace.import().ok()?;
    let text = workspace.read("specs/shop/imported.json");
    serde_json::from_str(&text)
        .ok()
        .map(|document| operations(&document))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_gitbook_page_is_an_error_or_holds_every_operation(damage in damage()) {
        if let Some(found) = imported(WALLET, &damage) {
            prop_assert!(found >= WALLET.3, "{found}");
        }
    }

    #[test]
    fn a_damaged_apidog_page_is_an_error_or_holds_every_operation(damage in damage()) {
        if let Some(found) = imported(ALLO, &damage) {
            prop_assert!(found >= ALLO.3, "{found}");
        }
    }
}

/// Names of the headers and of the members of `bodies`, by path and in order.
fn names(document: &Value, bodies: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let headers = item["post"]["parameters"].as_array().into_iter().flatten();
        found.extend(headers.map(|header| format!("{path} {}", header["name"])));
    }
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
    {
        if bodies.iter().any(|body| name.ends_with(body)) {
            collect(name, schema, &mut found);
        }
    }
    found.sort();
    found
}

fn collect(at: &str, schema: &Value, found: &mut Vec<String>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        collect(&at, member, found);
        collect(&at, &member["items"], found);
        found.push(at);
    }
}

/// Reads the page without each of its lines, one at a time.
#[track_caller]
fn every_single_line_counts(page: Page, bodies: &[&str]) {
    let (name, reader, _, operations) = page;
    let text = String::from_utf8(bytes_of(page)).unwrap();
    let lines: Vec<&str> = text.split('\n').collect();
    let whole = xtask::read_page(reader, name, text.as_bytes(), operations).unwrap();
    let whole = names(&whole, bodies);

    for index in 0..lines.len() {
        let rest = [&lines[..index], &lines[index + 1..]].concat().join("\n");
        if let Ok(document) = xtask::read_page(reader, name, rest.as_bytes(), operations) {
            assert_eq!(
                names(&document, bodies),
                whole,
                "without line {}",
                index + 1
            );
        }
    }
}

#[test]
fn a_lost_line_of_a_gitbook_page_loses_no_header_and_no_member_of_a_request() {
    every_single_line_counts(WALLET, &["Request"]);
}

#[test]
fn a_lost_line_of_an_apidog_page_loses_no_header_and_no_member() {
    every_single_line_counts(ALLO, &["Request", "Response"]);
}
